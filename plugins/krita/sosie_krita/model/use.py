"""What the picture is for, in the words of Sosie's licence vocabulary; a test holds the lists equal.

Nothing is decided here: the gates of agent and registry hold what is stated against the licence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .._sosie.messages import TwinInfo, Use

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
#: The choice that states everything the licence names.
AS_LICENSED = "as licensed"


@dataclass(frozen=True)
class Stated:
    """What the artist states; empty fields state what the licence names."""

    purpose: str = ""
    media: str = ""
    territory: str = ""
    categories: str = ""

    def use(self, twin: TwinInfo) -> Use:
        """The use under `twin`'s licence."""
        return Use(
            purpose=self.purpose or (twin.purpose or ("ecommerce",))[0],
            media=(self.media,) if self.media else twin.media,
            territory=listed(self.territory.upper()) or twin.territory,
            categories=listed(self.categories.lower()),
        )


def listed(text: str) -> tuple[str, ...]:
    """`"fr, be"` as its words."""
    return tuple(word for word in re.split(r"[\s,;]+", text) if word)


def use_from(value: dict[str, Any]) -> Use:
    """The use that a layer's record carries; what this version does not know is left out."""
    known = {name: value[name] for name in Use.__dataclass_fields__ if name in value}
    return Use(**{name: tuple(item) if isinstance(item, list) else item for name, item in known.items()})
