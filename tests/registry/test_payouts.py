"""What arrives is passed on in full: to whom, how much, in which file, and visible to everybody it concerns."""

from __future__ import annotations

import csv
import io
from importlib import resources
from typing import Any
from xml.etree import ElementTree as ET

import xmlschema
from tests.registry.people import code

from sosie.licence.billing import BankDetails, PaymentReceived
from sosie.registry import transfers

RATE = {"currency": "EUR", "usage_fee": 50_000, "per_asset": 10_001}
TALENT = BankDetails(holder="Zoë & <Ana> N.", account="DE89370400440532013000", country="DE")
AGENCY = BankDetails(holder="Agency", account="GB82WEST12345698765432", bic="WESTGB2L", country="GB")
OPERATOR = BankDetails(holder="Registry", account="FR1420041010050500013M02606", bic="PSSTFRPP", country="FR")
SPACE = {"p": transfers.NAMESPACE}


def accounts(scene: Any) -> None:
    for who, details in ((scene.talent, TALENT), (scene.agency, AGENCY), (scene.world.operator, OPERATOR)):
        who.keep_bank_account(details)


def test_only_what_has_arrived_is_paid_out_and_only_once(scene: Any) -> None:
    operator = scene.world.operator
    record = scene.licence(rate=RATE)
    scene.world.clock.now += 1
    scene.deliver(record.id)
    accounts(scene)
    assert code(operator.pay_out) == "payout_empty"
    operator.record_payment(record.id, PaymentReceived(minor=60_000))  # the fee, and a part of the picture
    first = operator.pay_out(key="one")
    assert {(p.party, p.minor) for p in first.payments} == {
        (scene.talent_id, 40_000),
        (scene.agency_id, 5_000),
    }
    assert operator.pay_out(key="one") == first
    assert code(operator.pay_out) == "payout_empty"
    operator.record_payment(record.id, PaymentReceived(minor=1))
    assert {p.minor for p in operator.pay_out().payments} == {8_001, 1_000}
    assert scene.talent.statement().balance == {"EUR": 0}
    assert scene.agency.statement().balance == {"EUR": 0}
    assert sum(line.minor for line in operator.statement().lines) == 0
    mine = scene.talent.payouts()
    assert [p.minor for item in mine for p in item.payments] == [40_000, 8_001]
    named = {entry for item in mine for p in item.payments for entry in p.transactions}
    assert named <= {line.transaction for line in scene.talent.statement().lines}
    assert scene.brand.payouts() == []


def test_who_has_told_no_account_is_named_and_waits(scene: Any) -> None:
    operator = scene.world.operator
    record = scene.licence(rate=RATE)
    operator.record_payment(record.id, PaymentReceived(minor=50_000))
    scene.agency.keep_bank_account(AGENCY)
    made = operator.pay_out()
    assert [p.party for p in made.payments] == [scene.agency_id]
    assert made.without_account == (scene.talent_id,)
    scene.talent.keep_bank_account(TALENT)
    assert [(p.party, p.minor) for p in operator.pay_out().payments] == [(scene.talent_id, 40_000)]
    assert code(operator.transfers, made.id, "pain.001.xml") == "account_missing"
    for stranger in (scene.brand, scene.talent):
        assert code(stranger.pay_out) == "role_refused"
        assert code(stranger.transfers, made.id, "transfers.csv") == "role_refused"
    assert code(scene.brand.keep_bank_account, AGENCY) == "role_refused"
    operator.keep_bank_account(OPERATOR)
    assert code(operator.transfers, "pay_none", "transfers.csv") == "payout_unknown"


def test_the_banks_file_in_several_currencies(scene: Any) -> None:
    operator = scene.world.operator
    for currency in ("EUR", "JPY", "KWD"):
        record = scene.licence(rate=RATE | {"currency": currency})
        operator.record_payment(record.id, PaymentReceived(minor=50_000))
    accounts(scene)
    made = operator.pay_out()
    data = operator.transfers(made.id, "pain.001.xml")
    schema = resources.files("sepaxml") / "schemas" / "pain.001.001.09.xsd"  # the standard's own
    xmlschema.XMLSchema(str(schema)).validate(io.BytesIO(data))
    found = ET.fromstring(data)
    batches = found.findall(".//p:PmtInf", SPACE)
    sums = [
        (b.findtext(".//p:PmtInfId", "", SPACE)[-3:], b.findtext("p:CtrlSum", "", SPACE)) for b in batches
    ]
    assert sums == [("EUR", "450.00"), ("JPY", "45000"), ("KWD", "45.000")]
    assert found.findtext(".//p:GrpHdr/p:NbOfTxs", "", SPACE) == "6"
    names = {node.text for node in found.findall(".//p:Cdtr/p:Nm", SPACE)}
    assert names == {TALENT.holder, AGENCY.holder}
    ends = [node.text for node in found.findall(".//p:EndToEndId", SPACE)]
    assert max(len(str(end)) for end in ends) <= 35
    rows = list(csv.DictReader(io.StringIO(operator.transfers(made.id, "transfers.csv").decode())))
    assert sorted(row["amount"] for row in rows if row["party"] == scene.talent_id) == [
        "40.000",
        "400.00",
        "40000",
    ]


def test_a_cell_is_no_formula(scene: Any) -> None:
    operator = scene.world.operator
    record = scene.licence(rate=RATE)
    operator.record_payment(record.id, PaymentReceived(minor=50_000))
    operator.keep_bank_account(OPERATOR)
    scene.talent.keep_bank_account(TALENT.model_copy(update={"holder": '=HYPERLINK("x")'}))
    made = operator.pay_out()
    assert b"'=HYPERLINK" in operator.transfers(made.id, "transfers.csv")
