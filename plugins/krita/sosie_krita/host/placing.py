"""A result into the document: one named group with its matte as mask, in one undo step.

The group is put together on a bench, a band of rows at a time, and comes in whole: that is one undo step, and redo brings
all of it. In the document's own colours the parts are the agent's, number for number. Where Krita converts them the
numbers that blend are others, so the uppermost part, which holds what is missing, is made anew: see `residue.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from typing import Any

from .._sosie.errors import InputError
from .._sosie.messages import Blend
from ..interface import BAND_BYTES, Box, Format, Part, Region, Source, Stack
from ..model.colour import space_of as space_of_format
from ..model.texts import tr
from ..ui.qt import QtCore
from .bench import Bench, space_of
from .colours import Conversion
from .layers import MASKS, find, must_take_layers
from .residue import residue

#: Krita's names of the blend modes.
MODES: dict[Blend, str] = {"normal": "normal", "multiply": "multiply", "grain-merge": "grain_merge"}
#: Krita's colour label of our groups: purple, which few use.
LABEL = 7
BACK_MS = 50
Steps = Generator[None, None, Any]


def place(
    document: Any, source: Source, stack: Stack, bench: Bench, earlier: Collection[str] = ()
) -> Generator[None, None, str]:
    """`stack` above the source's layer, on top of all where that is gone; the group's id. Krita composes it after that.

    The groups `earlier`, by id, stay below it where they lie on that layer: the newest likeness is the one to be seen.

    Raises:
        InputError: the group that holds the layer is locked.
    """
    must_take_layers(_around(document, source)[0])
    yield
    group, handles = yield from _group(document, source.format, stack, bench)
    yield
    parent, plate = _around(document, source)
    must_take_layers(parent)
    alone = sum(node.type() not in MASKS for node in parent.childNodes()) == 1
    parent.addChildNode(group, _topmost(parent, plate, earlier))
    if document.rootNode() is None:
        pass  # Krita runs its event loop in there: it was closed meanwhile
    elif alone:
        # a layer that is alone is shown as it is: what holds it was never composed, anywhere
        document.refreshProjection()
    else:
        _compose(stack.parts, handles)
    if plate is not None:
        # Krita makes the new node the active one in a later turn; after that the artist is back on her layer
        QtCore.QTimer.singleShot(BACK_MS, lambda: _activate(document, plate))
    return str(group.uniqueId().toString())


def composed(document: Any) -> Generator[None, None, None]:
    """Ends once Krita has composed all that was changed, or the document is closed."""
    while document.rootNode() is not None and not document.tryBarrierLock():
        yield
    if document.rootNode() is not None:
        document.unlock()


def banded(pixels: Region, pixel_bytes: int) -> Iterator[tuple[int, int, bytes]]:
    """The region's rows as (first row in the picture, how many, their bytes)."""
    x0, y0, x1, y1 = pixels.box
    row_bytes = (x1 - x0) * pixel_bytes
    rows = max(1, BAND_BYTES // row_bytes)
    for first in range(0, y1 - y0, rows):
        count = min(rows, y1 - y0 - first)
        band = pixels.rows(first, count)
        if len(band) != count * row_bytes:  # 5.2 does not check: it would read beyond bytes that are too few
            raise InputError(
                tr("A layer came with {found} bytes instead of {wanted}.").format(
                    found=len(band), wanted=count * row_bytes
                ),
                remedy=tr("Render again."),
                code="pixels_invalid",
            )
        yield y0 + first, count, band


def _group(document: Any, sent: Format, stack: Stack, bench: Bench) -> Steps:
    """The group on the bench, its upper left corner the picture's; and the bench's handles of its parts."""
    box = stack.matte.box
    group = document.createGroupLayer(stack.title)
    group.setColorLabel(LABEL)
    with Conversion(space_of_format(sent), space_of(document)) as convert:
        inside = bench.put(bench.document.rootNode(), group, None)
        nodes: list[Any] = []
        handles: list[Any] = []
        for part in stack.parts:
            if part.blend == "grain-merge" and convert.needed:
                node = yield from residue(document, sent, stack, part, convert)
            else:
                node = yield from _layer(document, sent, part, box, convert)
            node.setOpacity(round(part.opacity * 255))
            handles.append(bench.put(inside, node, handles[-1] if handles else None, MODES[part.blend]))
            nodes.append(node)
            yield
        mask = yield from _mask(document, stack.matte)
        bench.put(inside, mask, handles[-1])
        yield
    bench.clear()
    for node in (*nodes, mask, group):
        node.move(box[0], box[1])
    return group, handles


def _compose(parts: Sequence[Part], handles: Sequence[Any]) -> None:
    """Have Krita compose the picture where the `parts` are; it does so by and by, in threads of its own.

    Nothing has composed the group yet, so Krita does not see how far it reaches; of a layer it knows. A blend mode
    that is set again has the layer's surroundings composed, and by the bench's handle that is no step in the artist's
    history.
    """
    done: list[Box] = []
    for part, handle in sorted(zip(parts, handles, strict=True), key=lambda pair: -_area(pair[0].pixels.box)):
        box = part.pixels.box
        if not any(_holds(other, box) for other in done):
            handle.setBlendingMode(MODES[part.blend])
            done.append(box)


def _around(document: Any, source: Source) -> tuple[Any, Any | None]:
    """Where a group goes: into which node, above which one."""
    plate = find(document, source.layer)
    return (plate.parentNode() if plate is not None else document.rootNode()), plate


def _topmost(parent: Any, plate: Any | None, earlier: Collection[str]) -> Any | None:
    """`plate`, or the uppermost of the groups `earlier` that lie on it without anything between."""
    names = [node.uniqueId().toString() for node in parent.childNodes()]
    if plate is None:
        return None
    top = names.index(plate.uniqueId().toString())
    while top + 1 < len(names) and names[top + 1] in earlier:
        top += 1
    return parent.childNodes()[top]


def _layer(document: Any, sent: Format, part: Part, box: Box, convert: Conversion) -> Steps:
    layer = document.createNode(part.name, "paintlayer")
    left, width = part.pixels.box[0] - box[0], part.pixels.box[2] - part.pixels.box[0]
    for y, count, band in banded(part.pixels, sent.pixel_bytes):
        layer.setPixelData(convert(band, width, count), left, y - box[1], width, count)
        yield
    return layer


def _mask(document: Any, matte: Region) -> Steps:
    mask = document.createTransparencyMask(tr("Matte"))
    width = matte.box[2] - matte.box[0]
    for y, count, band in banded(matte, 1):
        mask.setPixelData(band, 0, y - matte.box[1], width, count)
        yield
    return mask


def _activate(document: Any, node: Any) -> None:
    if document.rootNode() is not None:  # not closed meanwhile
        document.setActiveNode(node)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
