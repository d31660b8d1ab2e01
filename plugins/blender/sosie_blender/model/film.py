"""The frames of one shot through one session: read by Blender, rendered and written in a thread, in order.

One session and one sequence name, so that landmarks, light and matte stay steady from frame to frame. A frame on which
the face is not seen passes through; a refusal, or whatever else goes wrong, ends the film, and what is there stays.
"""

from __future__ import annotations

import queue
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._sosie.client import PixelFolder, Progress, Session
from .._sosie.errors import FaceNotFoundError, FaceTooSmallError, PoseOutOfRangeError
from .._sosie.messages import ColourSpace, FaceChoice, FaceInfo, Pixels, RenderOptions, RenderRequest, Use
from .depths import uncovered
from .pictures import LINEAR, encode_exr, encode_png, is_half, write_beside
from .shots import matte_of, target_of
from .slopes import View, slopes

#: What passes a frame through.
NOT_HERE = (FaceNotFoundError, FaceTooSmallError, PoseOutOfRangeError)
#: Frames read ahead: a 4K frame takes 130 MB.
AHEAD = 2
POLL_SECONDS = 0.1
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Order:
    """What is the same for all frames."""

    twin: str
    use: Use
    face: FaceChoice = field(default_factory=FaceChoice)
    options: RenderOptions = field(default_factory=RenderOptions)
    matte: bool = False  # whether each frame's matte is written too


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame as Blender read it.

    Args:
        path: the file.
        pixels: (H, W, 4) float32, bottom row first: the file's own numbers, 0 to 1, or scene-linear light.
        deep: whether an integer file holds 16 bits.
        face: (H, W) 0 to 1, bottom row first: where the face that is meant is; None: as the order says.
        mask: the same for where the likeness may go; None: everywhere.
        depth: (H, W) metres from the camera, bottom row first, to keep in front what stands before the face.
        normals: (H, W, 3) in the scene, bottom row first, and the camera's `view` of it, to tell that better.
        layered: whether it is the picture out of a file of many layers.
    """

    path: Path
    pixels: Array
    deep: bool = False
    face: Array | None = None
    mask: Array | None = None
    depth: Array | None = None
    normals: Array | None = None
    view: View | None = None
    layered: bool = False

    @property
    def colour(self) -> ColourSpace:
        """What its numbers mean."""
        return "linear-srgb" if self.path.suffix.lower() in LINEAR else "srgb"

    def allowed(self, faces: Callable[[], Sequence[FaceInfo]]) -> Array | None:
        """`mask` without what stands before the face, which is one of `faces`, looked for where that is needed."""
        if self.mask is None or self.depth is None:
            return self.mask
        told = self.normals is not None and self.view is not None
        return uncovered(
            self.mask, self.depth, faces(), slopes(self.depth, self.normals, self.view) if told else None
        )


@dataclass
class Tally:
    """What came of a film; `passed` frames had no face to take the likeness."""

    made: list[Path] = field(default_factory=list)
    passed: list[Path] = field(default_factory=list)
    job: str = ""
    licence: str = ""


class Film:
    """Frames under way. `work` runs in a thread, everything else on Blender's main thread.

    Args:
        order: what is the same for all.
        total: how many frames will come; 0 when nobody knows.
    """

    def __init__(self, order: Order, total: int = 0) -> None:
        self.order, self.total, self.tally = order, total, Tally()
        self._waiting: queue.Queue[Frame | None] = queue.Queue()
        self._name = f"blender-{uuid.uuid4().hex}"
        self._taken = 0

    @property
    def wants(self) -> bool:
        """Whether another frame should be read now."""
        return self._waiting.qsize() < AHEAD

    def feed(self, frame: Frame) -> None:
        """Here is the next one."""
        self._waiting.put(frame)

    def end(self) -> None:
        """There is no other."""
        self._waiting.put(None)

    def work(self, session: Session, progress: Progress) -> Tally:
        """Render what is fed until `end`; for a `Task`.

        Raises:
            RefusedError, RegistryError, AgentError, SetupError: the film ends here.
            CancelledError: `progress` raised it.
        """
        while True:
            progress(self._part(0.0), "")
            try:
                frame = self._waiting.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if frame is None:
                return self.tally
            self.render(session, frame, self._named(frame.path.name, progress))
            self._taken += 1

    def render(self, session: Session, frame: Frame, progress: Progress) -> None:
        """One frame, written before this returns."""
        target, associated = target_of(frame.path), frame.colour == "linear-srgb"
        # OpenEXR's colours are those over black, which is what is looked at: they travel without their alpha
        sent = [_put(session.pixels, frame.pixels[..., : 3 if associated else 4], frame.colour)]
        try:
            allowed = frame.allowed(lambda: session.faces(sent[0]))
            face, mask = (_put_mask(session.pixels, one, sent) for one in (frame.face, allowed))
            request = RenderRequest(
                plate=sent[0],
                twin=self.order.twin,
                use=self.order.use,
                face=self.order.face if face is None else FaceChoice(mask=face),
                mask=mask,
                options=self.order.options,
                layers=("composite", "matte") if self.order.matte else ("composite",),
                priority="batch",
                sequence=self._name,
            )
            result = session.render(request, progress)
        except NOT_HERE:
            passes = frame.path.suffix.lower() == target.suffix and not frame.layered
            write_beside(target, frame.path.read_bytes() if passes else encoded(frame, frame.pixels))
            self._write_matte(frame, np.zeros(frame.pixels.shape[:2], np.float32))
            self.tally.passed.append(target)
            return
        finally:
            for pixels in sent:
                session.pixels.release(pixels)
        composite = received(session.pixels, result.layers["composite"], frame.pixels)
        if self.order.matte:
            self._write_matte(frame, received_matte(session.pixels, result.layers["matte"]))
        write_beside(target, encoded(frame, composite))
        self.tally.made.append(target)
        self.tally.job, self.tally.licence = result.job, result.licence

    def _write_matte(self, frame: Frame, matte: Array) -> None:
        """(H, W) 0 to 1, bottom row first; before the frame itself, by which a resumed job knows what is done."""
        if self.order.matte:
            grey = np.round(np.clip(matte[::-1, :, None], 0, 1) * 255).astype(np.uint8)
            write_beside(matte_of(frame.path), encode_png(grey))

    def _named(self, name: str, progress: Progress) -> Progress:
        return lambda part, _: progress(self._part(part), name)

    def _part(self, part: float) -> float:
        return min(1.0, (self._taken + part) / self.total) if self.total else part


def encoded(frame: Frame, pixels: Array) -> bytes:
    """`pixels`, (H, W, 4) bottom row first, as the kind of file that `frame` becomes."""
    rows = pixels[::-1]
    opaque = bool((rows[..., 3] >= 1).all())
    shown = rows[..., :3] if opaque else rows
    if frame.colour == "linear-srgb":
        return encode_exr(shown, half=frame.path.suffix.lower() == ".exr" and is_half(frame.path))
    kind: Any = np.uint16 if frame.deep else np.uint8
    scale = np.float32(np.iinfo(kind).max)
    return encode_png(np.round(np.clip(shown, 0, 1) * scale).astype(kind))


def received(folder: PixelFolder, pixels: Pixels, plate: Array) -> Array:
    """A float composite of the agent's in the shape of `plate`, whose alpha it keeps; bottom row first."""
    got = np.frombuffer(folder.read(pixels), np.float32).reshape(pixels.height, pixels.width, -1)
    folder.release(pixels)
    made = plate.copy()
    made[..., :3] = (got if pixels.bottom_up else got[::-1])[..., :3]
    return made


def received_matte(folder: PixelFolder, pixels: Pixels) -> Array:
    """A matte of the agent's as (H, W) 0 to 1, bottom row first."""
    kinds: dict[str, Any] = {"u8": np.uint8, "u16": np.uint16, "f16": np.float16, "f32": np.float32}
    kind = kinds[pixels.depth]
    full = np.iinfo(kind).max if np.issubdtype(kind, np.integer) else 1
    got = np.frombuffer(folder.read(pixels), kind).reshape(pixels.height, pixels.width)
    folder.release(pixels)
    return np.asarray((got if pixels.bottom_up else got[::-1]).astype(np.float32) / full)


def _put(folder: PixelFolder, pixels: Array, colour: ColourSpace) -> Pixels:
    height, width, channels = pixels.shape
    return folder.put(
        np.ascontiguousarray(pixels).data,
        width=width,
        height=height,
        depth="f32",
        channels="RGB" if channels == 3 else "RGBA",
        colour=colour,
        bottom_up=True,
    )


def _put_mask(folder: PixelFolder, mask: Array | None, sent: list[Pixels]) -> Pixels | None:
    if mask is None:
        return None
    height, width = mask.shape
    grey = np.round(np.clip(mask, 0, 1) * 255).astype(np.uint8)
    sent.append(
        folder.put(
            grey.data,
            width=width,
            height=height,
            depth="u8",
            channels="L",
            colour="linear-srgb",
            bottom_up=True,
        )
    )
    return sent[-1]
