"""What talent and brand take away to prove a leaf of the log to anybody: document, salt, path, signed checkpoint, verifier."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, case, literal, select, union_all
from sqlalchemy.orm import Session

from sosie.licence import checkpoint, keys
from sosie.registry import log, paging
from sosie.registry.access import Context, Principal, theirs
from sosie.registry.paging import ALL, Page
from sosie.registry.problems import missing
from sosie.registry.tables import ConsentRow, DeliveryRow, LicenceRow, LogDocument, ReceiptRow, RevocationRow

VERIFIER: Final = "verify_proof.py"


@dataclass(frozen=True)
class Leaf:
    """A leaf that is the caller's: what it is of, which one, since when."""

    kind: str  # consent, revocation, receipt
    id: str
    index: int
    at: int
    picture: str = ""  # of a receipt: the delivery whose signed file can be fetched


def listed(session: Session, principal: Principal, page: Page = ALL) -> list[Leaf]:
    """Talent: her consents, her revocations and the pictures delivered of her; brand: its receipts. Newest first."""
    leaves = _leaves(principal)
    query = select(leaves).order_by(leaves.c.index.desc()).limit(page.limit).offset(page.offset)
    return [Leaf(*row) for row in session.execute(query)]


def count(session: Session, principal: Principal) -> int:
    """How many they are."""
    return paging.count(session, select(_leaves(principal)))


def proof(context: Context, session: Session, principal: Principal, index: int) -> dict[str, Any]:
    """Talent, brand: all that `verify_proof.py` needs about one of the caller's leaves.

    Raises:
        RegistryError: 404 `leaf_unknown`.
    """
    leaves = _leaves(principal)
    kind = session.scalar(select(leaves.c.kind).where(leaves.c.index == index))
    document = session.get(LogDocument, index)
    if kind is None or document is None:
        raise missing("leaf", str(index))
    head, _ = log.checkpoint(session, context.settings.name, context.now())
    _, path, _ = log.inclusion(session, index, head.size)
    return {
        "registry": context.settings.name,
        "kind": kind,
        "leaf_index": index,
        "salt": keys.b64encode(document.salt),
        "document": keys.b64encode(document.body),
        "path": [keys.b64encode(step) for step in path],
        "checkpoint": checkpoint.sign(head, context.keys.checkpoint),
        "key": keys.public_text(context.keys.checkpoint.public_key()),
    }


def archive(found: dict[str, Any]) -> bytes:
    """A ZIP of the proof and the verifier."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("proof.json", json.dumps(found, indent=1))
        files.writestr(VERIFIER, Path(__file__).with_name(VERIFIER).read_bytes())
    return packed.getvalue()


def _leaves(principal: Principal) -> Subquery:
    """A `Leaf` a row, of all three kinds."""
    principal.require("talent", "brand")

    def signed(kind: str, row: type[ConsentRow | RevocationRow]) -> Select[str, str, int, int, str]:
        return _leaf(kind, row, literal("")).where(row.talent_id == principal.party)

    picture = case((DeliveryRow.state == "signed", DeliveryRow.id), else_="")
    delivered = (
        _leaf("receipt", ReceiptRow, picture)
        .join(LicenceRow, LicenceRow.id == ReceiptRow.licence_id)
        .join(DeliveryRow, DeliveryRow.id == ReceiptRow.delivery_id)
        .where(theirs(principal))
    )
    own = signed("consent", ConsentRow), signed("revocation", RevocationRow)
    return union_all(*own, delivered).subquery()


def _leaf(
    kind: str, row: type[ConsentRow | RevocationRow | ReceiptRow], picture: ColumnElement[str]
) -> Select[str, str, int, int, str]:
    return select(
        literal(kind).label("kind"),
        row.id.label("id"),
        row.leaf_index.label("index"),
        row.created_at.label("at"),
        picture.label("picture"),
    )
