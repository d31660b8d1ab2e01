"""The usual cast with accounts at the console: names and passwords, as if each had redeemed an invitation there."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Page
from tests.registry.console.looking import press, shown
from tests.registry.people import Cast, World, cast

from sosie.licence import exchange
from sosie.registry.console import passwords
from sosie.registry.console.tables import ConsoleAccount
from sosie.registry.database import Database
from sosie.registry.settings import Settings
from sosie.registry.tables import Party

PASSWORD = "four words of hers"
NAMES = {"talent": "Inès Okafor", "agency": "Atelier Nord", "brand": "Maison Example", "operator": "operator"}


@dataclass
class Stage:
    """A registry with its people, and one browser that one of them uses at a time."""

    world: World
    people: Cast
    page: Page
    parties: dict[str, str]

    def enter(self, role: str) -> Page:
        """`role` signs in, whoever was there before."""
        self.page.context.clear_cookies()
        self.page.goto("/console/sign-in?language=en")
        sign_in(self.page, f"{role}@example.org")
        return self.page


def stage(world: World, page: Page, **consent: Any) -> Stage:
    """Talent, agency, brand and operator, each with an account; the talent's key lies sealed in hers."""
    people = cast(world, **consent)
    parties = {
        "talent": people.talent_id,
        "agency": people.agency_id,
        "brand": people.brand_id,
        "operator": world.operator.me().party,
    }
    settings = Settings(data=world.data)
    with closing(Database(settings.url)) as database:
        for role, party in parties.items():
            key = people.talent_key if role == "talent" else None
            _account(database, settings, role, party, key)
    return Stage(world, people, page, parties)


def invite(house: World, page: Page, role: str, **more: Any) -> str:
    """Somebody redeems the operator's invitation in the browser; her id."""
    asked = exchange.NewParty(role=role, name="Inès", **more)  # type: ignore[arg-type]  # the roles of the tests
    invitation = house.operator.create_party(asked)
    page.goto("/console/welcome")
    page.get_by_label("Invitation code").fill(invitation.code)
    page.get_by_label("Name or e-mail").fill("ines@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    press(page.get_by_role("button", name="Begin"))
    shown(page, "Hello, Inès")
    return invitation.id


def with_console(house: World, page: Page) -> Cast:
    """The usual cast; its talent is signed in."""
    made = stage(house, page)
    made.enter("talent")
    return made.people


def sign_in(page: Page, handle: str = "talent@example.org") -> None:
    """At the door, with name and password."""
    page.get_by_label("Name or e-mail").fill(handle)
    page.get_by_label("Password").fill(PASSWORD)
    press(page.get_by_role("button", name="Sign in", exact=True))
    shown(page, "Sign out")


def _account(
    database: Database, settings: Settings, role: str, party: str, key: Ed25519PrivateKey | None
) -> None:
    account = ConsoleAccount(
        party_id=party,
        handle=f"{role}@example.org",
        password=passwords.hashed(PASSWORD, settings.random),
        sealed_key=passwords.seal(key, PASSWORD, settings.random) if key else "",
        created_at=0,
    )

    def work(session: Any) -> None:
        session.add(account)
        session.get_one(Party, party).name = NAMES[role]

    database.write(work)
