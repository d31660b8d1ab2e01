"""Which faces are in the picture, and which one is meant."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import cast

from .._sosie.client import Session
from .._sosie.errors import CancelledError
from .._sosie.messages import FaceChoice, FaceInfo
from ..interface import Host, Image, Picture
from .errors import Notice, notice_of
from .flows import Flow, Running
from .line import Line
from .texts import tr
from .watch import Watch

#: Faces are looked for in the picture at this size; a face has to be larger than a stamp in it to be rendered anyway.
LOOK_SIDE = 1600

FloatBox = tuple[float, float, float, float]


@dataclass(frozen=True)
class Seen:
    """A look at a document: its small picture, the faces in the document's own pixels, and the chosen one."""

    picture: str
    image: Image | None  # while it is being taken
    width: int  # of the document
    height: int
    faces: tuple[FloatBox, ...] = ()
    chosen: int | None = None
    looked: bool = False  # whether faces were looked for

    def choice(self) -> FaceChoice:
        """What to tell the agent; nothing chosen means the largest face."""
        if self.chosen is None:
            return FaceChoice()
        x0, y0, x1, y1 = self.faces[self.chosen]
        return FaceChoice(point=((x0 + x1) / 2, (y0 + y1) / 2))

    def face_at(self, x: float, y: float) -> int | None:
        """The smallest face whose box holds (x, y)."""
        inside = [n for n, (x0, y0, x1, y1) in enumerate(self.faces) if x0 <= x <= x1 and y0 <= y <= y1]
        return min(inside, key=lambda n: _area(self.faces[n]), default=None)


class Looking:
    """Faces of the document in front."""

    def __init__(self, host: Host, line: Line, watch: Watch) -> None:
        self._host, self._line, self._watch = host, line, watch
        self._running: Running | None = None
        self._taking: Running | None = None
        self.seen: Seen | None = None
        self.notice: Notice | None = None

    @property
    def busy(self) -> bool:
        """Whether a look is under way."""
        return self._running is not None and not self._running.done

    def look(self, picture: Picture) -> None:
        """Take a small picture of the document, without looking for faces."""
        kept = self.seen
        if kept is None or (kept.picture, kept.width, kept.height) != _facts(picture):
            self.seen = Seen(picture.key, None, picture.width, picture.height)
        self._stop_taking()
        self._taking = Running(self._take(picture), self._host.soon, self._ended)
        self._watch.tell("faces")

    def forget(self) -> None:
        """No document is in front."""
        self._stop_taking()
        self.seen = None
        self._watch.tell("faces")

    def find(self, picture: Picture) -> None:
        """Look for faces; the largest is chosen."""
        if not self.busy:
            self._running = Running(self._find(picture), self._host.soon, self._ended)
            self._watch.tell("faces")

    def choose(self, face: int | None) -> None:
        """This face from now on; None for the largest."""
        if self.seen is not None:
            self.seen = replace(self.seen, chosen=face)
            self._watch.tell("faces")

    def _take(self, picture: Picture) -> Flow:
        image = yield from _small(picture)
        if self.seen is not None and self.seen.picture == picture.key:
            self.seen = replace(self.seen, image=image)
            self._watch.tell("faces")

    def _stop_taking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()

    def _find(self, picture: Picture) -> Flow:
        width, height, key = picture.width, picture.height, picture.key
        image = yield from _small(picture)
        asked = self._line.ask(lambda session: _faces(session, image))
        self._line.hang_up()
        found: list[FaceInfo] = yield asked
        scale = width / image.width
        boxes = tuple(tuple(side * scale for side in face.box) for face in found)
        largest = max(range(len(boxes)), key=lambda n: _area(boxes[n]), default=None)
        if self.seen is not None and self.seen.picture != key:
            return  # another document is in front by now
        self.seen = Seen(key, image, width, height, boxes, largest, looked=True)
        self.notice = None if boxes else Notice("note", tr("No face was found in this picture."))
        self._watch.tell("faces")

    def _ended(self, error: BaseException | None) -> None:
        if error is not None:
            self.notice = notice_of(error)
        self._watch.tell("faces")


def _small(picture: Picture) -> Generator[None, None, Image]:
    """The picture at LOOK_SIDE.

    Raises:
        CancelledError: the document was closed meanwhile.
    """
    steps = picture.thumbnail(LOOK_SIDE)
    while picture.is_open():
        try:
            next(steps)
        except StopIteration as end:
            return cast("Image", end.value)
        yield
    raise CancelledError("The document was closed.")


def _facts(picture: Picture) -> tuple[str, int, int]:
    return picture.key, picture.width, picture.height


def _faces(session: Session, image: Image) -> list[FaceInfo]:
    sent = session.pixels.put(image.data, width=image.width, height=image.height, depth="u8", channels="BGRA")
    try:
        return session.faces(sent)
    finally:
        session.pixels.release(sent)


def _area(box: FloatBox) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
