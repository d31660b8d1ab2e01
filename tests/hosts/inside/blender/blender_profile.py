"""pytest plugin for a run inside Blender: probe and package as installed extensions, and a clean way out."""

from __future__ import annotations

import atexit
import importlib
import json
import os
from collections.abc import Callable, Iterator
from multiprocessing.connection import Client
from typing import Any

import bpy
import pytest

PACKAGE = "bl_ext.user_default.sosie"


@atexit.register
def drop_handlers() -> None:
    """Bpy 4.2 crashes and bpy 4.5 hangs at the interpreter's end while an extension's handlers are registered."""
    for name in dir(bpy.app.handlers):
        handlers = getattr(bpy.app.handlers, name)
        if isinstance(handlers, list):
            handlers[:] = [handler for handler in handlers if not handler.__module__.startswith("bl_ext.")]


@pytest.fixture(scope="session", autouse=True)
def extension() -> Iterator[None]:
    """The built package, installed and enabled as a user does it, in the run's own profile."""
    profile = os.environ["BLENDER_USER_RESOURCES"]
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert bpy.utils.resource_path("USER").startswith(profile)
    _install(os.environ["SOSIE_TEST_EXTENSION"])
    _install(os.environ["SOSIE_TEST_PACKAGE"])
    modules = (os.environ["SOSIE_TEST_CLIENT"].rsplit(".", 1)[0], PACKAGE)
    assert set(modules) <= set(bpy.context.preferences.addons.keys())
    yield
    for module in modules:
        bpy.ops.preferences.addon_disable(module=module)


@pytest.fixture
def scene() -> Any:
    """A fresh file; the twins listed, the first one chosen, and a use that is licensed."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    bpy.context.preferences.system.use_online_access = True
    assert bpy.ops.sosie.refresh() == {"FINISHED"}
    scene = bpy.context.scene
    scene.sosie.territory = "FR"
    scene.render.engine, scene.cycles.device = "CYCLES", "CPU"
    scene.cycles.samples, scene.cycles.use_denoising = 4, False
    return scene


def module(name: str) -> Any:
    """A module of the installed package: `host.state`."""
    return importlib.import_module(f"{PACKAGE}.{name}")


@pytest.fixture
def desk(scene: Any) -> Iterator[Any]:
    """The add-on's own, as it was after the test."""
    desk = module("host.state").desk
    connect = desk.connect
    yield desk
    if desk.task is not None:
        desk.task.cancel()
        desk.end()
    desk.connect, desk.notice, desk.receipt = connect, None, None
    bpy.context.preferences.system.use_online_access = True
    assert bpy.ops.sosie.refresh() == {"FINISHED"}


@pytest.fixture
def outside() -> Callable[..., dict[str, Any]]:
    """`outside(what, ...)` has `tests/hosts/outside.py` do something."""

    def outside(*request: str) -> dict[str, Any]:
        with Client(os.environ["SOSIE_TEST_OUTSIDE"], family="AF_UNIX") as connection:
            connection.send_bytes(json.dumps(request).encode())
            answer = dict(json.loads(connection.recv_bytes()))
        assert "error" not in answer, answer
        return answer

    return outside


def _install(package: str) -> None:
    done = bpy.ops.extensions.package_install_files(
        filepath=package, repo="user_default", enable_on_install=True
    )
    assert done == {"FINISHED"}
