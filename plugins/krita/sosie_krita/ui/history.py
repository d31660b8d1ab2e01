"""What was rendered for the document in front: looked at, placed, discarded."""

from __future__ import annotations

import time

from ..model.desk import Desk
from ..model.results import Entry
from ..model.texts import tr
from .images import qimage, true_icon
from .picture import PictureView
from .qt import QtCore, QtGui, QtWidgets

ICON = 60
NUMBER = QtCore.Qt.ItemDataRole.UserRole


class ResultList(QtWidgets.QListWidget):
    """A click only looks. Qt's own `itemActivated` would be one click on some desktops, and place it."""

    wanted = QtCore.pyqtSignal()

    def __init__(self, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self.itemDoubleClicked.connect(lambda _item: self.wanted.emit())

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter wants the one that is looked at."""
        if event.key() in {QtCore.Qt.Key.Key_Return, QtCore.Qt.Key.Key_Enter}:
            self.wanted.emit()
        else:
            super().keyPressEvent(event)


class History(QtWidgets.QWidget):
    """A strip of results, the newest first. A click looks at one in `view`; Enter or a double click places it."""

    def __init__(self, desk: Desk, view: PictureView, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._desk, self._view = desk, view
        self.list = ResultList(self)
        self.list.setViewMode(QtWidgets.QListView.ViewMode.IconMode)
        self.list.setFlow(QtWidgets.QListView.Flow.LeftToRight)
        self.list.setWrapping(False)
        self.list.setMovement(QtWidgets.QListView.Movement.Static)
        self.list.setIconSize(QtCore.QSize(ICON, ICON))
        self.list.setAccessibleName(tr("History"))
        self.list.setHorizontalScrollMode(QtWidgets.QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setFixedHeight(ICON + self.fontMetrics().height() + 24)
        self.list.currentItemChanged.connect(lambda *_: self._look())
        self.list.wanted.connect(self._place)
        self.place = QtWidgets.QPushButton(tr("Place as layers"), self)
        self.place.clicked.connect(self._place)
        self.discard = QtWidgets.QPushButton(tr("Discard"), self)
        self.discard.clicked.connect(self._discard)
        self.discard_others = QtWidgets.QPushButton(tr("Discard the rest"), self)
        self.discard_others.setToolTip(tr("What is placed in the document stays there."))
        self.discard_others.clicked.connect(self._discard_others)
        self.back = QtWidgets.QPushButton(tr("Show document"), self)
        self.back.clicked.connect(self._leave)
        buttons = QtWidgets.QGridLayout()
        for place, widget in enumerate((self.place, self.back, self.discard, self.discard_others)):
            buttons.addWidget(widget, place // 2, place % 2)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)
        column.addLayout(buttons)
        desk.watch.on(self.show_results, "results", "picture")
        self.show_results()

    def entries(self) -> list[Entry]:
        """Of the document in front."""
        seen = self._desk.looking.seen
        return self._desk.results.of(seen.picture) if seen is not None else []

    def show_results(self) -> None:
        """The strip as it is now. A new result is looked at."""
        entries = self.entries()
        newest = entries[0].number if entries else None
        chosen = self._number() if self._number() in {entry.number for entry in entries} else None
        if newest is not None and newest not in self._numbers():
            chosen = newest
        blocker = QtCore.QSignalBlocker(self.list)
        self.list.clear()
        for entry in entries:
            item = self._item(entry)
            self.list.addItem(item)
            if entry.number == chosen:
                self.list.setCurrentItem(item)
        del blocker
        self.setVisible(bool(entries))
        self._look()

    def _item(self, entry: Entry) -> QtWidgets.QListWidgetItem:
        picture = qimage(entry.before)
        painter = QtGui.QPainter(picture)
        painter.drawImage(0, 0, qimage(entry.after))
        painter.end()
        icon = QtGui.QPixmap.fromImage(picture).scaled(
            ICON * 2,
            ICON * 2,
            QtCore.Qt.AspectRatioMode.KeepAspectRatio,
            QtCore.Qt.TransformationMode.SmoothTransformation,
        )
        words = (
            tr("placed")
            if entry.placed
            else tr("live")
            if entry.live
            else time.strftime("%H:%M", time.localtime(entry.made_at))
        )
        item = QtWidgets.QListWidgetItem(true_icon(icon), words)
        item.setData(NUMBER, entry.number)
        item.setToolTip("\n".join([entry.stack.title, *entry.reasons]))
        return item

    def _numbers(self) -> set[int]:
        return {self.list.item(row).data(NUMBER) for row in range(self.list.count())}

    def _number(self) -> int | None:
        item = self.list.currentItem()
        return item.data(NUMBER) if item is not None else None

    def _look(self) -> None:
        number = self._number()
        entry = self._desk.results.get(number) if number is not None else None
        self._view.show_entry(entry)
        for button in (self.place, self.discard, self.back):
            button.setEnabled(entry is not None)
        self.discard_others.setEnabled(entry is not None and self.list.count() > 1)

    def _leave(self) -> None:
        self.list.setCurrentItem(None)
        self._look()

    def _place(self) -> None:
        if (number := self._number()) is not None:
            self._desk.place(number)

    def _discard(self) -> None:
        if (number := self._number()) is not None:
            self._desk.results.discard(number)

    def _discard_others(self) -> None:
        if (number := self._number()) is not None:
            self._desk.results.discard_others(number)
