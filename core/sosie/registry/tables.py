"""The registry's tables, the same on SQLite (STRICT) and PostgreSQL.

Money is integer minor units, time is Unix seconds. `receipts`, `ledger_entries`, `postings`, `log_leaves` and
`log_nodes` are append only: triggers (migration 0001) refuse UPDATE and DELETE. Personal data never stands in
them; a salted document stands in `documents`, where it can be erased without touching the log.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
Big = BigInteger().with_variant(Integer, "sqlite")
STRICT: dict[str, Any] = {"sqlite_strict": True}
#: Of licences; written out, because a database uses a partial index only where it sees the index's own condition.
ENDED = text("state <> 'active'")
#: The columns of a licence that name its parties.
PARTIES = ("talent_id", "agency_id", "brand_id")


class Base(DeclarativeBase):
    """Plain types only: text, whole numbers, bytes."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {str: Text, int: Big, bytes: LargeBinary}  # noqa: RUF012  # SQLAlchemy's own protocol
    __table_args__: Any = STRICT


class Party(Base):
    __tablename__ = "parties"
    id: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    name: Mapped[str]
    agency_id: Mapped[str | None] = mapped_column(ForeignKey("parties.id"))
    signing_key: Mapped[str | None]
    credit: Mapped[int]
    likeness: Mapped[str] = mapped_column(server_default="person")  # of a talent: person, synthetic, blended
    delegates_pictures: Mapped[int] = mapped_column(server_default="0")  # of a talent, to her agency
    erased_at: Mapped[int | None]
    created_at: Mapped[int]


class Seat(Base):
    __tablename__ = "seats"
    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), index=True)
    name: Mapped[str]
    created_at: Mapped[int]


class Device(Base):
    __tablename__ = "devices"
    id: Mapped[str] = mapped_column(primary_key=True)
    seat_id: Mapped[str] = mapped_column(ForeignKey("seats.id"), index=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("parties.id"))
    name: Mapped[str]
    signing_key: Mapped[str] = mapped_column(unique=True)
    sealing_key: Mapped[str]
    state: Mapped[str]  # active, suspended, left
    journal_n: Mapped[int]
    journal_sha256: Mapped[str]
    created_at: Mapped[int]


class Credential(Base):
    __tablename__ = "credentials"
    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"))
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id"))
    created_at: Mapped[int]


class Code(Base):
    __tablename__ = "codes"
    code_sha256: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[str | None] = mapped_column(ForeignKey("parties.id"))
    seat_id: Mapped[str | None] = mapped_column(ForeignKey("seats.id"))
    expires_at: Mapped[int]
    used_at: Mapped[int | None]


class SignInRow(Base):
    __tablename__ = "sign_ins"
    device_code_sha256: Mapped[str] = mapped_column(primary_key=True)
    user_code_sha256: Mapped[str] = mapped_column(unique=True)
    ticket_sha256: Mapped[str | None] = mapped_column(unique=True)  # of the page that shows it
    ticket_party_id: Mapped[str | None] = mapped_column(ForeignKey("parties.id"))
    signing_key: Mapped[str]
    sealing_key: Mapped[str]
    name: Mapped[str]
    state: Mapped[str]  # waiting, approved, denied, used
    seat_id: Mapped[str | None] = mapped_column(ForeignKey("seats.id"))
    interval: Mapped[int]
    asked_at: Mapped[int | None]
    created_at: Mapped[int]
    expires_at: Mapped[int]


class ConsentRow(Base):
    __tablename__ = "consents"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    talent_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), index=True)
    token: Mapped[str]
    leaf_index: Mapped[int]
    created_at: Mapped[int]


class RevocationRow(Base):
    __tablename__ = "revocations"
    id: Mapped[str] = mapped_column(primary_key=True)
    talent_id: Mapped[str] = mapped_column(ForeignKey("parties.id"))
    consent_sha256: Mapped[str | None] = mapped_column(ForeignKey("consents.sha256"), index=True)
    licence_id: Mapped[str | None] = mapped_column(ForeignKey("licences.id"), index=True)
    reason: Mapped[str]
    token: Mapped[str]
    effective_at: Mapped[int]
    leaf_index: Mapped[int]
    created_at: Mapped[int]


class TwinRow(Base):
    __tablename__ = "twins"
    id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    talent_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), index=True)
    consent_sha256: Mapped[str] = mapped_column(ForeignKey("consents.sha256"))
    pack_sha256: Mapped[str]
    pack_key: Mapped[str]  # sealed to the registry's own pack key
    bytes: Mapped[int]
    created_at: Mapped[int]


class LicenceRow(Base):
    __tablename__ = "licences"
    __table_args__ = (
        Index("ix_licences_ended", "status_index", sqlite_where=ENDED, postgresql_where=ENDED),
        *(Index(f"ix_licences_of_{party}", party, "created_at", "id") for party in PARTIES),
        STRICT,
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    talent_id: Mapped[str] = mapped_column(ForeignKey("parties.id"))
    agency_id: Mapped[str | None] = mapped_column(ForeignKey("parties.id"))
    brand_id: Mapped[str] = mapped_column(ForeignKey("parties.id"))
    twin_id: Mapped[str] = mapped_column(index=True)
    twin_revision: Mapped[int]
    consent_sha256: Mapped[str] = mapped_column(ForeignKey("consents.sha256"), index=True)
    terms: Mapped[str]
    ends_at: Mapped[int] = mapped_column(server_default="0")  # `not_after` of the terms
    countersignature: Mapped[str | None]
    token: Mapped[str | None]
    status_index: Mapped[int | None] = mapped_column(unique=True)
    renders_reserved: Mapped[int]
    delivered: Mapped[int]
    suspended_by: Mapped[str] = mapped_column(server_default="")  # sides, by comma: `changes.sides`
    reason: Mapped[str] = mapped_column(server_default="")  # of whoever declined it
    closed_at: Mapped[int | None]  # settled after its end: `closing`
    created_at: Mapped[int]


class LeaseRow(Base):
    __tablename__ = "leases"
    id: Mapped[str] = mapped_column(primary_key=True)
    licence_id: Mapped[str] = mapped_column(ForeignKey("licences.id"), index=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"))
    renders: Mapped[int]
    used: Mapped[int]  # renders in the acknowledged journal
    not_after: Mapped[int]
    returned_at: Mapped[int | None]
    created_at: Mapped[int]


class JournalRow(Base):
    __tablename__ = "journal"
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True)  # a fork is kept beside what it contradicts
    token: Mapped[str]
    fork: Mapped[int]
    created_at: Mapped[int]


class DeliveryRow(Base):
    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("credential", "key"), STRICT)
    id: Mapped[str] = mapped_column(primary_key=True)
    credential: Mapped[str]
    key: Mapped[str]  # the Idempotency-Key
    request_sha256: Mapped[str]
    licence_id: Mapped[str] = mapped_column(ForeignKey("licences.id"), index=True)
    seat_id: Mapped[str] = mapped_column(ForeignKey("seats.id"))
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"))
    use: Mapped[str]
    input_sha256: Mapped[str]
    mime: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    state: Mapped[str]  # pending, approved, declined, recorded, signed
    reason: Mapped[str]
    receipt_id: Mapped[str | None] = mapped_column(unique=True)
    output_sha256: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[int]


class ReceiptRow(Base):
    __tablename__ = "receipts"
    id: Mapped[str] = mapped_column(primary_key=True)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("deliveries.id"), unique=True)
    licence_id: Mapped[str] = mapped_column(ForeignKey("licences.id"), index=True)
    leaf_index: Mapped[int] = mapped_column(unique=True)
    token: Mapped[str]
    created_at: Mapped[int]


class LedgerEntry(Base):
    __tablename__ = "ledger_entries"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # usage_fee, exclusivity_fee, delivery, kill_fee, minimum; payment, payout
    licence_id: Mapped[str] = mapped_column(ForeignKey("licences.id"), index=True)
    receipt_id: Mapped[str | None] = mapped_column(ForeignKey("receipts.id"), unique=True)
    reference: Mapped[str] = mapped_column(server_default="")  # a payment's, as the bank shows it
    created_at: Mapped[int]


class Posting(Base):
    __tablename__ = "postings"
    __table_args__ = (CheckConstraint("minor <> 0", name="ck_postings_minor"), STRICT)
    entry_id: Mapped[str] = mapped_column(ForeignKey("ledger_entries.id"), primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)  # brand_receivable, talent_payable, ...
    party_id: Mapped[str | None] = mapped_column(ForeignKey("parties.id"), index=True)  # none: the platform
    currency: Mapped[str]
    minor: Mapped[int]


class LogHead(Base):
    __tablename__ = "log_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]


class LogLeaf(Base):
    __tablename__ = "log_leaves"
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    hash: Mapped[bytes]
    created_at: Mapped[int]


class LogNode(Base):
    __tablename__ = "log_nodes"
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 1 and up
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes]


class LogDocument(Base):
    __tablename__ = "documents"
    leaf_index: Mapped[int] = mapped_column(
        ForeignKey("log_leaves.index"), primary_key=True, autoincrement=False
    )
    salt: Mapped[bytes]
    body: Mapped[bytes]


class IdempotencyRow(Base):
    __tablename__ = "idempotency"
    credential: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[str]
    answer: Mapped[str]
    created_at: Mapped[int]


#: Nothing in these is ever changed or removed.
APPEND_ONLY = ("receipts", "ledger_entries", "postings", "log_leaves", "log_nodes")
