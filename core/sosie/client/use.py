"""What a use is stated in: the words of Sosie's licence vocabulary, as hosts offer them in their menus.

Written again because hosts have the standard library alone and `licence.vocabulary` is types; a test holds the lists equal.
Nothing is decided here: the gates of agent and registry hold what is stated against the licence.
"""

from __future__ import annotations

import re
from typing import Any

from sosie.messages import Use

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
CATEGORIES = (
    "lingerie",
    "swimwear",
    "nudity",
    "implied_nudity",
    "tobacco",
    "alcohol",
    "gambling",
    "weapons",
    "political",
    "religious",
    "pharma",
    "weight_loss",
    "fur",
    "adult",
)


def listed(text: str) -> tuple[str, ...]:
    """`"fr, be"` as its words."""
    return tuple(word for word in re.split(r"[\s,;]+", text) if word)


def use_from(value: dict[str, Any]) -> Use:
    """The use that a record in a host's document carries; what this version does not know is left out."""
    known: dict[str, Any] = {name: value[name] for name in Use.__dataclass_fields__ if name in value}
    known = {name: tuple(item) if isinstance(item, list) else item for name, item in known.items()}
    return Use(**known)
