"""What Krita is given: the docker, and actions for shortcuts."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from krita import DockWidget, DockWidgetFactory, DockWidgetFactoryBase, Extension, Krita

from ..model.desk import Desk, settings_from
from ..model.texts import speak, tr
from ..ui.panel import Panel
from ..ui.qt import QtCore, QtWidgets
from .application import KritaHost

DOCKER = "sosie_docker"


class Docker(DockWidget):  # type: ignore[misc]
    """Krita's frame around the panel; one for each main window."""

    def __init__(self) -> None:
        super().__init__()
        host = KritaHost()
        host.setParent(self)
        self.desk = Desk(host)
        self.setWindowTitle(tr("Sosie: licensed likenesses"))
        self.panel = Panel(self.desk, self)
        self.setWidget(self.panel)
        notifier = Krita.instance().notifier()
        notifier.setActive(True)
        notifier.applicationClosing.connect(self.desk.close)
        self.destroyed.connect(lambda _=None, desk=self.desk: desk.close())
        self.desk.start()

    def canvasChanged(self, _canvas: Any) -> None:  # noqa: N802 - Krita's name
        """Another document is in front, or none. Krita is still busy with it: look in the next turn."""
        self.desk.host.soon(self.desk.document_changed)


class Actions(Extension):  # type: ignore[misc]
    """Actions that shortcuts and toolbars can be given; see `sosie_krita.action`."""

    def setup(self) -> None:
        """Nothing before there is a window."""

    def createActions(self, window: Any) -> None:  # noqa: N802 - Krita's name
        """For each window; they act on its docker. Krita's own `window` lives no longer than this call."""
        main = window.qwindow()
        for name, text, tip, do in (
            (
                "sosie_render",
                tr("Render likeness"),
                tr("Render the chosen twin onto the chosen face"),
                lambda desk: desk.render(),
            ),
            (
                "sosie_find_faces",
                tr("Find faces"),
                tr("Find the faces of the picture"),
                lambda desk: desk.find_faces(),
            ),
            (
                "sosie_cancel",
                tr("Cancel likeness render"),
                tr("Stop the render under way"),
                lambda desk: desk.renders.cancel(),
            ),
        ):
            action = window.createAction(name, text, "tools/scripts")
            action.setToolTip(tip)  # the .action file knows English alone
            action.triggered.connect(lambda _=False, do=do: _with_desk(main, do))


def register() -> None:
    """Once, when Krita loads the plugin."""
    _survive_hang_ups()
    chosen = settings_from(KritaHost().settings()).language
    speak(chosen or QtCore.QLocale().name())  # before there is a window: its actions are made first
    application = Krita.instance()
    application.addExtension(Actions(application))
    application.addDockWidgetFactory(
        DockWidgetFactory(DOCKER, DockWidgetFactoryBase.DockPosition.DockRight, Docker)
    )


def _survive_hang_ups() -> None:
    """Krita's Python leaves SIGPIPE as it is: a write to an agent that has died would end Krita, unsaved work and all."""
    if hasattr(signal, "SIGPIPE") and signal.getsignal(signal.SIGPIPE) == signal.SIG_DFL:
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def _with_desk(window: QtWidgets.QMainWindow, do: Callable[[Desk], None]) -> None:
    for docker in window.findChildren(QtWidgets.QDockWidget, DOCKER):
        do(docker.desk)
