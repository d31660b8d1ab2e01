"""What a registry and its callers say to each other about money that is owed; all amounts in minor units."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

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
