"""Long lists on a page, a part at a time, turned by plain links.

Which part is in the address, by the list's name: `?people=2`. So each list of a page is turned alone, and no script is
needed; where htmx runs, only the list's section is exchanged. A number that is none, or too large, shows the nearest part there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from urllib.parse import urlencode

from sosie.registry.console.web import Visit
from sosie.registry.paging import Page

#: Rows of a part.
SIZE: Final = 25
T = TypeVar("T")


@dataclass(frozen=True)
class Part(Generic[T]):
    """What a page shows of a list."""

    name: str  # in the address, and the `id` of its section
    rows: Sequence[T]
    number: int  # from 1
    of: int  # so many parts
    total: int  # rows in all of them
    before: str  # links; empty at the ends
    after: str

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def part(visit: Visit, name: str, rows: Sequence[T]) -> Part[T]:
    """The part of `rows` that the reader asked for."""
    return fetched(visit, name, len(rows), lambda page: rows[page.offset : page.offset + SIZE])


def fetched(visit: Visit, name: str, total: int, fetch: Callable[[Page], Sequence[T]]) -> Part[T]:
    """The same of a list that is too long to be read whole.

    Args:
        visit: whose address says which part.
        name: the list's, in the address and as the `id` of its section.
        total: rows in all.
        fetch: that page of the rows.
    """
    last = max(1, -(-total // SIZE))
    asked = visit.request.query_params.get(name, "")
    number = min(max(1, int(asked)), last) if asked.isdecimal() and len(asked) < 10 else 1

    def link(other: int) -> str:
        kept = [item for item in visit.request.query_params.multi_items() if item[0] != name]
        return f"?{urlencode([*kept, (name, str(other))])}#{name}"

    return Part(
        name,
        fetch(Page(limit=SIZE, offset=(number - 1) * SIZE)),
        number,
        last,
        total,
        link(number - 1) if number > 1 else "",
        link(number + 1) if number < last else "",
    )
