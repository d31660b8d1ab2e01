"""The settings dialog. It is opened, never run: Krita's own loop goes on underneath."""

from __future__ import annotations

from dataclasses import replace

from ..model.desk import Desk
from ..model.texts import tr
from .qt import QtCore, QtWidgets

LANGUAGES = (("", "As Krita"), ("en", "English"), ("fr", "Français"), ("es", "Español"))


class SettingsDialog(QtWidgets.QDialog):
    """What is kept between starts; and who is signed in."""

    def __init__(self, desk: Desk, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Sosie settings"))
        kept, standing = desk.settings, desk.account.standing
        self.place = QtWidgets.QCheckBox(tr("Place results as layers at once"), self)
        self.place.setChecked(kept.place)
        self.history = QtWidgets.QSpinBox(self)
        self.history.setRange(64, 16_384)
        self.history.setSingleStep(64)
        self.history.setSuffix(" MB")
        self.history.setValue(kept.history_mb)
        self.language = QtWidgets.QComboBox(self)
        for code, name in LANGUAGES:
            self.language.addItem(tr(name) if not code else name, code)
        self.language.setCurrentIndex(max(0, self.language.findData(kept.language)))
        self.language.setToolTip(tr("After a restart of Krita."))
        form = QtWidgets.QFormLayout()
        form.addRow(self.place)
        form.addRow(tr("Room for results on the disk"), self.history)
        form.addRow(tr("Language"), self.language)
        signed = QtWidgets.QLabel(standing.registry or tr("Nobody is signed in."), self)
        signed.setWordWrap(True)
        form.addRow(tr("Registry"), signed)
        out = QtWidgets.QPushButton(tr("Sign out"), self)
        out.setEnabled(standing.state == "in")
        out.clicked.connect(self._sign_out)
        copy = QtWidgets.QPushButton(tr("Copy diagnostics"), self)
        copy.setToolTip(tr("Versions and states for a report; no names and no addresses."))
        copy.clicked.connect(lambda: QtWidgets.QApplication.clipboard().setText(desk.diagnostics()))
        row = QtWidgets.QHBoxLayout()
        row.addWidget(out)
        row.addWidget(copy)
        buttons = QtWidgets.QDialogButtonBox(
            QtWidgets.QDialogButtonBox.StandardButton.Ok | QtWidgets.QDialogButtonBox.StandardButton.Cancel,
            self,
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QtWidgets.QVBoxLayout(self)
        column.addLayout(form)
        column.addLayout(row)
        column.addWidget(buttons)

    def accept(self) -> None:
        """Keep what is shown."""
        self._desk.keep(
            replace(
                self._desk.settings,
                place=self.place.isChecked(),
                history_mb=self.history.value(),
                language=self.language.currentData(),
            )
        )
        super().accept()

    def _sign_out(self) -> None:
        self._desk.account.sign_out()
        self.reject()
