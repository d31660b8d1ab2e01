"""A Krita document as `interface.Picture`: reading in bands, colours converted by Krita."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .._sosie.errors import InputError
from ..interface import BAND_BYTES, Format, Image, Part, Source
from ..model.colour import plate_format, space_of
from ..model.pixels import opaque
from ..model.texts import tr
from ..ui.qt import QtGui
from . import layers, records

#: Krita's depths, as bytes of a pixel with four channels.
PIXEL_BYTES = {"U8": 4, "U16": 8, "F16": 8, "F32": 16}


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
        space = (node.colorModel(), node.colorDepth(), node.colorProfile())
        return self._read(node.projectionPixelData, space, source.format)

    def flat(self, format: Format) -> Iterator[bytes]:  # noqa: A002 - what it is
        """The whole picture."""
        return self._read(self._document.pixelData, self._space(), format)

    def final_format(self, *, deep: bool) -> Format:
        """16 or 8 bits of sRGB; the document's own pixels where they are just that."""
        wanted = Format("u16" if deep else "u8", "srgb", opaque=True)
        return replace(wanted, converted=self._space() != space_of(wanted))

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

    def thumbnail(self, side: int) -> Image:
        """The visible picture, made small by Krita."""
        scale = min(1.0, side / max(self.width, self.height, 1))
        size = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        picture = self._document.thumbnail(*size).convertToFormat(QtGui.QImage.Format.Format_ARGB32)
        bits = picture.constBits()
        bits.setsize(picture.sizeInBytes())
        return Image(picture.width(), picture.height(), bytes(bits))

    def place(self, source: Source, name: str, parts: list[Part], record: dict[str, Any]) -> str:
        """One group, one undo step; the record goes into the document's annotations."""
        group = layers.place(self._document, source, name, parts, self._space())
        records.add(self._document, {**record, "group": group, "layer": source.layer}, self._key)
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

    def _space(self) -> tuple[str, str, str]:
        document = self._document
        return document.colorModel(), document.colorDepth(), document.colorProfile()

    def _read(self, read: Any, space: tuple[str, str, str], form: Format) -> Iterator[bytes]:
        width, height = self.width, self.height
        rows = max(1, BAND_BYTES // (width * max(form.pixel_bytes, PIXEL_BYTES[space[1]])))
        for y in range(0, height, rows):
            count = min(rows, height - y)
            band = read(0, y, width, count)
            if form.converted:
                band = self._converted(band, space, form, width, count)
            yield opaque(bytes(band), form.depth) if form.opaque else bytes(band)

    def _converted(self, band: Any, space: tuple[str, str, str], form: Format, width: int, rows: int) -> Any:
        """A band through a layer that is in no document: Krita converts it with its own colour management."""
        scratch = self._document.createNode("sosie", "paintlayer")
        if space != self._space():
            scratch.setColorSpace(*space)
        scratch.setPixelData(band, 0, 0, width, rows)
        scratch.setColorSpace(*space_of(form))
        return scratch.pixelData(0, 0, width, rows)
