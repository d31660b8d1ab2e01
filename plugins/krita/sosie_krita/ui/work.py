"""Find faces, render, cancel; how far the render is and how many wait."""

from __future__ import annotations

from .._sosie.client.twins import usable
from ..model.desk import Desk
from ..model.texts import tr
from .qt import QtCore, QtWidgets


class WorkBar(QtWidgets.QWidget):
    """Buttons and progress. A button that cannot be pressed says why in its tool tip."""

    def __init__(self, desk: Desk, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.find = QtWidgets.QPushButton(tr("Find faces"), self)
        self.find.clicked.connect(desk.find_faces)
        self.render_button = QtWidgets.QPushButton(tr("Render"), self)
        self.render_button.setDefault(True)
        self.render_button.clicked.connect(lambda _checked: desk.render())
        self.cancel = QtWidgets.QPushButton(tr("Cancel"), self)
        self.cancel.setToolTip(tr("Stops the render under way. Hold Shift to stop all that wait, too."))
        self.cancel.clicked.connect(self._cancel)
        self.progress = QtWidgets.QProgressBar(self)
        self.progress.setRange(0, 1000)
        self.stage = QtWidgets.QLabel(self)
        buttons = QtWidgets.QHBoxLayout()
        for widget in (self.find, self.render_button, self.cancel):
            buttons.addWidget(widget)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(buttons)
        column.addWidget(self.progress)
        column.addWidget(self.stage)
        desk.watch.on(self.show_work, "work", "twins", "faces", "picture", "account")
        self.show_work()

    def show_work(self) -> None:
        """What can be done, and what is being done."""
        desk, job = self._desk, self._desk.renders.current
        why = self._why_not()
        self.render_button.setEnabled(not why)
        self.render_button.setToolTip(why or tr("Render the chosen twin onto the active layer"))
        self.find.setEnabled(desk.looking.seen is not None and not desk.looking.busy)
        self.find.setText(tr("Looking ...") if desk.looking.busy else tr("Find faces"))
        self.cancel.setVisible(job is not None)
        delivering = desk.deliveries.busy
        self.progress.setVisible(job is not None or delivering)
        self.stage.setVisible(job is not None or delivering)
        if job is not None:
            self.progress.setValue(round(job.fraction * 1000))
            waiting = len(desk.renders.waiting)
            more = tr("{count} waiting").format(count=waiting) if waiting else ""
            self.stage.setText(" · ".join(part for part in (job.twin.display_name, job.stage, more) if part))
        elif delivering:
            self.progress.setValue(round(desk.deliveries.fraction * 1000))
            self.stage.setText(tr("Delivering"))

    def _why_not(self) -> str:
        desk = self._desk
        if desk.looking.seen is None:
            return tr("Open a picture.")
        if desk.account.twin is None:
            return tr("Choose a twin.")
        return "" if usable(desk.account.twin) else tr("This twin cannot be used now; the list says why.")

    def _cancel(self) -> None:
        held = QtWidgets.QApplication.keyboardModifiers()
        if held & QtCore.Qt.KeyboardModifier.ShiftModifier:
            self._desk.renders.cancel_all()
        else:
            self._desk.renders.cancel()
