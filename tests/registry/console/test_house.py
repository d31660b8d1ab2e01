"""The operator in the console: health and keys, invitations, money in and out, disputes. And how she gets in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from tests.registry.console.looking import photograph, press, shown
from tests.registry.console.stage import PASSWORD, Stage
from tests.registry.people import World, code

from sosie.licence import billing

DESK = pytest.mark.parametrize("page", ["desk"], indirect=True)


def test_money_comes_in_and_goes_out(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    scene = stage.people
    licence = scene.licence()
    bank = {"holder": "Inès Okafor", "account": "FR1420041010050500013M02606", "country": "FR"}
    scene.talent.keep_bank_account(billing.BankDetails.model_validate(bank))
    page = stage.enter("operator")
    shown(page, "Health", "Licences running", "sqlite", "Root version 1", "checkpoints of the log")
    photograph(page, "health")
    press(page.get_by_role("link", name="Payments"))
    shown(page, "Open charges", "Maison Example", "500.00\u00a0EUR")
    page.get_by_label("Sum").fill("500")
    page.get_by_label("The bank’s reference").fill("SEPA 4711")
    press(page.get_by_role("button", name="Record the payment"))
    shown(page, "Nothing is owed.")
    press(page.get_by_role("button", name="Pay out what has arrived"))
    shown(page, "Inès Okafor 400.00\u00a0EUR")
    page.get_by_text("Tell a bank account").click()
    page.get_by_label("Account holder").fill("Registry")
    page.get_by_label("IBAN").fill("DE89370400440532013000")
    page.get_by_label("BIC").fill("COBADEFFXXX")
    page.get_by_label("Country").fill("DE")
    press(page.get_by_role("button", name="Save"))
    photograph(page, "payments")
    for name, begins in (("CSV", b"payout"), ("pain.001", b"<?xml")):
        link = page.get_by_role("link", name=name).get_attribute("href") or ""
        assert page.request.get(link).body().startswith(begins)
    assert scene.talent.statement().balance["EUR"] == 0
    assert scene.brand.licence(licence.id).state == "active"


def test_a_dispute_stops_a_licence_and_ends(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    scene = stage.people
    licence = scene.licence()
    page = stage.enter("operator")
    press(page.get_by_role("link", name="Disputes"))
    shown(page, "Suspended licences", "Nothing.", "Maison Example, Inès Okafor")
    press(page.get_by_role("link", name="Maison Example, Inès Okafor"))
    press(page.get_by_role("button", name="Suspend"))
    assert code(scene.deliver, licence.id) == "licence_not_active"
    press(page.get_by_role("link", name="Disputes"))
    shown(page, "The registry holds it suspended.")
    photograph(page, "disputes")
    press(page.get_by_role("link", name="Look"))
    press(page.get_by_role("button", name="Resume"))
    assert scene.brand.licence(licence.id).state == "active"


@DESK
def test_she_invites_somebody_who_gets_in(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    page = stage.enter("operator")
    press(page.get_by_role("link", name="People"))
    shown(page, "Inès Okafor", "can be licensed", "may buy on credit")
    photograph(page, "people")
    page.get_by_label("brand", exact=True).check()
    page.get_by_label("Name", exact=True).fill("Maison Two")
    page.get_by_label("may buy on credit").check()
    press(page.get_by_role("button", name="Make the invitation"))
    invited = page.locator(".code").inner_text()
    enrol(stage.page, invited, "two@example.org")
    shown(page, "Hello, Maison Two", "You have no licence yet.")


@DESK
def test_whoever_holds_a_token_gets_a_code_for_the_console_and_a_talent_none(
    house: World, make_stage: Callable[..., Stage]
) -> None:
    stage = make_stage()
    assert code(stage.people.talent.console_code) == "role_refused"
    assert code(stage.people.brand.console_code) == "console_account_exists"
    agency, _, _ = house.party("agency")
    enrol(stage.page, agency.console_code().code, "agency-two@example.org")
    shown(stage.page, "Hello, the agency", "You represent nobody yet.")
    assert [party.role for party in house.operator.parties()].count("agency") == 2


def enrol(page: Page, invitation: str, handle: str) -> None:
    """Somebody redeems a code in the browser."""
    page.context.clear_cookies()
    page.goto("/console/welcome?language=en")
    page.get_by_label("Invitation code").fill(invitation)
    page.get_by_label("Name or e-mail").fill(handle)
    page.get_by_label("Password").fill(PASSWORD)
    press(page.get_by_role("button", name="Begin"))
