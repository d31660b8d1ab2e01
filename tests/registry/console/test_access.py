"""Nobody is kept out: axe-core on every page of every role, by day on a desk and by night on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from tests.registry.console.conftest import SIZES
from tests.registry.console.looking import grave_issues, photograph, press, shown
from tests.registry.console.stage import PASSWORD, Stage
from tests.registry.people import jpeg

from sosie.registry.database import Database
from sosie.registry.settings import Settings
from sosie.registry.tables_people import ChallengeRow

LOOKS = (("desk", "light"), ("phone", "dark"))


@pytest.mark.parametrize("page", ["desk"], indirect=True)
def test_no_page_has_a_grave_issue(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    scene, page = stage.people, stage.page
    asked, running = scene.request(), scene.licence(approval="per_image")
    scene.deliver(running.id)
    paths = {
        "guest": ("sign-in", "welcome", "verify", "verify?receipt=nothing", "log", "nothing-here"),
        "talent": (
            "",
            "money",
            "rules",
            "rules/new",
            "proofs",
            "revoke",
            f"licences/{running.id}",
            "account",
        ),
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


@pytest.mark.parametrize("page", ["desk"], indirect=True)
def test_no_page_that_only_a_form_shows_has_a_grave_issue(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    scene, page = stage.people, stage.page
    running, asked = scene.licence(), scene.request()
    scene.agency.approve_licence(asked.id)
    _proof_under_review(stage)

    page.goto("/console/sign-in?language=fr")
    page.get_by_label("Nom ou e-mail").fill("nobody@example.org")
    page.get_by_label("Mot de passe").fill("nothing that fits")
    _look(page, "Se connecter", "Nom ou mot de passe incorrect.")
    page.goto("/console/welcome")
    page.get_by_label("Code d’invitation").fill("nothing")
    page.get_by_label("Nom ou e-mail").fill("nobody@example.org")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    _look(page, "Commencer", "invitation")
    page.goto("/console/verify")
    page.get_by_label("L’image").set_input_files(scene.deliver(running.id).path)
    _look(page, "Vérifier", "authentique")

    stage.enter("talent")
    page.goto(f"/console/licences/{asked.id}")
    page.get_by_label("Your password").fill("not her password")
    _look(page, "Sign and approve", "Name or password is not right.")
    page.goto("/console/account")
    page.get_by_label("Password until now").fill("not her password")
    page.get_by_label("New password").fill(PASSWORD)
    _look(page, "Change it", "Name or password is not right.")
    press(page.get_by_role("link", name="Español"))
    shown(page, "Llaves de acceso")
    page.goto("/console/rules/new?language=en")
    _look(page, "Read once more", "This is what you sign")
    page.goto(f"/console/revoke?licence={running.id}")
    page.get_by_label("With notice").check()
    page.get_by_label("Your password").fill(PASSWORD)
    _look(page, "Revoke this licence", "The licence is revoked")

    stage.enter("brand")
    page.goto("/console/seats")
    _look(page, "One more machine: retoucher", "The code, shown once")
    press(page.get_by_role("link", name="Français"))
    shown(page, "retoucher")
    stage.enter("operator")
    page.goto("/console/people")
    page.get_by_label("Name", exact=True).fill("Maison Two")
    _look(page, "Make the invitation", "The code, shown once")
    page.goto("/console/disputes")
    shown(page, "The code held up must be ACDEFH")
    assert grave_issues(page) == []
    photograph(page, "review")
    _look(page, "It is not", "A no needs a reason.")
    press(page.get_by_role("link", name="Français"))
    shown(page, "ACDEFH")


def _look(page: Page, button: str, *said: str) -> None:
    """Sends a form, and looks at the page that answers."""
    press(page.get_by_role("button", name=button, exact=True))
    shown(page, *said)
    assert grave_issues(page) == [], page.url


def _proof_under_review(stage: Stage) -> None:
    """A photograph that waits for a person's word, as `proving.answer` leaves it."""
    scene = stage.people
    settings, row = (
        Settings(data=stage.world.data),
        ChallengeRow(
            id="cha_under_review",
            talent_id=scene.talent_id,
            twin_id=scene.twin,
            twin_revision=1,
            code="ACDEFH",
            pose="look_up",
            state="review",
            reason="Face and pose fit (distance 0.31). A person reads the code now.",
            distance_milli=310,
            reviewer_id=None,
            expires_at=stage.world.clock.now,
            created_at=stage.world.clock.now,
        ),
    )
    (stage.world.data / "challenges").mkdir(exist_ok=True)
    (stage.world.data / "challenges" / f"{row.id}.picture").write_bytes(jpeg())
    database = Database(settings.url)
    database.write(lambda session: session.add(row))
    database.close()
