"""The twins: found by a word, chosen by a click, their terms in plain words; those that cannot be used are grey."""

from __future__ import annotations

import time

from .._sosie.client.twins import usable
from .._sosie.messages import TwinInfo
from ..model.catalogue import matching, never, summary, terms
from ..model.desk import Desk
from ..model.texts import tr
from .images import icon
from .qt import QtCore, QtGui, QtWidgets

ICON = 40
ID = QtCore.Qt.ItemDataRole.UserRole
#: Rows the list shows before it scrolls.
ROWS = 4


class TwinList(QtWidgets.QWidget):
    """Search field, list and terms."""

    def __init__(self, desk: Desk, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.search = QtWidgets.QLineEdit(self)
        self.search.setPlaceholderText(tr("Search twins"))
        self.search.setAccessibleName(tr("Search twins"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.show_twins)
        self.list = QtWidgets.QListWidget(self)
        self.list.setIconSize(QtCore.QSize(ICON, ICON))
        self.list.setAccessibleName(tr("Twins"))
        self.list.currentItemChanged.connect(self._choose)
        self.terms = QtWidgets.QLabel(self)
        self.terms.setWordWrap(True)
        self.terms.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.search, self.list, self.terms):
            column.addWidget(widget)
        desk.watch.on(self.show_twins, "twins")
        self.show_twins()

    def show_twins(self) -> None:
        """The list as it is now; the choice stays."""
        account, now = self._desk.account, time.time()
        found = matching(account.twins, self.search.text())
        blocker = QtCore.QSignalBlocker(self.list)
        self.list.clear()
        for twin in found:
            item = self._item(twin, now)
            self.list.addItem(item)
            if twin.twin == account.chosen:
                self.list.setCurrentItem(item)
        del blocker
        row = self.list.sizeHintForRow(0) if found else ICON
        frame = 2 * self.list.frameWidth()
        self.list.setFixedHeight(max(1, min(ROWS, len(found))) * row + frame)
        self.search.setVisible(len(account.twins) > ROWS or bool(self.search.text()))
        self.terms.setText(self._words(now))
        self.terms.setToolTip(never(account.twin) if account.twin else "")

    def _item(self, twin: TwinInfo, now: float) -> QtWidgets.QListWidgetItem:
        can_be_used = usable(twin)
        item = QtWidgets.QListWidgetItem(f"{twin.display_name}\n{summary(twin, now)}")
        item.setIcon(icon(self._desk.account.thumbnails.get(twin.twin, b""), faded=not can_be_used))
        item.setData(ID, twin.twin)
        item.setToolTip("\n".join(part for part in (terms(twin, now), never(twin)) if part))
        if not can_be_used:
            grey = self.palette().color(QtGui.QPalette.ColorGroup.Disabled, QtGui.QPalette.ColorRole.Text)
            item.setForeground(grey)
        return item

    def _words(self, now: float) -> str:
        account = self._desk.account
        if not account.twins:
            return tr(
                "No twin is licensed to this seat yet. Your brand asks for licences on the registry's page."
            )
        return terms(account.twin, now) if account.twin else tr("Choose a twin.")

    def _choose(self, item: QtWidgets.QListWidgetItem | None) -> None:
        if item is not None and (twin := item.data(ID)) != self._desk.account.chosen:
            self._desk.host.soon(lambda: self._desk.account.choose(twin))  # not while the list is at it
