"""What the gates will say, as far as it can be seen from here: a warning before a long render, never a permission.

Only what is certain is said. The gates of agent and registry decide, and know more: what a region such as EU holds,
what other brands were promised.
"""

from __future__ import annotations

from collections.abc import Callable

from .._sosie.client.twins import usable
from .._sosie.messages import TwinInfo, Use
from .use import in_words


def refusals(
    twin: TwinInfo, use: Use, *, frames: int, now: float, tr: Callable[[str], str] = str
) -> list[str]:
    """Why `frames` renders of `twin` for `use` would be refused, in words; empty when nothing is seen."""
    if not usable(twin):
        return [tr(twin.reason) or tr("The licence is {state}.").format(state=tr(twin.state))]
    told = []
    if now >= twin.not_after:
        told.append(tr("The licence has ended."))
    if twin.renders_left < frames:
        told.append(
            tr("{frames} frames are more than the {left} renders left.").format(
                frames=frames, left=twin.renders_left
            )
        )
    if missing := [medium for medium in use.media if medium not in twin.media]:
        told.append(tr("Not licensed for {what}.").format(what=in_words(missing, tr)))
    if twin.purpose and use.purpose not in twin.purpose:
        told.append(tr("Not licensed for {what}.").format(what=in_words([use.purpose], tr)))
    countries_only = all(len(place) == 2 and place != "EU" for place in twin.territory)
    if countries_only and (missing := [place for place in use.territory if place not in twin.territory]):
        told.append(tr("Not licensed in {places}.").format(places=", ".join(missing)))
    if never := [category for category in use.categories if category in twin.prohibited]:
        told.append(tr("She never allows {what}.").format(what=in_words(never, tr)))
    return told
