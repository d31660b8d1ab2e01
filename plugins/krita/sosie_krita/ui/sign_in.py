"""Signing in: the registry's address, then a code and a link that somebody of the brand approves."""

from __future__ import annotations

from dataclasses import replace

from ..model.desk import Desk
from ..model.texts import tr
from .qt import QtCore, QtGui, QtWidgets


class SignInPage(QtWidgets.QWidget):
    """Shown while nobody is signed in."""

    def __init__(self, desk: Desk, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._words = _label(self)
        self.address = QtWidgets.QLineEdit(desk.settings.registry, self)
        self.address.setPlaceholderText("https://")
        self.address.setAccessibleName(tr("Registry"))
        self.address.returnPressed.connect(self._begin)
        self.code = _label(self)
        font = self.code.font()
        font.setPointSizeF(font.pointSizeF() * 1.8)
        font.setBold(True)
        self.code.setFont(font)
        self.code.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self._until = _label(self)
        self.begin = QtWidgets.QPushButton(tr("Sign in"), self)
        self.begin.clicked.connect(self._begin)
        self._open = QtWidgets.QPushButton(tr("Open the approval page"), self)
        self._open.clicked.connect(self._open_link)
        self._copy = QtWidgets.QPushButton(tr("Copy the link"), self)
        self._copy.clicked.connect(self._copy_link)
        self._stop = QtWidgets.QPushButton(tr("Cancel"), self)
        self._stop.clicked.connect(desk.account.cancel_sign_in)
        self._again = QtWidgets.QPushButton(tr("Look again"), self)
        self._again.clicked.connect(desk.account.refresh)
        column = QtWidgets.QVBoxLayout(self)
        for widget in (
            *(self._words, self.address, self.begin, self.code, self._until),
            *(self._open, self._copy, self._stop, self._again),
        ):
            column.addWidget(widget)
        column.addStretch(1)
        desk.watch.on(self.show_standing, "account")
        self.show_standing()

    def show_standing(self) -> None:
        """What the account's state asks for."""
        standing = self._desk.account.standing
        waiting = standing.asked if standing.state == "waiting" else None
        self._words.setText(
            {
                "unknown": tr("Looking for the Sosie agent ..."),
                "no_agent": tr("The Sosie agent does not answer, so no twin can be listed."),
                "out": tr(
                    "Sign in to use the likenesses your brand has licensed. Your administrator knows the registry's address."
                ),
                "waiting": tr("Somebody of your brand approves this code on the registry's page:"),
                "in": "",
            }[standing.state]
        )
        out = standing.state == "out"
        self.address.setVisible(out)
        self.begin.setVisible(out)
        if out and standing.registry and not self.address.text():
            self.address.setText(standing.registry)
        for widget in (self.code, self._until, self._open, self._copy, self._stop):
            widget.setVisible(waiting is not None)
        self._again.setVisible(standing.state in {"no_agent", "unknown"})
        if waiting is not None:
            ends = QtCore.QDateTime.fromSecsSinceEpoch(waiting.expires_at).toString("HH:mm")
            self.code.setText(waiting.code)
            self._until.setText(tr("The code is good until {time}.").format(time=ends))
            self._open.setToolTip(waiting.link)

    def _begin(self) -> None:
        if url := self.address.text().strip():
            self._desk.keep(replace(self._desk.settings, registry=url))
            self._desk.dismiss()
            self._desk.account.sign_in(url)

    def _open_link(self) -> None:
        if asked := self._desk.account.standing.asked:
            QtGui.QDesktopServices.openUrl(QtCore.QUrl(asked.link))

    def _copy_link(self) -> None:
        if asked := self._desk.account.standing.asked:
            QtWidgets.QApplication.clipboard().setText(asked.link)


def _label(parent: QtWidgets.QWidget) -> QtWidgets.QLabel:
    label = QtWidgets.QLabel(parent)
    label.setWordWrap(True)
    label.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
