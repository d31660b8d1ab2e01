"""A talent proves in the browser that it is she in the captures: a real twin, invented people, the real embedder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.registry.console.conftest import SIZES, opened
from tests.registry.console.looking import grave_issues, photograph, press, shown
from tests.registry.console.stage import Stage
from tests.registry.people import World
from tests.registry.test_proving import hand_in, posed

from sosie.enrolment import matcher
from sosie.faces import Faces
from sosie.twin.twin import Twin


@pytest.fixture
def house(tmp_path: Path, faces: Faces) -> Iterator[World]:
    """It looks at faces."""
    yield from opened(tmp_path, matcher(faces))


def test_she_proves_that_it_is_she(make_stage: Callable[..., Stage], people: Path, anouk: Twin) -> None:
    stage = make_stage()
    scene = stage.people
    twin = hand_in(scene, anouk, scene.twin, 2)
    page = stage.enter("talent")
    shown(page, "cannot be licensed before you have proved")
    press(page.get_by_role("link", name="Proof that it is me"))
    shown(page, "Twin, revision 2", "not proved yet", twin)

    # somebody else before the camera
    send(stage, page, posed(people, "p04", begin(stage, page, "Begin the proof")))
    shown(page, "This is not the person in the captures")
    page.goto("/console/enrolment?language=fr")
    shown(page, "Ce n'est pas la personne des photos", "Recommencer")
    page.goto("/console/enrolment?language=en")

    # no picture at all; then she herself
    pose = begin(stage, page, "Begin again")
    photograph(page, "enrolment")
    send(stage, page, Path(__file__))
    assert page.get_by_role("alert").count() == 1
    send(stage, page, posed(people, "p01", pose))
    shown(page, "A person looks at it now.", "not proved yet")

    page = stage.enter("operator")
    press(page.get_by_role("link", name="Disputes"))
    shown(page, "Face and pose fit")
    press(page.get_by_role("button", name="It is her"))
    page = stage.enter("talent")
    assert page.get_by_text("cannot be licensed before").count() == 0
    page.goto("/console/enrolment")
    shown(page, "Twin, revision 2", "proved")
    assert page.get_by_role("button", name="Begin").count() == 0
    assert scene.request().state == "requested"


def begin(stage: Stage, page: Page, button: str) -> str:
    """Asks for a code; the pose that goes with it."""
    press(page.get_by_role("button", name=button))
    asked = next(one for one in stage.people.talent.challenges() if one.state == "open")
    shown(page, "Write this code on paper", asked.code)
    if page.viewport_size == SIZES["desk"]:  # axe needs scripts, and the phone has none
        assert grave_issues(page) == []
    return asked.pose


def send(stage: Stage, page: Page, picture: Path) -> None:
    page.get_by_label("The photograph").set_input_files(picture)
    press(page.get_by_role("button", name="Hand it in"))
