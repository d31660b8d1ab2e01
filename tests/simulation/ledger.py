"""The registry's books, read from its database file and held against the model after every step."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from pathlib import Path

from tests.simulation.agreements import require
from tests.simulation.model import Model
from tests.simulation.network import Request, Server

from sosie.licence import tree


class Books:
    """Quota, money and log, as they stand in the file."""

    def __init__(self, path: Path, server: Server, model: Model) -> None:
        self._server, self._model = server, model
        self._sql = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self._version = -1
        self._size = model.leaves = self._one("SELECT size FROM log_head")
        self._root = self._checkpoint()[1]

    def check(self) -> None:
        """Everything that may have changed, when anything has: model and books move with the registry's answers."""
        version = self._one("PRAGMA data_version")
        if version == self._version:
            return
        self._version = version
        self._model.quotas()
        for name, reserved, delivered in self._sql.execute(
            "SELECT id, renders_reserved, delivered FROM licences ORDER BY created_at DESC, id LIMIT 8"
        ):
            deal = self._model.deals.get(name)
            if deal is not None:
                require(
                    reserved == deal.taken,
                    f"{name}: {reserved} renders taken in the books, {deal.taken} in truth",
                )
                require(delivered == deal.delivered, f"{name}: {delivered} delivered in the books")
        size = self._one("SELECT size FROM log_head")
        require(
            size == self._model.leaves, f"the log has {size} leaves for {self._model.leaves} transactions"
        )
        if size != self._size:
            self._continued(size)

    def audit(self) -> None:
        """At a world's end: every entry of the ledger, and the whole tree from its leaves."""
        uneven = self._sql.execute(
            "SELECT entry_id FROM postings GROUP BY entry_id HAVING sum(minor) != 0"
        ).fetchall()
        require(not uneven, f"{len(uneven)} entries of the ledger do not sum to zero")
        leaves = [row[0] for row in self._sql.execute('SELECT hash FROM log_leaves ORDER BY "index"')]
        for document, salt, leaf in self._sql.execute(
            'SELECT body, salt, hash FROM documents JOIN log_leaves ON leaf_index = "index"'
        ):
            stands = hashlib.sha256(b"\0" + hashlib.sha256(salt + document).digest()).digest()
            require(stands == leaf, "a leaf of the log is not its document")
        require(_root(leaves) == self._checkpoint()[1], "the log's root is not that of its leaves")
        self._money()

    def _continued(self, size: int) -> None:
        """The log was only continued, the receipts are those of the model, and the money is theirs."""
        answer = self._get(f"/v1/log/consistency?old={self._size}&size={size}")
        path = [_bytes(text) for text in json.loads(answer)["path"]]
        shown, root = self._checkpoint()
        require(shown == size, f"the checkpoint says {shown} leaves of {size}")
        require(
            tree.verify_consistency(self._size, size, path, self._root, root),
            "the log was not only continued",
        )
        self._size, self._root = size, root
        self._money()

    def _money(self) -> None:
        require(
            self._one("SELECT coalesce(sum(minor), 0) FROM postings") == 0, "the ledger does not sum to zero"
        )
        receipts = self._one("SELECT count(*) FROM receipts")
        require(
            receipts == len(self._model.receipts),
            f"{receipts} receipts for {len(self._model.receipts)} pictures",
        )
        owed = -self._one("SELECT coalesce(sum(minor), 0) FROM postings WHERE account = 'brand_receivable'")
        require(
            owed == self._model.owed,
            f"the brand owes {owed} in the books, {self._model.owed} by its receipts",
        )

    def _checkpoint(self) -> tuple[int, bytes]:
        lines = self._get("/v1/checkpoint").decode().split("\n")
        return int(lines[1]), base64.b64decode(lines[2])

    def _get(self, path: str) -> bytes:
        return self._server.ask(Request("GET", path, (("host", "registry"),), b"")).content

    def _one(self, query: str) -> int:
        return int(self._sql.execute(query).fetchone()[0])


def _root(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + _root(leaves[:half]) + _root(leaves[half:])).digest()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
