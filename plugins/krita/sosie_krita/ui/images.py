"""Small pictures as Qt's."""

from __future__ import annotations

from ..interface import Image
from .qt import QtGui


def qimage(image: Image) -> QtGui.QImage:
    """A copy that owns its bytes."""
    made = QtGui.QImage(
        image.data, image.width, image.height, image.width * 4, QtGui.QImage.Format.Format_ARGB32
    )
    return made.copy()


def image_of(picture: QtGui.QImage) -> Image:
    """The other way round. From any thread."""
    picture = picture.convertToFormat(QtGui.QImage.Format.Format_ARGB32)
    bits = picture.constBits()
    bits.setsize(picture.sizeInBytes())
    return Image(picture.width(), picture.height(), bytes(bits))


def icon(jpeg: bytes, *, faded: bool = False) -> QtGui.QIcon:
    """A thumbnail's square middle as an icon, at its own size: Qt makes it as small as the screen's pixels ask for."""
    picture = QtGui.QImage.fromData(jpeg)
    if picture.isNull():
        return QtGui.QIcon()
    edge = min(picture.width(), picture.height())
    picture = picture.copy((picture.width() - edge) // 2, (picture.height() - edge) // 2, edge, edge)
    if faded:
        picture = picture.convertToFormat(QtGui.QImage.Format.Format_Grayscale8)
    return true_icon(QtGui.QPixmap.fromImage(picture))


def true_icon(picture: QtGui.QPixmap) -> QtGui.QIcon:
    """An icon that keeps its colours where it is selected: Qt would tint it."""
    made = QtGui.QIcon(picture)
    made.addPixmap(picture, QtGui.QIcon.Mode.Selected)
    return made
