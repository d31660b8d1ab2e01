"""Layers of a document: which one may carry a likeness, where it would go, what can be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .._sosie.errors import InputError
from ..model.texts import tr

MASKS = {"transparencymask", "filtermask", "selectionmask", "transformmask", "colorizemask"}
#: Layers that look like something by themselves.
WITH_PIXELS = {"paintlayer", "grouplayer", "vectorlayer", "filelayer", "clonelayer", "filllayer"}


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
    must_take_layers(node.parentNode())
    return node


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


def must_take_layers(parent: Any) -> None:
    """Refuse a place in a locked group.

    Raises:
        InputError: `group_locked`.
    """
    while parent is not None and parent.parentNode() is not None:
        if parent.locked():
            raise _refused(
                tr("The group {name} is locked.").format(name=parent.name()),
                tr("Unlock it: the likeness goes into it, above the layer."),
                "group_locked",
            )
        parent = parent.parentNode()


def _below(node: Any) -> Iterator[Any]:
    for child in node.childNodes():
        yield child
        yield from _below(child)


def _refused(message: str, remedy: str, code: str) -> InputError:
    return InputError(message, remedy=remedy, code=code)
