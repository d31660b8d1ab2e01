"""What talent and brand take away to prove a leaf of the log to anybody: document, salt, path, signed checkpoint, verifier."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosie.licence import checkpoint, keys
from sosie.registry import log
from sosie.registry.access import Context, Principal, theirs
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


def listed(session: Session, principal: Principal) -> list[Leaf]:
    """Talent: her consents, her revocations and the pictures delivered of her; brand: its receipts. Newest first."""
    principal.require("talent", "brand")
    return sorted(_leaves(session, principal), key=lambda leaf: -leaf.index)


def proof(context: Context, session: Session, principal: Principal, index: int) -> dict[str, Any]:
    """Talent, brand: all that `verify_proof.py` needs about one of the caller's leaves.

    Raises:
        RegistryError: 404 `leaf_unknown`.
    """
    leaf = next((leaf for leaf in listed(session, principal) if leaf.index == index), None)
    document = session.get(LogDocument, index)
    if leaf is None or document is None:
        raise missing("leaf", str(index))
    head, _ = log.checkpoint(session, context.settings.name, context.now())
    _, path, _ = log.inclusion(session, index, head.size)
    return {
        "registry": context.settings.name,
        "kind": leaf.kind,
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


def _leaves(session: Session, principal: Principal) -> Iterator[Leaf]:
    for consent in session.scalars(select(ConsentRow).where(ConsentRow.talent_id == principal.party)):
        yield Leaf("consent", consent.id, consent.leaf_index, consent.created_at)
    taken_back = select(RevocationRow).where(RevocationRow.talent_id == principal.party)
    for revocation in session.scalars(taken_back):
        yield Leaf("revocation", revocation.id, revocation.leaf_index, revocation.created_at)
    delivered = (
        select(ReceiptRow, DeliveryRow.state)
        .join(LicenceRow, LicenceRow.id == ReceiptRow.licence_id)
        .join(DeliveryRow, DeliveryRow.id == ReceiptRow.delivery_id)
    )
    for receipt, state in session.execute(delivered.where(theirs(principal))):
        picture = receipt.delivery_id if state == "signed" else ""
        yield Leaf("receipt", receipt.id, receipt.leaf_index, receipt.created_at, picture)
