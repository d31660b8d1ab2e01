"""Operators that ask the agent: at once in scripts and in the background, modal with progress and Esc in the window."""

from __future__ import annotations

import time
from typing import Any

import bpy

from ..model.task import Task
from .state import desk, redraw
from .words import spoken, tr

POLL_SECONDS = 0.1
WAIT_SECONDS = 0.01


class Working:
    """The shared part. An operator implements `start` and `finish`, both on the main thread."""

    #: Esc stops it; what was not finished leaves nothing behind.
    bl_options = {"REGISTER"}
    _task: Task
    _timer: Any = None

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """One request at a time."""
        if desk.busy:
            cls.poll_message_set(tr("Sosie is at work; wait or cancel"))
            return False
        return True

    def start(self, context: Any) -> Task:
        """Copy out of Blender what is needed, and begin."""
        raise NotImplementedError  # no ABC: its metaclass does not go with that of Blender's operators

    def finish(self, context: Any, answer: Any) -> str:
        """Put the answer into Blender; what to tell the artist."""
        raise NotImplementedError

    def tick(self, context: Any) -> None:
        """Called on the main thread again and again while the task runs."""

    def put_down(self, context: Any) -> None:
        """Called once when it has ended, however it did."""

    def execute(self, context: Any) -> set[str]:
        """Without a window to keep alive: wait."""
        try:
            self._task = self.start(context)
            while not self._task.done:
                self.tick(context)
                time.sleep(WAIT_SECONDS)
        except Exception as error:  # noqa: BLE001 - told to the artist
            return self._stopped(context, error)
        return self._end(context)

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """From a button: keep Blender usable meanwhile."""
        if bpy.app.background:  # no event loop: `modal` would never be called
            return self.execute(context)
        try:
            self._task = self.start(context)
        except Exception as error:  # noqa: BLE001 - told to the artist
            return self._failed(error)
        self._timer = context.window_manager.event_timer_add(POLL_SECONDS, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Look at the task; Esc stops it."""
        if event.type == "ESC" and event.value == "PRESS":
            self._task.cancel()
        if event.type == "TIMER":
            redraw()
            if self._task.done:
                return self._end(context)
            try:
                self.tick(context)
            except Exception as error:  # noqa: BLE001 - told to the artist
                return self._stopped(context, error)
        return {"PASS_THROUGH"}

    def cancel(self, context: Any) -> None:
        """Blender takes the window or the file away under us."""
        self._task.cancel()
        self._put_down(context)

    def _end(self, context: Any) -> set[str]:
        try:
            answer = self._task.result()
        except Exception as error:  # noqa: BLE001 - told to the artist
            self._put_down(context)
            return self._failed(error)
        self._put_down(context)
        try:
            told = self.finish(context, answer)
        except Exception as error:  # noqa: BLE001 - told to the artist
            return self._failed(error)
        if told:
            desk.told(told)
            self.report({"INFO"}, told)
        return {"FINISHED"}

    def _stopped(self, context: Any, error: BaseException) -> set[str]:
        """It failed on this side: the agent need not go on."""
        if hasattr(self, "_task"):
            self._task.cancel()
            self._put_down(context)
        return self._failed(error)

    def _put_down(self, context: Any) -> None:
        desk.end()
        self.put_down(context)
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
            redraw()

    def _failed(self, error: BaseException) -> set[str]:
        desk.end()
        if notice := desk.failed(error):
            self.report({"ERROR"}, spoken(notice))
        redraw()
        return {"CANCELLED"}
