"""The transparency log in the database: leaves, inner nodes, checkpoints, proofs.

A leaf is the RFC 6962 leaf hash of SHA-256(salt || document): who has salt and document can show that it
stands there, nobody else learns anything. `append` is called inside the transaction whose fact it records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from sosie.licence import status, tree
from sosie.licence.checkpoint import Checkpoint
from sosie.registry.problems import problem
from sosie.registry.settings import Settings
from sosie.registry.tables import ENDED, LicenceRow, LogDocument, LogHead, LogLeaf, LogNode, RevocationRow
from sosie.registry.tables_people import ContributionRow

SALT_BYTES = 16
T = TypeVar("T")


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
    for level, position, value in _at_once(session, lambda lookup: tree.appended(lookup, index, leaf)):
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

    def prove(lookup: tree.Lookup) -> tuple[bytes, list[bytes], bytes]:
        return lookup(0, index), tree.inclusion(lookup, index, tree_size), tree.root(lookup, tree_size)

    return _at_once(session, prove)


def consistency(session: Session, old: int, tree_size: int) -> tuple[list[bytes], bytes]:
    """Path and root that show how `tree_size` leaves continue `old`."""
    _require(1 <= old <= tree_size <= size(session), f"from {old} to {tree_size} leaves")

    def prove(lookup: tree.Lookup) -> tuple[list[bytes], bytes]:
        return tree.consistency(lookup, old, tree_size), tree.root(lookup, tree_size)

    return _at_once(session, prove)


def checkpoint(session: Session, origin: str, now: int) -> tuple[Checkpoint, bytes]:
    """The log as it is now, and the status list that goes with it."""
    leaves = size(session)
    bits = status_list(session, now)
    root = _at_once(session, lambda lookup: tree.root(lookup, leaves))
    return Checkpoint(origin, leaves, root, hashlib.sha256(bits).digest(), now), bits


def status_list(session: Session, now: int) -> bytes:
    """A bit for each licence that was active once and is not now, or whose revocation is in force."""
    issued = select(LicenceRow.status_index).where(LicenceRow.status_index.is_not(None))
    in_force = RevocationRow.effective_at <= now

    def named(column: InstrumentedAttribute[str | None]) -> Select[str | None]:
        return select(column).where(in_force, column.is_not(None))

    parts = ContributionRow.consent_sha256.in_(named(RevocationRow.consent_sha256))
    blends = select(ContributionRow.blend_id).where(parts)
    ended = (
        issued.where(ENDED),
        issued.where(LicenceRow.id.in_(named(RevocationRow.licence_id))),
        issued.where(LicenceRow.consent_sha256.in_(named(RevocationRow.consent_sha256))),
        issued.where(LicenceRow.talent_id.in_(blends)),
    )  # four queries, each by an index of its own: every lease asks for this list
    return status.bitstring(index for query in ended for index in session.scalars(query) if index is not None)


def _head(session: Session) -> LogHead:
    return session.scalars(select(LogHead)).one()


def _at_once(session: Session, work: Callable[[tree.Lookup], T]) -> T:
    """`work` with every node it needs read by one query for leaves and one for inner nodes.

    Which nodes a proof looks up depends on places only, never on hashes: so it is run twice, first to note the places.
    """
    places: set[tuple[int, int]] = set()

    def note(level: int, index: int) -> bytes:
        places.add((level, index))
        return bytes(tree.HASH_BYTES)

    work(note)
    leaves = [index for level, index in places if not level]
    inner = [place for place in places if place[0]]
    found: dict[tuple[int, int], bytes] = {}
    if leaves:
        rows = session.execute(select(LogLeaf.index, LogLeaf.hash).where(LogLeaf.index.in_(leaves)))
        found |= {(0, index): value for index, value in rows}
    if inner:
        nodes = select(LogNode.level, LogNode.index, LogNode.hash)
        # not a row-value IN: SQLite reads the whole table for that
        at = nodes.where(
            or_(*(and_(LogNode.level == level, LogNode.index == index) for level, index in inner))
        )
        found |= {(level, index): value for level, index, value in session.execute(at)}
    return work(lambda level, index: found[level, index])


def _require(condition: bool, asked: str) -> None:
    if not condition:
        raise problem(
            404, "proof_unknown", f"The log has no proof for {asked}.", "Ask with the size of a checkpoint."
        )
