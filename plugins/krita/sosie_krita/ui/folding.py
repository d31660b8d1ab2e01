"""A part of the docker that folds away."""

from __future__ import annotations

from .qt import QtCore, QtWidgets


class Folding(QtWidgets.QWidget):
    """A heading that shows and hides `content`."""

    def __init__(
        self, title: str, content: QtWidgets.QWidget, parent: QtWidgets.QWidget, *, opened: bool = False
    ) -> None:
        super().__init__(parent)
        self._content = content
        self.heading = QtWidgets.QToolButton(self)
        self.heading.setText(title)
        self.heading.setCheckable(True)
        self.heading.setAutoRaise(True)  # no style sheet: it would keep the colours of the theme before
        self.heading.setToolButtonStyle(QtCore.Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setFocusPolicy(QtCore.Qt.FocusPolicy.TabFocus)
        self.heading.toggled.connect(self._fold)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.heading)
        column.addWidget(content)
        self.heading.setChecked(opened)
        self._fold(opened)

    def _fold(self, opened: bool) -> None:
        self._content.setVisible(opened)
        arrow = QtCore.Qt.ArrowType.DownArrow if opened else QtCore.Qt.ArrowType.RightArrow
        self.heading.setArrowType(arrow)
