"""What the docker needs of its host. `host/` offers it in Krita; tests offer it without.

Everything here is called on the host's main thread, except `Host.soon`. Long reads come in bands of rows, one for each
turn of the event loop, so that the canvas stays alive. Coordinates are the picture's pixels, x right, y down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from ._sosie.messages import ColourSpace, Depth

Box = tuple[int, int, int, int]  # x0, y0, x1, y1
#: Rows of a band hold about so many bytes: read in some ten milliseconds.
BAND_BYTES = 8 << 20


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
class Part:
    """One layer of a result, for a region: `data` in its Format's order, `mask` one byte for each pixel."""

    name: str
    box: Box
    data: bytes
    mask: bytes | None = None
    blend: str = "normal"
    opacity: float = 1.0


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

    def thumbnail(self, side: int) -> Image:
        """The visible picture, its longest side at most `side`."""

    def place(self, source: Source, name: str, parts: list[Part], record: dict[str, Any]) -> str:
        """Put `parts` as one named group above the source's layer, in one undo step; the group's id.

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
