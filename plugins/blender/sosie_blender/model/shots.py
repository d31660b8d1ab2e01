"""Where the frames of a shot lie, and where the ones with the likeness go: a folder `likeness` beside them.

The frames themselves are never written over. The names are those of `sosie render FRAMES --out likeness`, so either
goes on where the other was stopped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .._sosie.errors import OptionError
from .pictures import LINEAR

FOLDER = "likeness"
#: Masks of the object whose face it is, written by the compositor (`host/matte.py`).
MASKS = "mask"
#: And how far everything is from the camera, in metres; and which way its surface looks, in the scene.
DEPTHS, NORMALS = "depth", "normal"
#: Where the likeness is, written with it when the artist wants to grade it apart (`host/grading.py`).
MATTES = "matte"
#: Frames that the artist has graded (`host/grading.py`), beside the folder above.
GRADED = "graded"
#: What is read as a frame.
FRAMES = frozenset({".png", ".tif", ".tiff", ".jpg", ".jpeg", ".webp", ".bmp", ".tga", ".exr", ".hdr"})
_COUNTER = re.compile(r"(\d+)(?!.*\d)")


def target_of(frame: Path) -> Path:
    """The file that `frame` with the likeness becomes: OpenEXR for scene-linear frames, PNG for all others."""
    suffix = ".exr" if frame.suffix.lower() in LINEAR else ".png"
    return frame.parent / FOLDER / frame.with_suffix(suffix).name


@dataclass(frozen=True)
class Passes:
    """What was written with a frame, each None where it was not: a PNG and two OpenEXR files."""

    mask: Path | None = None
    depth: Path | None = None
    normal: Path | None = None


def passes_of(frame: Path, number: int) -> Passes:
    """What was written for `frame`, frame `number` of its scene."""

    def written(folder: str, ending: str) -> Path | None:
        names = (f"{frame.stem}{ending}", f"{frame.stem}{number:04d}{ending}")
        places = [frame.parent / FOLDER / folder / name for name in names]
        return next((place for place in places if place.is_file()), None)

    return Passes(written(MASKS, ".png"), written(DEPTHS, ".exr"), written(NORMALS, ".exr"))


def matte_of(frame: Path) -> Path:
    """The file for the matte of `frame`: white where its likeness is the twin's face."""
    return frame.parent / FOLDER / MATTES / f"{frame.stem}.png"


def number_of(frame: Path) -> int:
    """The last number in the name of `frame`; 0 without one."""
    found = _COUNTER.search(frame.stem)
    return int(found[1]) if found else 0


def stem_of(frame: Path) -> str:
    """The name of `frame` up to its number."""
    found = _COUNTER.search(frame.stem)
    return frame.stem[: found.start()] if found else frame.stem


def shot_of(frame: Path) -> list[Path]:
    """`frame` and every other one of its shot, by number: the files whose names differ in the last number only.

    Raises:
        OptionError: `frame` is not there.
    """
    if not frame.is_file():
        raise OptionError(
            f"There is no {frame}.", remedy="Save the picture, or choose a frame that is there."
        )
    counter = _COUNTER.search(frame.stem)
    if counter is None:
        return [frame]
    before, after = frame.stem[: counter.start()], frame.stem[counter.end() :] + frame.suffix
    wanted = re.compile(re.escape(before) + r"(\d+)" + re.escape(after))
    found = [path for path in frame.parent.iterdir() if wanted.fullmatch(path.name)]
    return sorted(found, key=lambda path: (number_of(path), path.name))


def is_done(frame: Path, *, matte: bool = False) -> bool:
    """Whether the likeness, and its `matte` where that is wanted, is there and no older than the frame."""
    targets = (target_of(frame), matte_of(frame)) if matte else (target_of(frame),)
    made = frame.stat().st_mtime_ns
    return all(target.is_file() and target.stat().st_mtime_ns >= made for target in targets)
