"""On a screen with several pixels for one the docker paints with all of them: the picture, face marks, thumbnails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pixels import plate

from conftest import module


def painted(widget: Any, ratio: int) -> Any:
    """The widget on a device with so many pixels for one."""
    gui = module("ui.qt").QtGui
    picture = gui.QImage(widget.size() * ratio, gui.QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(ratio)
    widget.render(picture)
    picture.setDevicePixelRatio(1)
    return picture


def rows(picture: Any) -> list[bytes]:
    """B, G, R, X of each row."""
    bits = picture.constBits()
    bits.setsize(picture.sizeInBytes())
    data, wide = bytes(bits), picture.bytesPerLine()
    return [data[start : start + wide] for start in range(0, len(data), wide)]


def pairs(row: bytes) -> list[bool]:
    """Whether the first and the second pixel differ, the third and the fourth, and so on."""
    return [row[at : at + 4] != row[at + 4 : at + 8] for at in range(0, len(row) - 7, 8)]


def test_picture_and_marks_use_every_pixel_of_the_screen(
    desk: Any,
    docker: Any,
    world: dict[str, Any],
    open_document: Callable[[Path], Any],
    wait: Callable[..., bool],
) -> None:
    document = open_document(plate(world, "u8"))
    desk.document_changed()
    desk.find_faces()
    assert wait(lambda: desk.looking.seen and desk.looking.seen.image and desk.looking.seen.looked, 60)
    view, seen = docker.panel.picture, desk.looking.seen
    view.show_entry(None)
    desk.looking.choose(0)
    fine, coarse = painted(view, 2), painted(view, 1)
    assert fine.width() == 2 * coarse.width()
    # were it the coarse picture drawn larger, the two pixels of each pair would be the same
    target = view._fitted(seen.image)
    inside = rows(fine)[round(2 * target.top()) + 8 : round(2 * target.bottom()) - 8]
    differ = [
        pair
        for row in inside
        for pair in pairs(row[round(2 * target.left()) * 4 : round(2 * target.right()) * 4])
    ]
    assert sum(differ) > len(differ) / 2
    # the mark of the chosen face is two of the screen's points wide, whatever its pixels
    wide = [_mark_width(view, picture, seen) for picture in (coarse, fine)]
    assert wide[0] in {2, 3}
    assert wide[1] in {4, 5}
    assert document.width() == seen.width


def _mark_width(view: Any, picture: Any, seen: Any) -> int:
    """Pixels in the colour of the chosen mark across its left side, half way down."""
    ratio = picture.width() / view.width()
    target = view._fitted(seen.image)
    x0, y0, _, y1 = seen.faces[seen.chosen]
    scale = target.width() / seen.width
    y = round(ratio * (target.y() + (y0 + y1) / 2 * scale))
    x = round(ratio * (target.x() + x0 * scale))
    wanted = view._mark(chosen=True).rgb()
    return sum(picture.pixel(x + step, y) == wanted for step in range(round(-6 * ratio), round(6 * ratio)))


def test_thumbnails_have_the_pixels_of_a_fine_screen(desk: Any, docker: Any) -> None:
    qt = module("ui.qt")
    icon = docker.panel.twins.list.item(0).icon()
    side = 2 * module("ui.twins").ICON
    assert icon.actualSize(qt.QtCore.QSize(side, side)).width() == side
    assert not icon.pixmap(side, side).isNull()
    assert desk.account.thumbnails
