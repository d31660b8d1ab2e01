"""A talent's way through the console in a real browser, on a phone and on a desk, without any script."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright
from tests.registry.people import Cast, World, cast

from sosie.licence import exchange
from sosie.registry.settings import Settings

PASSWORD = "four words of hers"
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 800}}


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, house: World) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(
            base_url=house.url, viewport=SIZES[request.param], java_script_enabled=False, locale="en-GB"
        )
        yield context.new_page()
        browser.close()


def test_a_talent_signs_in_sees_who_uses_her_and_takes_herself_back(house: World, page: Page) -> None:
    scene = with_console(house, page)
    licence = scene.licence()
    asked = scene.request(product_lines=("shoes",))
    scene.agency.approve_licence(asked.id)
    scene.deliver(licence.id)

    page.goto("/console")
    shown(page, "Maison Example", "until", "Waiting for you", "EUR", "1 of 20 delivered")
    picture = page.request.get(page.get_by_role("img").get_attribute("src") or "")
    assert picture.headers["content-type"] == "image/jpeg"
    photograph(page, "talent")

    page.get_by_role("link", name="Read and decide").click()
    page.get_by_label("Your password").fill(PASSWORD)
    photograph(page, "memo")
    page.get_by_role("button", name="Sign and approve").click()
    assert scene.talent.licence(asked.id).state == "talent_ok"

    page.get_by_role("link", name="Revoke", exact=True).click()
    shown(page, "Licences that end: 1 (Maison Example)", "cannot be undone")
    photograph(page, "revoke")
    page.get_by_label("For my safety").check()
    page.get_by_label("Your password").fill("not her password")
    page.get_by_role("button", name="Revoke my consent").click()
    assert scene.talent.licence(licence.id).state == "active", "a wrong password signs nothing"
    page.get_by_label("For my safety").check()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Revoke my consent").click()
    shown(page, "Your consent is revoked")
    assert scene.talent.licence(licence.id).state == "revoked"


def test_the_door_is_for_those_invited_and_speaks_three_languages(house: World, page: Page) -> None:
    invite(house, page, "talent")
    page.get_by_role("button", name="Sign out").click()
    assert page.request.get("/console").url.endswith("/sign-in")
    page.get_by_role("link", name="Français").click()
    page.get_by_label("Nom ou e-mail").fill("ines@example.org")
    page.get_by_label("Mot de passe").fill("tout autre chose")
    page.get_by_role("button", name="Se connecter").click()
    shown(page, "Nom ou mot de passe incorrect.")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    photograph(page, "sign-in")
    page.get_by_role("button", name="Se connecter").click()
    shown(page, "Bonjour", "Mot de passe faux")


def test_everybody_verifies_a_receipt(house: World, page: Page) -> None:
    page.goto("/console/verify")
    page.get_by_label("Receipt, or SHA-256").fill("0" * 64)
    page.get_by_role("button", name="Check").click()
    shown(page, "Not known here", "sosie-registry")
    photograph(page, "verify")


def test_a_form_from_elsewhere_is_refused(house: World, page: Page) -> None:
    invite(house, page, "talent")
    foreign = page.request.post("/console/sign-out", form={"form": "0" * 64})
    assert (foreign.status, foreign.json()["code"]) == (403, "form_foreign")
    assert "script-src" not in page.request.get("/console").headers["content-security-policy"]
    page.goto("/console")
    shown(page, "Hello")
    page.get_by_role("button", name="Sign out").click()
    own = page.locator("input[name=form]").first.get_attribute("value") or ""
    nobody = page.request.post("/console/revoke", form={"form": own})
    assert (nobody.status, nobody.json()["code"]) == (401, "session_over")


def chromium() -> str:
    """The browser's program; skipped loudly without one, required in CI."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("NOT TESTED: there is no Chromium on this machine")
    return str(program)


def invite(house: World, page: Page, role: str, **more: Any) -> str:
    """Somebody redeems the operator's invitation in the browser; her id."""
    asked = exchange.NewParty(role=role, name="Inès", **more)  # type: ignore[arg-type]  # the roles of the tests
    invitation = house.operator.create_party(asked)
    page.goto("/console/welcome")
    page.get_by_label("Invitation code").fill(invitation.code)
    page.get_by_label("Name or e-mail").fill("ines@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    shown(page, "Hello, Inès")
    return invitation.id


def with_console(house: World, page: Page) -> Cast:
    """The usual cast; its talent has a console account, and is signed in."""
    from sosie.registry.console import passwords
    from sosie.registry.console.tables import ConsoleAccount
    from sosie.registry.database import Database

    scene = cast(house)
    settings = Settings(data=house.data)
    database = Database(settings.url)
    database.write(
        lambda session: session.add(
            ConsoleAccount(
                party_id=scene.talent_id,
                handle="ines@example.org",
                password=passwords.hashed(PASSWORD, settings.random),
                sealed_key=passwords.seal(scene.talent_key, PASSWORD, settings.random),
                created_at=0,
            )
        )
    )
    database.close()
    page.goto("/console/sign-in")
    sign_in(page)
    return scene


def sign_in(page: Page) -> None:
    """At the door, with name and password."""
    page.get_by_label("Name or e-mail").fill("ines@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    shown(page, "Hello")


def shown(page: Page, *texts: str) -> None:
    body = page.locator("body").inner_text()
    missing = [text for text in texts if text not in body]
    assert not missing, f"{missing} in:\n{body}"
    width = page.locator("main").bounding_box()
    size = page.viewport_size
    assert width is not None
    assert size is not None
    assert width["width"] <= size["width"]


def photograph(page: Page, name: str) -> None:
    """For eyes: kept where `SOSIE_SCREENSHOTS` says."""
    folder = os.environ.get("SOSIE_SCREENSHOTS")
    if folder and page.viewport_size:
        size = "phone" if page.viewport_size["width"] < 600 else "desk"
        page.screenshot(path=f"{folder}/{name}-{size}.png", full_page=True)
