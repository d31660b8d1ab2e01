"""Twins on this machine: packs lie on the disk encrypted, opened twins in memory only.

A pack is fetched once and known by its SHA-256, which the lease names. Its key comes out of the lease, for
this device alone, and is not written anywhere. A pack that does not match its lease is not opened.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from sosie.agent.account import Member
from sosie.agent.home import Home
from sosie.errors import PackError
from sosie.licence.chain import VerifiedLease
from sosie.storage import beside
from sosie.twin.pack import pack_digest, read_pack

if TYPE_CHECKING:
    from sosie.twin.twin import Twin

#: Bytes of opened twins that are kept in memory; one takes about 30 MB. The last one used always is.
KEPT_BYTES = 256 << 20


class Packs:
    """Opens the twin of a lease."""

    def __init__(self, home: Home, member: Member, most: int = KEPT_BYTES) -> None:
        self._home, self._member, self._most = home, member, most
        self._lock = threading.Lock()
        self._open: OrderedDict[str, Twin] = OrderedDict()

    def twin(self, verified: VerifiedLease) -> Twin:
        """The twin `verified` allows.

        Raises:
            RegistryError: the pack has to be fetched and cannot be.
            PackError: it is damaged, or not the one the licence names.
            VerificationError: the lease's key is not for this device.
        """
        digest = verified.lease.pack_sha256
        with self._lock:
            if digest not in self._open:
                self._open[digest] = self._read(verified, self._fetched(verified))
            self._open.move_to_end(digest)
            while len(self._open) > 1 and sum(twin.nbytes for twin in self._open.values()) > self._most:
                self._open.popitem(last=False)
            return self._open[digest]

    def _fetched(self, verified: VerifiedLease) -> Path:
        lease = verified.lease
        path = self._home.packs / f"{lease.pack_sha256}.pack"
        if not path.exists() or pack_digest(path) != lease.pack_sha256:
            with beside(path, private=True) as partial:
                self._member.registry.download_pack(lease.twin, lease.twin_revision, partial)
                if pack_digest(partial) != lease.pack_sha256:
                    raise PackError(
                        f"The pack of twin {lease.twin} is not the one the licence names.",
                        remedy="Try again; if it stays so, tell the registry's operator.",
                    )
        return path

    def _read(self, verified: VerifiedLease, path: Path) -> Twin:
        from sosie.twin.twin import Twin

        lease = verified.lease
        header, sections = read_pack(path, key=verified.pack_key(self._member.sealing))
        header.require(twin=lease.twin, revision=lease.twin_revision, consent_sha256=lease.consent_sha256)
        return Twin.from_sections(sections)
