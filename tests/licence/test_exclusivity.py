"""One brand alone: category, territory and time have to meet, all three, before a licence is in another's way."""

from __future__ import annotations

from typing import Any

import pytest

from sosie.licence.documents import DAY
from sosie.licence.exclusivity import conflict


def alone(make: Any, **changes: Any) -> dict[str, Any]:
    return {
        "category": "Coats",
        "territory": ["FR", "DE"],
        "until": make.now + 100 * DAY,
        "fee": 0,
    } | changes


def other(make: Any, papers: Any, **changes: Any) -> Any:
    """Terms of another brand."""
    fields = {"brand": "brd_000002", "territory": ["FR"]} | changes
    return make.terms(papers.consent, **fields)


def late(make: Any, days: int) -> dict[str, int]:
    return {"not_before": make.now + days * DAY, "not_after": make.now + (days + 5) * DAY}


MEETING = [
    {},
    {"product_lines": ["shoes", " COATS "]},
    {"territory": ["EU"]},
    {"territory": ["WORLD"]},
    {"product_lines": ["coats", "knitwear"], "territory": ["JP", "DE"]},
]
APART = [
    {"product_lines": ["shoes"]},
    {"product_lines": ["coat"]},
    {"territory": ["JP"]},
    {"territory": ["JP", "IS"]},
    {"brand": "brd_000001"},  # nobody is in her own way
]


@pytest.mark.parametrize("changes", MEETING)
def test_what_meets_is_refused_from_both_sides(make: Any, papers: Any, changes: dict[str, Any]) -> None:
    holder, second = make.terms(papers.consent, exclusivity=alone(make)), other(make, papers, **changes)
    asked, held = conflict(second, holder), conflict(holder, second)
    assert asked is not None
    assert held is not None
    assert asked.code == held.code == "exclusivity_conflict"
    assert asked.message == "Another brand has 'Coats' for itself, there and at that time."
    assert held.message == "The talent works for another brand in 'Coats', there and at that time."
    assert asked.remedy == "Choose other product lines, territories or dates, or another talent."
    assert held.remedy == "Ask without exclusivity, or for a territory or a time in which she is free."


@pytest.mark.parametrize("changes", APART)
def test_what_does_not_meet_is_nobodys_business(make: Any, papers: Any, changes: dict[str, Any]) -> None:
    holder, second = make.terms(papers.consent, exclusivity=alone(make)), other(make, papers, **changes)
    assert conflict(second, holder) is None
    assert conflict(holder, second) is None


def test_the_whole_world_alone(make: Any, papers: Any) -> None:
    holder = make.terms(papers.consent, exclusivity=alone(make, territory=["WORLD"]))
    assert conflict(other(make, papers, territory=["JP"]), holder)


def test_without_exclusivity_everybody_may(make: Any, papers: Any) -> None:
    assert conflict(other(make, papers), make.terms(papers.consent)) is None


def test_until_may_be_after_the_licence_and_ends_to_the_second(make: Any, papers: Any) -> None:
    holder = make.terms(papers.consent, exclusivity=alone(make), **late(make, 10))
    assert conflict(other(make, papers, **late(make, 99)), holder)
    assert conflict(other(make, papers, **late(make, 100)), holder) is None
    # before it begins there is room: until the very second
    assert conflict(other(make, papers, **late(make, 5)), holder) is None
    assert conflict(other(make, papers, **late(make, 6)), holder)
