"""The clauses of a licence that speak of amounts: how much may be made, what it costs, who gets it, for whom alone.

The gates enforce `Quota`, the registry `Exclusivity`; the ledger charges `Rate.usage_fee`, `Rate.per_asset` and
`Exclusivity.fee` and divides by `Split`. All
other figures bind the parties, not the machine: they stand in the signed terms for people and for invoices.
Money is whole minor units of one currency; shares and fees are basis points.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from sosie.licence import vocabulary as words
from sosie.licence.document import BasisPoints, Count, Instant, Money, Name

COMMISSION_CAP_BP = 2_000  # New York Labor Law 1035(7): at most 20 %


class Clause(BaseModel):
    """A closed, frozen part of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Quota(Clause):
    """How much of it: ceilings over the whole licence."""

    renders: Count = 500
    delivered: Count = 20
    seats: Count = 5
    devices_per_seat: Count = 2
    max_px: Count = 24_000_000


class Rate(Clause):
    """What it costs, in one currency (ISO 4217)."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    per_asset: Money = 0  # each delivered picture
    per_variant: Money = 0  # each further version of a delivered picture
    usage_fee: Money = 0  # once, when the licence is paid or put on credit
    day_rate: Money = 0  # the booking itself
    minimum: Money = 0  # owed at the end, whatever was delivered
    buyout: bool = False  # the fee covers every picture

    @model_validator(mode="after")
    def _bought_out(self) -> Self:
        if self.buyout and (self.per_asset or self.per_variant):
            raise ValueError("a buyout has no price for each picture")
        return self


class Split(Clause):
    """Who gets it, in basis points of each payment; they sum to 10,000."""

    talent: BasisPoints = 8_000
    agency: BasisPoints = 1_000
    platform: BasisPoints = 1_000

    @model_validator(mode="after")
    def _sums(self) -> Self:
        if self.talent + self.agency + self.platform != 10_000:
            raise ValueError("the split must sum to 10,000 basis points")
        gross = self.talent + self.agency
        if self.agency * 10_000 > COMMISSION_CAP_BP * gross:
            raise PydanticCustomError(
                "commission_too_high",
                "the agency takes {share} % of what talent and agency get together; the law allows 20 %",
                {"share": f"{self.agency * 100 / gross:.4g}"},
            )
        return self


class Exclusivity(Clause):
    """For whom alone: the talent works for nobody else in `category` and `territory` before `until`."""

    category: Name
    #: Not strict: a request's JSON brings a list.
    territory: Annotated[tuple[words.Territory, ...], Field(min_length=1, strict=False)]
    until: Instant
    fee: Money = 0


class Morals(Clause):
    """Who may suspend the licence when the other side brings it into disrepute."""

    talent_may_suspend: bool = True
    brand_may_suspend: bool = True
