"""`/v1` about money: paths, and which function answers. No rule lives here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response
from sqlalchemy.orm import Session

from sosie.licence import billing, exchange
from sosie.registry import closing, invoices, ledger, payouts, transfers
from sosie.registry.asking import Caller, House, Key, Name
from sosie.registry.idempotency import once
from sosie.registry.paging import Paging

router = APIRouter(prefix="/v1")


class _Csv(Response):
    media_type = "text/csv; charset=utf-8"


class _Xml(Response):
    media_type = "application/xml"


@router.post("/licences/{licence}/payments", status_code=201)
def record_payment(
    house: House,
    caller: Caller,
    licence: Name,
    ask: billing.PaymentReceived,
    key: Annotated[str, Header(alias="Idempotency-Key", max_length=200, min_length=1)],
) -> billing.Settled:
    def work(session: Session) -> billing.Settled:
        return invoices.record_payment(house, session, caller, licence, ask)

    return once(house, caller.credential, key, (f"/licences/{licence}/payments", ask), billing.Settled, work)


@router.get("/invoices")
def list_invoices(house: House, caller: Caller, page: Paging) -> exchange.Listed[billing.Invoice]:
    return house.database.read(lambda session: invoices.open_charges(house, session, caller, page))


@router.get("/statement.csv", response_class=_Csv)
def statement_csv(house: House, caller: Caller) -> Response:
    found = house.database.snapshot(lambda session: ledger.statement(session, caller.party, caller.role))
    return _Csv(invoices.statement_csv(found))


@router.get("/statement")
def statement(house: House, caller: Caller, page: Paging) -> exchange.Statement:
    return house.database.snapshot(lambda session: ledger.statement(session, caller.party, caller.role, page))


@router.put("/bank-account")
def bank_account(
    house: House, caller: Caller, ask: billing.BankDetails, key: Key = None
) -> billing.BankDetails:
    def work(session: Session) -> billing.BankDetails:
        return payouts.keep_account(house, session, caller, ask)

    return once(house, caller.credential, key, ("/bank-account", ask), billing.BankDetails, work)


@router.post("/payouts", status_code=201)
def pay_out(
    house: House,
    caller: Caller,
    key: Annotated[str, Header(alias="Idempotency-Key", max_length=200, min_length=1)],
) -> billing.PayoutRecord:
    def work(session: Session) -> billing.PayoutRecord:
        return payouts.run(house, session, caller)

    return once(house, caller.credential, key, ("/payouts", None), billing.PayoutRecord, work)


@router.get("/payouts")
def list_payouts(house: House, caller: Caller, page: Paging) -> exchange.Listed[billing.PayoutRecord]:
    return house.database.read(lambda session: payouts.listed(session, caller, page))


@router.get("/payouts/{payout}/transfers.csv", response_class=_Csv)
def transfers_csv(house: House, caller: Caller, payout: Name) -> Response:
    found, _ = house.database.read(lambda session: payouts.one(session, caller, payout))
    return _Csv(transfers.to_csv(found))


@router.get("/payouts/{payout}/pain.001.xml", response_class=_Xml)
def transfers_pain001(house: House, caller: Caller, payout: Name) -> Response:
    found, source = house.database.read(lambda session: payouts.one(session, caller, payout))
    return _Xml(transfers.to_pain001(found, source))


@router.post("/closings", status_code=201)
def close_licences(house: House, caller: Caller, key: Key = None) -> billing.Closed:
    def work(session: Session) -> billing.Closed:
        return closing.run(house, session, caller)

    return once(house, caller.credential, key, ("/closings", None), billing.Closed, work)
