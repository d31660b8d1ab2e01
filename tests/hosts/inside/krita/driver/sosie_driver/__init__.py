"""Runs pytest on Krita's main thread once its window is up, writes the result down, and quits Krita.

    SOSIE_TEST_RESULT     file for the result as JSON; without it the plugin does nothing
    SOSIE_TEST_ARGUMENTS  pytest's arguments as a JSON list
    SOSIE_TEST_SITE       folder with pytest
    SOSIE_TEST_SECONDS    after so many seconds all stacks are printed and the process ends

pytest runs in a greenlet, and `pause` returns to Krita's own event loop. A nested QEventLoop is not the same:
Krita 5.2 keeps its synchronised signals back until the outermost event is done, and a document opened
meanwhile never gets an active node.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import traceback
from types import TracebackType
from typing import Any

import greenlet

from krita import Extension, Krita

if int(Krita.instance().version().split(".")[0]) >= 6:
    from PyQt6.QtCore import QTimer
else:
    from PyQt5.QtCore import QTimer

#: Krita's exit status when a dialog stopped it from quitting.
FORCED = 3
#: pytest's place in the result when the driver itself failed.
DRIVER_FAILED = 70


class Driver(Extension):
    """Krita's extension; one for the application."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self._result = os.environ.get("SOSIE_TEST_RESULT", "")
        self._told: dict[str, Any] = {}
        self._poll = QTimer()
        self._main = self._task = greenlet.getcurrent()

    def setup(self) -> None:
        """Krita calls this once, early."""
        if not self._result:
            return
        faulthandler.dump_traceback_later(float(os.environ["SOSIE_TEST_SECONDS"]), exit=True)
        sys.excepthook = self._unhandled  # Krita's own puts up a dialog, which would stop a run for good
        self._tell(stage="setup", krita=Krita.instance().version(), python=sys.version.split()[0])

    def createActions(self, window: Any) -> None:  # noqa: N802 - Krita's name
        """Krita calls this while it builds a main window; its event loop does not run yet."""
        if self._result and "actions" not in self._told:
            self._tell(stage="actions", actions=True)
            self._poll.setInterval(100)
            self._poll.timeout.connect(self._when_visible)
            self._poll.start()

    def pause(self, milliseconds: int) -> None:
        """Let Krita run for so long; called by tests, on the main thread."""
        QTimer.singleShot(milliseconds, self._step)
        self._main.switch()

    def _when_visible(self) -> None:
        window = Krita.instance().activeWindow()
        if window is not None and window.qwindow().isVisible():
            self._poll.stop()
            self._tell(stage="window")
            QTimer.singleShot(300, self._start)

    def _start(self) -> None:
        self._main = greenlet.getcurrent()
        self._task = greenlet.greenlet(self._test)
        self._step()

    def _step(self) -> None:
        self._task.switch()
        if self._task.dead:
            self._quit()

    def _test(self) -> None:
        status = DRIVER_FAILED
        try:
            sys.path.insert(0, os.environ["SOSIE_TEST_SITE"])
            import pytest

            Krita.instance().setBatchmode(True)  # a 16-bit PNG without a profile would ask for one
            self._tell(stage="pytest")
            status = int(pytest.main(json.loads(os.environ["SOSIE_TEST_ARGUMENTS"])))
        except BaseException:  # noqa: BLE001 - whatever it was, Krita must quit and the run must know
            traceback.print_exc()
        self._tell(stage="done", status=status)
        sys.stdout.flush()

    def _quit(self) -> None:
        application = Krita.instance()
        for document in application.documents():  # a modified one would ask whether to save it
            document.setBatchmode(True)
            document.setModified(False)
            document.close()
        QTimer.singleShot(0, application.action("file_quit").trigger)
        QTimer.singleShot(15_000, lambda: os._exit(FORCED))

    def _unhandled(
        self, kind: type[BaseException], value: BaseException, trace: TracebackType | None
    ) -> None:
        text = "".join(traceback.format_exception(kind, value, trace))
        self._tell(unhandled=[*self._told.get("unhandled", []), text])

    def _tell(self, **facts: Any) -> None:
        """Add to the result file, which survives a crash of Krita."""
        self._told.update(facts)
        written = f"{self._result}.new"
        with open(written, "w", encoding="utf-8") as file:  # noqa: PTH123 - a path from the environment
            json.dump(self._told, file, indent=1)
        os.replace(written, self._result)  # noqa: PTH105 - the same


driver = Driver(Krita.instance())
Krita.instance().addExtension(driver)
