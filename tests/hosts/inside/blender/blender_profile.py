"""pytest plugin for a run inside Blender: the probe as an installed extension, and a clean way out."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator

import bpy
import pytest


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
    package = os.environ["SOSIE_TEST_EXTENSION"]
    done = bpy.ops.extensions.package_install_files(
        filepath=package, repo="user_default", enable_on_install=True
    )
    assert done == {"FINISHED"}
    module = os.environ["SOSIE_TEST_CLIENT"].rsplit(".", 1)[0]
    assert module in bpy.context.preferences.addons
    yield
    bpy.ops.preferences.addon_disable(module=module)
