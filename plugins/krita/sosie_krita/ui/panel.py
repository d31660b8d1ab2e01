"""The whole docker: one column, three states: this Krita is too old, nobody is signed in, or work."""

from __future__ import annotations

from ..model.desk import Desk
from ..model.texts import manual, tr
from .deliver import DeliverBar
from .folding import Folding
from .history import History
from .notice import NoticeBar
from .options import Options, UseForm
from .picture import PictureView
from .qt import QtCore, QtGui, QtWidgets
from .settings import SettingsDialog
from .sign_in import SignInPage
from .twins import TwinList
from .work import WorkBar


class Panel(QtWidgets.QWidget):
    """What the docker's frame holds."""

    def __init__(self, desk: Desk, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.who = QtWidgets.QLabel(self)
        self.trouble = QtWidgets.QLabel(desk.host.trouble, self)
        self.trouble.setWordWrap(True)
        self.trouble.setAlignment(QtCore.Qt.AlignmentFlag.AlignTop)
        self.sign_in = SignInPage(desk, self)
        self.picture = PictureView(desk, self)
        self.twins = TwinList(desk, self)
        self.work = WorkBar(desk, self)
        self.options = Options(desk, self)
        self.use = UseForm(desk, self)
        self.history = History(desk, self.picture, self)
        self.deliver = DeliverBar(desk, self)
        self.pages = QtWidgets.QStackedWidget(self)
        for page in (self.trouble, self.sign_in, self._main()):
            self.pages.addWidget(page)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 6)
        column.addLayout(self._header())
        column.addWidget(NoticeBar(desk, self))
        column.addWidget(self.pages, 1)
        desk.watch.on(self.show_account, "account")
        self.show_account()

    def show_account(self) -> None:
        """The page that fits."""
        standing = self._desk.account.standing
        self.pages.setCurrentIndex(0 if self._desk.host.trouble else 2 if standing.state == "in" else 1)
        offline = "" if standing.reachable else tr(" (registry out of reach)")
        who = tr("Signed in") if standing.seat.startswith("sea_") else standing.seat
        self.who.setText(f"{who}{offline}" if standing.state == "in" else tr("Not signed in"))
        self.who.setToolTip(f"{standing.registry}\n{standing.seat}".strip())

    def _main(self) -> QtWidgets.QScrollArea:
        page = QtWidgets.QWidget(self)
        column = QtWidgets.QVBoxLayout(page)
        column.setContentsMargins(0, 0, 4, 0)
        for widget in (
            *(self.twins, self.picture, self.work, self.history),
            Folding(tr("Options"), self.options, page, opened=True),
            Folding(tr("What the picture is for"), self.use, page),
            self.deliver,
        ):
            column.addWidget(widget, 1 if widget is self.picture else 0)
        area = QtWidgets.QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        return area

    def _header(self) -> QtWidgets.QHBoxLayout:
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.who, 1)
        for sign, words, do in (
            ("⟳", tr("Read the licences again"), self._desk.account.refresh),
            ("?", tr("Help"), self._help),
            ("⚙", tr("Settings"), self.open_settings),
        ):
            button = QtWidgets.QToolButton(self)
            button.setText(sign)
            button.setAutoRaise(True)
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.setFocusPolicy(QtCore.Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, do=do: do())
            row.addWidget(button)
        return row

    def open_settings(self) -> SettingsDialog:
        """The dialog, open and not waited for."""
        dialog = SettingsDialog(self._desk, self)
        dialog.open()
        return dialog

    def _help(self) -> None:
        page = manual(self._desk.settings.language or QtCore.QLocale().name())
        QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(str(page)))
