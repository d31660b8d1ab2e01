"""Passkeys in a real Chromium, with its virtual authenticator; and a password that is changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Browser, CDPSession, Page
from tests.registry.console.conftest import SIZES
from tests.registry.console.looking import photograph, press, shown
from tests.registry.console.stage import PASSWORD, invite, sign_in, with_console
from tests.registry.people import World

from sosie.registry.console import passwords
from sosie.registry.console.tables import ConsoleAccount
from sosie.registry.database import Database
from sosie.registry.settings import Settings


@dataclass
class Authenticator:
    """Chromium's own: a platform authenticator with room for passkeys."""

    tools: CDPSession
    id: str

    def keys(self) -> list[dict[str, Any]]:
        found = self.tools.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(found["credentials"])

    def recognises_her(self, *, yes: bool) -> None:
        self.tools.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": yes})

    def forgets_its_count(self) -> None:
        """A copy of the key, as a thief would make it: it has signed less often than the registry knows."""
        (key,) = self.keys()
        self.tools.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})
        clone = {name: value for name, value in key.items() if name != "signCount"} | {"signCount": 0}
        self.tools.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": clone})


@pytest.fixture
def page(house: World, browser: Browser) -> Iterator[Page]:
    """By name: browsers give no passkeys to an address."""
    url = house.url.replace("127.0.0.1", "localhost")
    context = browser.new_context(base_url=url, viewport=SIZES["phone"], locale="en-GB")  # type: ignore[arg-type]  # width and height
    yield context.new_page()
    context.close()


@pytest.fixture
def authenticator(page: Page) -> Authenticator:
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    kind = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": kind})
    return Authenticator(tools, made["authenticatorId"])


def test_a_passkey_is_added_and_opens_the_door(
    house: World, page: Page, authenticator: Authenticator
) -> None:
    invite(house, page, "talent")
    press(page.get_by_role("link", name="How I sign in"))
    page.get_by_label("Name of this device").fill("My phone")
    page.get_by_label("Password", exact=True).fill("not her password")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("Name or password is not right.").wait_for()
    assert authenticator.keys() == [], "no key is made before the password is right"
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("heading", name="My phone").wait_for()
    shown(page, "Passkey added", "never")
    photograph(page, "account")

    _leave(page)
    photograph(page, "sign-in-passkey")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Hello, Inès").wait_for()
    shown(page, "Signed in with a passkey")
    page.goto("/console/account")
    press(page.get_by_role("button", name="Remove: My phone"))
    page.get_by_text("Passkey removed").wait_for()
    _leave(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("This passkey is not accepted here.").wait_for()


def test_nobody_else_gets_in_with_a_passkey(house: World, page: Page, authenticator: Authenticator) -> None:
    invite(house, page, "talent")
    _add(page)
    _leave(page)

    authenticator.recognises_her(yes=False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("The passkey was not used.").wait_for()
    authenticator.recognises_her(yes=True)

    # an answer works once: its challenge is spent
    house.clock.now += 1
    with page.expect_request("**/console/passkey") as sent:
        page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Hello, Inès").wait_for()
    _leave(page)
    assert _post(page, sent.value.post_data or "").status == 403
    assert page.request.get("/console").url.endswith("/sign-in")

    # nor does one that names another challenge, or another browser's
    page.goto("/console/sign-in")
    answer = _answer(page)
    other = json.loads(answer) | {"id": "AAAA", "rawId": "AAAA"}
    for wrong in (
        "",
        "{}",
        "[]",
        json.dumps(other),
        answer.replace('"clientDataJSON":"', '"clientDataJSON":"AA'),
    ):
        assert _enter(page, wrong).status == 403
    answer = _answer(page)
    page.context.clear_cookies()
    page.goto("/console/sign-in")
    assert _enter(page, answer).status == 403

    authenticator.forgets_its_count()
    house.clock.now += 1
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("This passkey is not accepted here.").wait_for()
    page.goto("/console/sign-in")
    sign_in(page, "ines@example.org")
    shown(page, "Signed in with a passkey", "Passkey refused")


def test_a_challenge_ages_and_guesses_are_counted(
    house: World, page: Page, authenticator: Authenticator
) -> None:
    invite(house, page, "talent")
    _add(page)
    _leave(page)
    answer = _answer(page)
    house.clock.now += 301
    assert _enter(page, answer).status == 403
    seen = {_enter(page, answer).status for _ in range(70)}
    assert seen == {403, 429}


def test_a_changed_password_keeps_the_key_and_ends_other_sessions(house: World, page: Page) -> None:
    scene = with_console(house, page)
    assert page.context.browser is not None
    elsewhere = page.context.browser.new_context(base_url=house.url).new_page()
    elsewhere.goto("/console/sign-in")
    sign_in(elsewhere)
    new = "six other words of hers"
    page.goto("/console/account")
    for old, said in (("not her password", "Name or password is not right."), (PASSWORD, "Password changed")):
        page.get_by_label("Password until now").fill(old)
        page.get_by_label("New password").fill(new)
        press(page.get_by_role("button", name="Change it"))
        page.get_by_text(said).first.wait_for()
    assert page.request.get("/console").url.endswith("/console")
    assert elsewhere.request.get("/console").url.endswith("/sign-in")
    database = Database(Settings(data=house.data).url)
    account = database.read(lambda session: session.get_one(ConsoleAccount, scene.talent_id))
    database.close()
    assert passwords.matches(new, account.password)
    assert not passwords.matches(PASSWORD, account.password)
    key = passwords.unseal(account.sealed_key, new)
    assert key.private_bytes_raw() == scene.talent_key.private_bytes_raw()


def _add(page: Page) -> None:
    page.goto("/console/account")
    page.get_by_label("Name of this device").fill("My phone")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("heading", name="My phone").wait_for()


def _leave(page: Page) -> None:
    press(page.get_by_role("button", name="Sign out"))
    page.get_by_role("button", name="Sign in with a passkey").wait_for()


def _answer(page: Page) -> str:
    """What the authenticator says to a fresh challenge, without sending it."""
    return str(
        page.evaluate(
            "async () => { const form = document.querySelector('form[data-ask]'); await fill(form);"
            " return form.elements.answer.value }"
        )
    )


def _enter(page: Page, answer: str) -> APIResponse:
    form = page.locator("form[data-ask] input[name=form]").get_attribute("value") or ""
    return page.request.post("/console/passkey", form={"form": form, "answer": answer})


def _post(page: Page, body: str) -> APIResponse:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return page.request.post("/console/passkey", data=body, headers=kind)
