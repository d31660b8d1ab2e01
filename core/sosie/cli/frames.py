"""Many frames, several people: what `sosie render` does beyond one picture.

Frames of one run are one sequence, rendered one after the other; the next is read and the last one written meanwhile.
What is there already is not made again, so a job that was stopped goes on where it was. A frame without the face passes
through as the very same file. A refusal ends the job: no frame after it is touched.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from sosie.client.session import Session
from sosie.easel import put, put_mask, take
from sosie.errors import FaceNotFoundError, FaceTooSmallError, OptionError, PoseOutOfRangeError
from sosie.messages import FaceChoice, LayerName, Pixels, RenderOptions, RenderRequest, RenderResult, Use
from sosie.overlap import Behind, ahead
from sosie.pictures import Picture, read_picture, write_picture
from sosie.storage import write_file

#: What passes a frame through.
NOT_HERE = (FaceNotFoundError, FaceTooSmallError, PoseOutOfRangeError)
#: Suffixes of what is read as a frame in a folder.
FRAMES = frozenset({".png", ".tif", ".tiff", ".jpg", ".jpeg", ".webp", ".exr"})
COUNTER = re.compile(r"%0?(\d*)d")
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Part:
    """A twin and the face she takes."""

    twin: str
    face: FaceChoice


@dataclass(frozen=True)
class Order:
    """What is the same for all frames."""

    parts: tuple[Part, ...]
    use: Use
    options: RenderOptions
    mask: Path | None = None


@dataclass
class Tally:
    """What came of a job; `passed` frames had no face for any twin, `skipped` ones were there already."""

    rendered: int = 0
    passed: int = 0
    skipped: int = 0
    notes: list[str] = field(default_factory=list)


def part_of(text: str, face: FaceChoice) -> Part:
    """`TWIN`, with the face `face`, or `TWIN@CHOICE`: a number, X,Y on the face or X0,Y0,X1,Y1 around it.

    Raises:
        OptionError: the choice is none of these.
    """
    twin, _, said = text.partition("@")
    if not said:
        return Part(twin, face)
    try:
        numbers = tuple(float(word) for word in said.split(","))
        return Part(twin, _chosen(numbers, face))
    except ValueError:
        raise OptionError(
            f"{said!r} says no face.",
            remedy="Write TWIN@0 for a face by its number, TWIN@X,Y for a pixel on it, TWIN@X0,Y0,X1,Y1 for a box.",
        ) from None


def frames_of(plates: Sequence[str]) -> list[Path]:
    """The frames that files, folders and patterns like shot.%04d.png name, in order.

    Raises:
        OptionError: there are none.
    """
    found: list[Path] = []
    for plate in plates:
        path = Path(plate)
        if path.is_dir():
            found += sorted(one for one in path.iterdir() if one.suffix.lower() in FRAMES)
        elif path.exists():
            found.append(path)
        elif counter := COUNTER.search(path.name):
            found += _numbered(path, counter)
        else:
            raise OptionError(f"There is no {plate}.", remedy="Give pictures, a folder, or shot.%04d.png.")
    if not found:
        raise OptionError(f"There is no frame in {', '.join(plates)}.", remedy="Give pictures of frames.")
    return found


def render_frames(
    session: Session, frames: Sequence[Path], out: Path, order: Order, *, overwrite: bool, progress: Progress
) -> Tally:
    """Render every frame into the folder `out`, under its own name.

    Raises:
        RefusedError: a licence does not allow it; what is there stays.
        OptionError: two frames have one name, or a frame would be written over itself.
    """
    _check_names(frames, out)
    tally, sequence = Tally(), f"frames-{uuid.uuid4().hex}"
    wanted = [(n, frame) for n, frame in enumerate(frames) if overwrite or not (out / frame.name).exists()]
    tally.skipped = len(frames) - len(wanted)
    with Behind() as writing:
        for (number, frame), read in ahead(lambda one: read_picture(one[1]), wanted):

            def show(fraction: float, stage: str, number: int = number, name: str = frame.name) -> None:
                progress((number + fraction) / len(frames), f"{name}: {stage}" if stage else name)

            plate, layered = read, False
            for part in order.parts:
                try:
                    result = one_render(session, plate, order, part, progress=show, sequence=sequence)
                except NOT_HERE as error:
                    tally.notes.append(f"{frame.name}: {part.twin} is not on it. {error.message}")
                    continue
                plate, layered = take(session, result.layers["composite"], plate), True
            out.mkdir(parents=True, exist_ok=True)
            writing.do(partial(_write, out / frame.name, frame, plate if layered else None))
            tally.rendered += layered
            tally.passed += not layered
    return tally


def _write(target: Path, frame: Path, drawn: Picture | None) -> None:
    """`drawn` as `target`; where nothing was drawn the frame's very file."""
    if drawn is None:
        write_file(target, frame.read_bytes())
    else:
        write_picture(target, drawn)


def one_render(
    session: Session,
    plate: Picture,
    order: Order,
    part: Part,
    *,
    progress: Progress,
    sequence: str = "",
    layers: tuple[LayerName, ...] = ("composite",),
) -> RenderResult:
    """One twin onto `plate`; its licence is asked."""
    sent = [put(session, plate)]
    try:
        mask: Pixels | None = None
        if order.mask:
            mask = put_mask(session, order.mask)
            sent.append(mask)
        request = RenderRequest(
            plate=sent[0],
            twin=part.twin,
            use=order.use,
            face=part.face,
            mask=mask,
            options=order.options,
            layers=layers,
            priority="batch" if sequence else "interactive",
            sequence=sequence,
        )
        return session.render(request, progress)
    finally:
        for pixels in sent:
            session.pixels.release(pixels)


def _chosen(numbers: tuple[float, ...], face: FaceChoice) -> FaceChoice:
    plain = replace(face, point=None, box=None, index=None)
    if len(numbers) == 1 and numbers[0].is_integer():
        return replace(plain, index=int(numbers[0]))
    if len(numbers) == 2:
        return replace(plain, point=numbers)
    if len(numbers) == 4:
        return replace(plain, box=numbers)
    raise ValueError(numbers)


def _numbered(pattern: Path, counter: re.Match[str]) -> list[Path]:
    """The files that a pattern with one counter names, by their numbers."""
    before, after = pattern.name[: counter.start()], pattern.name[counter.end() :]
    width = int(counter[1] or 1)
    wanted = re.compile(re.escape(before) + rf"(\d{{{width},}})" + re.escape(after))
    folder = pattern.parent
    names = folder.iterdir() if folder.is_dir() else ()
    matches = [(found, path) for path in names if (found := wanted.fullmatch(path.name))]
    return [path for _, path in sorted(matches, key=lambda one: int(one[0][1]))]


def _check_names(frames: Sequence[Path], out: Path) -> None:
    names = [frame.name for frame in frames]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise OptionError(f"Two frames are called {twice[0]}.", remedy="Render each folder on its own.")
    if any(frame.parent.resolve() == out.resolve() for frame in frames):
        raise OptionError(
            f"{out} holds the frames themselves.",
            remedy="Choose another folder: frames are never written over.",
        )
