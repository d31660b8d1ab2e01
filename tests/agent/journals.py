"""Journals on the disk, and the registry's side of reconciling them."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sosie.agent.clock import Clock
from sosie.agent.journal import Journal
from sosie.licence import exchange
from sosie.licence.documents import JournalEntry
from sosie.licence.journal import GENESIS, verify_chain
from sosie.storage import DISK, Disk

DEVICE = "dev_0123456789"
FACTS = {"licence": "lic_0123456789", "twin": "twn_0123456789", "lease": "lea_0123456789"}


def journal(tmp_path: Path, key: Ed25519PrivateKey, mark_every: int = 3, disk: Disk = DISK) -> Journal:
    clock, path = Clock(tmp_path / "clock.json"), tmp_path / "journal.jws"
    return Journal(path, device=DEVICE, key=key, clock=clock, disk=disk, mark_every=mark_every)


class Registry:
    """The registry's side of reconciling, as `registry.journals` keeps it."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self.key = key
        self.entries: list[JournalEntry] = []
        self.posts = 0

    def journal_head(self) -> exchange.JournalHead:
        last = self.entries[-1] if self.entries else None
        return exchange.JournalHead(n=last.n if last else 0, sha256=last.sha256() if last else GENESIS)

    def post_journal(self, tokens: list[str], *, key: str) -> exchange.JournalHead:
        self.posts += 1
        head = self.journal_head()
        self.entries += verify_chain(tokens, self.key, device=DEVICE, n=head.n, head=head.sha256)
        return self.journal_head()
