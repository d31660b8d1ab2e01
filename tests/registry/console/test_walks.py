"""The console's door: invitations, passwords, languages, and forms that came from elsewhere."""

from __future__ import annotations

from playwright.sync_api import Page
from tests.registry.console.looking import photograph, press, shown
from tests.registry.console.stage import PASSWORD, invite
from tests.registry.people import World


def test_the_door_is_for_those_invited_and_speaks_three_languages(house: World, page: Page) -> None:
    invite(house, page, "talent")
    press(page.get_by_role("button", name="Sign out"))
    assert page.request.get("/console").url.endswith("/sign-in")
    press(page.get_by_role("link", name="Français"))
    page.get_by_label("Nom ou e-mail").fill("ines@example.org")
    page.get_by_label("Mot de passe").fill("tout autre chose")
    press(page.get_by_role("button", name="Se connecter"))
    shown(page, "Nom ou mot de passe incorrect.")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    photograph(page, "sign-in")
    press(page.get_by_role("button", name="Se connecter"))
    shown(page, "Bonjour", "Mot de passe faux")


def test_a_form_from_elsewhere_is_refused(house: World, page: Page) -> None:
    invite(house, page, "talent")
    foreign = page.request.post("/console/sign-out", form={"form": "0" * 64})
    assert (foreign.status, foreign.json()["code"]) == (403, "form_foreign")
    assert "script-src" not in page.request.get("/console").headers["content-security-policy"]
    page.goto("/console")
    shown(page, "Hello")
    press(page.get_by_role("button", name="Sign out"))
    own = page.locator("input[name=form]").first.get_attribute("value") or ""
    nobody = page.request.post("/console/revoke", form={"form": own})
    assert (nobody.status, nobody.json()["code"]) == (401, "session_over")
