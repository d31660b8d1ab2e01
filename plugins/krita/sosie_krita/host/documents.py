"""A Krita document as `interface.Picture`: reading in bands, colours converted by Krita."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

from .._sosie.errors import InputError
from ..interface import BAND_BYTES, Format, Image, Source, Stack
from ..model.colour import plate_format
from ..model.colour import space_of as space_of_format
from ..model.pixels import opaque
from ..model.texts import tr
from ..ui.images import image_of
from ..ui.qt import QtCore, QtGui
from . import layers, placing, records
from .bench import Bench, Space, space_of
from .colours import Conversion

#: Krita's depths, as bytes of a pixel with four channels.
PIXEL_BYTES = {"U8": 4, "U16": 8, "F16": 8, "F32": 16}
#: Pixels that are averaged for a thumbnail in one turn.
SQUARES_PIXELS = 1 << 19


class KritaPicture:
    """One open document. Several of these may stand for the same."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._key = records.document_id(document) or str(document.rootNode().uniqueId().toString())

    @property
    def key(self) -> str:
        """The root's id when the first likeness was placed: records keep it, a reopened .kra has a new root."""
        return self._key

    @property
    def width(self) -> int:
        """In pixels; 0 once it is closed."""
        return int(self._document.width())

    @property
    def height(self) -> int:
        """In pixels; 0 once it is closed."""
        return int(self._document.height())

    def is_open(self) -> bool:
        """A wrapper outlives its document and then knows nothing."""
        return self._document.rootNode() is not None

    def source(self) -> Source:
        """The active layer, when it has pixels and can be seen."""
        node = layers.plate_of(self._document.activeNode(), self._plate_of_group)
        form = plate_format(node.colorModel(), node.colorDepth(), node.colorProfile())
        return Source(node.uniqueId().toString(), node.name(), form)

    def bands(self, source: Source) -> Iterator[bytes]:
        """The layer as it looks alone: with its masks and filters."""
        node = layers.find(self._document, source.layer)
        if node is None:
            raise InputError(
                tr("The layer {name} is gone.").format(name=source.name),
                remedy=tr("Choose a layer and render again."),
                code="layer_gone",
            )
        return self._read(node.projectionPixelData, space_of(node), source.format)

    def flat(self, format: Format) -> Iterator[bytes]:  # noqa: A002 - what it is
        """The whole picture."""
        return self._read(self._document.pixelData, space_of(self._document), format)

    def final_format(self, *, deep: bool) -> Format:
        """16 or 8 bits of sRGB; the document's own pixels where they are just that."""
        wanted = Format("u16" if deep else "u8", "srgb", opaque=True)
        return replace(wanted, converted=space_of(self._document) != space_of_format(wanted))

    def selection(self) -> Iterator[bytes] | None:
        """The selection as it is, feather and all."""
        selection = self._document.selection()
        if selection is None:
            return None
        width, rows = self.width, max(1, BAND_BYTES // self.width)
        return (
            bytes(selection.pixelData(0, y, width, min(rows, self.height - y)))
            for y in range(0, self.height, rows)
        )

    def thumbnail(self, side: int) -> Generator[None, None, Image]:
        """The visible picture, averaged over squares of so many pixels that it is small enough.

        Krita's own thumbnail of 45 megapixels holds the window up for seconds.
        """
        step = max(1, -(-max(self.width, self.height) // side))
        columns, lines = max(1, self.width // step), max(1, self.height // step)
        made, at_once = bytearray(), max(1, SQUARES_PIXELS // (columns * step * step))
        for line in range(0, lines, at_once):
            count = min(at_once, lines - line)
            strip = self._document.projection(0, line * step, columns * step, count * step)
            made += _averaged(strip, columns, count).data
            yield
        return Image(columns, lines, bytes(made))

    def place(self, source: Source, stack: Stack, record: dict[str, Any]) -> Generator[None, None, str]:
        """One group, one undo step; the record goes into the document's annotations."""
        earlier = {
            made["group"] for made in records.read(self._document) if made.get("layer") == source.layer
        }
        with Bench(1, 1, space_of(self._document)) as bench:
            group = yield from placing.place(self._document, source, stack, bench, earlier)
            if self.is_open():
                records.add(self._document, {**record, "group": group, "layer": source.layer}, self._key)
            yield from placing.composed(
                self._document
            )  # to close a document meanwhile takes Krita far longer
        return group

    def records(self) -> list[dict[str, Any]]:
        """Of groups that are there and can be seen."""
        return [
            record
            for record in records.read(self._document)
            if (node := layers.find(self._document, record["group"])) is not None and layers.is_visible(node)
        ]

    def _plate_of_group(self, node: Any) -> Any | None:
        """The layer that the likeness in `node`, one of our groups, was made from."""
        made = {record["group"]: record.get("layer", "") for record in records.read(self._document)}
        layer = made.get(node.uniqueId().toString())
        return layers.find(self._document, layer) if layer else None

    def _read(self, read: Any, space: Space, form: Format) -> Iterator[bytes]:
        width, height = self.width, self.height
        rows = max(1, BAND_BYTES // (width * max(form.pixel_bytes, PIXEL_BYTES[space[1]])))
        for _ in placing.composed(self._document):
            yield b""
        with Conversion(space, space_of_format(form) if form.converted else space) as convert:
            for y in range(0, height, rows):
                count = min(rows, height - y)
                band = convert(read(0, y, width, count), width, count)
                yield opaque(bytes(band), form.depth) if form.opaque else bytes(band)


def _averaged(strip: QtGui.QImage, width: int, height: int) -> Image:
    """`strip` at that size."""
    small = strip.scaled(
        width,
        height,
        QtCore.Qt.AspectRatioMode.IgnoreAspectRatio,
        QtCore.Qt.TransformationMode.SmoothTransformation,
    )
    return image_of(small)
