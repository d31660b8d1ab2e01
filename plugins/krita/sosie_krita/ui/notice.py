"""The one place for messages: what happened, what to do now, and a button that puts it away."""

from __future__ import annotations

from ..model.desk import Desk
from ..model.texts import tr
from .qt import QtCore, QtGui, QtWidgets

#: The edge that tells the kinds apart in any theme.
EDGES = {"note": "#4a90d9", "refusal": "#d9822b", "fault": "#c9413b"}


class NoticeBar(QtWidgets.QFrame):
    """Hidden while there is nothing to say."""

    def __init__(self, desk: Desk, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._text = QtWidgets.QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(
            QtCore.Qt.TextInteractionFlag.TextSelectableByMouse
            | QtCore.Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        close = QtWidgets.QToolButton(self)
        close.setText("✕")
        close.setAutoRaise(True)
        close.setToolTip(tr("Put this message away"))
        close.setAccessibleName(tr("Put this message away"))
        close.clicked.connect(desk.dismiss)
        self._edge = QtWidgets.QFrame(self)
        self._edge.setFixedWidth(4)
        self._edge.setAutoFillBackground(True)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.addWidget(self._edge)
        row.addWidget(self._text, 1)
        row.addWidget(close, 0, QtCore.Qt.AlignmentFlag.AlignTop)
        desk.watch.on(self.show_notice, "notice", "account", "faces", "work")
        self.show_notice()

    def show_notice(self) -> None:
        """The desk's message now."""
        notice = self._desk.notice
        self.setVisible(notice is not None)
        if notice is None:
            return
        palette = self._edge.palette()
        palette.setColor(QtGui.QPalette.ColorRole.Window, QtGui.QColor(EDGES[notice.kind]))
        self._edge.setPalette(palette)
        self._text.setText("\n".join(part for part in (notice.text, notice.remedy) if part))
        self._text.setToolTip(notice.code)
