"""The twins this seat may use, in the order and the words a retoucher reads."""

from __future__ import annotations

import time
from collections.abc import Iterable

from .._sosie.client.twins import usable
from .._sosie.messages import TwinInfo
from .texts import say, tr

DAY = 86_400


def matching(twins: Iterable[TwinInfo], wanted: str) -> list[TwinInfo]:
    """Those whose name, territory, media or purposes hold every word of `wanted`."""
    words = wanted.lower().split()
    return [twin for twin in twins if all(word in _searched(twin) for word in words)]


def refusal(twin: TwinInfo) -> str:
    """Why `twin` cannot be used now and what to do; "" when it can."""
    if usable(twin):
        return ""
    reason = say(twin.reason) or tr("The licence is {state}.").format(state=tr(twin.state))
    return f"{reason} {say(twin.remedy) or tr('Choose another twin, or ask for a new licence.')}"


def days_left(twin: TwinInfo, now: float) -> int:
    """Whole days until the licence ends, never below 0."""
    return max(0, int(twin.not_after - now) // DAY)


def summary(twin: TwinInfo, now: float) -> str:
    """The second line of an entry in the list."""
    if not usable(twin):
        return tr(twin.state)
    return tr("{days} days, {renders} renders left").format(
        days=days_left(twin, now), renders=twin.renders_left
    )


def terms(twin: TwinInfo, now: float) -> str:
    """Where, until when and how many: a few lines in plain words."""
    if words := refusal(twin):
        return words
    until = time.strftime("%Y-%m-%d", time.gmtime(twin.not_after))
    lines = [
        tr("Until {date} ({days} days).").format(date=until, days=days_left(twin, now)),
        tr("In {territory}, for {media}.").format(
            territory=", ".join(twin.territory) or "-", media=plain(twin.media)
        ),
    ]
    if twin.purpose:
        lines.append(tr("Purpose: {purpose}.").format(purpose=plain(twin.purpose)))
    lines.append(
        tr("{renders} renders and {deliveries} deliveries left.").format(
            renders=twin.renders_left, deliveries=twin.delivered_left
        )
    )
    return "\n".join(lines)


def never(twin: TwinInfo) -> str:
    """What the talent never appears in; "" where she names nothing."""
    return tr("Never: {categories}.").format(categories=plain(twin.prohibited)) if twin.prohibited else ""


def plain(words: Iterable[str]) -> str:
    """Vocabulary as people write it: "social paid, web owned"."""
    return ", ".join(tr(word.replace("_", " ")) for word in words) or "-"


def _searched(twin: TwinInfo) -> str:
    parts = (twin.display_name, twin.twin, twin.state, *twin.territory, *twin.media, *twin.purpose)
    return " ".join(parts).lower().replace("_", " ")
