"""A payout as a file: CSV for a spreadsheet, ISO 20022 `pain.001.001.09` for the bank.

Elements stand in the schema's order; there is one `PmtInf` for each currency, because a bank books each apart. A name
goes as it was told (UTF-8); a bank that takes the Latin set only writes it in its own way.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Final
from xml.etree import ElementTree as ET

from sosie.licence import billing
from sosie.registry.tables_people import BankAccount

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
#: Currencies whose minor unit is not a hundredth (ISO 4217).
_DIGITS: Final = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}


def amount(currency: str, minor: int) -> str:
    """Minor units as a decimal number in the currency's own digits: (`EUR`, 12345) is 123.45."""
    digits = _DIGITS.get(currency, 2)
    whole, rest = divmod(minor, 10**digits)
    return f"{whole}.{rest:0{digits}}" if digits else str(whole)


def to_csv(payout: billing.PayoutRecord) -> str:
    """RFC 4180, one line for each transfer."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("payout", "party", "holder", "account", "bic", "country", "currency", "amount"))
    for p in payout.payments:
        row = (p.party, p.holder, p.account, p.bic, p.country, p.currency, amount(p.currency, p.minor))
        writer.writerow((payout.id, *map(_harmless, row)))
    return out.getvalue()


def to_pain001(payout: billing.PayoutRecord, source: BankAccount) -> bytes:
    """The payout as a customer credit transfer from `source`, executed on the day it was made (UTC)."""
    made = datetime.fromtimestamp(payout.at, UTC)
    document = ET.Element("Document", xmlns=NAMESPACE)
    order = ET.SubElement(document, "CstmrCdtTrfInitn")
    head = ET.SubElement(order, "GrpHdr")
    _text(head, "MsgId", payout.id)
    _text(head, "CreDtTm", made.strftime("%Y-%m-%dT%H:%M:%SZ"))
    _text(head, "NbOfTxs", str(len(payout.payments)))
    _text(ET.SubElement(head, "InitgPty"), "Nm", source.holder)
    by_currency = sorted(payout.payments, key=attrgetter("currency", "party"))
    for currency, payments in groupby(by_currency, attrgetter("currency")):
        _batch(order, payout, source, currency, list(payments), made.date().isoformat())
    ET.indent(document)
    return bytes(ET.tostring(document, encoding="utf-8", xml_declaration=True))


def _batch(
    order: ET.Element,
    payout: billing.PayoutRecord,
    source: BankAccount,
    currency: str,
    payments: list[billing.PaymentOrder],
    day: str,
) -> None:
    batch = ET.SubElement(order, "PmtInf")
    _text(batch, "PmtInfId", f"{payout.id}-{currency}")
    _text(batch, "PmtMtd", "TRF")
    _text(batch, "NbOfTxs", str(len(payments)))
    _text(batch, "CtrlSum", amount(currency, sum(p.minor for p in payments)))
    _text(ET.SubElement(batch, "ReqdExctnDt"), "Dt", day)
    _text(ET.SubElement(batch, "Dbtr"), "Nm", source.holder)
    _account(ET.SubElement(batch, "DbtrAcct"), source.iban)
    _bank(ET.SubElement(batch, "DbtrAgt"), source.bic)
    _text(batch, "ChrgBr", "SLEV" if currency == "EUR" else "SHAR")
    for payment in payments:
        item = ET.SubElement(batch, "CdtTrfTxInf")
        _text(ET.SubElement(item, "PmtId"), "EndToEndId", f"{payout.id[-8:]}-{payment.party[-24:]}")
        value = ET.SubElement(ET.SubElement(item, "Amt"), "InstdAmt", Ccy=currency)
        value.text = amount(currency, payment.minor)
        if payment.bic:
            _bank(ET.SubElement(item, "CdtrAgt"), payment.bic)
        creditor = ET.SubElement(item, "Cdtr")
        _text(creditor, "Nm", payment.holder)
        _text(ET.SubElement(creditor, "PstlAdr"), "Ctry", payment.country)
        _account(ET.SubElement(item, "CdtrAcct"), payment.account)
        entries = len(payment.transactions)
        _text(ET.SubElement(item, "RmtInf"), "Ustrd", f"{payout.id}: {entries} entries of your statement")


def _account(parent: ET.Element, number: str) -> None:
    name = ET.SubElement(parent, "Id")
    if number[:2].isalpha():
        _text(name, "IBAN", number)
    else:
        _text(ET.SubElement(name, "Othr"), "Id", number)


def _bank(parent: ET.Element, bic: str) -> None:
    bank = ET.SubElement(parent, "FinInstnId")
    if bic:
        _text(bank, "BICFI", bic)
    else:
        _text(ET.SubElement(bank, "Othr"), "Id", "NOTPROVIDED")


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _harmless(cell: str) -> str:
    """A cell that begins like a formula is not run by a spreadsheet."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@"} else cell
