"""What a talent declares of herself for those who search, and what a brand finds; nobody measures or guesses it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from sosie.licence.exchange import Answer, Ask

Centimetres = Annotated[int, Field(ge=20, le=260)]
Age = Annotated[int, Field(ge=18, le=120)]


class Attributes(Ask):
    """As the talent declares them; what is None she does not say."""

    skin_tone: Annotated[int, Field(ge=1, le=10)] | None = None  # Monk Skin Tone scale, 1 the lightest
    age_from: Age | None = None  # the range she is cast for
    age_to: Age | None = None
    height_cm: Centimetres | None = None
    chest_cm: Centimetres | None = None
    waist_cm: Centimetres | None = None
    hips_cm: Centimetres | None = None
    shoe_eu: Annotated[int, Field(ge=30, le=55)] | None = None

    @model_validator(mode="after")
    def _range(self) -> Self:
        if (self.age_from is None) != (self.age_to is None):
            raise ValueError("an age range has two ends")
        if self.age_from is not None and self.age_to is not None and self.age_from > self.age_to:
            raise ValueError("an age range begins before it ends")
        return self


class TalentRecord(Answer):
    """A talent who allows what was asked for, and a twin of hers that can be licensed."""

    talent: str
    display_name: str
    likeness: str
    twin: str
    twin_revision: int
    consent_sha256: str
    approval: str
    attributes: Attributes
