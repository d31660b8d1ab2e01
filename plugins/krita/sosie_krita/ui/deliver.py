"""Deliver: where the signed file goes, and the receipt that came with it."""

from __future__ import annotations

from pathlib import Path

from ..model.delivering import KINDS
from ..model.desk import Desk
from ..model.texts import tr
from .qt import QtCore, QtGui, QtWidgets


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
        self.receipt = QtWidgets.QLabel(self)
        self.receipt.setWordWrap(True)
        self.receipt.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        self.folder = QtWidgets.QPushButton(tr("Open its folder"), self)
        self.folder.clicked.connect(self._open_folder)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.button, self.receipt, self.folder):
            column.addWidget(widget)
        desk.watch.on(self.show_delivery, "work", "notice", "faces")
        self.show_delivery()

    def show_delivery(self) -> None:
        """The button, and the last receipt."""
        deliveries = self._desk.deliveries
        self.button.setEnabled(self._desk.looking.seen is not None and not deliveries.busy)
        found = deliveries.receipt
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
        dialog.setNameFilters(["JPEG (*.jpg)", "PNG, 16 bit (*.png)"])
        dialog.setDefaultSuffix("jpg")
        dialog.fileSelected.connect(lambda name: self.deliver(Path(name)))
        dialog.open()
        self._dialog = dialog

    def deliver(self, path: Path) -> None:
        """To `path`; a name without a known ending becomes a JPEG."""
        self._desk.deliver(path if path.suffix.lower() in KINDS else path.with_name(f"{path.name}.jpg"))

    def _open_folder(self) -> None:
        if found := self._desk.deliveries.receipt:
            QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(str(found.path.parent)))
