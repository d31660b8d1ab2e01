"""The real window for tests: waiting, the editors, pictures of what is on the screen."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest
from driver import driver

Wait = Callable[..., bool]


@pytest.fixture
def wait() -> Wait:
    """`wait(until, seconds)` lets Blender run until `until()` is true; whether it became so."""

    def wait(until: Callable[[], Any] = lambda: False, seconds: float = 60.0) -> bool:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            driver.pause(0.05)
        return bool(until())

    return wait


@pytest.fixture
def window(scene: Any, wait: Wait) -> Any:
    """The window on a fresh file, the Sosie tab open in its 3D view, with time to draw."""
    wait(seconds=1.0)  # a file that is just read has no regions yet, and Blender crashes on being asked
    area = max(areas("VIEW_3D"), key=lambda one: one.width * one.height)
    area.spaces.active.show_region_ui = True
    wait(seconds=1.0)
    region(area, "UI").active_panel_category = "Sosie"
    wait(seconds=0.7)
    return bpy.context.window_manager.windows[0]


def areas(kind: str) -> list[Any]:
    return [one for one in bpy.context.window_manager.windows[0].screen.areas if one.type == kind]


def region(area: Any, kind: str) -> Any:
    return next(one for one in area.regions if one.type == kind)


@pytest.fixture
def invoke() -> Callable[..., Any]:
    """`invoke(operator, area, ...)` runs an operator as its button does."""

    def invoke(operator: Any, area: Any = None, **arguments: Any) -> Any:
        window = bpy.context.window_manager.windows[0]
        area = area or max(areas("VIEW_3D"), key=lambda one: one.width)
        with bpy.context.temp_override(
            window=window, screen=window.screen, area=area, region=region(area, "WINDOW")
        ):
            return operator("INVOKE_DEFAULT", True, **arguments)  # with undo

    return invoke


@pytest.fixture
def shoot(wait: Wait) -> Callable[..., None]:
    """`shoot(name, region)` saves the screen, or a region of it, as NAME.png. Blender's own screenshots are black."""

    def shoot(name: str, part: Any = None) -> None:
        for area in bpy.context.window_manager.windows[0].screen.areas:
            area.tag_redraw()
        wait(seconds=0.6)
        command = ["import", "-window", "root"]
        if part is not None:
            height = bpy.context.window_manager.windows[0].height
            top = height - part.y - part.height
            command += ["-crop", f"{part.width}x{part.height}+{part.x}+{top}", "+repage"]
        subprocess.run(
            [*command, str(Path(os.environ["SOSIE_TEST_OUT"]) / f"{name}.png")], check=True, timeout=30
        )

    return shoot
