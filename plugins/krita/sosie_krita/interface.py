"""What the docker needs of its host. `host/` offers it in Krita; tests offer it without.

Everything here is called on the host's main thread, except `Host.soon` and `Host.foot`. Long reads and writes come in bands of rows, one
for each turn of the event loop, so that the canvas stays alive. Coordinates are the picture's pixels, x right, y down.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ._sosie.messages import Blend, ColourSpace, Depth

Box = tuple[int, int, int, int]  # x0, y0, x1, y1
#: Rows of a band hold about so many bytes: read or written in some ten milliseconds.
BAND_BYTES = 4 << 20


@dataclass(frozen=True)
class Image:
    """A small picture to look at: B, G, R, A bytes, straight alpha, rows without padding."""

    width: int
    height: int
    data: bytes


@dataclass(frozen=True)
class Format:
    """How pixels go to the agent. `converted`: the host converts them from and to its own profile."""

    depth: Depth
    colour: ColourSpace
    converted: bool = False
    opaque: bool = False  # R, G, B without alpha, as delivered files have it

    @property
    def channels(self) -> str:
        """Krita's order: integers begin with blue, floats with red."""
        if self.opaque:
            return "RGB"
        return "BGRA" if self.depth in {"u8", "u16"} else "RGBA"

    @property
    def pixel_bytes(self) -> int:
        """Bytes of one pixel."""
        return {"u8": 1, "u16": 2, "f16": 2, "f32": 4}[self.depth] * len(self.channels)


@dataclass(frozen=True)
class Region:
    """Pixels that are kept elsewhere: `rows(first, count)` are the bytes of so many rows of `box`, counted from its top."""

    box: Box
    rows: Callable[[int, int], bytes]


@dataclass(frozen=True)
class Part:
    """One layer of a result, its pixels in the Format of the plate; `blend` as messages.py defines it."""

    name: str
    pixels: Region
    blend: Blend = "normal"
    opacity: float = 1.0


@dataclass(frozen=True)
class Stack:
    """A result as layers: `parts`, bottom to top, blended with each other, are `flat` wherever `matte` is not 0.

    `matte` has one byte for each pixel. `flat` is straight alpha, as each part is.
    """

    title: str
    parts: tuple[Part, ...]
    matte: Region
    flat: Region


@dataclass(frozen=True)
class Source:
    """The layer a result is made from, as it was when the render began."""

    layer: str  # its id
    name: str
    format: Format


class Picture(Protocol):
    """An open document."""

    @property
    def key(self) -> str:
        """The same for the same document, whatever object stands for it."""

    @property
    def width(self) -> int:
        """In pixels."""

    @property
    def height(self) -> int:
        """In pixels."""

    def is_open(self) -> bool:
        """Whether it still can be read and written."""

    def source(self) -> Source:
        """The active layer as a plate.

        Raises:
            InputError: the document or the layer cannot carry a likeness, with the remedy.
        """

    def bands(self, source: Source) -> Iterator[bytes]:
        """The source's pixels from top to bottom, masks and filters applied; one band for each step."""

    def flat(self, format: Format) -> Iterator[bytes]:  # noqa: A002 - what it is
        """The whole visible picture in the same way."""

    def final_format(self, *, deep: bool) -> Format:
        """How the whole picture is delivered: 16 bits when `deep`, else 8; sRGB."""

    def selection(self) -> Iterator[bytes] | None:
        """The selection, one byte for each pixel of the picture, in bands; None without one."""

    def thumbnail(self, side: int) -> Generator[None, None, Image]:
        """The visible picture, its longest side at most `side`; one band for each step."""

    def place(self, source: Source, stack: Stack, record: dict[str, Any]) -> Generator[None, None, str]:
        """Put `stack` as one named group with its matte as mask above the source's layer, in one undo step.

        One band for each step; the group comes in at the last one, and its id is returned.

        Raises:
            InputError: there is no place for it.
        """

    def records(self) -> list[dict[str, Any]]:
        """The records of likenesses whose groups are still in the picture and visible."""


class Host(Protocol):
    """The application."""

    @property
    def name(self) -> str:
        """For the agent's log: `krita 5.2.9`."""

    @property
    def trouble(self) -> str:
        """Why nothing can be rendered in this version; "" when it can."""

    def picture(self) -> Picture | None:
        """The document in front."""

    def soon(self, call: Callable[[], None], milliseconds: int = 0) -> None:
        """Call `call` on the main thread, in a later turn of its event loop. From any thread."""

    def settings(self) -> dict[str, Any]:
        """What was kept."""

    def keep(self, settings: dict[str, Any]) -> None:
        """Keep these settings for the next start."""

    def foot(self, path: Path) -> Image | None:
        """The foot of a picture file, where the visible label stands, small; None where it cannot be read. From any thread."""

    @property
    def scratch(self) -> Path:
        """A folder on a disk for what is too large for memory."""
