"""Finding a talent: by what she allows, and by what she herself declares; never by what anybody measured or guessed.

People, likenesses of nobody living and blends are three lists: who asks for one never sees the others in it. Who has
not declared something is not found by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from sosie.licence import exchange
from sosie.licence import vocabulary as words
from sosie.licence.documents import Consent
from sosie.licence.people import Likeness
from sosie.licence.talents import Attributes, TalentRecord
from sosie.registry import blends, consents, paging, proving
from sosie.registry.access import Context, Principal
from sosie.registry.paging import ALL, Page
from sosie.registry.tables import ConsentRow, Party, TwinRow
from sosie.registry.tables_people import AttributesRow

_BY_NAME = (Party.name, Party.id)
_RANGES = ("height_cm", "chest_cm", "waist_cm", "hips_cm", "shoe_eu", "skin_tone")
_Low = Annotated[int | None, Field(ge=0, le=300)]


class Wanted(BaseModel):
    """A brand's search; what is not set does not matter. Several words of one kind must all be allowed."""

    model_config = ConfigDict(extra="forbid")

    likeness: Likeness = "person"
    category: Annotated[list[words.Category], Field(max_length=20)] = []  # none of these is prohibited
    territory: Annotated[list[words.Territory], Field(max_length=50)] = []
    media: Annotated[list[words.Media], Field(max_length=20)] = []
    operation: Annotated[list[words.Operation], Field(max_length=20)] = []
    age: _Low = None  # inside the range she is cast for
    skin_tone_min: _Low = None
    skin_tone_max: _Low = None
    height_cm_min: _Low = None
    height_cm_max: _Low = None
    chest_cm_min: _Low = None
    chest_cm_max: _Low = None
    waist_cm_min: _Low = None
    waist_cm_max: _Low = None
    hips_cm_min: _Low = None
    hips_cm_max: _Low = None
    shoe_eu_min: _Low = None
    shoe_eu_max: _Low = None


class Search(Wanted):
    """A page of it."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100
    after: Annotated[str | None, Field(max_length=400)] = None


SearchQuery = Annotated[Search, Query()]


def declare(context: Context, session: Session, principal: Principal, ask: Attributes) -> Attributes:
    """Talent: what she says of herself; what she leaves out is forgotten."""
    principal.require("talent")
    row = session.get(AttributesRow, principal.party)
    if row is None:
        row = AttributesRow(party_id=principal.party)
        session.add(row)
    for name in Attributes.model_fields:
        setattr(row, name, getattr(ask, name))
    row.changed_at = context.now()
    return ask


def declared(session: Session, talent: str) -> Attributes:
    """What she says of herself; nothing where she says nothing."""
    row = session.get(AttributesRow, talent)
    return (
        Attributes(**{name: getattr(row, name) for name in Attributes.model_fields}) if row else Attributes()
    )


def find(
    context: Context, session: Session, principal: Principal, wanted: Wanted, page: Page = ALL
) -> exchange.Listed[TalentRecord]:
    """Brand (and operator): talents with a twin that can be licensed for this, by name; the newest twin of each."""
    principal.require("brand", "operator", "auditor")
    found = _found(context, session, wanted, page)
    rows = list(islice(found, page.limit and page.limit + 1))
    more = page.limit is not None and len(rows) > page.limit
    rows = rows[: page.limit]
    after = paging.after(rows[-1][0], _BY_NAME) if more else None
    return exchange.Listed(items=tuple(record for _, record in rows), next=after)


def _found(
    context: Context, session: Session, wanted: Wanted, page: Page
) -> Iterator[tuple[Party, TalentRecord]]:
    """All of them behind the page's cursor; what a consent allows and what stands is asked one by one."""
    newest = select(TwinRow.id, func.max(TwinRow.revision).label("revision")).group_by(TwinRow.id).subquery()
    query = (
        select(Party, TwinRow, ConsentRow)
        .join(TwinRow, TwinRow.talent_id == Party.id)
        .join(newest, (newest.c.id == TwinRow.id) & (newest.c.revision == TwinRow.revision))
        .join(ConsentRow, ConsentRow.sha256 == TwinRow.consent_sha256)
        .outerjoin(AttributesRow, AttributesRow.party_id == Party.id)
        .where(Party.likeness == wanted.likeness, Party.erased_at.is_(None), *_conditions(wanted))
        .where(paging.behind(page, _BY_NAME))
        .order_by(*_BY_NAME, TwinRow.created_at.desc(), TwinRow.id)
    )
    seen = ""
    for party, twin, row in session.execute(query):
        consent = consents.consent_of(row)
        if (
            party.id == seen
            or not _allows(consent, wanted)
            or not _usable(context, session, party, twin, row)
        ):
            continue
        seen = party.id
        yield (
            party,
            TalentRecord(
                talent=party.id,
                display_name=party.name,
                likeness=party.likeness,
                twin=twin.id,
                twin_revision=twin.revision,
                consent_sha256=row.sha256,
                approval=consent.approval,
                attributes=declared(session, party.id),
            ),
        )


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    for name in _RANGES:
        column = getattr(AttributesRow, name)
        low, high = getattr(wanted, f"{name}_min"), getattr(wanted, f"{name}_max")
        if low is not None:
            yield column >= low
        if high is not None:
            yield column <= high
    if wanted.age is not None:
        yield AttributesRow.age_from <= wanted.age
        yield AttributesRow.age_to >= wanted.age


def _allows(consent: Consent, wanted: Wanted) -> bool:
    return (
        consent.posture != "prohibited"
        and not set(wanted.category) & set(consent.prohibited_categories)
        and not words.outside(tuple(wanted.territory), words.countries(consent.territory_max))
        and set(wanted.media) <= set(consent.media_max)
        and set(wanted.operation) <= set(consent.operations)
    )


def _usable(context: Context, session: Session, party: Party, twin: TwinRow, consent: ConsentRow) -> bool:
    if consents.consent_revoked(session, consent.sha256) or not proving.proven(context, session, twin):
        return False
    return party.likeness != "blended" or blends.whole(session, party.id)
