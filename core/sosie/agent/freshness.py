"""What this machine knows of revocations: the newest checkpoint it has seen, and the status list that names.

Both are asked for again when they are a minute old and the registry answers, so that a revocation reaches a machine
that is online within minutes. They are kept in one file: a start forgets nothing that was seen revoked.
"""

from __future__ import annotations

import json

from sosie.agent.account import Member
from sosie.agent.clock import Clock
from sosie.agent.home import Home
from sosie.errors import RegistryUnreachableError, VerificationError
from sosie.licence import chain, keys, status
from sosie.licence.checkpoint import Checkpoint, require_recent
from sosie.storage import DISK, Disk, write_file

REFRESH_SECONDS = 60


class Freshness:
    """The newest verified checkpoint with its status list."""

    def __init__(self, home: Home, member: Member, clock: Clock, *, disk: Disk = DISK) -> None:
        self._home, self._member, self._clock, self._disk = home, member, clock, disk
        self.seen, self._bits = self._read()
        if self.seen is not None:
            clock.saw(self.seen.time)
        #: When the registry was last heard, by the clock that nobody can set; None before the first time of this run.
        self._heard_ms: int | None = None

    def revoked(self, index: int) -> bool:
        """Whether the status list has bit `index` set."""
        return status.is_set(self._bits, index)

    def refresh(self, within: int | None = None) -> bool:
        """Whether the registry was heard in the last `within` seconds (a minute, if not given), now if need be.

        Raises:
            VerificationError: what it showed does not hold, is older than what was seen, or stands still; so with a
                newer root, which is asked for first.
        """
        if not self._stale(REFRESH_SECONDS if within is None else within):
            return True
        registry = self._member.registry
        try:
            self._member.trust.renew(self._clock.stamp()[0])
            root = self._member.root
            note, bits = registry.checkpoint(), registry.status()
            try:
                checked, bits = chain.verify_status(note, bits, root=root, seen=self.seen)
            except VerificationError as error:
                if error.code != "chain_broken":
                    raise
                # A revocation came between the two answers: together they are consistent the second time.
                note, bits = registry.checkpoint(), registry.status()
                checked, bits = chain.verify_status(note, bits, root=root, seen=self.seen)
        except RegistryUnreachableError:
            return False
        self.keep(note, checked, bits)
        return True

    def keep(self, note: str, checked: Checkpoint, bits: bytes) -> None:
        """Remember what the registry has just shown, verified.

        Raises:
            VerificationError: `checkpoint_frozen`.
        """
        require_recent(checked, self._clock.passed())
        self.seen, self._bits, self._heard_ms = checked, bits, self._clock.stamp()[1]
        self._clock.saw(checked.time)
        # One file: a process that ends between two would forget what it had seen revoked.
        kept = json.dumps({"note": note, "status": keys.b64encode(bits)}).encode()
        write_file(self._home.checkpoint, kept, private=True, disk=self._disk)

    def _stale(self, seconds: int) -> bool:
        """By either clock: the wall clock may have been set back, the running one stops while the machine sleeps."""
        wall, mono_ms = self._clock.stamp()
        if self.seen is None or self._heard_ms is None:
            return True
        return max(wall - self.seen.time, (mono_ms - self._heard_ms) // 1000) >= seconds

    def _read(self) -> tuple[Checkpoint | None, bytes]:
        try:
            kept = json.loads(self._home.checkpoint.read_bytes())
            return chain.verify_status(kept["note"], keys.b64decode(kept["status"]), root=self._member.root)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, VerificationError):
            return None, status.bitstring(())  # leases carry a checkpoint of their own
