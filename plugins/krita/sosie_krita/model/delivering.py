"""Delivery: the visible picture through the registry's gate, and the signed file it answers with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._sosie.client import Session
from .._sosie.client.use import use_from
from .._sosie.errors import RefusedError, SetupError
from .._sosie.messages import DeliverRequest, Delivery, Use
from ..interface import Host, Image, Picture
from .errors import Notice, notice_of
from .flows import Flow, Running
from .line import Line
from .sending import send
from .texts import tr
from .watch import Watch

#: File name's ending -> kind of file, and whether it holds 16 bits.
KINDS = {".jpg": ("image/jpeg", False), ".jpeg": ("image/jpeg", False), ".png": ("image/png", True)}
SENDING = 0.3


@dataclass(frozen=True)
class Receipt:
    """What a delivery brought."""

    path: Path
    delivery: Delivery
    foot: Image | None  # of the signed picture: the label as it stands there


class Deliveries:
    """One delivery at a time, on a line of its own."""

    def __init__(self, host: Host, line: Line, watch: Watch) -> None:
        self._host, self._line, self._watch = host, line, watch
        self._running: Running | None = None
        self.fraction = 0.0
        self.receipt: Receipt | None = None
        self.notice: Notice | None = None

    @property
    def busy(self) -> bool:
        """Whether one is under way."""
        return self._running is not None and not self._running.done

    def deliver(self, picture: Picture, path: Path, uses: dict[str, Use]) -> None:
        """Deliver `picture` to the new file `path` (.jpg or .png).

        Args:
            picture: an open document.
            path: where the signed file goes.
            uses: what to state for a twin, where it differs from what its layer was made for.

        Raises:
            RefusedError: no likeness is visible, or several twins are.
        """
        if self.busy:
            return
        record = single(picture.records())
        use = uses.get(record["twin"]) or use_from(record["use"])
        self.receipt = self.notice = None
        self.fraction = 0.0
        self._running = Running(self._deliver(picture, path, record, use), self._host.soon, self._ended)
        self._watch.tell("work")

    def cancel(self) -> None:
        """Stop it. What the registry has already signed stays in its log."""
        if self._running is not None:
            self._line.cancel()
            self._running.cancel()

    def _deliver(self, picture: Picture, path: Path, record: dict[str, Any], use: Use) -> Flow:
        mime, deep = KINDS[path.suffix.lower()]
        form = picture.final_format(deep=deep)
        sent = yield from send(
            self._line, picture, form, picture.flat(form), lambda part: self._move(part * SENDING)
        )
        request = DeliverRequest(
            twin=record["twin"], use=use, picture=sent, mime=mime, job=record.get("job", "")
        )

        def work(session: Session) -> Receipt:
            delivery = session.deliver(
                request, lambda part, _: self._host.soon(lambda: self._move(SENDING + part * (1 - SENDING)))
            )
            write_beside(path, Path(delivery.file).read_bytes())
            return Receipt(path, delivery, self._host.foot(path))

        self.receipt = yield self._line.ask(work)

    def _move(self, fraction: float) -> None:
        self.fraction = fraction
        self._watch.tell("work")

    def _ended(self, error: BaseException | None) -> None:
        self._line.hang_up()
        if error is not None:
            self.notice = notice_of(error)
        self._watch.tell("work", "notice")


def single(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The newest record, when all are of one twin.

    Raises:
        RefusedError: `nothing_to_deliver` or `several_twins`.
    """
    if not records:
        raise RefusedError(
            tr("No visible layer of this document is a licensed likeness."),
            remedy=tr("Render one, or show its group, then deliver."),
            code="nothing_to_deliver",
        )
    names = {record["twin"]: record.get("name", record["twin"]) for record in records}
    if len(names) > 1:
        raise RefusedError(
            tr("This document shows {names}; a delivery is for one licence.").format(
                names=", ".join(sorted(names.values()))
            ),
            remedy=tr("Deliver pictures with one licensed person each."),
            code="several_twins",
        )
    return records[-1]


def write_beside(path: Path, data: bytes) -> None:
    """Write `path` whole or not at all.

    Raises:
        SetupError: `storage_unwritable`.
    """
    written = path.with_name(f".{path.name}.part")
    try:
        written.write_bytes(data)
        written.replace(path)
    except OSError as error:
        written.unlink(missing_ok=True)
        raise SetupError(
            tr("{path} cannot be written: {why}.").format(path=path, why=error.strerror or error),
            remedy=tr("Deliver again to another place: the same picture is not counted twice."),
            code="storage_unwritable",
        ) from error
