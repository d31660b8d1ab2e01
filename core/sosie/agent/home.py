"""The agent's files: where each one lies, and how they are written so that nothing is ever half-written.

Everything is below one private folder (0700). Files that hold secrets or decisions are 0600 and written by
`sosie.storage`, beside and renamed. The journal is the only file that grows; it has a module of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sosie.client.discovery import Files
from sosie.client.folders import private_folder
from sosie.errors import SetupError


@dataclass(frozen=True)
class Home:
    """Paths below the agent's home."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> Home:
        """The home at `path`, its folders made and closed to others."""
        home = cls(path.absolute())
        for folder in (home.path, home.run.folder, home.keys, home.leases, home.packs, home.thumbnails):
            private_folder(folder)
        return home

    @property
    def run(self) -> Files:
        """What clients read: address, key, the Python to start."""
        return Files(self.path)

    @property
    def lock(self) -> Path:
        """Held by the one agent that runs."""
        return self.run.folder / "lock"

    @property
    def log(self) -> Path:
        """One JSON object for each line; no picture, no name, no path of the artist's."""
        return self.run.folder / "agent.log"

    @property
    def account(self) -> Path:
        """The registry's address and this device's token."""
        return self.path / "account.json"

    @property
    def root(self) -> Path:
        """The registry's pinned root of trust."""
        return self.path / "root.json"

    @property
    def newer_roots(self) -> Path:
        """The roots that have followed it since, in their order."""
        return self.path / "newer-roots.json"

    @property
    def clock(self) -> Path:
        """The high-water mark of signed time."""
        return self.path / "clock.json"

    @property
    def checkpoint(self) -> Path:
        """The newest signed checkpoint that was seen, with the revocation list it names."""
        return self.path / "checkpoint.json"

    @property
    def journal(self) -> Path:
        """The device's journal."""
        return self.path / "journal.jws"

    @property
    def journal_mark(self) -> Path:
        """Up to where the journal need not be verified at a start."""
        return self.journal.with_suffix(".mark")

    @property
    def past(self) -> Path:
        """Journals of accounts that have been signed out."""
        return self.path / "past"

    @property
    def keys(self) -> Path:
        """The device's two private keys."""
        return self.path / "keys"

    @property
    def leases(self) -> Path:
        """Signed leases with the documents above them, one file for each licence."""
        return self.path / "leases"

    @property
    def packs(self) -> Path:
        """Twins' packs, encrypted as they came; their keys are only ever in memory."""
        return self.path / "packs"

    @property
    def thumbnails(self) -> Path:
        """Small pictures of twins, for the lists in hosts."""
        return self.path / "thumbnails"

    @property
    def catalogue(self) -> Path:
        """The licences of this seat's brand, as the registry last listed them."""
        return self.path / "catalogue.json"

    @property
    def running(self) -> Path:
        """The render that is being drawn; what a start finds here was cut off."""
        return self.run.folder / "running.json"


def storage(path: Path, error: OSError) -> SetupError:
    """A disk's refusal, in words."""
    return SetupError(
        f"{path.name} cannot be written: {error.strerror or error}.",
        remedy=f"Free space on the disk of {path.parent}, then try again. Nothing was lost.",
        code="storage_full",
    )
