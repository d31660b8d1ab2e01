"""What is missing between a result's layers and the result, in colours that Krita has converted.

The agent makes the uppermost part so that the stack is the flat result to the last bit, in sRGB. In another profile or
depth the converted numbers multiply to something a little else. So the part is made again there: grain-merge adds what
lies above half, and Krita's own grain-extract is its inverse:

    below: the flat result            above: likeness x shading, grain-extract
    result: flat - likeness x shading + half

Both sides are composed by Krita on a bench, a band at a time.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..interface import BAND_BYTES, Box, Format, Part, Region, Stack
from .bench import Bench, space_of
from .colours import Conversion


def residue(
    document: Any, sent: Format, stack: Stack, part: Part, convert: Conversion
) -> Generator[None, None, Any]:
    """A layer of `document` with the pixels of `part` in the document's colours; one band for each step.

    `part` is the uppermost of `stack`; the two below it, the likeness and what multiplies it, have its box.
    """
    layer, corner = document.createNode(part.name, "paintlayer"), stack.matte.box
    x0, y0, x1, y1 = part.pixels.box
    likeness, shading = (other.pixels for other in stack.parts[-3:-1])
    rows = max(1, BAND_BYTES // ((x1 - x0) * sent.pixel_bytes))
    for y in range(y0, y1, rows):
        box = x0, y, x1, min(y + rows, y1)
        cut = [_cut(region, box, sent.pixel_bytes) for region in (stack.flat, likeness, shading)]
        cut[0] = _with_alpha(cut[0], cut[1], sent)
        width, count = x1 - x0, box[3] - y
        made = _extracted([convert(data, width, count) for data in cut], width, count, document)
        layer.setPixelData(made, x0 - corner[0], y - corner[1], width, count)
        yield
    return layer


def _extracted(pixels: list[Any], width: int, rows: int, document: Any) -> Any:
    """Flat - likeness x shading + half."""
    with Bench(width, rows, space_of(document)) as bench:
        made, root = bench.document, bench.document.rootNode()
        flat, likeness, shading = (made.createNode("sosie", "paintlayer") for _ in pixels)
        for node, data in zip((flat, likeness, shading), pixels, strict=True):
            node.setPixelData(data, 0, 0, width, rows)
        product = made.createGroupLayer("sosie")
        product.addChildNode(likeness, None)
        product.addChildNode(shading, likeness)
        shading.setBlendingMode("multiply")
        product.setBlendingMode("grain_extract")
        root.addChildNode(flat, None)
        root.addChildNode(product, flat)
        made.refreshProjection()
        made.waitForDone()
        return made.pixelData(0, 0, width, rows)


def _cut(region: Region, box: Box, pixel: int) -> bytes:
    """The pixels of `box` out of `region`, which holds it."""
    left, top, right, _ = region.box
    data = region.rows(box[1] - top, box[3] - box[1])
    if (left, right) == (box[0], box[2]):
        return data
    row, first, last = (right - left) * pixel, (box[0] - left) * pixel, (box[2] - left) * pixel
    return b"".join(data[start + first : start + last] for start in range(0, len(data), row))


def _with_alpha(data: bytes, other: bytes, form: Format) -> bytes:
    """`data` with the alpha of `other`."""
    out, pixel = bytearray(data), form.pixel_bytes
    for place in range(pixel // 4 * 3, pixel):
        out[place::pixel] = other[place::pixel]
    return bytes(out)
