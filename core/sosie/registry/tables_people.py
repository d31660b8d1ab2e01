"""Further tables, about people: where their money goes, whether a twin is theirs, who a blended twin is made of."""

from __future__ import annotations

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sosie.registry.tables import STRICT, Base


class BankAccount(Base):
    __tablename__ = "bank_accounts"
    party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    holder: Mapped[str]
    iban: Mapped[str]
    bic: Mapped[str]  # or empty: inside SEPA the IBAN is enough
    country: Mapped[str]
    changed_at: Mapped[int]


class AttributesRow(Base):
    __tablename__ = "attributes"
    party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    skin_tone: Mapped[int | None]
    age_from: Mapped[int | None]
    age_to: Mapped[int | None]
    height_cm: Mapped[int | None]
    chest_cm: Mapped[int | None]
    waist_cm: Mapped[int | None]
    hips_cm: Mapped[int | None]
    shoe_eu: Mapped[int | None]
    changed_at: Mapped[int]


class PayoutRow(Base):
    __tablename__ = "payouts"
    id: Mapped[str] = mapped_column(primary_key=True)
    payments: Mapped[str]  # JSON: whom, where to, how much; as it was exported
    leaf_index: Mapped[int]
    created_at: Mapped[int]


class ChallengeRow(Base):
    __tablename__ = "challenges"
    __table_args__ = (
        ForeignKeyConstraint(["twin_id", "twin_revision"], ["twins.id", "twins.revision"]),
        STRICT,
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    talent_id: Mapped[str] = mapped_column(ForeignKey("parties.id"))
    twin_id: Mapped[str] = mapped_column(index=True)
    twin_revision: Mapped[int]
    code: Mapped[str]
    pose: Mapped[str]
    state: Mapped[str]  # open, review, passed, refused
    reason: Mapped[str]
    distance_milli: Mapped[int | None]  # of the embeddings, in thousandths: `proving`
    reviewer_id: Mapped[str | None]  # who decided where the machine was unsure
    expires_at: Mapped[int]
    created_at: Mapped[int]


class ContributionRow(Base):
    __tablename__ = "contributions"
    blend_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    contributor_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), primary_key=True, index=True)
    share_bp: Mapped[int]
    consent_sha256: Mapped[str | None] = mapped_column(ForeignKey("consents.sha256"))
    token: Mapped[str | None]  # her signed `licence.blends.Contribution`
