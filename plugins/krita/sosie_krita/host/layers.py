"""Layers: which one may carry a likeness, and a result as one named group in one undo step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .._sosie.errors import InputError
from ..interface import Part, Source
from ..model.colour import space_of
from ..model.texts import tr
from ..ui.qt import QtCore

MASKS = {"transparencymask", "filtermask", "selectionmask", "transformmask", "colorizemask"}
#: Layers that look like something by themselves.
WITH_PIXELS = {"paintlayer", "grouplayer", "vectorlayer", "filelayer", "clonelayer", "filllayer"}
#: Krita's colour label of our groups: purple, which few use.
LABEL = 7
BACK_MS = 50


def plate_of(node: Any, plate_of_group: Callable[[Any], Any | None]) -> Any:
    """The layer that `node` means as a plate.

    It is `node` itself, or the layer whose mask it is; in a likeness that was placed before, the layer which that
    one was made from, as `plate_of_group` knows.

    Raises:
        InputError: there is none, it cannot be seen, or it has no pixels; with what to do.
    """
    while node is not None and node.type() in MASKS:
        node = node.parentNode()
    above = node
    while above is not None:
        node, above = plate_of_group(above) or node, above.parentNode()
    if node is None or node.parentNode() is None:
        raise _refused(
            tr("No layer is chosen."), tr("Click the layer with the face in the Layers docker."), "layer_none"
        )
    name = node.name()
    if node.type() not in WITH_PIXELS:
        raise _refused(
            tr("{name} has no pixels of its own.").format(name=name),
            tr("Choose a paint layer, or a group that holds the picture."),
            "layer_without_pixels",
        )
    if not is_visible(node):
        raise _refused(
            tr("{name} is hidden.").format(name=name),
            tr("Show the layer and its groups, then render."),
            "layer_hidden",
        )
    if node.type() == "grouplayer" and node.passThroughMode():
        raise _refused(
            tr("The group {name} passes through.").format(name=name),
            tr("Switch its Pass Through off, or choose a layer inside."),
            "group_passes_through",
        )
    _must_take_layers(node.parentNode())
    return node


def place(document: Any, source: Source, name: str, parts: list[Part], space: tuple[str, str, str]) -> str:
    """A group of `parts` above the source's layer (on top of all where that is gone); the group's id.

    The group is built outside the document and comes in whole: that is one undo step, and redo brings all of it.

    Raises:
        InputError: the group that holds the layer is locked.
    """
    below = find(document, source.layer)
    parent = below.parentNode() if below is not None else document.rootNode()
    _must_take_layers(parent)
    group = document.createGroupLayer(name)
    group.setColorLabel(LABEL)
    above = None
    for part in parts:
        layer = _layer(document, source, part, space)
        group.addChildNode(layer, above)
        above = layer
    parent.addChildNode(group, below)
    if below is not None:
        # Krita makes the new node the active one in a later turn; after that the artist is back on her layer
        QtCore.QTimer.singleShot(BACK_MS, lambda: _activate(document, below))
    return str(group.uniqueId().toString())


def _activate(document: Any, node: Any) -> None:
    if document.rootNode() is not None:  # not closed meanwhile
        document.setActiveNode(node)


def find(document: Any, layer: str) -> Any | None:
    """The node of that id."""
    root = document.rootNode()
    return (
        next((node for node in _below(root) if node.uniqueId().toString() == layer), None) if root else None
    )


def is_visible(node: Any) -> bool:
    """Whether it and all its groups are shown."""
    while node is not None and node.parentNode() is not None:
        if not node.visible():
            return False
        node = node.parentNode()
    return True


def _layer(document: Any, source: Source, part: Part, space: tuple[str, str, str]) -> Any:
    x0, y0, x1, y1 = part.box
    region = (x0, y0, x1 - x0, y1 - y0)
    # 5.2 does not check: it would read beyond bytes that are too few
    _must_have(part.data, region[2] * region[3] * source.format.pixel_bytes)
    layer = document.createNode(part.name, "paintlayer")
    sent = space_of(source.format)
    if sent != space:
        layer.setColorSpace(*sent)
    layer.setPixelData(part.data, *region)
    if sent != space:
        layer.setColorSpace(*space)
    if part.blend != "normal":
        layer.setBlendingMode(part.blend)
    layer.setOpacity(round(part.opacity * 255))
    if part.mask is not None:
        _must_have(part.mask, region[2] * region[3])
        mask = document.createTransparencyMask(tr("Matte"))
        mask.setPixelData(part.mask, *region)
        layer.addChildNode(mask, None)
    return layer


def _below(node: Any) -> Iterator[Any]:
    for child in node.childNodes():
        yield child
        yield from _below(child)


def _must_take_layers(parent: Any) -> None:
    while parent is not None and parent.parentNode() is not None:
        if parent.locked():
            raise _refused(
                tr("The group {name} is locked.").format(name=parent.name()),
                tr("Unlock it: the likeness goes into it, above the layer."),
                "group_locked",
            )
        parent = parent.parentNode()


def _must_have(data: bytes, size: int) -> None:
    if len(data) != size:
        raise InputError(
            f"A layer came with {len(data)} bytes instead of {size}.",
            remedy=tr("Render again."),
            code="pixels_invalid",
        )


def _refused(message: str, remedy: str, code: str) -> InputError:
    return InputError(message, remedy=remedy, code=code)
