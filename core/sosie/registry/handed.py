"""A picture handed in, and the gate it has to pass: usable now, within scope and size, quota left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Self

from sqlalchemy import Select, bindparam, select

from sosie.errors import RefusedError
from sosie.licence import canonical, scope
from sosie.licence.documents import UseTerms
from sosie.messages import Use
from sosie.registry.access import Principal
from sosie.registry.idempotency import require_same
from sosie.registry.tables import DeliveryRow
from sosie.registry.usable import Standing, require_usable, standing_of, standing_read
from sosie.registry.writing import Read, Rows, Write, new


@dataclass(frozen=True)
class Handed:
    """Under which new id, by which machine and with which `Idempotency-Key`, what for, and what the books say of it."""

    id: str
    credential: str
    key: str
    seat: str
    device: str
    licence: str
    use: UseTerms
    sha256: str
    mime: str
    width: int
    height: int

    @classmethod
    def of(cls, row: DeliveryRow) -> Self:
        """One that is on record."""
        return cls(
            id=row.id,
            credential=row.credential,
            key=row.key,
            seat=row.seat_id,
            device=row.device_id,
            licence=row.licence_id,
            use=UseTerms.parse(row.use.encode()),
            sha256=row.input_sha256,
            mime=row.mime,
            width=row.width,
            height=row.height,
        )

    @property
    def pixels(self) -> int:
        """How many it has."""
        return self.width * self.height

    @property
    def request_sha256(self) -> str:
        """What "the same request" means."""
        return canonical.sha256_hex(f"{self.licence}\n{self.sha256}\n".encode() + self.use.canonical())

    def row(self, state: str, at: int, receipt: str | None = None) -> Write:
        """Its row of the deliveries."""
        return new(
            DeliveryRow,
            id=self.id,
            credential=self.credential,
            key=self.key,
            request_sha256=self.request_sha256,
            licence_id=self.licence,
            seat_id=self.seat,
            device_id=self.device,
            use=self.use.canonical().decode(),
            input_sha256=self.sha256,
            mime=self.mime,
            width=self.width,
            height=self.height,
            state=state,
            reason="",
            receipt_id=receipt,
            created_at=at,
        )


def reads(principal: Principal, handed: Handed) -> list[Read]:
    """What `admit` has to know."""
    earlier = {"credential": handed.credential, "key": handed.key}
    return [(_earlier(), earlier), standing_read(principal, handed.licence)]


def admit(handed: Handed, found: Sequence[Rows], now: int) -> str | Standing:
    """By what `reads` found: the licence that allows it now, or the id of the delivery that it was before.

    Raises:
        RefusedError: as `require_deliverable`.
        RegistryError: `idempotency_conflict`, `licence_unknown`.
    """
    earlier, licence = found
    for name, request in earlier:
        require_same(request, handed.request_sha256)
        return str(name)
    allowing = standing_of(licence, handed.licence)
    require_deliverable(allowing, handed.use, handed.pixels, now)
    return allowing


def require_deliverable(found: Standing, use: UseTerms, pixels: int, now: int) -> None:
    """That a picture of so many pixels may be delivered under this licence now, for this use.

    Raises:
        RefusedError: why not, by the code of the first reason.
    """
    require_usable(found, now)
    terms = found.terms
    asked = Use(
        purpose=use.purpose,
        media=use.media,
        territory=use.territory,
        operation=use.operation,
        categories=use.categories,
    )
    scope.require(scope.refusals(asked, terms))
    if pixels > terms.quota.max_px:
        raise RefusedError(
            f"The picture has {pixels} pixels; licensed are {terms.quota.max_px}.",
            remedy="Deliver a smaller picture, or ask for a licence with a higher resolution.",
            code="size_not_licensed",
        )
    if found.delivered >= terms.quota.delivered:
        raise RefusedError(
            f"All {terms.quota.delivered} deliveries of this licence are used.",
            remedy="Ask the talent for a licence with more.",
            code="quota_exhausted",
        )


@cache
def _earlier() -> Select[str, str]:
    query = select(DeliveryRow.id, DeliveryRow.request_sha256)
    return query.where(DeliveryRow.credential == bindparam("credential"), DeliveryRow.key == bindparam("key"))
