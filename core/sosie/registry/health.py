"""How the registry is: what it holds, which keys speak for it and until when. Nothing here is a secret."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from cryptography import x509
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import sosie
from sosie.licence import keys
from sosie.registry import ceremony, log
from sosie.registry.access import Context, Principal
from sosie.registry.tables import DeliveryRow, LicenceRow, LogLeaf, Party, ReceiptRow

#: Days before its end from which a key's end is a warning.
SOON_DAYS = 30


@dataclass(frozen=True)
class Key:
    """A key in use: what for, how to recognise it, when it ends (None: with the root)."""

    purpose: str  # root, licence, checkpoint, pack, claim, timestamp
    fingerprint: str
    until: int | None
    soon: bool = False


@dataclass(frozen=True)
class Health:
    """A registry at one moment."""

    version: str
    database: str  # sqlite, postgresql
    free_bytes: int  # where packs and pictures lie
    counts: dict[str, int]  # talents, brands, licences, deliveries, receipts, leaves
    pending: int  # deliveries that wait: for her word, or for their signature
    last_leaf_at: int | None
    root_version: int
    threshold: int
    root_until: int
    root_soon: bool
    root_keys_beside: int  # files of root keys that should lie elsewhere
    keys: tuple[Key, ...]


def look(context: Context, session: Session, principal: Principal) -> Health:
    """Operator and auditor: how it is now."""
    principal.require("operator", "auditor")
    root, now = context.keys.root.document, context.now()

    def count(what: type, *conditions: object) -> int:
        query = select(func.count()).select_from(what).where(*conditions)  # type: ignore[arg-type]  # columns' conditions
        return int(session.scalar(query) or 0)

    return Health(
        version=sosie.__version__,
        database=context.database.engine.dialect.name,
        free_bytes=shutil.disk_usage(context.settings.data).free,
        counts={
            "talents": count(Party, Party.role == "talent", Party.erased_at.is_(None)),
            "brands": count(Party, Party.role == "brand"),
            "licences": count(LicenceRow, LicenceRow.state == "active"),
            "deliveries": count(DeliveryRow),
            "receipts": count(ReceiptRow),
            "leaves": log.size(session),
        },
        pending=count(DeliveryRow, DeliveryRow.state.in_(("pending", "approved", "recorded"))),
        last_leaf_at=session.scalar(select(func.max(LogLeaf.created_at))),
        root_version=root.version,
        threshold=root.threshold,
        root_until=root.expires_at,
        root_soon=_soon(root.expires_at, now),
        root_keys_beside=len(ceremony.root_keys_beside(context.settings)),
        keys=tuple(_keys(context, now)),
    )


def _keys(context: Context, now: int) -> list[Key]:
    root, authority = context.keys.root.document, context.keys.authority
    found = [
        *(Key("root", text, None) for text in root.root_keys),
        *(Key("licence", text, None) for text in root.licence_keys),
        Key("checkpoint", keys.public_text(context.keys.checkpoint.public_key()), None),
        Key("pack", root.pack_key, None),
    ]
    for purpose, pem in (("claim", authority.claim_pem), ("timestamp", authority.timestamp_pem)):
        leaf = x509.load_pem_x509_certificates(pem)[0]
        until = int(leaf.not_valid_after_utc.timestamp())
        found.append(Key(purpose, f"{leaf.serial_number:x}", until, _soon(until, now)))
    return found


def _soon(until: int, now: int) -> bool:
    return until < now + SOON_DAYS * 86_400
