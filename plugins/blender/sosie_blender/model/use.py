"""The use an artist states, and what a licence says in words.

Nothing is decided here: the gates of agent and registry hold what is stated against the licence.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from .._sosie.client.twins import usable
from .._sosie.client.use import listed
from .._sosie.messages import TwinInfo, Use

#: The choice that states everything the licence names.
AS_LICENSED = "as_licensed"
DAY = 86_400


def use_of(twin: TwinInfo | None, *, purpose: str, media: str, territory: str, categories: str) -> Use:
    """What the picture is for; "as licensed", or an empty territory, states all that the licence of `twin` names."""
    licensed = (twin.media, twin.territory) if twin else ((), ())
    return Use(
        purpose=purpose,
        media=licensed[0] if media == AS_LICENSED else (media,),
        territory=listed(territory.upper()) or licensed[1],
        categories=listed(categories.lower()),
    )


def standing(twin: TwinInfo, now: float, tr: Callable[[str], str] = str) -> list[str]:
    """How the licence stands, in short lines for a panel; `tr` puts a sentence into the artist's language."""
    if not usable(twin):
        told = tr(twin.reason) or tr("The licence is {state}.").format(state=tr(twin.state))
        return [told, tr(twin.remedy)]
    days = max(0, int(twin.not_after - now) // DAY)
    until = time.strftime("%Y-%m-%d", time.gmtime(twin.not_after))
    return [
        tr("Licensed until {date}, {days} days").format(date=until, days=days),
        tr("{renders} renders and {deliveries} deliveries left").format(
            renders=twin.renders_left, deliveries=twin.delivered_left
        ),
        tr("{media} in {places}").format(
            media=in_words(twin.media, tr),
            places=", ".join(twin.territory),
        ),
        tr("Never: {what}").format(what=in_words(twin.prohibited, tr)) if twin.prohibited else "",
    ]


def in_words(names: Iterable[str], tr: Callable[[str], str] = str) -> str:
    """Names of the vocabulary as a sentence has them: "implied nudity, fur"."""
    return ", ".join(tr(name.replace("_", " ").capitalize()) for name in names).lower()
