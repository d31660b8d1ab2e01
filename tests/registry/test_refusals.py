"""Every way in which the registry says no, and that a no leaves nothing behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.registry.people import code

from sosie.licence import exchange, jws, keys
from sosie.licence.documents import Consent
from sosie.messages import Use

USE = Use(territory=("FR",))
QUOTA = {"renders": 500, "delivered": 20, "seats": 5, "devices_per_seat": 2, "max_px": 24_000_000}


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (replace(USE, territory=("US",)), "territory_not_licensed"),
        (replace(USE, territory=("WORLD",)), "territory_not_licensed"),
        (replace(USE, media=("tv",)), "media_not_licensed"),
        (replace(USE, purpose="campaign"), "purpose_not_licensed"),
        (replace(USE, operation="age_shift"), "operation_not_licensed"),
        (replace(USE, categories=("tobacco",)), "category_prohibited"),
        (replace(USE, categories=("no_such_word",)), "document_invalid"),
        (replace(USE, territory=()), "document_invalid"),
    ],
)
def test_a_use_beyond_the_licence_is_not_delivered(scene: Any, use: Use, expected: str) -> None:
    record = scene.licence()
    size = scene.world.registry().health()["log_size"]
    assert code(scene.deliver, record.id, use=use) == expected
    assert scene.device.registry.deliveries() == []
    assert scene.world.registry().health()["log_size"] == size
    assert not list((scene.world.data / "incoming").iterdir())
    assert scene.device.registry.licence(record.id).delivered_left == 20


def test_a_revoked_consent_stops_deliveries_and_leases_at_once(scene: Any) -> None:
    record = scene.licence()
    assert scene.deliver(record.id).record.state == "signed"
    scene.revoke()
    assert code(scene.deliver, record.id) == "consent_revoked"
    assert code(scene.device.registry.lease, exchange.LeaseRequest(licence=record.id)) == "consent_revoked"
    assert code(scene.request) == "consent_revoked"
    assert [item.live for item in scene.talent.consents()] == [False]


def test_a_revoked_licence_stops_alone(scene: Any) -> None:
    first, second = scene.licence(), scene.licence()
    scene.revoke(licence=first.id)
    assert code(scene.deliver, first.id) == "licence_revoked"
    assert scene.deliver(second.id).record.state == "signed"
    assert {item.id: item.state for item in scene.brand.licences()} == {
        first.id: "revoked",
        second.id: "active",
    }
    assert code(scene.talent.change_licence, first.id, "suspend") == "licence_state"


def test_notice_is_kept_and_then_in_force(scene: Any) -> None:
    record = scene.licence()
    recorded = scene.revoke(reason="notice")
    assert recorded.effective_at == scene.world.clock.now + 72 * 3600
    assert scene.deliver(record.id).record.state == "signed"
    assert code(scene.request) == "consent_revoked"  # nothing new begins under it
    scene.world.clock.now = recorded.effective_at - 100
    answer, _ = scene.device.registry.lease(exchange.LeaseRequest(licence=record.id))
    lease = keys.b64decode(answer.lease.split(".")[1]).decode()
    assert f'"not_after":{recorded.effective_at}' in lease
    scene.world.clock.now = recorded.effective_at
    assert code(scene.deliver, record.id) == "consent_revoked"


def test_a_revoked_file_says_so(scene: Any) -> None:
    done = scene.deliver(scene.licence().id)
    scene.revoke()
    assert scene.world.registry().verify(receipt=done.record.receipt).state == "revoked"


def test_quota_of_deliveries(scene: Any) -> None:
    record = scene.licence(quota=QUOTA | {"delivered": 2})
    for _ in range(2):
        scene.deliver(record.id)
    assert code(scene.deliver, record.id) == "quota_exhausted"


def test_quota_of_renders_is_reserved(scene: Any) -> None:
    record = scene.licence(quota=QUOTA | {"renders": 30})
    lease = scene.device.registry.lease
    lease(exchange.LeaseRequest(licence=record.id))
    answer, _ = lease(exchange.LeaseRequest(licence=record.id))
    assert '"renders":5,' in keys.b64decode(answer.lease.split(".")[1]).decode()
    assert code(lease, exchange.LeaseRequest(licence=record.id)) == "quota_exhausted"


def test_quota_of_machines(scene: Any) -> None:
    def second_machine(**quota: int) -> str:
        record = scene.licence(quota=QUOTA | quota)
        ask = exchange.LeaseRequest(licence=record.id)
        scene.device.registry.lease(ask)
        scene.device.registry.lease(ask)  # the same machine counts once
        return code(scene.world.machine(scene.brand).registry.lease, ask)

    assert second_machine(seats=1) == "seats_exhausted"
    record = scene.licence(quota=QUOTA | {"devices_per_seat": 0})
    assert code(scene.device.registry.lease, exchange.LeaseRequest(licence=record.id)) == "devices_exhausted"


def test_size(scene: Any) -> None:
    record = scene.licence(quota=QUOTA | {"max_px": 1000})
    assert code(scene.deliver, record.id) == "size_not_licensed"


def test_a_licence_that_is_not_active_or_not_now(scene: Any) -> None:
    lease = scene.device.registry.lease
    asked = scene.request()
    assert code(scene.deliver, asked.id) == "licence_not_active"
    record = scene.licence()
    scene.talent.change_licence(record.id, "suspend")
    assert code(lease, exchange.LeaseRequest(licence=record.id)) == "licence_not_active"
    scene.talent.change_licence(record.id, "resume")
    now = scene.world.clock.now
    later = scene.licence(not_before=now + 1000)
    assert code(scene.deliver, later.id) == "licence_not_begun"
    scene.world.clock.now = now + 91 * 86_400
    assert code(scene.deliver, record.id) == "licence_expired"
    assert scene.brand.licence(record.id).state == "expired"
    assert code(scene.brand.change_licence, record.id, "complete") == "licence_state"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"operations": ("age_shift",)}, "operation_not_licensed"),
        ({"prohibited_categories": ()}, "category_prohibited"),
        ({"approval": "auto_in_scope"}, "approval_not_consented"),
        ({"intended_use": "catalogue"}, "document_invalid"),
        ({"twin": "twn_unknown0"}, "twin_unknown"),
    ],
)
def test_terms_beyond_the_consent_are_not_even_requested(
    scene: Any, changes: dict[str, Any], expected: str
) -> None:
    assert code(scene.request, **changes) == expected


def test_moves_that_are_not_possible_now(scene: Any) -> None:
    record = scene.request()
    assert code(scene.talent.approve_licence, record.id, scene.countersign(record)) == "licence_state"
    scene.agency.approve_licence(record.id)
    assert code(scene.agency.approve_licence, record.id) == "licence_state"
    assert code(scene.brand.pay_licence, record.id, exchange.Payment(method="credit")) == "licence_state"
    scene.talent.decline_licence(record.id, "Not with a cigarette in the picture.")
    assert scene.brand.licence(record.id).reason == "Not with a cigarette in the picture."
    assert code(scene.talent.approve_licence, record.id, scene.countersign(record)) == "licence_state"


def test_only_the_talents_own_signature_counts(scene: Any) -> None:
    record = scene.request()
    scene.agency.approve_licence(record.id)
    assert code(scene.talent.approve_licence, record.id) == "countersignature_missing"
    other = scene.request()
    assert code(scene.talent.approve_licence, record.id, scene.countersign(other)) == "countersignature_other"
    scene.talent_key = Ed25519PrivateKey.generate()
    assert code(scene.talent.approve_licence, record.id, scene.countersign(record)) == "key_unknown"
    # a consent nobody but the operator's machine signed
    forged = Consent.of(scene.consent.model_dump(mode="json") | {"id": "con_forged1"})
    token = jws.sign(forged, scene.talent_key)
    assert code(scene.talent.record_consent, token) == "key_unknown"
    assert code(scene.world.operator.record_consent, token) == "role_refused"
    assert code(scene.agency.record_consent, token) == "role_refused"


def test_roles(scene: Any) -> None:
    record = scene.licence()
    assert code(scene.brand.approve_licence, record.id) == "role_refused"
    assert code(scene.talent.create_party, exchange.NewParty(role="brand", name="x")) == "role_refused"
    assert code(scene.agency.create_seat, exchange.NewSeat(name="x")) == "role_refused"
    assert code(scene.brand.lease, exchange.LeaseRequest(licence=record.id)) == "role_refused"
    assert code(scene.brand.pay_licence, record.id, exchange.Payment(method="paid")) == "role_refused"


def test_a_stranger_sees_nothing(scene: Any) -> None:
    record = scene.licence()
    done = scene.deliver(record.id)
    stranger, _, _ = scene.world.party("brand")
    machine = scene.world.machine(stranger)
    assert code(stranger.licence, record.id) == "licence_unknown"
    assert code(machine.registry.lease, exchange.LeaseRequest(licence=record.id)) == "licence_unknown"
    assert code(machine.registry.delivery, done.record.id) == "delivery_unknown"
    assert code(machine.registry.receipt, done.record.receipt) == "receipt_unknown"
    assert code(machine.registry.download_pack, scene.twin, 1, scene.world.tmp / "x") == "twin_unknown"
    assert stranger.licences() == []
    assert stranger.twins() == []
    assert stranger.statement().lines == ()


def test_no_credit_no_licence_until_it_is_paid(scene: Any) -> None:
    poor, poor_id, _ = scene.world.party("brand")
    record = poor.request_licence(
        exchange.LicenceRequest.model_validate(
            {
                "twin": scene.twin,
                "advertiser": "Small Shop",
                "product_lines": ("hats",),
                "intended_use": "One picture on the shop's own page for the winter sale, hat and coat, no other person.",
                "territory": ("FR",),
                "not_before": scene.world.clock.now,
                "not_after": scene.world.clock.now + 86_400,
            }
        )
    )
    assert record.brand == poor_id
    scene.agency.approve_licence(record.id)
    scene.talent.approve_licence(record.id, scene.countersign(record))
    assert code(poor.pay_licence, record.id, exchange.Payment(method="credit")) == "credit_refused"
    paid = scene.world.operator.pay_licence(record.id, exchange.Payment(method="paid", reference="inv 1"))
    assert paid.state == "active"


def test_tokens_and_codes(scene: Any) -> None:
    world = scene.world
    assert code(world.registry().me) == "token_missing"
    assert code(world.registry("not-a-token").me) == "token_unknown"
    invitation = world.operator.create_party(exchange.NewParty(role="agency", name="x"))
    world.registry().enrol(exchange.Enrolment(code=invitation.code))
    assert code(world.registry().enrol, exchange.Enrolment(code=invitation.code)) == "code_refused"
    late = world.operator.create_party(exchange.NewParty(role="agency", name="x"))
    world.clock.now += 90_000
    assert code(world.registry().enrol, exchange.Enrolment(code=late.code)) == "code_refused"
    talent = world.operator.create_party(exchange.NewParty(role="talent", name="x"))
    assert code(world.registry().enrol, exchange.Enrolment(code=talent.code)) == "key_missing"
    seat = scene.brand.create_seat(exchange.NewSeat(name="x"))
    same = keys.public_text(scene.device.signing.public_key())
    again = exchange.Enrolment(code=seat.code, signing_key=same, sealing_key=same)
    assert code(world.registry().enrol, again) == "key_used"


def test_what_a_request_leaves_open_is_as_the_consent_has_it(scene: Any) -> None:
    terms, consent = scene.licence().terms, scene.consent
    assert set(terms["operations"]) == set(consent.operations)
    assert set(terms["prohibited_categories"]) == set(consent.prohibited_categories)
    assert terms["approval"] == consent.approval
