"""What people agreed, as the simulation wrote it down itself: consents, deals, and the leases given under them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from sosie.messages import Use

EU = set("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())  # noqa: SIM905


class Break(Exception):  # noqa: N818  # the simulation's finding, not a mistake of its own
    """Something happened that must not happen."""


def require(condition: object, what: str) -> None:
    """Break unless the condition holds."""
    if not condition:
        raise Break(what)


@dataclass
class Lease:
    """A lease the registry has given: to whom, how much, until when, and what became of it."""

    id: str
    deal: Deal
    device: str
    renders: int
    issued_at: int
    not_after: int
    made: int = 0  # renders on the machine itself
    known: int = 0  # renders the registry has heard of
    returned: bool = False  # the registry has heard that the rest is not used

    @property
    def taken(self) -> int:
        """What it takes of the quota."""
        return max(self.known, 0 if self.returned else self.renders)


@dataclass
class Consent:
    """What a talent allows with one twin."""

    id: str
    talent: str
    notice_s: int
    revoked_at: int | None = None


@dataclass
class Deal:
    """A licence as brand and talent agreed it."""

    id: str
    twin: str
    consent: Consent
    terms: dict[str, Any]
    per_image: bool
    state: str = "requested"
    since: int = 0
    revoked_at: int | None = None
    delivered: int = 0
    leases: list[Lease] = field(default_factory=list)

    @property
    def taken(self) -> int:
        """Renders made or reserved."""
        return sum(lease.taken for lease in self.leases)

    def dead_since(self, now: int) -> int | None:
        """When it last stopped to allow anything, as it stands now; None while it allows."""
        ends = [
            at for at in (self.revoked_at, self.consent.revoked_at, self.terms["not_after"]) if at is not None
        ]
        if self.state != "active":
            ends.append(self.since)
        passed = [at for at in ends if at <= now]
        return min(passed) if passed else None

    def outside(self, use: Use, pixels: int) -> str:
        """Why a use is not what was agreed; nothing when it is."""
        terms = self.terms
        places = {place for word in terms["territory"] for place in (EU if word == "EU" else {word})}
        asked = {place for word in use.territory for place in (EU if word == "EU" else {word})}
        if not asked or not (asked <= places or "WORLD" in places):
            return "territory"
        if not use.media or not set(use.media) <= set(terms["media"]):
            return "media"
        if use.operation not in terms["operations"] or use.purpose not in terms["purpose"]:
            return "operation or purpose"
        if set(use.categories) & set(terms["prohibited_categories"]):
            return "category"
        return "size" if pixels > terms["quota"]["max_px"] else ""


def some_use(rng: random.Random, deal: Deal) -> tuple[Use, int]:
    """A use and its pixels: mostly what was agreed, now and then one thing that was not."""
    terms = deal.terms
    use = Use(
        purpose=rng.choice(terms["purpose"]),
        media=(rng.choice(terms["media"]),),
        territory=(rng.choice(terms["territory"]),),
        operation=rng.choice(terms["operations"]),
    )
    if rng.random() < 0.85:
        return use, 10_000
    wrong = rng.randrange(6)
    changed = (
        Use(use.purpose, use.media, ("BR",), use.operation),
        Use(use.purpose, ("tv",), use.territory, use.operation),
        Use(use.purpose, use.media, use.territory, "face_swap_onto_other"),
        Use("pr", use.media, use.territory, use.operation),
        Use(use.purpose, use.media, use.territory, use.operation, ("tobacco",)),
        use,
    )[wrong]
    return changed, 10_000 if wrong < 5 else 2_000_000
