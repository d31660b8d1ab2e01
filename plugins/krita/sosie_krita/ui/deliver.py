"""Deliver: where the signed file goes, and the receipt that came with it."""

from __future__ import annotations

from pathlib import Path

from ..interface import Image
from ..model.delivering import KINDS
from ..model.desk import Desk
from ..model.texts import tr
from .images import qimage
from .qt import QtCore, QtGui, QtWidgets

JPEG, PNG = ".jpg", ".png"


class Foot(QtWidgets.QWidget):
    """The foot of the signed picture, with the label that the registry drew into it."""

    def __init__(self, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._image: QtGui.QImage | None = None
        self.setFixedHeight(2 * self.fontMetrics().height() + 8)
        self.setToolTip(tr("The label as it stands in the delivered picture."))
        self.setAccessibleName(tr("The label as it stands in the delivered picture."))

    def show_image(self, image: Image | None) -> None:
        """Nothing without one."""
        self._image = qimage(image) if image is not None else None
        self.setVisible(image is not None)
        self.update()

    def paintEvent(self, _event: QtGui.QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """As large as fits."""
        if self._image is None:
            return
        size = self._image.size().scaled(self.size(), QtCore.Qt.AspectRatioMode.KeepAspectRatio)
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QtCore.QRect(QtCore.QPoint(0, 0), size), self._image)
        painter.end()


class DeliverBar(QtWidgets.QWidget):
    """A button, and what became of it."""

    def __init__(self, desk: Desk, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._dialog: QtWidgets.QFileDialog | None = None
        self.button = QtWidgets.QPushButton(tr("Deliver ..."), self)
        self.button.setToolTip(
            tr("The registry checks the licence, labels and signs the picture, and writes the receipt.")
        )
        self.button.clicked.connect(self._ask)
        self.foot = Foot(self)
        self.receipt = QtWidgets.QLabel(self)
        self.receipt.setWordWrap(True)
        self.receipt.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        self.folder = QtWidgets.QPushButton(tr("Open its folder"), self)
        self.folder.clicked.connect(self._open_folder)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.button, self.foot, self.receipt, self.folder):
            column.addWidget(widget)
        desk.watch.on(self.show_delivery, "work", "notice", "faces")
        self.show_delivery()

    def show_delivery(self) -> None:
        """The button, and the last receipt."""
        deliveries = self._desk.deliveries
        self.button.setEnabled(self._desk.looking.seen is not None and not deliveries.busy)
        found = deliveries.receipt
        self.foot.show_image(found.foot if found is not None else None)
        self.receipt.setVisible(found is not None)
        self.folder.setVisible(found is not None)
        if found is not None:
            self.receipt.setText(
                tr(
                    "{file} is delivered, labelled and signed.\nReceipt {receipt}\n{left} deliveries left."
                ).format(
                    file=found.path.name, receipt=found.delivery.receipt, left=found.delivery.delivered_left
                )
            )

    def _ask(self) -> None:
        """A dialog that does not hold Krita up: its own loop goes on."""
        dialog = QtWidgets.QFileDialog(self, tr("Deliver to"))
        dialog.setAcceptMode(QtWidgets.QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
        kinds = {f"JPEG (*{JPEG})": JPEG, f"{tr('PNG, 16 bit')} (*{PNG})": PNG}
        dialog.setNameFilters(list(kinds))
        dialog.setDefaultSuffix(JPEG)
        dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(kinds[kind]))
        dialog.fileSelected.connect(lambda name: self.deliver(Path(name)))
        dialog.open()
        self._dialog = dialog

    def deliver(self, path: Path) -> None:
        """To `path`; a name without a known ending becomes a JPEG."""
        self._desk.deliver(path if path.suffix.lower() in KINDS else path.with_name(f"{path.name}.jpg"))

    def _open_folder(self) -> None:
        if found := self._desk.deliveries.receipt:
            QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(str(found.path.parent)))
