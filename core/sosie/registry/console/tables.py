"""Tables of the console: how somebody signs in, who is in, and who tried."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from sosie.registry.tables import Base


class ConsoleAccount(Base):
    __tablename__ = "console_accounts"
    party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    handle: Mapped[str] = mapped_column(unique=True)  # what she types to sign in, in lower case
    password: Mapped[str]  # Argon2id, as a PHC string
    sealed_key: Mapped[str]  # a talent's signing key, which only her password opens; or empty
    created_at: Mapped[int]


class ConsoleSession(Base):
    __tablename__ = "console_sessions"
    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), index=True)
    expires_at: Mapped[int] = mapped_column(index=True)
    created_at: Mapped[int]


class ConsoleVisit(Base):
    __tablename__ = "console_visits"
    id: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), index=True)
    event: Mapped[str]  # first, in, passkey, out, refused, passkey_refused, added, removed, changed
    browser: Mapped[str]  # as it names itself
    at: Mapped[int]


class ConsolePasskey(Base):
    __tablename__ = "console_passkeys"
    credential_id: Mapped[str] = mapped_column(primary_key=True)  # base64url, as the authenticator made it
    party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), index=True)
    public_key: Mapped[bytes]  # COSE
    sign_count: Mapped[int]  # 0 for ever with passkeys that are synchronised
    name: Mapped[str]  # hers
    used_at: Mapped[int | None]
    created_at: Mapped[int]


class ConsoleChallenge(Base):
    __tablename__ = "console_challenges"
    challenge_sha256: Mapped[str] = mapped_column(primary_key=True)
    browser_sha256: Mapped[str]  # of the cookie it was given to
    party_id: Mapped[str | None] = mapped_column(
        ForeignKey("parties.id")
    )  # who adds a passkey; none: a sign-in
    expires_at: Mapped[int] = mapped_column(index=True)
