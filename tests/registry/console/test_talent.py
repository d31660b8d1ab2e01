"""A talent's way through the console: who uses her, her decisions, her rules, her money, her proofs, the way back."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.registry.console.looking import photograph, press, shown
from tests.registry.console.stage import PASSWORD, Stage

from sosie.licence import jws, keys
from sosie.licence.documents import Consent
from sosie.registry import verify_proof

#: A smaller matter: seen at one size.
DESK = pytest.mark.parametrize("page", ["desk"], indirect=True)


def test_she_sees_who_uses_her_decides_and_takes_herself_back(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    scene, page = stage.people, stage.page
    licence = scene.licence()
    asked = scene.request(product_lines=("shoes",))
    scene.agency.approve_licence(asked.id)
    scene.deliver(licence.id)

    stage.enter("talent")
    shown(page, "Hello, Inès Okafor", "Maison Example", "until", "Waiting for you", "EUR", "1 of 20")
    picture = page.request.get(page.get_by_role("img").first.get_attribute("src") or "")
    assert picture.headers["content-type"] == "image/jpeg"
    photograph(page, "talent")

    press(page.get_by_role("link", name="Read and decide"))
    shown(page, "What Maison Example asks", "own website, e-mail", "France, Germany", "never renews", "80 %")
    page.get_by_label("Your password").fill(PASSWORD)
    press(page.get_by_role("button", name="Sign and approve"))
    assert scene.talent.licence(asked.id).state == "talent_ok"

    press(page.get_by_role("link", name="Revoke", exact=True))
    shown(page, "Licences that end: 1 (Maison Example)", "cannot be undone")
    photograph(page, "revoke")
    for typed, state in (("not her password", "active"), (PASSWORD, "revoked")):
        page.get_by_label("For my safety").check()
        page.get_by_label("Your password").fill(typed)
        press(page.get_by_role("button", name="Revoke everything"))
        assert scene.talent.licence(licence.id).state == state
    shown(page, "Everything is revoked")


def test_one_revocation_ends_old_rules_and_new_ones(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    scene, page = stage.people, stage.page
    licence = scene.licence()
    newer = Consent(
        id="con_newer_rules",
        talent=scene.talent_id,
        representation="agency_only",
        aftermath="immediate",
        revocation_notice_h=24,
        supersedes=scene.consent.sha256(),
        signed_at=stage.world.clock.now,
    )
    scene.talent.record_consent(jws.sign(newer, scene.talent_key))
    stage.enter("talent")
    for reason, state in (("With notice", "active"), ("For my safety", "revoked")):
        page.goto("/console/revoke")
        shown(page, "Licences that end: 1", "2 in force", "in 24–72 hours", "Rules of", "down at once")
        photograph(page, f"revoke-two-{state}")
        page.get_by_label(reason).check()
        page.get_by_label("Your password").fill(PASSWORD)
        press(page.get_by_role("button", name="Revoke everything"))
        shown(page, "Everything is revoked")
        assert page.get_by_role("link", name="Download proof").count() == 2
        photograph(page, f"revoked-two-{state}")
        assert not any(consent.live for consent in scene.talent.consents())
        assert scene.talent.licence(licence.id).state == state, "notice lets it run, safety does not"
    page.goto("/console")
    assert page.get_by_role("link", name="Revoke", exact=True).count() == 0


@DESK
def test_she_declines_with_a_reason_suspends_and_revokes_one_licence(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    scene, page = stage.people, stage.page
    first, second = scene.licence(), scene.licence(product_lines=("bags",))
    asked = scene.request()
    scene.agency.approve_licence(asked.id)
    stage.enter("talent")

    press(page.get_by_role("link", name="Read and decide"))
    page.get_by_text("Decline", exact=True).first.click()
    page.get_by_label("Or say why not").fill("Not with these coats.")
    press(page.get_by_role("button", name="Decline"))
    declined = scene.talent.licence(asked.id)
    assert (declined.state, declined.reason) == ("declined", "Not with these coats.")

    page.goto(f"/console/licences/{first.id}")
    press(page.get_by_role("button", name="Suspend"))
    shown(page, "suspended", "The talent’s side holds it suspended.")
    press(page.get_by_role("button", name="Resume"))
    assert scene.talent.licence(first.id).state == "active"
    press(page.get_by_role("link", name="Revoke this licence only"))
    page.get_by_label("For my safety").check()
    page.get_by_label("Your password").fill(PASSWORD)
    press(page.get_by_role("button", name="Revoke this licence"))
    shown(page, "The licence is revoked")
    assert scene.talent.licence(first.id).state == "revoked"
    assert scene.talent.licence(second.id).state == "active"


@DESK
def test_she_decides_about_each_picture(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(approval="per_image")
    scene, page = stage.people, stage.page
    licence = scene.licence()
    for key in ("one", "two"):
        scene.deliver(licence.id, key=key)
    stage.enter("talent")
    assert page.get_by_role("button", name="Yes, use this picture").count() == 2
    photograph(page, "pictures")
    press(page.get_by_role("button", name="Yes, use this picture").first)
    page.get_by_text("Not this one").first.click()
    page.get_by_label("Or say why not").fill("My hand is wrong.")
    press(page.get_by_role("button", name="Decline"))
    states = {row.state: row.reason for row in scene.talent.deliveries()}
    assert states == {"approved": "", "declined": "My hand is wrong."}
    shown(page, "Nothing waits for you.")

    scene.deliver(licence.id, key="three")
    stage.enter("agency")
    assert page.get_by_role("button", name="Yes, use this picture").count() == 0, "nobody asked the agency"
    stage.enter("talent")
    page.goto("/console/rules")
    press(page.get_by_role("button", name="Let my agency decide too"))
    stage.enter("agency")
    press(page.get_by_role("button", name="Yes, use this picture"))
    assert [row.state for row in scene.agency.deliveries()].count("approved") == 2


def test_she_sets_her_rules_in_plain_words_and_signs_them(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    scene, page = stage.people, stage.page
    stage.enter("talent")
    press(page.get_by_role("link", name="My rules"))
    shown(
        page, "yes, under my terms", "the whole world", "before each campaign", "at most 8 h", "A twin keeps"
    )
    photograph(page, "rules")
    press(page.get_by_role("link", name="Set new rules"))
    shown(page, "My rules, anew")
    photograph(page, "rules-new")
    page.get_by_label("swimwear").check()
    page.get_by_label("alcohol").uncheck()
    page.get_by_label("Never for competitors").fill("Rival House")
    page.get_by_label("the whole world").uncheck()
    press(page.get_by_role("button", name="Read once more"))
    shown(page, "Choose where")
    page.get_by_label("European Union").check()
    page.get_by_text("Single countries").click()
    page.get_by_label("Switzerland").check()
    page.get_by_label("before each picture").check()
    page.get_by_label("Hours a machine may work offline").fill("0")
    page.get_by_label("Longest licence, in days").fill("90")
    press(page.get_by_role("button", name="Read once more"))
    shown(page, "This is what you sign", "European Union, Switzerland", "competitors: rival-house", "90 days")
    photograph(page, "rules-sign")
    page.get_by_label("Your password").fill("not her password")
    press(page.get_by_role("button", name="Sign my rules"))
    assert len(scene.talent.consents()) == 1, "a wrong password signs nothing"
    page.get_by_label("Your password").fill(PASSWORD)
    press(page.get_by_role("button", name="Sign my rules"))
    shown(page, "current", "earlier", "never")

    newest = scene.talent.consents()[-1]
    consent = jws.verify(newest.token, Consent, [scene.talent_key.public_key()])
    assert consent.territory_max == ("EU", "CH")
    assert (consent.offline_max_s, consent.term_max_days, consent.approval) == (0, 90, "per_image")
    assert {"swimwear", "competitor:rival-house"} <= set(consent.prohibited_categories)
    assert "alcohol" not in consent.prohibited_categories
    assert consent.supersedes == scene.consent.sha256()


@DESK
def test_she_declares_what_brands_may_search_by(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    page = stage.page
    stage.enter("talent")
    page.goto("/console/rules")
    page.get_by_label("Skin tone").fill("8")
    page.get_by_label("Height, cm").fill("178")
    press(page.get_by_role("button", name="Save"))
    declared = stage.people.talent.attributes()
    assert (declared.skin_tone, declared.height_cm, declared.waist_cm) == (8, 178, None)


def test_she_sees_every_posting_and_says_where_her_money_goes(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    scene, page = stage.people, stage.page
    scene.deliver(scene.licence().id)
    stage.enter("talent")
    press(page.get_by_role("link", name="Money"))
    shown(
        page,
        "480.01\u00a0EUR",
        "Delivered picture, Maison Example",
        "registry",
        "10.00\u00a0EUR",
        "No account is known yet",
    )
    photograph(page, "money")
    table = page.request.get("/console/money/statement.csv").text()
    assert table.count("talent_payable") == 2
    page.get_by_text("Tell a bank account").click()
    page.get_by_label("Account holder").fill("Inès Okafor")
    page.get_by_label("IBAN").fill("FR14 2004 1010 0505 0001 3M02 606")
    page.get_by_label("Country").fill("FR")
    press(page.get_by_role("button", name="Save"))
    shown(page, "Inès Okafor, FR14…2606")


def test_her_proof_holds_on_a_machine_with_nothing_but_python(
    make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    stage = make_stage()
    scene, page = stage.people, stage.page
    scene.deliver(scene.licence().id)
    stage.enter("talent")
    press(page.get_by_role("link", name="Proofs"))
    shown(page, "A delivered picture", "Your rules")
    photograph(page, "proofs")
    link = page.get_by_role("link", name="Download proof").first.get_attribute("href") or ""
    (tmp_path / "proof.zip").write_bytes(page.request.get(link).body())
    with zipfile.ZipFile(tmp_path / "proof.zip") as files:
        files.extractall(tmp_path)
    command = [sys.executable, "-I", "-S", tmp_path / "verify_proof.py", tmp_path / "proof.json"]

    key = keys.public_text(scene.world.root().checkpoint_key)
    done = subprocess.run([*command, key], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "PROVEN: this receipt" in done.stdout

    other = keys.public_text(scene.talent_key.public_key())
    done = subprocess.run([*command, other], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert page.request.get("/console/proofs/0.zip").status == 404, "the key event is nobody's"
    assert verify_proof.main([]) == 2


@DESK
def test_pages_of_others_are_not_hers(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    page: Page = stage.enter("talent")
    for path in ("talents", "seats", "people", "payments", "disputes"):
        page.goto(f"/console/{path}")
        shown(page, "This did not work", "This page is for another role.")
