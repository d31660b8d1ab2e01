"""The twin: what is known of a person after capture, as plain arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sosie.errors import PackError

Section = NDArray[np.generic] | bytes


@dataclass(frozen=True)
class Figures:
    """What the capture measured, for reports and for an artist's trust."""

    views: tuple[str, ...]  # names by pose, frontal first
    residual: float  # RMS misfit of the bundle, in units of the eye distance
    valid: float  # share of the texture that photographs show, 0 to 1
    eye_pixels: float  # eye distance in the frontal photograph, pixels


@dataclass(frozen=True, eq=False)
class Twin:
    """A person, ready to be rendered.

    Colours are linear light, sRGB primaries, reflectance (0 to 1). Shapes are in the face basis's frame.
    """

    shape: NDArray[np.float32]  # (468, 3) neutral
    albedo: NDArray[np.float16]  # (T, T, 3), T at least 2048
    valid: NDArray[np.uint8]  # (T, T), 255 where a photograph shows skin
    expressions: NDArray[np.float32]  # (n, 52) coefficients of the expression photographs
    deltas: NDArray[np.float32]  # (n, 468, 3) their shapes minus the neutral one
    resting: NDArray[np.float32]  # (52,) what the network says of the neutral face
    tone: NDArray[np.float32]  # (3,) mean reflectance of clean skin
    iris: NDArray[np.float32]  # (3,) median reflectance of both irises
    identity: NDArray[np.float32]  # (128,) face embedding of the frontal photograph
    thumbnail: bytes  # JPEG
    figures: Figures
    #: Ears, jaw and neck in the surround's own rectangle; None in packs that were made before it was captured.
    surround: NDArray[np.float16] | None = None  # (1024, 512, 3)
    surround_valid: NDArray[np.uint8] | None = None  # (1024, 512), 255 where a photograph shows skin
    #: What each expression photograph adds to the texture, in luminance: `AS_AT_REST` is nothing, `LEVELS_A_STOP` more
    #: is twice as bright. None in packs that were made before it was captured.
    wrinkles: NDArray[np.uint8] | None = None  # (n, 512, 512)

    @property
    def texture_px(self) -> int:
        """Side of the texture."""
        return len(self.albedo)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))

    def to_sections(self) -> dict[str, Section]:
        """Plain arrays and bytes, for a pack."""
        arrays: dict[str, Section] = {name: getattr(self, name) for name in ARRAYS}
        later = (name for group in LATER for name in group)
        known = {name: getattr(self, name) for name in later if getattr(self, name) is not None}
        return {
            **arrays,
            **known,
            "thumbnail": self.thumbnail,
            "figures": json.dumps(asdict(self.figures)).encode(),
        }

    @classmethod
    def from_sections(cls, sections: Mapping[str, Section]) -> Twin:
        """The inverse; every array's type and shape is checked. What a pack is too old to have, its twin is without.

        Raises:
            PackError: pack_corrupt, for a section that is missing or not what it should be.
        """
        told_of = dict(ARRAYS)
        for group in LATER:
            told_of |= group if set(group) & set(sections) else {}
        arrays = {name: _checked(name, kind, sections.get(name)) for name, kind in told_of.items()}
        if arrays["albedo"].shape[:2] != arrays["valid"].shape:
            raise PackError("The twin's texture and its validity map differ in size.", remedy=REMEDY)
        if len({len(arrays[name]) for name in ("expressions", "deltas", "wrinkles") if name in arrays}) > 1:
            raise PackError("The twin's expressions differ in number.", remedy=REMEDY)
        thumbnail, figures = sections.get("thumbnail"), sections.get("figures")
        if not isinstance(thumbnail, bytes) or not isinstance(figures, bytes):
            raise PackError("The twin has no thumbnail or no figures.", remedy=REMEDY)
        try:
            numbers = json.loads(figures)
            told = Figures(
                tuple(str(view) for view in numbers["views"]),
                float(numbers["residual"]),
                float(numbers["valid"]),
                float(numbers["eye_pixels"]),
            )
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise PackError("The twin's figures cannot be read.", remedy=REMEDY) from error
        return cls(**arrays, thumbnail=thumbnail, figures=told)


REMEDY = "Fetch the pack again; if it stays so, ask for a new capture."
#: dtype and shape of each array; None is any length.
ARRAYS: dict[str, tuple[str, tuple[int | None, ...]]] = {
    "shape": ("float32", (468, 3)),
    "albedo": ("float16", (None, None, 3)),
    "valid": ("uint8", (None, None)),
    "expressions": ("float32", (None, 52)),
    "deltas": ("float32", (None, 468, 3)),
    "resting": ("float32", (52,)),
    "tone": ("float32", (3,)),
    "iris": ("float32", (3,)),
    "identity": ("float32", (128,)),
}

#: Side of the wrinkles' maps, and how they are coded.
WRINKLES_SIDE, AS_AT_REST, LEVELS_A_STOP = 512, 128, 64
#: What older packs have not; those of one group come together or not at all.
LATER: tuple[dict[str, tuple[str, tuple[int | None, ...]]], ...] = (
    {"surround": ("float16", (1024, 512, 3)), "surround_valid": ("uint8", (1024, 512))},
    {"wrinkles": ("uint8", (None, WRINKLES_SIDE, WRINKLES_SIDE))},
)


def _checked(name: str, wanted: tuple[str, tuple[int | None, ...]], value: Section | None) -> NDArray[Any]:
    kind, shape = wanted
    fits = (
        isinstance(value, np.ndarray)
        and value.dtype == kind
        and value.ndim == len(shape)
        and all(want in (None, have) for want, have in zip(shape, value.shape, strict=True))
        and (value.dtype.kind != "f" or bool(np.isfinite(value).all()))
    )
    if not fits:
        raise PackError(f"The twin's section {name} is not {kind} {shape}.", remedy=REMEDY)
    assert isinstance(value, np.ndarray)
    return value
