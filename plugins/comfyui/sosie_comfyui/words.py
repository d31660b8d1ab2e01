"""The use an artist states, and the words of choices that are not the licence's.

Nothing is decided here: the gates of agent and registry hold what is stated against the licence.
"""

from __future__ import annotations

from ._sosie.client.use import listed
from ._sosie.messages import TwinInfo, Use

ORDERS = ("large-small", "small-large", "left-right", "right-left", "top-bottom", "bottom-top")
#: The choice that states everything the licence names.
AS_LICENSED = "as licensed"


def use_of(
    twin: TwinInfo, *, purpose: str, media: str, territory: str, operation: str, categories: str
) -> Use:
    """What the picture is for; "as licensed", or an empty territory, states all that the licence names."""
    return Use(
        purpose=purpose,
        media=twin.media if media == AS_LICENSED else (media,),
        territory=listed(territory.upper()) or twin.territory,
        operation=operation,
        categories=listed(categories.lower()),
    )
