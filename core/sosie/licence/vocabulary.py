"""The words a licence is written in: what may be asked for, allowed and forbidden.

Every list is closed. A word that is not here is refused when a document is read, so that no two parties
can sign the same sentence and mean different things. Sources: `docs/` and the standards named there.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Field

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
COUNTRIES: Final = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()  # noqa: SIM905  # one block a person can check
)


def _is_territory(word: str) -> str:
    if word not in COUNTRIES and word not in {"EU", "EEA", "WORLD"}:
        raise ValueError("no ISO 3166-1 country, nor EU, EEA or WORLD")
    return word


#: ISO 3166-1 alpha-2, or a region that stands for a set of them.
Territory = Annotated[str, AfterValidator(_is_territory)]
Posture = Literal["prohibited", "with_terms", "open"]
Training = Literal["none", "per_licence_adapter", "general"]
Approval = Literal["auto_in_scope", "per_campaign", "per_image"]
Aftermath = Literal["finish_term", "takedown", "immediate"]
Representation = Literal["counsel", "union", "agency_only", "none"]
#: The label a delivered picture carries for everybody to see; its machine-readable marks cannot be waived.
Disclosure = Literal["eu_icon_modified", "eu_icon_generated", "text", "waived_editorial"]

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
