"""Runs pytest in the Blender application, on its main thread, and writes the result down.

    SOSIE_TEST_ARGUMENTS  pytest's arguments as a JSON list
    SOSIE_TEST_RESULT     file for the result as JSON
    SOSIE_TEST_SECONDS    after so many seconds all stacks are printed and the process ends

With a window pytest runs in a greenlet, and `driver.pause` gives Blender's event loop its turn.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import traceback
from pathlib import Path

import bpy

HERE = Path(__file__).resolve().parent
DRIVER_FAILED = 70


class Driver:
    """pytest, and the way back to Blender's event loop."""

    def begin(self) -> None:
        """Without a window at once, else as soon as the window is drawn."""
        faulthandler.dump_traceback_later(float(os.environ["SOSIE_TEST_SECONDS"]), exit=True)
        sys.path[:0] = [str(HERE), str(HERE.parent)]
        sys.modules["driver"] = sys.modules[__name__]
        if bpy.app.background:
            self._test()
            return
        import greenlet

        bpy.context.preferences.view.show_splash = False
        self._current = greenlet.getcurrent
        self._task = greenlet.greenlet(self._test)
        bpy.app.timers.register(self._step, first_interval=1.5, persistent=True)

    def pause(self, seconds: float) -> None:
        """Let Blender run for so long; called by tests."""
        bpy.app.timers.register(self._step, first_interval=seconds, persistent=True)
        self._main.switch()

    def _step(self) -> None:
        self._main = self._current()
        self._task.switch()

    def _test(self) -> None:
        status = DRIVER_FAILED
        try:
            import pytest

            status = int(pytest.main(json.loads(os.environ["SOSIE_TEST_ARGUMENTS"])))
        except BaseException:  # noqa: BLE001 - whatever it was, Blender must end and the run must know
            traceback.print_exc()
        Path(os.environ["SOSIE_TEST_RESULT"]).write_text(json.dumps({"status": status}), "utf-8")
        sys.stdout.flush()
        os._exit(0)  # without a question about unsaved changes


driver = Driver()
driver.begin()
