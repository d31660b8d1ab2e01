"""A document that nobody sees, in which Krita works for us.

Krita's scripting writes an undo step into the document of whatever it changes, even of a layer that is in none yet: blend
modes, children and conversions would stand in the artist's history one by one. Which document that is, the handle
says through which a layer is reached, not the layer. So layers are put together under a bench, by the bench's handles,
and only the finished group goes over. What the bench remembers for undoing goes with it.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

from krita import Krita

#: Krita's colour model, depth and profile.
Space = tuple[str, str, str]
#: Krita wants a resolution; nothing here depends on it.
DPI = 300.0


def space_of(node: Any) -> Space:
    """Of a layer or a document."""
    return node.colorModel(), node.colorDepth(), node.colorProfile()


class Bench:
    """An empty document of that size and space; closed when the block is left."""

    def __init__(self, width: int, height: int, space: Space) -> None:
        self.document = Krita.instance().createDocument(width, height, "sosie", *space, DPI)
        self.document.setBatchmode(True)
        self.clear()

    def __enter__(self) -> Bench:  # noqa: PYI034 - typing.Self is not in Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()  # what is on it may belong to a document that has gone meanwhile
        self.document.setModified(False)
        self.document.close()

    def put(self, parent: Any, child: Any, above: Any | None, mode: str = "normal") -> Any:
        """`child` into `parent`, the bench's handle of a group, above `above` (at the bottom without); its handle here."""
        parent.addChildNode(child, above)
        name = child.uniqueId()
        handle = next(node for node in parent.childNodes() if node.uniqueId() == name)
        if mode != "normal":
            handle.setBlendingMode(mode)
        return handle

    def clear(self) -> None:
        """Take out what is on it. Not by `remove`, which takes a group's children out of it, too."""
        self.document.rootNode().setChildNodes([])
