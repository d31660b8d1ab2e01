"""Signing in and out as a newcomer, being offline, an agent that is not there: what is said, and what helps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest
from blender_profile import PACKAGE, module


def test_a_newcomer_signs_in_by_a_code_and_out_again(desk: Any, outside: Callable[..., Any]) -> None:
    told = outside("newcomer")
    session = module("_sosie.client").Session
    desk.connect = lambda: session.connect("host tests", start=False, home=Path(told["home"]))
    assert bpy.ops.sosie.refresh() == {"FINISHED"}
    assert (desk.standing.state, desk.twins) == ("out", [])
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.registry = ""
    with pytest.raises(RuntimeError, match="No registry is named"):
        bpy.ops.sosie.sign_in()
    preferences.registry = told["registry"]
    seen = []

    def approve() -> None:
        while desk.sign_in is None:
            time.sleep(0.05)
        seen.append(desk.sign_in)
        outside("approve", desk.sign_in.code)

    brand = threading.Thread(target=approve)
    brand.start()
    assert bpy.ops.sosie.sign_in() == {"FINISHED"}
    brand.join()
    assert seen[0].code in seen[0].link
    assert (desk.standing.state, desk.standing.seat) == ("in", "Newcomer")
    assert desk.standing.registry == told["registry"]
    assert bpy.ops.sosie.sign_out() == {"FINISHED"}
    assert desk.standing.state == "out"


def test_offline_nothing_goes_out_and_it_says_how_to_change_that(
    desk: Any, scene: Any, world: dict[str, Any], tmp_path: Path
) -> None:
    bpy.context.preferences.system.use_online_access = False
    assert bpy.ops.sosie.refresh() == {"FINISHED"}
    assert desk.find(world["twin"]), "what the agent remembers"
    with pytest.raises(RuntimeError, match=r"Allow Online Access. \[offline\]"):
        bpy.ops.sosie.sign_in()
    assert desk.notice.button == "sosie.go_online"
    with pytest.raises(RuntimeError, match=r"\[offline\]"):
        bpy.ops.sosie.deliver(image="any", filepath=str(tmp_path / "no.jpg"))
    assert bpy.ops.sosie.go_online() == {"FINISHED"}
    assert bpy.app.online_access


def test_a_missing_agent_is_said_with_the_button_that_starts_it(desk: Any, tmp_path: Path) -> None:
    session = module("_sosie.client").Session
    desk.twins = []
    desk.connect = lambda: session.connect("host tests", start=False, home=tmp_path)
    with pytest.raises(RuntimeError, match=r"\[agent_not_running\]"):
        bpy.ops.sosie.refresh()
    assert desk.notice.button == "sosie.refresh"
    assert desk.standing.state == "no_agent"
    assert bpy.ops.sosie.dismiss() == {"FINISHED"}
    assert desk.notice is None
