"""What a registry and people say to each other about themselves: leaving, and who a likeness is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sosie.licence.document import Document, Id, Instant, Sha256
from sosie.licence.exchange import Answer, Ask, ConsentInfo, Reason, Token
from sosie.licence.money import WHOLE_BP

#: A living person's own; nobody's; made from several people, who are asked and paid.
Likeness = Literal["person", "synthetic", "blended"]

#: What a challenge asks for, as the person herself turns.
ChallengePose = Literal["turn_left", "turn_right", "look_up"]


class Challenge(Answer):
    """A proof that the one who consents is the one in the captures: open, review, passed or refused."""

    id: str
    talent: str
    twin: str
    twin_revision: int
    code: str  # to be written on paper and held up
    pose: str
    state: str
    reason: str
    likeness_distance: float | None  # of the face embeddings; None before a picture was looked at
    expires_at: int


class Review(Ask):
    """A second person: what she saw, and why."""

    reason: Reason = ""


class Delegation(Ask):
    """Talent: whether her agency, too, decides on single pictures; she can take it back at any time."""

    pictures: bool


class Delegated(Answer):
    """Who decides on single pictures beside the talent herself: her agency, or nobody."""

    agency: Id | None
    pictures: bool


class Erasure(Ask):
    """Talent: erase what is hers. She names herself, so that nobody erases by a slip."""

    talent: Id


class SignedDocuments(Ask):
    """Several documents, each a JWS, that are recorded together or not at all."""

    tokens: Annotated[tuple[Token, ...], Field(min_length=1, max_length=1000)]


class Share(Ask):
    """One person in a blended likeness, and her part of what its talent gets."""

    contributor: Id
    share_bp: Annotated[int, Field(ge=1, le=WHOLE_BP)]


class Blend(Ask):
    """Operator: who a blended likeness is made of."""

    shares: Annotated[tuple[Share, ...], Field(min_length=2, max_length=20)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sum(item.share_bp for item in self.shares) != WHOLE_BP:
            raise ValueError("the shares must sum to 10,000 basis points")
        if len({item.contributor for item in self.shares}) != len(self.shares):
            raise ValueError("a contributor is named once")
        return self


def to_revoke(consents: Iterable[ConsentInfo], reason: str, now: int) -> tuple[str, ...]:
    """The consents (SHA-256) that a talent names when she takes everything back.

    Those that are not revoked; for any reason but `notice` those, too, whose notice is still running at `now`.
    """
    return tuple(
        item.sha256
        for item in consents
        if item.revoked_at is None or (reason != "notice" and item.revoked_at > now)
    )


class Contribution(Document):
    """A contributor's word, signed with her own key: my likeness may be part of this blend, for this share."""

    typ: ClassVar[str] = "sosie-contribution+jws"

    blend: Id
    contributor: Id
    consent_sha256: Sha256  # her own consent, whose limits bind the blend too
    share_bp: Annotated[int, Field(ge=1, le=WHOLE_BP)]
    signed_at: Instant
