"""The words a licence is written in: what may be asked for, allowed and forbidden.

Every list is closed. A word that is not here is refused when a document is read, so that no two parties
can sign the same sentence and mean different things. Sources: `docs/` and the standards named there.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import Field

Operation = Literal[
    "reference_pose",
    "dress",
    "relight",
    "restage",
    "age_shift",
    "body_reshape",
    "skin_alter",
    "hair_change",
    "face_swap_onto_other",
    "voice",
    "train",
]
Purpose = Literal[
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
]
Media = Literal[
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
]
#: A named category, or `competitor:` and the name of one.
Category = Annotated[
    str,
    Field(
        pattern=r"^(lingerie|swimwear|nudity|implied_nudity|tobacco|alcohol|gambling|weapons|political"
        r"|religious|pharma|weight_loss|fur|adult|competitor:[a-z0-9][a-z0-9_-]{0,63})$"
    ),
]
#: ISO 3166-1 alpha-2, or a region that stands for a set of them.
Territory = Annotated[str, Field(pattern=r"^([A-Z]{2}|EEA|WORLD)$")]
Posture = Literal["prohibited", "with_terms", "open"]
Training = Literal["none", "per_licence_adapter", "general"]
Approval = Literal["auto_in_scope", "per_campaign", "per_image"]
Aftermath = Literal["finish_term", "takedown", "immediate"]
Representation = Literal["counsel", "union", "agency_only", "none"]

OPERATIONS: Final = frozenset(get_args(Operation))
PURPOSES: Final = frozenset(get_args(Purpose))
MEDIA: Final = frozenset(get_args(Media))
#: From the loosest to the strictest; a licence is at least as strict as the consent.
APPROVALS: Final[tuple[str, ...]] = get_args(Approval)
#: Forbidden unless the talent says otherwise.
DEFAULT_PROHIBITED: Final[tuple[str, ...]] = (
    "lingerie",
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

WORLD: Final = "WORLD"
_EU: Final = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905  # one line a person can check
)
_REGIONS: Final = {"EU": _EU, "EEA": _EU | {"IS", "LI", "NO"}}


def countries(territories: frozenset[str] | tuple[str, ...]) -> frozenset[str]:
    """Regions written out as their countries; `WORLD` stays one word that holds every country."""
    return frozenset(country for territory in territories for country in _REGIONS.get(territory, {territory}))


def outside(inner: frozenset[str] | tuple[str, ...], outer: frozenset[str]) -> list[str]:
    """The words of `inner` that `outer` (already written out by `countries`) does not hold, sorted."""
    if WORLD in outer:
        return []
    return sorted(word for word in inner if not countries((word,)) <= outer)
