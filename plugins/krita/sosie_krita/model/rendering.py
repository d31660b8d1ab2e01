"""Renders: a queue of jobs, the one under way, and what comes of it.

A job is made for the document and layer that are in front when it is asked for. A result whose document has been closed
meanwhile is kept. A live job takes the place of the live job before it. Only the layers' changed region is asked for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any

from .._sosie.client import Session
from .._sosie.messages import (
    FaceChoice,
    LayerName,
    Pixels,
    RenderOptions,
    RenderRequest,
    RenderResult,
    TwinInfo,
    Use,
)
from ..interface import Host, Image, Picture, Source
from .errors import Notice, notice_of
from .flows import Flow, Running
from .keeping import Kept
from .line import Line
from .receiving import glance, looks, stack_of
from .results import Entry, Results
from .sending import send
from .texts import say, tr
from .watch import Watch

#: What is asked for: the whole likeness, and the parts that it can come in.
WHOLE: tuple[LayerName, ...] = ("flat", "matte")
PARTS: tuple[LayerName, ...] = ("relief", "skin", "likeness", "shading", "detail")
#: Reading the layer is this part of a job's progress.
READING = 0.15


@dataclass
class Job:
    """One render that was asked for."""

    number: int
    picture: Picture
    source: Source
    twin: TwinInfo
    use: Use
    face: FaceChoice
    options: RenderOptions
    live: bool = False
    place: bool = True
    parts: bool = True  # five layers; else one
    fraction: float = 0.0
    stage: str = ""
    preview: Image | None = None
    key: str = field(default="")

    def __post_init__(self) -> None:
        self.key = self.picture.key


class Renders:
    """The queue."""

    def __init__(self, host: Host, line: Line, watch: Watch, results: Results) -> None:
        self._host, self._line, self._watch, self._results = host, line, watch, results
        self._numbers = itertools.count(1)
        self._running: Running | None = None
        self.current: Job | None = None
        self.waiting: list[Job] = []
        self.notice: Notice | None = None
        self._placing: set[int] = set()

    def add(
        self,
        picture: Picture,
        twin: TwinInfo,
        use: Use,
        face: FaceChoice,
        options: RenderOptions,
        **how: bool,
    ) -> None:
        """Ask for a render of the active layer of `picture`.

        Raises:
            InputError: this document or layer cannot carry a likeness.
        """
        job = Job(next(self._numbers), picture, picture.source(), twin, use, face, options, **how)
        if job.live:
            self.waiting = [other for other in self.waiting if not (other.live and other.key == job.key)]
            if self.current is not None and self.current.live and self.current.key == job.key:
                self.cancel()
        self.notice = None
        self.waiting.append(job)
        self._next()

    def cancel(self) -> None:
        """Stop the job under way; the next one begins."""
        if self._running is not None:
            self._line.cancel()
            self._running.cancel()

    def cancel_all(self) -> None:
        """Stop everything."""
        self.waiting.clear()
        self.cancel()
        self._watch.tell("work")

    def place(self, number: int, picture: Picture) -> None:
        """Put a result into the document in front.

        Raises:
            InputError: it belongs to another document, or has no place there.
        """
        entry = self._results.get(number)
        if entry is not None and entry.picture == picture.key and number not in self._placing:
            self._placing.add(number)
            Running(self._place(entry, picture), self._host.soon, self._tell)

    def _next(self) -> None:
        if self._running is None and self.waiting:
            self.current = self.waiting.pop(0)
            job = self.current
            self._running = Running(self._work(job), self._host.soon, self._ended)
        self._watch.tell("work")

    def _ended(self, error: BaseException | None) -> None:
        self._tell(error)
        self._line.hang_up()  # its pixels go
        self.current = self._running = None
        self._next()

    def _tell(self, error: BaseException | None) -> None:
        if error is not None and (notice := notice_of(error)) is not None:
            self._say(notice)

    def _say(self, notice: Notice) -> None:
        self.notice = notice
        self._watch.tell("notice")

    def _work(self, job: Job) -> Flow:
        selection = job.picture.selection()
        self._move(job, 0.0, tr("Reading the layer"))
        plate = yield from send(
            self._line,
            job.picture,
            job.source.format,
            job.picture.bands(job.source),
            lambda fraction: self._move(job, fraction * READING, job.stage),
        )
        mask = None
        if selection is not None:
            mask = yield from send(self._line, job.picture, None, selection)
        request = RenderRequest(
            plate=plate,
            twin=job.twin.twin,
            use=job.use,
            face=job.face,
            mask=mask,
            options=job.options,
            layers=(*WHOLE, *PARTS) if job.parts else WHOLE,
            cropped=True,
            preview=not job.live,
        )
        entry: Entry | None = yield self._line.ask(lambda session: self._render(session, job, request))
        if entry is None:
            self._say(Notice("note", tr("The render changed nothing here.")))
            return
        self._results.add(entry)
        if entry.reasons:
            self._say(Notice("note", " ".join(entry.reasons)))
        if job.place:
            self._move(job, 1.0, tr("Placing the layers"))
            yield from self._place(entry, job.picture)

    def _place(self, entry: Entry, picture: Picture) -> Flow:
        """Band by band; a document that closes meanwhile gets nothing, and the result waits in the history."""
        self._placing.add(entry.number)
        try:
            steps = picture.place(entry.source, entry.stack, entry.record)
            while picture.is_open():
                try:
                    next(steps)
                except StopIteration as end:
                    self._results.placed(entry.number, end.value)
                    return
                yield None
        finally:
            self._placing.discard(entry.number)

    def _move(self, job: Job, fraction: float, stage: str) -> None:
        job.fraction, job.stage = fraction, stage
        self._watch.tell("work")

    # From here on: in the line's thread.

    def _render(self, session: Session, job: Job, request: RenderRequest) -> Entry | None:
        told = _Told(self._host.soon)

        def progress(fraction: float, stage: str) -> None:
            told.latest(lambda: self._move(job, READING + fraction * (1 - READING), tr(stage)))

        def preview(picture: Pixels) -> None:
            job.preview = glance(session, picture)

        result = session.render(request, progress, preview)
        if result.box[2] <= result.box[0]:
            return None
        told.latest(lambda: self._move(job, 1.0, tr("Taking the layers")))
        before, after, view = looks(session, request.plate, result)
        kept = Kept(self._host.scratch)
        stack = stack_of(session, result, tr("Likeness: {name}").format(name=job.twin.display_name), kept)
        return Entry(
            number=job.number,
            picture=job.key,
            source=job.source,
            stack=stack,
            weight=kept.size,
            before=before,
            after=after,
            view=view,
            record=_record(job, result),
            reasons=tuple(say(reason) for reason in result.reasons),
            live=job.live,
        )


class _Told:
    """Passes on the latest of many calls, one for each turn of the event loop."""

    def __init__(self, soon: Callable[[Callable[[], None]], None]) -> None:
        self._soon = soon
        self._call: Callable[[], None] | None = None

    def latest(self, call: Callable[[], None]) -> None:
        first, self._call = self._call is None, call
        if first:
            self._soon(self._pass)

    def _pass(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call()


def _record(job: Job, result: RenderResult) -> dict[str, Any]:
    """What the document keeps: which licence and twin made the layer, for which use. Nothing secret."""
    made = datetime.now(timezone.utc).isoformat(timespec="seconds")  # noqa: UP017 - Python 3.10
    return {
        "twin": job.twin.twin,
        "name": job.twin.display_name,
        "licence": result.licence,
        "job": result.job,
        "use": asdict(job.use),
        "made": made,
    }
