"""A licence that is agreed: each side lifts its own suspension, and who calls it off pays for that."""

from __future__ import annotations

from typing import Any

import pytest
from tests.registry.people import INTENDED_USE, code

from sosie.licence import chain, exchange, jws
from sosie.licence.documents import Consent
from sosie.registry.database import Database
from sosie.registry.settings import Settings


def test_each_side_lifts_its_own_suspension(scene: Any) -> None:
    record = scene.licence()
    assert scene.brand.change_licence(record.id, "suspend").suspended_by == ("brand",)
    assert code(scene.talent.change_licence, record.id, "resume") == "suspended_by_other"
    both = scene.agency.change_licence(record.id, "suspend")
    assert (both.state, both.suspended_by) == ("suspended", ("brand", "talent"))
    assert scene.brand.change_licence(record.id, "resume").state == "suspended"
    assert code(scene.deliver, record.id) == "licence_not_active"
    assert code(scene.brand.change_licence, record.id, "resume") == "suspended_by_other"
    active = scene.talent.change_licence(record.id, "resume")
    assert (active.state, active.suspended_by) == ("active", ())
    assert scene.deliver(record.id).record.state == "signed"
    assert code(scene.brand.change_licence, record.id, "resume") == "licence_state"


def test_who_may_suspend_stands_in_the_terms(scene: Any) -> None:
    record = scene.licence(morals={"talent_may_suspend": False, "brand_may_suspend": False})
    for who in (scene.talent, scene.agency, scene.brand):
        assert code(who.change_licence, record.id, "suspend") == "suspension_not_agreed"
    operator = scene.world.operator
    assert operator.change_licence(record.id, "suspend").suspended_by == ("operator",)
    assert operator.change_licence(record.id, "resume").state == "active"


@pytest.mark.parametrize(("state", "fee"), [("requested", 0), ("agency_ok", 0), ("talent_ok", 40_001)])
def test_calling_it_off_costs_what_was_agreed(scene: Any, state: str, fee: int) -> None:
    rate = {"currency": "EUR", "usage_fee": 50_000, "day_rate": 30_001, "per_asset": 99}
    record = scene.request(rate=rate, kill_fee_bp=5_000)
    if state != "requested":
        scene.agency.approve_licence(record.id)
    if state == "talent_ok":
        scene.talent.approve_licence(record.id, scene.countersign(record))
    assert code(scene.talent.change_licence, record.id, "cancel") == "role_refused"
    assert scene.brand.change_licence(record.id, "cancel").state == "cancelled"
    lines = scene.talent.statement().lines
    assert sum(line.minor for line in lines) == 0
    assert [line.minor for line in lines if line.account == "brand_receivable"] == ([-fee] if fee else [])
    assert {line.kind for line in lines} <= {"kill_fee"}
    assert code(scene.brand.pay_licence, record.id, exchange.Payment(method="credit")) == "licence_state"


def test_an_active_licence_is_completed_not_called_off(scene: Any) -> None:
    record = scene.licence()
    assert code(scene.brand.change_licence, record.id, "cancel") == "licence_state"
    assert scene.brand.change_licence(record.id, "complete").state == "completed"


def test_suspensions_of_before_stay_the_talents_to_lift(scene: Any) -> None:
    record = scene.licence()
    scene.brand.change_licence(record.id, "suspend")
    database = Database(scene.world.database_url or Settings(data=scene.world.data).url)
    database.migrate("0002")
    database.migrate()
    database.close()
    found = scene.talent.licence(record.id)
    assert (found.state, found.suspended_by) == ("suspended", ("talent",))
    assert scene.talent.change_licence(record.id, "resume").state == "active"


def test_a_consent_that_says_yes_by_itself(make_cast: Any) -> None:
    scene = make_cast(approval="auto_in_scope")
    asked = scene.request()
    assert (asked.state, asked.terms["approval"]) == ("requested", "auto_in_scope")
    size = scene.world.registry().health()["log_size"]
    assert scene.agency.approve_licence(asked.id).state == "talent_ok"
    assert scene.world.registry().health()["log_size"] == size + 1, "the yes is a leaf"
    assert code(scene.talent.approve_licence, asked.id, scene.countersign(asked)) == "licence_state"
    scene.brand.pay_licence(asked.id, exchange.Payment(method="credit"))
    _, bundle = scene.device.registry.lease(exchange.LeaseRequest(licence=asked.id))
    held = chain.verify(bundle, root=scene.world.root(), device_key=scene.device.thumbprint)
    assert held.licence.countersignature is None
    assert scene.deliver(asked.id).record.state == "signed"

    stricter = scene.request(approval="per_campaign")
    assert scene.agency.approve_licence(stricter.id).state == "agency_ok", (
        "she is asked where the terms say so"
    )
    regretted = scene.request(product_lines=("shoes",))
    scene.agency.approve_licence(regretted.id)
    assert scene.talent.decline_licence(regretted.id, "Not now.").state == "declined"


def test_who_has_no_agency_is_asked_herself(world: Any) -> None:
    """A consent names no price."""
    talent, talent_id, key = world.party("talent")
    brand, _, _ = world.party("brand", credit=True)
    consent = Consent.of(
        {
            "id": "con_on_her_own",
            "talent": talent_id,
            "approval": "auto_in_scope",
            "representation": "none",
            "signed_at": world.clock.now,
        }
    )
    talent.record_consent(jws.sign(consent, key))
    path, twin, digest = world.pack(talent_id, consent.sha256())
    world.upload(talent, path, twin, digest, consent.sha256())
    ask = exchange.LicenceRequest(
        twin=twin,
        advertiser="Maison Example",
        product_lines=("coats",),
        intended_use=INTENDED_USE,
        territory=("FR",),
        not_before=world.clock.now,
        not_after=world.clock.now + 86_400,
    )
    asked = brand.request_licence(ask)
    assert (asked.state, asked.terms["approval"]) == ("agency_ok", "auto_in_scope")
    assert code(brand.pay_licence, asked.id, exchange.Payment(method="credit")) == "licence_state"
