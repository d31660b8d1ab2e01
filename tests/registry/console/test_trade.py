"""Agency and brand in the console: a request from the search to the invoice, and the agency's word in between."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from tests.registry.console.conftest import SIZES
from tests.registry.console.looking import grave_issues, photograph, press, shown
from tests.registry.console.stage import PASSWORD, Stage
from tests.registry.people import INTENDED_USE

from sosie.licence.talents import Attributes

DESK = pytest.mark.parametrize("page", ["desk"], indirect=True)


def test_a_request_from_the_search_to_the_invoice(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(language="fr")
    scene = stage.people
    scene.talent.declare_attributes(Attributes(skin_tone=8, height_cm=178, age_from=20, age_to=30))
    search(stage.enter("brand"))
    ask(stage.page)
    agree(stage)
    (licence,) = scene.brand.licences()
    assert licence.state == "active"
    assert licence.terms["media"] == ["web_owned", "print"]
    assert licence.terms["rate"]["usage_fee"] == 150_050

    scene.deliver(licence.id)
    page = stage.page
    press(page.get_by_role("link", name="Invoices"))
    shown(page, "1\u00a0500.50\u00a0EUR", "90.00\u00a0EUR", "Usage fee", "Delivered picture")
    photograph(page, "invoices")
    page = stage.enter("agency")
    press(page.get_by_role("link", name="Money"))
    shown(page, "Commission", "159.05\u00a0EUR")


def search(page: Page) -> None:
    """The brand looks for somebody, and finds her by what she declares and allows."""
    press(page.get_by_role("link", name="Find a talent").first)
    page.get_by_text("As they declare").click()
    page.get_by_label("Skin tone (Monk scale), from").fill("9")
    press(page.get_by_role("button", name="Search"))
    shown(page, "Found: 0", "Nobody allows all of this")
    page.get_by_label("Skin tone (Monk scale), from").fill("7")
    page.get_by_text("The use", exact=True).click()
    page.get_by_label("print", exact=True).check()
    press(page.get_by_role("button", name="Search"))
    shown(page, "Found: 1", "Inès Okafor", "178", "20–30")
    photograph(page, "talents")


def ask(page: Page) -> None:
    """The four steps of a request; the last one speaks her language."""
    press(page.get_by_role("link", name="Ask Inès Okafor"))
    shown(page, "Never with Inès Okafor:", "lingerie")
    page.get_by_label("Products").fill("coats, knitwear")
    page.get_by_label("What the pictures are for").fill(INTENDED_USE)
    page.get_by_label("print", exact=True).check()
    photograph(page, "request")
    press(page.get_by_role("button", name="Continue"))
    page.get_by_text("Single countries").click()
    page.get_by_label("France", exact=True).check()
    press(page.get_by_role("button", name="Continue"))
    page.get_by_label("Usage fee, once").fill("1 500,50")
    page.get_by_label("Each delivered picture").fill("90")
    press(page.get_by_role("button", name="Back"))
    assert page.get_by_label("France", exact=True).is_checked(), "going back loses nothing"
    press(page.get_by_role("button", name="Continue"))
    press(page.get_by_role("button", name="See the deal memo"))
    shown(page, "in the language of her choice", "coats, knitwear", "site de la marque")
    shown(page, "Aucun renouvellement automatique", "1\u00a0500.50\u00a0EUR", "le mannequin 80 %")
    if page.viewport_size == SIZES["desk"]:  # axe needs scripts, and the phone has none
        assert grave_issues(page) == []
    photograph(page, "deal-memo")
    press(page.get_by_role("button", name="Send to Atelier Nord"))
    shown(page, "with the agency")


def agree(stage: Stage) -> None:
    """Agency, talent and brand, one after the other."""
    page = stage.enter("agency")
    shown(page, "Waiting for you", "Inès Okafor", "can be licensed", "at most 20 %")
    photograph(page, "agency")
    press(page.get_by_role("link", name="Read and decide"))
    press(page.get_by_role("button", name="Approve, and ask Inès Okafor"))
    page = stage.enter("talent")
    press(page.get_by_role("link", name="Read and decide"))
    page.get_by_label("Your password").fill(PASSWORD)
    press(page.get_by_role("button", name="Sign and approve"))
    page = stage.enter("brand")
    press(page.get_by_role("link", name="Pay and begin"))
    press(page.get_by_role("button", name="Begin on credit"))
    shown(page, "running", "0 of 20", "0 of 500")
    photograph(page, "licence")


@DESK
def test_a_request_beyond_her_rules_says_why_where_it_can_be_mended(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(territory_max=("EU",), term_max_days=60)
    scene, page = stage.people, stage.enter("brand")
    page.goto(f"/console/twins/{scene.twin}/request")
    page.get_by_label("Products").fill("coats")
    page.get_by_label("What the pictures are for").fill(INTENDED_USE)
    press(page.get_by_role("button", name="Continue"))
    assert page.get_by_label("the whole world").count() == 0, "only what she allows is offered"
    page.get_by_label("European Union").check()
    press(page.get_by_role("button", name="Continue"))
    press(page.get_by_role("button", name="See the deal memo"))
    shown(page, "longer than the talent allows", "First day")
    assert page.get_by_label("European Union").is_checked()


@DESK
def test_the_agency_declines_and_the_brand_calls_off(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    scene = stage.people
    first, second = scene.request(), scene.request(product_lines=("bags",))
    page = stage.enter("agency")
    page.goto(f"/console/licences/{first.id}")
    page.get_by_text("Decline", exact=True).first.click()
    page.get_by_label("Or say why not").fill("She is on holiday.")
    press(page.get_by_role("button", name="Decline"))
    page = stage.enter("brand")
    page.goto(f"/console/licences/{first.id}")
    shown(page, "declined", "She is on holiday.")
    page.goto(f"/console/licences/{second.id}")
    press(page.get_by_role("button", name="Call it off"))
    assert scene.brand.licence(second.id).state == "cancelled"


def test_a_brand_lets_an_artist_and_her_machines_in(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    page = stage.enter("brand")
    press(page.get_by_role("link", name="Seats"))
    shown(page, "retoucher", "studio-1", "signed in")
    page.get_by_label("The artist’s name").fill("Noor")
    press(page.get_by_role("button", name="Invite"))
    enrol = f"sosie agent enrol --registry {stage.world.url} --code "
    shown(page, "The code, shown once", "No machine yet.", enrol)
    photograph(page, "seats")
    press(page.get_by_role("button", name="One more machine: Noor"))
    code = page.locator(".code").inner_text()
    machine = stage.world.redeem(code, "studio-2")
    page.goto("/console/seats")
    shown(page, "Noor", "studio-2")
    assert machine.seat in {seat.id for seat in stage.people.brand.seats()}


def test_a_brand_takes_its_receipts_away(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    licence = stage.people.licence()
    signed = stage.people.deliver(licence.id)
    page = stage.enter("brand")
    press(page.get_by_role("link", name="Proofs"))
    shown(page, "Each picture delivered to you", "A delivered picture")
    photograph(page, "receipts")
    proof = page.request.get(page.get_by_role("link", name="Download proof").get_attribute("href") or "")
    assert (proof.status, proof.headers["content-type"]) == (200, "application/zip")
    file = page.request.get(page.get_by_role("link", name="Signed file").get_attribute("href") or "")
    assert file.body() == signed.path.read_bytes()
    assert page.get_by_text("Download everything").count() == 0
    if page.viewport_size == SIZES["desk"]:  # axe needs scripts, and the phone has none
        assert grave_issues(page) == []
