"""Nobody is kept out: axe-core on every page of every role, by day on a desk and by night on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.registry.console.conftest import SIZES
from tests.registry.console.looking import grave_issues
from tests.registry.console.stage import Stage

LOOKS = (("desk", "light"), ("phone", "dark"))


@pytest.mark.parametrize("page", ["desk"], indirect=True)
def test_no_page_has_a_grave_issue(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    scene, page = stage.people, stage.page
    asked, running = scene.request(), scene.licence(approval="per_image")
    scene.deliver(running.id)
    paths = {
        "guest": ("sign-in", "welcome", "verify", "verify?receipt=nothing", "log", "nothing-here"),
        "talent": ("", "money", "rules", "rules/new", "proofs", "revoke", f"licences/{running.id}"),
        "agency": ("", "money", f"licences/{asked.id}"),
        "brand": ("", "talents?media=print&age=30", "seats", "money", f"twins/{scene.twin}/request"),
        "operator": ("", "people", "payments", "disputes"),
    }
    for role, those in paths.items():
        if role != "guest":
            stage.enter(role)
        for path in those:
            page.goto(f"/console/{path}".rstrip("/"))
            for size, scheme in LOOKS:
                page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]  # width and height
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # two of its words
                assert grave_issues(page) == [], f"{role}: {path} ({size}, {scheme})"
