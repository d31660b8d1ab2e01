"""The transparency log in the database: leaves, inner nodes, checkpoints, proofs.

A leaf is the RFC 6962 leaf hash of SHA-256(salt || document): who has salt and document can show that it
stands there, nobody else learns anything. `append` is called inside the transaction whose fact it records.
Queries of each delivery and proof are written here as SQL: to build them from the mapper's parts takes longer than they do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import Select, Update, bindparam, select, text, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from sosie.errors import RegistryError
from sosie.licence import status, tree
from sosie.licence.checkpoint import Checkpoint
from sosie.registry import writing
from sosie.registry.problems import problem
from sosie.registry.settings import Settings
from sosie.registry.tables import ENDED, LicenceRow, LogDocument, LogHead, LogLeaf, LogNode, RevocationRow
from sosie.registry.tables_people import ContributionRow
from sosie.registry.writing import Write, new

SALT_BYTES = 16
#: Leaves (level 0) and inner nodes at places: each one by its primary key, on both databases.
_NODES: Final = """
WITH place (level, at) AS (VALUES {places})
SELECT 0, log_leaves."index", log_leaves.hash FROM place JOIN log_leaves ON log_leaves."index" = place.at
 WHERE place.level = 0
UNION ALL
SELECT log_nodes.level, log_nodes."index", log_nodes.hash FROM place
  JOIN log_nodes ON log_nodes.level = place.level AND log_nodes."index" = place.at
"""
#: The log's size, and above it the complete subtrees at its right end: those that the next leaf makes larger ones.
EDGE: Final = text("""
WITH RECURSIVE edge (level, at) AS (
  SELECT 0, size FROM log_head UNION ALL SELECT level + 1, at >> 1 FROM edge WHERE (at & 1) = 1
)
SELECT level, at, CASE level
  WHEN 0 THEN (SELECT hash FROM log_leaves WHERE "index" = edge.at - 1)
  ELSE (SELECT hash FROM log_nodes WHERE log_nodes.level = edge.level AND "index" = edge.at - 1)
END FROM edge ORDER BY level
""")
T = TypeVar("T")


@dataclass(frozen=True)
class Edge:
    """Where a log goes on: its size, and the nodes (by level) that the next leaf is hashed together with."""

    size: int
    nodes: Mapping[int, bytes]


def append(session: Session, settings: Settings, kind: str, document: bytes) -> int:
    """A leaf for `document`; returns its index."""
    place = edge(session)
    writing.send(session, leaf(settings, place, kind, document))
    return place.size


def edge(session: Session) -> Edge:
    """The log's end; in a write transaction it stays where it is, because writers go one at a time."""
    return edge_of(session.execute(EDGE).all())


def edge_of(rows: Sequence[Any]) -> Edge:
    """What the rows of `EDGE` say."""
    return Edge(rows[0][1], {level: bytes(value) for level, at, value in rows if at % 2})


def leaf(settings: Settings, place: Edge, kind: str, document: bytes) -> list[Write]:
    """What has to be written for `document` to be the next leaf."""
    index, salt = place.size, settings.random(SALT_BYTES)
    value = tree.leaf_hash(hashlib.sha256(salt + document).digest())
    grown = tree.appended(lambda level, _: place.nodes[level], index, value)
    return [
        new(LogLeaf, index=index, kind=kind, hash=value, created_at=settings.clock()),
        *(new(LogNode, level=level, index=at, hash=node) for level, at, node in grown if level),
        (_longer(), {"leaves": index + 1}),
        new(LogDocument, leaf_index=index, salt=salt, body=document),
    ]


def size(session: Session) -> int:
    """The number of leaves."""
    return session.scalars(select(LogHead.size)).one()


def inclusion(session: Session, index: int, tree_size: int) -> tuple[bytes, list[bytes], bytes]:
    """Leaf hash, path and root for leaf `index` in the log's first `tree_size` leaves.

    Raises:
        RegistryError: 404 `proof_unknown`, the log has no such leaf, or not so many.
    """
    asked = f"leaf {index} of {tree_size}"
    if not 0 <= index < tree_size:
        raise _unknown(asked)

    def prove(lookup: tree.Lookup) -> tuple[bytes, list[bytes], bytes]:
        return lookup(0, index), tree.inclusion(lookup, index, tree_size), tree.root(lookup, tree_size)

    return _proof(session, prove, asked)


def consistency(session: Session, old: int, tree_size: int) -> tuple[list[bytes], bytes]:
    """Path and root that show how `tree_size` leaves continue `old`; raises as `inclusion`."""
    asked = f"from {old} to {tree_size} leaves"
    if not 1 <= old <= tree_size:
        raise _unknown(asked)

    def prove(lookup: tree.Lookup) -> tuple[list[bytes], bytes]:
        return tree.consistency(lookup, old, tree_size), tree.root(lookup, tree_size)

    return _proof(session, prove, asked)


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
    ended = [
        issued.where(ENDED),
        issued.where(LicenceRow.id.in_(named(RevocationRow.licence_id))),
        issued.where(LicenceRow.consent_sha256.in_(named(RevocationRow.consent_sha256))),
    ]  # each by an index of its own: every lease asks for this list
    if blends := session.scalars(select(ContributionRow.blend_id).where(parts)).all():
        ended.append(
            issued.where(LicenceRow.talent_id.in_(blends))
        )  # rare, and else all licences are read for it
    return status.bitstring(index for query in ended for index in session.scalars(query) if index is not None)


@cache
def _longer() -> Update:
    return update(LogHead).values(size=bindparam("leaves"))


def _at_once(session: Session, work: Callable[[tree.Lookup], T]) -> T:
    """`work` with every node it needs read by one query.

    Which nodes a proof looks up depends on places only, never on hashes: so it is run twice, first to note the places.
    """
    places: set[tuple[int, int]] = set()

    def note(level: int, index: int) -> bytes:
        places.add((level, index))
        return bytes(tree.HASH_BYTES)

    first = work(note)
    if not places:
        return first
    wanted = ", ".join(f"({level}, {index})" for level, index in sorted(places))
    rows = session.connection().exec_driver_sql(_NODES.format(places=wanted))
    found = {(level, index): bytes(value) for level, index, value in rows}
    return work(lambda level, index: found[level, index])


def _proof(session: Session, work: Callable[[tree.Lookup], T], asked: str) -> T:
    """What `work` makes of the nodes; a root needs a node over its last leaf, which a shorter log does not have."""
    try:
        return _at_once(session, work)
    except KeyError as error:
        raise _unknown(asked) from error


def _unknown(asked: str) -> RegistryError:
    return problem(
        404, "proof_unknown", f"The log has no proof for {asked}.", "Ask with the size of a checkpoint."
    )
