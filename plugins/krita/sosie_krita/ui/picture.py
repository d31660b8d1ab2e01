"""The docker's picture: the document with its faces, a preview of what is coming, or a result before and after.

A click chooses a face. On a result, holding the mouse or the space bar shows the plate.
"""

from __future__ import annotations

from ..interface import Image
from ..model.desk import Desk
from ..model.results import Entry
from ..model.texts import tr
from .images import qimage
from .qt import QtCore, QtGui, QtWidgets

HEIGHT = 220


class PictureView(QtWidgets.QWidget):
    """Paints one picture, fitted; never larger than it needs."""

    def __init__(self, desk: Desk, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._entry: Entry | None = None
        self._before = False
        self._made: tuple[Image, QtGui.QImage] | None = None
        self.setMinimumHeight(HEIGHT)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Preview"))
        desk.watch.on(self.update, "faces", "work", "results", "picture")

    @property
    def entry(self) -> Entry | None:
        """The result that is looked at; None shows the document."""
        return self._entry

    def show_entry(self, entry: Entry | None) -> None:
        """Look at a result, or at the document again."""
        self._entry, self._before = entry, False
        self.setToolTip(tr("Hold to see the picture before") if entry else tr("Click a face to choose it"))
        self.update()

    def show_before(self, before: bool) -> None:
        """The plate instead of the result."""
        self._before = before
        self.update()

    # Qt's own names from here on.

    def paintEvent(self, _event: QtGui.QPaintEvent) -> None:  # noqa: N802
        """Whatever is most worth seeing."""
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform)
        job, seen = self._desk.renders.current, self._desk.looking.seen
        if job is not None and job.preview is not None:
            self._paint(painter, job.preview)
        elif self._entry is not None:
            target = self._paint(painter, self._entry.before)
            if not self._before:
                painter.drawImage(target, qimage(self._entry.after))
            self._tag(painter, target, tr("Before") if self._before else tr("After"))
        elif seen is not None and seen.image is not None:
            self._faces(painter, self._paint(painter, seen.image))
        elif seen is not None:
            pass  # its picture is being taken
        else:
            painter.setPen(
                self.palette().color(QtGui.QPalette.ColorGroup.Disabled, QtGui.QPalette.ColorRole.Text)
            )
            painter.drawText(self.rect(), QtCore.Qt.AlignmentFlag.AlignCenter, tr("Open a picture."))
        painter.end()

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:  # noqa: N802
        """Choose a face, or look at the plate."""
        if self._entry is not None:
            self.show_before(True)
            return
        seen = self._desk.looking.seen
        if seen is not None and seen.image is not None and seen.faces:
            target = self._fitted(seen.image)
            place = event.position() if hasattr(event, "position") else event.localPos()
            scale = seen.width / max(1.0, target.width())
            self._desk.looking.choose(
                seen.face_at((place.x() - target.x()) * scale, (place.y() - target.y()) * scale)
            )

    def mouseReleaseEvent(self, _event: QtGui.QMouseEvent) -> None:  # noqa: N802
        """Back to the result."""
        self.show_before(False)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:  # noqa: N802
        """Space looks at the plate; the arrows choose among faces."""
        seen = self._desk.looking.seen
        steps = {QtCore.Qt.Key.Key_Left: -1, QtCore.Qt.Key.Key_Right: 1}
        if self._entry is not None and event.key() == QtCore.Qt.Key.Key_Space:
            self.show_before(True)
        elif self._entry is None and seen is not None and seen.faces and event.key() in steps:
            order = sorted(range(len(seen.faces)), key=lambda n: seen.faces[n][0])
            place = order.index(seen.chosen) if seen.chosen is not None else -1
            self._desk.looking.choose(order[(place + steps[event.key()]) % len(order)])
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QtGui.QKeyEvent) -> None:  # noqa: N802
        """Back to the result."""
        if not event.isAutoRepeat():
            self.show_before(False)
        super().keyReleaseEvent(event)

    def _paint(self, painter: QtGui.QPainter, image: Image) -> QtCore.QRectF:
        if self._made is None or self._made[0] is not image:
            self._made = image, qimage(image)
        target = self._fitted(image)
        painter.drawImage(target, self._made[1])
        return target

    def _fitted(self, image: Image) -> QtCore.QRectF:
        scale = min(self.width() / max(1, image.width), self.height() / max(1, image.height))
        width, height = image.width * scale, image.height * scale
        return QtCore.QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _faces(self, painter: QtGui.QPainter, target: QtCore.QRectF) -> None:
        seen = self._desk.looking.seen
        if seen is None or not seen.width:
            return
        scale = target.width() / seen.width
        for number, (x0, y0, x1, y1) in enumerate(seen.faces):
            box = QtCore.QRectF(x0 * scale, y0 * scale, (x1 - x0) * scale, (y1 - y0) * scale)
            box.translate(target.topLeft())
            chosen = number == seen.chosen
            # dark below light: to be seen on any picture
            for colour, width in (
                (QtGui.QColor(0, 0, 0, 160), 4 if chosen else 3),
                (self._mark(chosen), 2 if chosen else 1),
            ):
                painter.setPen(QtGui.QPen(colour, width))
                painter.drawRoundedRect(box, 3, 3)

    def _mark(self, chosen: bool) -> QtGui.QColor:
        return self.palette().color(QtGui.QPalette.ColorRole.Highlight) if chosen else QtGui.QColor("white")

    def _tag(self, painter: QtGui.QPainter, target: QtCore.QRectF, words: str) -> None:
        metrics = painter.fontMetrics()
        box = QtCore.QRectF(metrics.boundingRect(words)).adjusted(-6, -3, 6, 3)
        box.moveTopLeft(target.topLeft() + QtCore.QPointF(4, 4))
        painter.fillRect(box, QtGui.QColor(0, 0, 0, 150))
        painter.setPen(QtGui.QColor("white"))
        painter.drawText(box, QtCore.Qt.AlignmentFlag.AlignCenter, words)
