"""The scope lattice: a use within a lease, a lease within a licence, a licence within a consent.

`refusals(inner, outer)` compares field by field and answers in plain words; an empty list means "within".
It is a partial order: reflexive and transitive, so what a lease allows its consent allows. Lists that allow
(operations, media, territory, purpose) may only shrink; the list that forbids may only grow; times may only
narrow; approval may only become stricter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sosie.errors import RefusedError
from sosie.licence import vocabulary as words
from sosie.licence.documents import DAY, Consent, Scope, Terms
from sosie.messages import Use


@dataclass(frozen=True)
class Refusal:
    """One reason, for a person to read."""

    code: str
    message: str
    remedy: str


_PROHIBITED = Refusal(
    "consent_prohibits",
    "This person does not allow her likeness to be used at all.",
    "Choose another talent.",
)


def refusals(inner: Use | Scope | Terms, outer: Scope | Terms | Consent) -> list[Refusal]:
    """Every way in which `inner` reaches beyond `outer`; none means it lies within."""
    found = []
    if isinstance(outer, Consent) and outer.posture == "prohibited":
        found.append(_PROHIBITED)
    limits = _limits(outer)
    if isinstance(inner, Use):
        return found + _use_in_limits(inner, limits)
    if isinstance(inner, Scope):
        return found + _scope_in_limits(inner, limits)
    found += _scope_in_limits(scope_of(inner), limits)
    return found + (_terms_in_consent(inner, outer) if isinstance(outer, Consent) else [])


def error(found: Sequence[Refusal]) -> RefusedError:
    """One error that carries every reason and the first one's code and remedy."""
    return RefusedError(
        " ".join(reason.message for reason in found),
        remedy=found[0].remedy if found else "",
        code=found[0].code if found else None,
    )


def require(found: Sequence[Refusal]) -> None:
    """Nothing when there is no refusal.

    Raises:
        RefusedError: at least one refusal.
    """
    if found:
        raise error(found)


def scope_of(terms: Terms) -> Scope:
    """What a licence's terms let one do."""
    return Scope(
        purpose=terms.purpose,
        media=terms.media,
        territory=terms.territory,
        operations=terms.operations,
        prohibited_categories=terms.prohibited_categories,
        max_px=terms.quota.max_px,
        not_before=terms.not_before,
        not_after=terms.not_after,
    )


@dataclass(frozen=True)
class Limits:
    """A scope made ready for many checks: sets, with regions written out as countries."""

    purpose: frozenset[str]
    media: frozenset[str]
    territory: frozenset[str]
    territory_words: tuple[str, ...]
    operations: frozenset[str]
    prohibited: frozenset[str]
    max_px: int | None
    not_before: int | None
    not_after: int | None

    def allows(self, use: Use) -> bool:
        """The render gate's hot path: whether `use` lies within, without saying why not."""
        return (
            use.operation in self.operations
            and use.purpose in self.purpose
            and bool(use.media)
            and self.media.issuperset(use.media)
            and bool(use.territory)
            and self._reaches(use.territory)
            and self.prohibited.isdisjoint(use.categories)
        )

    def _reaches(self, territories: tuple[str, ...]) -> bool:
        # most uses name countries, which need no writing out
        return self.territory.issuperset(territories) or not words.outside(territories, self.territory)


def limits_of(scope: Scope) -> Limits:
    """The sets of a scope."""
    return Limits(
        purpose=frozenset(scope.purpose),
        media=frozenset(scope.media),
        territory=words.countries(scope.territory),
        territory_words=scope.territory,
        operations=frozenset(scope.operations),
        prohibited=frozenset(scope.prohibited_categories),
        max_px=scope.max_px,
        not_before=scope.not_before,
        not_after=scope.not_after,
    )


def _limits(outer: Scope | Terms | Consent) -> Limits:
    if isinstance(outer, Terms):
        return limits_of(scope_of(outer))
    if isinstance(outer, Scope):
        return limits_of(outer)
    return Limits(
        purpose=words.PURPOSES,
        media=frozenset(outer.media_max),
        territory=words.countries(outer.territory_max),
        territory_words=outer.territory_max,
        operations=frozenset(outer.operations),
        prohibited=frozenset(outer.prohibited_categories),
        max_px=None,
        not_before=None,
        not_after=None,
    )


def _use_in_limits(use: Use, limits: Limits) -> list[Refusal]:
    found = [
        *_missing(use),
        *_outside("operation", (use.operation,), limits.operations),
        *_outside("purpose", (use.purpose,), limits.purpose),
        *_outside("media", use.media, limits.media),
        *_territory(use.territory, limits),
    ]
    forbidden = sorted(limits.prohibited.intersection(use.categories))
    if forbidden:
        found.append(
            Refusal(
                "category_prohibited",
                f"This likeness is never used for {_list(forbidden)}.",
                "Choose another picture or another talent for it: this is the talent's own rule.",
            )
        )
    return found


def _scope_in_limits(inner: Scope, limits: Limits) -> list[Refusal]:
    found = [
        *_outside("operation", inner.operations, limits.operations),
        *_outside("purpose", inner.purpose, limits.purpose),
        *_outside("media", inner.media, limits.media),
        *_territory(inner.territory, limits),
        *_dropped(inner.prohibited_categories, limits),
    ]
    if limits.max_px is not None and inner.max_px > limits.max_px:
        found.append(_wider("size_not_licensed", f"{inner.max_px} pixels", f"{limits.max_px} pixels"))
    starts_early = limits.not_before is not None and inner.not_before < limits.not_before
    ends_late = limits.not_after is not None and inner.not_after > limits.not_after
    if starts_early or ends_late:
        found.append(_wider("term_not_licensed", "this term", "the agreed term"))
    return found


def _terms_in_consent(terms: Terms, consent: Consent) -> list[Refusal]:
    found = []
    if terms.not_after - terms.not_before > consent.term_max_days * DAY:
        days = -(-(terms.not_after - terms.not_before) // DAY)
        found.append(_wider("term_not_consented", f"{days} days", f"{consent.term_max_days} days"))
    if words.APPROVALS.index(terms.approval) < words.APPROVALS.index(consent.approval):
        found.append(
            _wider("approval_not_consented", f"approval {terms.approval}", f"approval {consent.approval}")
        )
    if "train" in terms.operations and consent.training == "none":
        found.append(_wider("operation_not_licensed", "training", "no training"))
    return found


def _missing(use: Use) -> list[Refusal]:
    return [
        Refusal(
            "use_incomplete",
            f"The use does not say for which {name} the picture is.",
            f"Name the {name}, for example {example}.",
        )
        for name, value, example in (("media", use.media, "web_owned"), ("territory", use.territory, "FR"))
        if not value
    ]


def _outside(what: str, inner: tuple[str, ...], outer: frozenset[str]) -> list[Refusal]:
    beyond = sorted(set(inner) - outer)
    if not beyond:
        return []
    return [
        Refusal(
            f"{what}_not_licensed",
            f"The {what} {_list(beyond)} is not licensed; licensed: {_list(sorted(outer))}.",
            f"Choose a licensed {what}, or ask the talent for a licence that holds it.",
        )
    ]


def _territory(inner: tuple[str, ...], limits: Limits) -> list[Refusal]:
    beyond = words.outside(inner, limits.territory)
    if not beyond:
        return []
    return [
        Refusal(
            "territory_not_licensed",
            f"The territory {_list(beyond)} is not licensed; licensed: {_list(limits.territory_words)}.",
            "Choose a licensed territory, or ask the talent for a licence that holds it.",
        )
    ]


def _dropped(prohibited: tuple[str, ...], limits: Limits) -> list[Refusal]:
    dropped = sorted(limits.prohibited - set(prohibited))
    if not dropped:
        return []
    return [
        Refusal(
            "category_prohibited",
            f"The talent forbids {_list(dropped)}; these terms do not.",
            "Add the missing categories to the forbidden ones.",
        )
    ]


def _wider(code: str, asked: str, allowed: str) -> Refusal:
    return Refusal(
        code, f"Asked: {asked}; allowed: {allowed}.", "Ask for less, or ask the talent for a new consent."
    )


def _list(items: Iterable[str]) -> str:
    return ", ".join(items) or "nothing"
