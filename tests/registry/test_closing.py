"""The end of a licence: notice, wind-down, reservations that were never returned, the minimum."""

from __future__ import annotations

from typing import Any

from tests.registry.people import code

from sosie.licence import exchange, journal
from sosie.licence.documents import DAY

RATE = {"currency": "EUR", "usage_fee": 50_000, "per_asset": 10_001, "minimum": 75_000}


def test_a_notice_lets_work_finish_and_nothing_new_begin(make_cast: Any) -> None:
    scene = make_cast(revocation_notice_h=72)
    record = scene.licence()
    waiting = scene.request()
    scene.revoke(reason="notice")
    assert code(scene.request) == "consent_revoked"
    assert code(scene.agency.approve_licence, waiting.id) == "consent_revoked"
    now = scene.world.clock.now
    ask = exchange.LeaseRequest(licence=record.id, seconds=7 * DAY)
    answer, _ = scene.device.registry.lease(ask)
    assert scene.deliver(record.id).record.state == "signed"
    assert scene.brand.licence(record.id).revoked_at == now + 72 * 3600
    scene.world.clock.now = now + 72 * 3600
    assert code(scene.device.registry.lease, ask) == "consent_revoked"
    assert code(scene.deliver, record.id) == "consent_revoked"
    assert scene.brand.licence(record.id).state == "revoked"
    assert answer.id


def test_when_the_wind_down_is_over_the_minimum_is_owed_once(scene: Any, make_entry: Any) -> None:
    operator, clock = scene.world.operator, scene.world.clock
    record = scene.licence(rate=RATE, wind_down_days=30)
    scene.deliver(record.id)
    device = scene.device
    answer, _ = device.registry.lease(exchange.LeaseRequest(licence=record.id, renders=10))
    lost, _ = device.registry.lease(exchange.LeaseRequest(licence=record.id, renders=7))
    one, first = make_entry(device, 1, journal.GENESIS, answer, "render")
    _, second = make_entry(device, 2, one.sha256(), answer, "returned")
    clock.now = record.terms["not_after"] + 30 * DAY - 1
    assert operator.close_licences().licences == ()
    device.registry.post_journal([first, second])  # late, and in time
    assert scene.brand.licence(record.id).renders_left == 500 - 1 - 7
    clock.now += 1
    assert operator.close_licences().licences == (record.id,)
    assert operator.close_licences().licences == ()
    entries = [line for line in scene.talent.statement().lines if line.kind == "minimum"]
    assert {line.account: line.minor for line in entries} == {
        "brand_receivable": -14_999,
        "talent_payable": 11_999,
        "agency_payable": 1_500,
        "platform_revenue": 1_500,
    }
    assert sum(line.minor for line in operator.statement().lines) == 0
    _, late = make_entry(device, 3, _hash(second), lost, "returned")
    device.registry.post_journal([late])
    assert scene.brand.licence(record.id).renders_left == 500 - 1 - 7  # billed in full: too late to give back
    assert code(scene.talent.close_licences) == "role_refused"


def test_a_revoked_licence_winds_down_from_that_day(scene: Any) -> None:
    operator, clock = scene.world.operator, scene.world.clock
    record = scene.licence(rate=RATE | {"minimum": 50_000}, wind_down_days=2)
    scene.revoke(licence=record.id)
    clock.now += 2 * DAY - 1
    assert operator.close_licences().licences == ()
    clock.now += 1
    assert operator.close_licences().licences == (record.id,)
    assert {line.kind for line in operator.statement().lines} == {"usage_fee"}  # the minimum was reached


def _hash(token: str) -> str:
    from sosie.registry.leases import payload_sha256

    return payload_sha256(token)
