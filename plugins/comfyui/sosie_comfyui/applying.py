"""A likeness onto every frame of a batch: one request for each frame, in order, under one sequence name.

A frame in which the chosen face is not there, is too small or is turned too far passes through unchanged and
is reported; everything else that goes wrong is an error. Memory holds the batch, its layers and one frame.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from . import pixels
from ._sosie.client.use import use_from
from ._sosie.errors import FaceNotFoundError, FaceTooSmallError, PoseOutOfRangeError
from ._sosie.messages import FaceChoice, FaceOrder, Pixels, RenderOptions, RenderRequest, RenderResult
from .attending import Attended
from .texts import say, tr

#: What is wrong with a frame, not with the request.
NOT_HERE = (FaceNotFoundError, FaceTooSmallError, PoseOutOfRangeError)
#: How many reasons a report spells out.
SPELT_OUT = 8

Handle = dict[str, Any]


@dataclass(frozen=True)
class Choosing:
    """How the face is chosen in each frame; the first of these that is there counts."""

    box: Any = None  # a BOUNDING_BOX
    mask: Any = None  # a MASK
    like: Any = None  # an IMAGE of the person to find
    index: int = 0
    order: str = "large-small"

    def prepare(self, attended: Attended) -> Pixels | None:
        """The reference picture, sent once for all frames."""
        if self.like is None:
            return None
        return pixels.send(attended.session.pixels, pixels.frames_of(self.like)[0])

    def choice(self, attended: Attended, frame: int, plate: Pixels, like: Pixels | None) -> FaceChoice:
        """The choice in one frame.

        Raises:
            FaceNotFoundError: the boxes or the mask of this frame are empty.
        """
        if self.box is not None:
            boxes = pixels.boxes_of(self.box, frame)
            if self.index < len(boxes):
                return FaceChoice(box=boxes[self.index])
            raise FaceNotFoundError(
                tr("There is no face {number} here; {count} were given.").format(
                    number=self.index, count=len(boxes)
                )
            )
        if self.mask is not None:
            mask = pixels.mask_of(self.mask, frame, plate.width, plate.height)
            if mask is not None and not mask.any():
                raise FaceNotFoundError(tr("The face mask of this frame is empty."))
            if mask is not None:
                return FaceChoice(mask=pixels.send(attended.session.pixels, mask))
        if like is not None:
            return FaceChoice(like=like)
        return FaceChoice(index=self.index, order=cast("FaceOrder", self.order))


@dataclass(frozen=True)
class Pair:
    """A licensed twin and the face she takes."""

    twin: Handle
    face: Choosing


@dataclass
class Applied:
    """What came of a batch: arrays as ComfyUI's tensors are shaped, and the account of it."""

    image: pixels.Array  # (B, H, W, 3 or 4)
    mask: pixels.Array  # (B, H, W), 1 where a likeness is
    likeness: pixels.Array  # (B, H, W, 4), straight alpha, of the last pair
    uses: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changed: set[int] = field(default_factory=set)

    def report(self) -> str:
        """How many frames carry a likeness, and what is to be known about the others."""
        count = len(self.image)
        if count == 1 and not self.notes:
            return tr("The likeness is on.")
        lines = self.notes[:SPELT_OUT]
        if more := len(self.notes) - len(lines):
            lines.append(tr("... and {count} more.").format(count=more))
        if count > 1:
            whole = tr("{changed} of {count} frames carry the likeness.")
            lines.insert(0, whole.format(changed=len(self.changed), count=count))
        return "\n".join(lines)

    def provenance(self) -> dict[str, Any]:
        """Which twins are in the picture, under which licence and for which use; nothing secret."""
        return {"uses": self.uses}


def apply(
    attended: Attended, image: Any, pairs: Sequence[Pair], options: RenderOptions, allowed: Any = None
) -> Applied:
    """Put the twin of each pair onto her face, in every frame of the IMAGE `image`.

    Args:
        attended: the session to work with.
        image: an IMAGE.
        pairs: twins and faces; each is a render, and a licence check, of its own.
        options: the retoucher's switches.
        allowed: a MASK of where a likeness may go; None: everywhere.

    Raises:
        SosieError: refused, or the agent cannot do it.
    """
    frames = pixels.frames_of(image)
    count, height, width, _ = frames.shape
    done = Applied(
        frames.copy(),
        np.zeros((count, height, width), np.float32),
        np.zeros((count, height, width, 4), np.float32),
    )
    batch = _Batch(attended, done, options, allowed, count * len(pairs))
    for number, pair in enumerate(pairs):
        batch.apply(pair, number, frames)
    return done


class _Batch:
    """One pass of `apply`."""

    def __init__(
        self, attended: Attended, done: Applied, options: RenderOptions, allowed: Any, steps: int
    ) -> None:
        self._attended, self._done, self._options, self._allowed = attended, done, options, allowed
        self._steps, self._step = steps, 0
        self._folder = attended.session.pixels

    def apply(self, pair: Pair, number: int, frames: pixels.Array) -> None:
        """One twin onto all frames."""
        sequence = f"comfyui-{uuid.uuid4().hex}" if len(frames) > 1 else ""
        use = {**pair.twin, "jobs": [], "frames": []}
        like = pair.face.prepare(self._attended)
        for frame in range(len(frames)):
            try:
                result = self._render(pair, frame, like, sequence, first=number == 0)
            except NOT_HERE as error:
                self._done.notes.append(self._name(pair, frame, f"{tr('unchanged')}. {say(str(error))}"))
            else:
                use["jobs"].append(result.job)
                use["frames"].append(frame)
                self._done.changed.add(frame)
                self._done.notes += [self._name(pair, frame, say(reason)) for reason in result.reasons]
            self._step += 1
            self._attended.stage.show(self._step / self._steps, pixels.small(self._done.image[frame]))
        self._done.uses.append(use)

    def _render(
        self, pair: Pair, frame: int, like: Pixels | None, sequence: str, *, first: bool
    ) -> RenderResult:
        done, folder = self._done, self._folder
        sent = [plate := pixels.send(folder, done.image[frame])]
        try:
            face = pair.face.choice(self._attended, frame, plate, like)
            sent += [face.mask] if face.mask else []
            mask = None
            if self._allowed is not None:
                allowed = pixels.mask_of(self._allowed, frame, plate.width, plate.height)
                mask = pixels.send(folder, allowed) if allowed is not None else None
                sent += [mask] if mask else []
            request = RenderRequest(
                plate=plate,
                twin=pair.twin["twin"],
                use=use_from(pair.twin["use"]),
                face=face,
                mask=mask,
                options=self._options,
                layers=("composite", "flat", "matte"),
                priority="batch" if sequence else "interactive",
                preview=not sequence,
                sequence=sequence,
            )
            result = self._attended.run(
                lambda progress, preview: self._attended.session.render(request, progress, preview),
                lambda fraction: self._attended.stage.show((self._step + fraction) / self._steps),
                self._preview,
            )
        finally:
            for picture in sent:
                folder.release(picture)
        pixels.receive(folder, result.layers["composite"], done.image[frame])
        pixels.receive(folder, result.layers["flat"], done.likeness[frame])
        matte = done.mask[frame] if first else np.empty_like(done.mask[frame])
        pixels.receive(folder, result.layers["matte"], matte)
        np.maximum(done.mask[frame], matte, out=done.mask[frame])
        return result

    def _preview(self, picture: Pixels) -> None:
        shown = pixels.picture_of(self._folder, picture)
        self._folder.release(picture)
        self._attended.stage.show(self._step / self._steps, shown)

    def _name(self, pair: Pair, frame: int, what: str) -> str:
        where = tr("Frame {number}").format(number=frame + 1) + ", " if len(self._done.image) > 1 else ""
        return f"{where}{pair.twin['name']}: {what}"
