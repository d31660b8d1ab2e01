"""The words a use is stated in, and the use an artist states with them.

The lists are those of Sosie's licence vocabulary; a test holds them equal. Nothing is decided here: the
gates of agent and registry hold what is stated against the licence.
"""

from __future__ import annotations

import re
from typing import Any

from ._sosie.messages import TwinInfo, Use

PURPOSES = (
    "ecommerce",
    "lookbook",
    "campaign",
    "editorial",
    "paid_social",
    "organic_social",
    "internal_review",
    "packaging",
    "pos",
    "pr",
)
MEDIA = (
    "web_owned",
    "marketplace",
    "email",
    "social_organic",
    "social_paid",
    "display_ads",
    "print",
    "ooh",
    "dooh",
    "tv",
    "ctv",
    "cinema",
    "packaging",
    "pos",
    "broadcast_shopping",
)
OPERATIONS = (
    "restage",
    "reference_pose",
    "dress",
    "relight",
    "age_shift",
    "body_reshape",
    "skin_alter",
    "hair_change",
    "face_swap_onto_other",
    "voice",
    "train",
)
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


def listed(text: str) -> tuple[str, ...]:
    """`"fr, be"` as its words."""
    return tuple(word for word in re.split(r"[\s,;]+", text) if word)


def use_from(value: dict[str, Any]) -> Use:
    """The use that a handle or a provenance carries."""
    return Use(**{name: tuple(item) if isinstance(item, list) else item for name, item in value.items()})
