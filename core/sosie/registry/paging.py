"""Long lists in pages: each begins after the last row of the one before, so that new rows shift nothing.

A cursor is the sorting columns of a page's last row; it is opaque to callers and good for the same list only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, TypeVarTuple

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, Select, func, select, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from sosie.errors import VerificationError
from sosie.licence import exchange, keys
from sosie.registry.problems import problem

R = TypeVar("R")
Ts = TypeVarTuple("Ts")
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class Page:
    """At most `limit` rows after a cursor, or after so many rows; without any of these, all of them."""

    limit: int | None = None
    after: str | None = None
    offset: int = 0


ALL = Page()


def page_of(
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[str | None, Query(max_length=400)] = None,
) -> Page:
    """The page a request asks for."""
    return Page(limit, after)


Paging = Annotated[Page, Depends(page_of)]


def listing(
    session: Session,
    query: Select[R, *Ts],
    order: Sequence[InstrumentedAttribute[Any]],
    describe: Callable[[R, *Ts], T],
    page: Page,
    *,
    newest_first: bool = False,
) -> exchange.Listed[T]:
    """One page of `query`, described.

    Args:
        session: to read with.
        query: rows of one table, with what else tells of each; not yet sorted.
        order: that table's columns to sort by, which together are unique.
        describe: a row in words.
        page: which part.
        newest_first: sort downwards.

    Raises:
        RegistryError: 422 `cursor_invalid`.
    """
    rows, after = rows_of(session, query, order, page, newest_first=newest_first)
    return exchange.Listed(items=tuple(describe(*row) for row in rows), next=after)


def rows_of(
    session: Session,
    query: Select[R, *Ts],
    order: Sequence[InstrumentedAttribute[Any]],
    page: Page,
    *,
    newest_first: bool = False,
) -> tuple[list[Row[R, *Ts]], str | None]:
    """The rows of that page, and the cursor of the next: none at the end. Arguments and errors as `listing`."""
    key = tuple_(*order)
    if page.after is not None:
        last = tuple_(*_read(page.after, order))
        query = query.where(key < last if newest_first else key > last)
    query = query.order_by(*(column.desc() if newest_first else column for column in order))
    if page.limit is not None:
        query = query.limit(page.limit + 1).offset(page.offset)
    rows = list(session.execute(query))
    more = page.limit is not None and len(rows) > page.limit
    rows = rows[: page.limit]
    return rows, after(rows[-1][0], order) if more else None


def after(row: object, order: Sequence[InstrumentedAttribute[Any]]) -> str:
    """The cursor behind a row of the table that is sorted so."""
    return keys.b64encode(json.dumps([getattr(row, column.key) for column in order]).encode())


def behind(page: Page, order: Sequence[InstrumentedAttribute[Any]]) -> ColumnElement[bool]:
    """The rows behind the page's cursor, upwards; raises as `listing`."""
    return true() if page.after is None else tuple_(*order) > tuple_(*_read(page.after, order))


def count(session: Session, query: Select[*Ts]) -> int:
    """The rows that `query` would find."""
    return session.execute(select(func.count()).select_from(query.subquery())).scalar_one()


def _read(cursor: str, order: Sequence[InstrumentedAttribute[Any]]) -> list[Any]:
    try:
        values = json.loads(keys.b64decode(cursor))
    except (ValueError, VerificationError, RecursionError):
        values = None
    found: list[Any] = values if isinstance(values, list) else []
    fits = [type(value) for value in found] == [column.type.python_type for column in order]
    if not fits or not all(map(_stands, found)):
        raise problem(
            422, "cursor_invalid", "This is no cursor of this list.", "Begin again without `after`."
        )
    return found


def _stands(value: Any) -> bool:
    """Whether a column of either database can hold it."""
    if isinstance(value, int):
        return abs(value) < 2**63
    return "\0" not in value and value.encode(errors="ignore").decode() == value
