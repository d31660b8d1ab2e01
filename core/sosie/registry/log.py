"""The transparency log in the database: leaves, inner nodes, checkpoints, proofs.

A leaf is the RFC 6962 leaf hash of SHA-256(salt || document): who has salt and document can show that it
stands there, nobody else learns anything. `append` is called inside the transaction whose fact it records.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosie.licence import status, tree
from sosie.licence.checkpoint import Checkpoint
from sosie.registry.problems import problem
from sosie.registry.settings import Settings
from sosie.registry.tables import LicenceRow, LogDocument, LogHead, LogLeaf, LogNode, RevocationRow

SALT_BYTES = 16


def next_index(session: Session) -> int:
    """The index the next leaf will have; writers go one at a time, so nobody takes it in between."""
    return _head(session).size


def append(session: Session, settings: Settings, kind: str, document: bytes) -> int:
    """A leaf for `document`; returns its index."""
    head = _head(session)
    salt = settings.random(SALT_BYTES)
    leaf = tree.leaf_hash(hashlib.sha256(salt + document).digest())
    index = head.size
    session.add(LogLeaf(index=index, kind=kind, hash=leaf, created_at=settings.clock()))
    for level, position, value in tree.appended(_lookup(session), index, leaf):
        if level:
            session.add(LogNode(level=level, index=position, hash=value))
    head.size = index + 1
    session.flush()
    session.add(LogDocument(leaf_index=index, salt=salt, body=document))
    return index


def size(session: Session) -> int:
    """The number of leaves."""
    return session.scalars(select(LogHead.size)).one()


def inclusion(session: Session, index: int, tree_size: int) -> tuple[bytes, list[bytes], bytes]:
    """Leaf hash, path and root for leaf `index` in the log's first `tree_size` leaves."""
    _require(0 <= index < tree_size <= size(session), f"leaf {index} of {tree_size}")
    lookup = _lookup(session)
    return lookup(0, index), tree.inclusion(lookup, index, tree_size), tree.root(lookup, tree_size)


def consistency(session: Session, old: int, tree_size: int) -> tuple[list[bytes], bytes]:
    """Path and root that show how `tree_size` leaves continue `old`."""
    _require(1 <= old <= tree_size <= size(session), f"from {old} to {tree_size} leaves")
    lookup = _lookup(session)
    return tree.consistency(lookup, old, tree_size), tree.root(lookup, tree_size)


def checkpoint(session: Session, origin: str, now: int) -> tuple[Checkpoint, bytes]:
    """The log as it is now, and the status list that goes with it."""
    leaves = size(session)
    bits = status_list(session, now)
    root = tree.root(_lookup(session), leaves)
    return Checkpoint(origin, leaves, root, hashlib.sha256(bits).digest(), now), bits


def status_list(session: Session, now: int) -> bytes:
    """A bit for each licence that was active once and is not now, or whose revocation is in force."""
    revoked = select(LicenceRow.status_index).where(
        LicenceRow.status_index.is_not(None),
        (LicenceRow.state != "active")
        | select(RevocationRow.id)
        .where(
            RevocationRow.effective_at <= now,
            (RevocationRow.licence_id == LicenceRow.id)
            | (RevocationRow.consent_sha256 == LicenceRow.consent_sha256),
        )
        .exists(),
    )
    return status.bitstring(index for index in session.scalars(revoked) if index is not None)


def _head(session: Session) -> LogHead:
    return session.scalars(select(LogHead)).one()


def _lookup(session: Session) -> tree.Lookup:
    def find(level: int, index: int) -> bytes:
        query = (
            select(LogNode.hash).where(LogNode.level == level, LogNode.index == index)
            if level
            else select(LogLeaf.hash).where(LogLeaf.index == index)
        )
        return session.scalars(query).one()

    return find


def _require(condition: bool, asked: str) -> None:
    if not condition:
        raise problem(
            404, "proof_unknown", f"The log has no proof for {asked}.", "Ask with the size of a checkpoint."
        )
