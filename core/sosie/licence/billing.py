"""What a registry and its callers say to each other about money that is owed; all amounts in minor units."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from sosie.licence.exchange import Answer, Ask


class PaymentReceived(Ask):
    """Operator: money of a licence's brand has arrived, in the licence's currency."""

    minor: Annotated[int, Field(ge=1, le=10**15)]
    reference: Annotated[str, Field(max_length=200)] = ""


class Settled(Answer):
    """A payment on record, and what the brand still owes under this licence."""

    transaction: str
    outstanding: int


class Invoice(Answer):
    """A charge that is not covered: when it was due, and what being late has cost until now. Minor units."""

    transaction: str
    kind: str
    licence: str
    brand: str
    receipt: str | None
    currency: str
    minor: int
    outstanding: int
    charged_at: int
    due_at: int
    overdue: bool
    late_fee: int


def _account(text: str) -> str:
    """Without blanks, upper case; what begins like an IBAN must have its check digits (ISO 13616, mod 97)."""
    number = "".join(text.split()).upper()
    digits = "".join(str(int(letter, 36)) for letter in number[4:] + number[:4])
    if re.match(r"[A-Z]{2}\d{2}", number) and int(digits) % 97 != 1:
        raise ValueError("the IBAN's check digits do not fit")
    return number


class BankDetails(Ask):
    """Where a party's money goes: an IBAN, or a bank's own account number together with its BIC."""

    holder: Annotated[str, Field(min_length=1, max_length=70, pattern=r"^[^\x00-\x1f\x7f]+$")]
    account: Annotated[str, Field(max_length=50, pattern=r"^[A-Za-z0-9 ]{4,34}$"), AfterValidator(_account)]
    bic: Annotated[str, Field(pattern=r"^([A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?)?$")] = ""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]

    @model_validator(mode="after")
    def _findable(self) -> Self:
        if not self.bic and not self.account[:2].isalpha():
            raise ValueError("an account that is no IBAN needs its bank's BIC")
        return self


class PaymentOrder(Answer):
    """One transfer of a payout: minor units, and the ledger's entries it settles."""

    party: str
    holder: str
    account: str
    bic: str
    country: str
    currency: str
    minor: int
    transactions: tuple[str, ...]


class PayoutRecord(Answer):
    """Money on its way to talents and agencies: one file for the bank."""

    id: str
    at: int
    leaf_index: int
    payments: tuple[PaymentOrder, ...]
    #: Who is owed money that has arrived, and has told no account yet.
    without_account: tuple[str, ...] = ()


class Closed(Answer):
    """The licences whose wind-down is over and whose last charges are on record now."""

    licences: tuple[str, ...]
