"""What is owed: charges become due, payments cover the oldest first, being late has its price, all can see it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from tests.registry.people import code

from sosie.licence import exchange
from sosie.licence.billing import PaymentReceived
from sosie.licence.documents import DAY

RATE = {"currency": "EUR", "usage_fee": 50_000, "per_asset": 10_001}


def owed(who: Any) -> list[tuple[str, int, bool, int]]:
    return [(item.kind, item.outstanding, item.overdue, item.late_fee) for item in who.invoices()]


def test_payments_cover_the_oldest_charges_first(scene: Any) -> None:
    clock, operator = scene.world.clock, scene.world.operator
    record = scene.licence(rate=RATE)
    for _ in range(2):
        clock.now += 1
        scene.deliver(record.id)
    assert owed(scene.brand) == [
        ("usage_fee", 50_000, False, 0),
        ("delivery", 10_001, False, 0),
        ("delivery", 10_001, False, 0),
    ]
    paid = operator.record_payment(record.id, PaymentReceived(minor=50_001, reference="RF18 5390"), key="one")
    assert paid.outstanding == 20_001
    assert owed(scene.brand) == [("delivery", 10_000, False, 0), ("delivery", 10_001, False, 0)]
    again = operator.record_payment(
        record.id, PaymentReceived(minor=50_001, reference="RF18 5390"), key="one"
    )
    assert again == paid  # booked once
    assert operator.record_payment(record.id, PaymentReceived(minor=20_001)).outstanding == 0
    assert owed(scene.brand) == owed(scene.talent) == []
    assert (
        operator.record_payment(record.id, PaymentReceived(minor=5)).outstanding == 0
    )  # too much is no debt
    assert sum(line.minor for line in operator.statement().lines) == 0
    assert scene.brand.statement().balance == {"EUR": 5}
    clock.now += 1
    scene.deliver(record.id)
    assert owed(scene.brand) == [("delivery", 9_996, False, 0)]


def test_what_is_late_is_seen_by_all_whom_it_concerns(scene: Any) -> None:
    clock = scene.world.clock
    start = clock.now
    record = scene.licence(rate=RATE, late_fee_bp=150, pay_days=30)
    clock.now = start + 30 * DAY
    assert owed(scene.talent) == [("usage_fee", 50_000, False, 0)]
    clock.now += 1
    assert owed(scene.talent) == [("usage_fee", 50_000, True, 0)]
    clock.now = start + 60 * DAY
    assert owed(scene.talent) == [("usage_fee", 50_000, True, 750)]
    clock.now = start + 91 * DAY  # the licence has ended: what is owed has not
    for who in (scene.talent, scene.agency, scene.brand, scene.world.operator):
        assert owed(who) == [("usage_fee", 50_000, True, 1_500)]
    (invoice,) = scene.talent.invoices()
    assert (invoice.licence, invoice.brand, invoice.due_at) == (record.id, scene.brand_id, start + 30 * DAY)


def test_strangers_see_nothing_and_only_the_operator_books(scene: Any) -> None:
    record = scene.licence()
    stranger, _, _ = scene.world.party("brand")
    assert stranger.invoices() == []
    for who in (scene.brand, scene.talent, stranger):
        assert code(who.record_payment, record.id, PaymentReceived(minor=1)) == "role_refused"
    assert (
        code(scene.world.operator.record_payment, "lic_none", PaymentReceived(minor=1)) == "licence_unknown"
    )


def test_paid_at_once_is_owed_no_more(scene: Any) -> None:
    record = scene.request(rate=RATE)
    scene.agency.approve_licence(record.id)
    scene.talent.approve_licence(record.id, scene.countersign(record))
    scene.world.operator.pay_licence(record.id, exchange.Payment(method="paid", reference="RF18"))
    assert owed(scene.brand) == []
    assert scene.brand.statement().balance == {"EUR": 0}
    assert scene.talent.statement().balance == {"EUR": 40_000}


@pytest.mark.parametrize("role", ["talent", "agency", "brand"])
def test_a_statement_as_a_table(scene: Any, role: str) -> None:
    record = scene.licence(rate=RATE)
    scene.deliver(record.id)
    who = getattr(scene, role)
    rows = list(csv.DictReader(io.StringIO(who.statement_csv().decode())))
    lines = who.statement().lines
    assert [int(row["minor"]) for row in rows] == [line.minor for line in lines]
    assert {row["licence"] for row in rows} == {record.id}
    assert list(rows[0]) == list(exchange.StatementLine.model_fields)
