"""For whom alone: when one brand's licence stands in the way of another's.

An exclusivity keeps a category, a territory and a time free of other brands. The category is compared with the product
lines of the other licence, word for word, without regard to case; the time begins with the licence and ends with
`until`, which may be after the licence itself.
"""

from __future__ import annotations

from sosie.licence import vocabulary as words
from sosie.licence.documents import Terms
from sosie.licence.scope import Refusal


def conflict(new: Terms, other: Terms) -> Refusal | None:
    """Why `new` cannot be agreed while `other`, of the same talent, is in force; None when it can."""
    if new.brand == other.brand:
        return None
    if _excludes(other, new):
        return Refusal(
            "exclusivity_conflict",
            f"Another brand has {_category(other)!r} for itself, there and at that time.",
            "Choose other product lines, territories or dates, or another talent.",
        )
    if _excludes(new, other):
        return Refusal(
            "exclusivity_conflict",
            f"The talent works for another brand in {_category(new)!r}, there and at that time.",
            "Ask without exclusivity, or for a territory or a time in which she is free.",
        )
    return None


def _excludes(holder: Terms, other: Terms) -> bool:
    alone = holder.exclusivity
    return (
        alone is not None
        and _plain(alone.category) in map(_plain, other.product_lines)
        and other.not_before < alone.until
        and holder.not_before < other.not_after
        and _meet(words.countries(alone.territory), words.countries(other.territory))
    )


def _meet(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one & other) or words.WORLD in one | other


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _category(terms: Terms) -> str:
    return terms.exclusivity.category if terms.exclusivity else ""
