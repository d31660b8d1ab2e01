"""The leases this machine holds: fetched, verified, kept on disk, asked before every render.

A lease is used only after `licence.chain` has verified it with every document above it, also when it comes
from the disk. The checkpoint is refreshed when it is a minute old and the registry answers, so that a
revocation reaches a machine that is online within minutes; without the registry a lease lasts to its end.
"""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import asdict, dataclass

from sosie.agent.account import Member
from sosie.agent.clock import Clock
from sosie.agent.home import Home
from sosie.agent.journal import Journal
from sosie.errors import RefusedError, RegistryError, RegistryUnreachableError, VerificationError
from sosie.licence import chain, exchange, keys, status
from sosie.licence.chain import LeaseBundle, VerifiedLease
from sosie.licence.checkpoint import Checkpoint
from sosie.licence.documents import Scope
from sosie.licence.gate import Gate
from sosie.messages import Grant, LeaseInfo, Use
from sosie.storage import DISK, Disk, write_file

REFRESH_SECONDS = 60
#: Refusals that another lease may lift.
RENEWABLE = frozenset({"lease_expired", "quota_exhausted", "clock_behind"})


@dataclass(frozen=True)
class Allowed:
    """One render the gate has allowed, and the verified documents it rests on."""

    grant: Grant
    verified: VerifiedLease


class Leases:
    """Everything this machine may render under, by licence."""

    def __init__(
        self, home: Home, member: Member, clock: Clock, journal: Journal, *, disk: Disk = DISK
    ) -> None:
        self._home, self._member, self._clock, self._journal, self._disk = home, member, clock, journal, disk
        self._lock = threading.RLock()
        self._held: dict[str, VerifiedLease] = {}
        self._seen, self._bits = self._read_status()
        #: When it was last refreshed, by the clock that nobody can set; None before the first time of this run.
        self._looked_ms: int | None = None
        for path in sorted(home.leases.glob("*.json")):
            try:
                self._hold(self._verify(read_bundle(path.read_bytes())))
            except VerificationError:
                disk.remove(path)  # damaged, or of another enrolment: the registry gives a new one

    def allow(self, twin: str, use: Use | None, pixels: int) -> Allowed:
        """Ask the gate for one render of `pixels` plate pixels; fetch or renew a lease where that helps.

        Without a `use` nothing is to be drawn: the gate is asked everything else.

        Raises:
            RefusedError: the licence says no, with the reason of the lease that came closest.
            RegistryError: a lease is needed, and the registry cannot be reached or refuses one.
            VerificationError: what the registry sent does not hold.
        """
        with self._lock:
            self._refresh()
            try:
                return self._ask(twin, use, pixels)
            except RefusedError as refusal:
                if refusal.code != "lease_missing" and refusal.code not in RENEWABLE:
                    raise
                self._renew(twin, refusal)
            return self._ask(twin, use, pixels)

    def info(self) -> tuple[LeaseInfo, ...]:
        """The leases held, with what is left of each."""
        with self._lock:
            return tuple(
                LeaseInfo(
                    lease=held.lease.id,
                    licence=held.lease.licence,
                    twin=held.lease.twin,
                    renders_left=max(0, held.lease.renders - self._journal.renders(held.lease.id)),
                    not_after=held.lease.scope.not_after,
                )
                for held in self._held.values()
            )

    def close(self) -> None:
        """Return every lease: the journal says so, and nothing is allowed any more."""
        with self._lock:
            for held in list(self._held.values()):
                self._retire(held)

    def scope_of(self, licence: str) -> VerifiedLease | None:
        """The verified lease under `licence`, where one is held."""
        return self._held.get(licence)

    def revoked(self, licence: str) -> bool:
        """Whether the newest status list says so of a licence with a lease here."""
        held = self._held.get(licence)
        return held is not None and self._revoked(held)

    def _ask(self, twin: str, use: Use | None, pixels: int) -> Allowed:
        refusal = RefusedError(
            f"This machine has no lease for twin {twin}.",
            remedy="Ask your brand for a licence of this twin; `sosie agent twins` lists those you may use.",
            code="lease_missing",
        )
        for held in self._held.values():
            if held.lease.twin != twin:
                continue
            try:
                return Allowed(self._check(held, use, pixels), held)
            except RefusedError as error:
                refusal = error
        raise refusal

    def _check(self, held: VerifiedLease, use: Use | None, pixels: int) -> Grant:
        gate = Gate(held.lease, device=self._member.device_key, revoked=self._revoked(held))
        used = self._journal.renders(held.lease.id)
        return gate.check(use or _within(held.lease.scope), self._clock.now(), used=used, pixels=pixels)

    def _renew(self, twin: str, refusal: RefusedError) -> None:
        """New leases under every active licence for `twin` that has none; where there is none, say how it stands."""
        registry = self._member.registry
        try:
            licences = [licence for licence in registry.licences() if licence.twin == twin]
        except RegistryUnreachableError:
            if refusal.code == "lease_missing":
                raise
            raise refusal from None
        active = [licence for licence in licences if licence.state == "active"]
        if not active:
            raise _not_active(twin, licences[-1].state) if licences else refusal
        refused: RegistryError | None = None
        for licence in active:
            if self._lasts(licence.id):
                continue
            try:
                _, bundle = registry.lease(exchange.LeaseRequest(licence=licence.id))
            except RegistryUnreachableError:
                raise
            except RegistryError as error:
                refused = error  # another licence may still have what this one has not
                continue
            self._take(bundle)
        # Budgets of the retired leases go back with the journal; later will do as well.
        with contextlib.suppress(RegistryUnreachableError):
            self._journal.reconcile(registry)
        if refused is not None and not any(self._lasts(licence.id) for licence in active):
            raise refused

    def _lasts(self, licence: str) -> bool:
        """Whether the lease under `licence` still allows a render."""
        held = self._held.get(licence)
        try:
            return held is not None and bool(self._check(held, None, 0))
        except RefusedError:
            return False

    def _take(self, bundle: LeaseBundle) -> None:
        """Hold a new lease, and keep it."""
        verified = self._verify(bundle, fresh=True)
        self._journal.require(verified.lease.journal_n, verified.lease.journal_sha256)
        self._retire(self._held.get(verified.lease.licence))
        self._hold(verified)
        path = self._home.leases / f"{verified.lease.licence}.json"
        write_file(path, _write_bundle(bundle), private=True, disk=self._disk)

    def _verify(self, bundle: LeaseBundle, *, fresh: bool = False) -> VerifiedLease:
        seen = self._seen if fresh else None
        verified = chain.verify(bundle, root=self._member.root, device_key=self._member.device_key, seen=seen)
        if fresh:
            self._keep_status(bundle.checkpoint, verified.checkpoint, bundle.status)
        self._clock.saw(max(verified.checkpoint.time, verified.lease.issued_at))
        return verified

    def _hold(self, verified: VerifiedLease) -> None:
        self._held[verified.lease.licence] = verified

    def _retire(self, old: VerifiedLease | None) -> None:
        """Say in the journal that the rest of a lease will not be used."""
        if old is not None:
            lease = old.lease
            self._journal.append("returned", licence=lease.licence, twin=lease.twin, lease=lease.id)
            del self._held[lease.licence]

    def _revoked(self, held: VerifiedLease) -> bool:
        return held.revoked or status.is_set(self._bits, held.licence.status_index)

    def _refresh(self) -> None:
        """The newest checkpoint and revocation list, when the last is a minute old and the registry answers."""
        if not self._held or not self._stale():
            return
        try:
            note, bits = self._member.registry.checkpoint(), self._member.registry.status()
        except RegistryUnreachableError:
            return
        try:
            checked, bits = chain.verify_status(note, bits, root=self._member.root, seen=self._seen)
        except VerificationError as error:
            if error.code != "chain_broken":
                raise
            # A revocation came between the two answers: together they are consistent the second time.
            note, bits = self._member.registry.checkpoint(), self._member.registry.status()
            checked, bits = chain.verify_status(note, bits, root=self._member.root, seen=self._seen)
        self._keep_status(note, checked, bits)

    def _stale(self) -> bool:
        """By either clock: the wall clock may have been set back, the running one stops while the machine sleeps."""
        wall, mono_ms = self._clock.stamp()
        if self._seen is None or self._looked_ms is None:
            return True
        return max(wall - self._seen.time, (mono_ms - self._looked_ms) // 1000) >= REFRESH_SECONDS

    def _keep_status(self, note: str, checked: Checkpoint, bits: bytes) -> None:
        self._seen, self._bits, self._looked_ms = checked, bits, self._clock.stamp()[1]
        self._clock.saw(checked.time)
        # One file: a process that ends between two would forget what it had seen revoked.
        kept = json.dumps({"note": note, "status": keys.b64encode(bits)}).encode()
        write_file(self._home.checkpoint, kept, private=True, disk=self._disk)

    def _read_status(self) -> tuple[Checkpoint | None, bytes]:
        try:
            kept = json.loads(self._home.checkpoint.read_bytes())
            return chain.verify_status(kept["note"], keys.b64decode(kept["status"]), root=self._member.root)
        except (OSError, ValueError, KeyError, TypeError, VerificationError):
            return None, status.bitstring(())  # leases carry a checkpoint of their own


def _within(scope: Scope) -> Use:
    """A use that the scope allows."""
    return Use(
        purpose=scope.purpose[0],
        media=scope.media[:1],
        territory=scope.territory[:1],
        operation=scope.operations[0],
    )


def _not_active(twin: str, state: str) -> RefusedError:
    return RefusedError(
        f"The licence for twin {twin} is {state}.",
        remedy="Ask your brand: only an active licence renders.",
        code="licence_revoked" if state == "revoked" else "licence_not_active",
    )


def _write_bundle(bundle: LeaseBundle) -> bytes:
    return json.dumps({**asdict(bundle), "status": keys.b64encode(bundle.status)}).encode()


def read_bundle(data: bytes) -> LeaseBundle:
    """A lease as it lies on the disk; raises VerificationError (`document_malformed`)."""
    try:
        value = json.loads(data)
        return LeaseBundle(**{**value, "status": keys.b64decode(value["status"])})
    except (ValueError, TypeError, KeyError) as error:
        raise VerificationError("This lease cannot be read.", code="document_malformed") from error
