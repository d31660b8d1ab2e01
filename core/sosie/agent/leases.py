"""The leases this machine holds: fetched, verified, kept on disk, asked before every render.

A lease is used only after `licence.chain` has verified it with every document above it, also when it comes
from the disk. Without the registry a lease lasts to its end, but where the talent allows less time offline
than `agent.freshness` is content with: there the registry has to be heard before each render. The rest of a lease
is given back when another one follows it and the last render on it is written down.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sosie.agent.account import Member
from sosie.agent.bundles import read_bundle, write_bundle
from sosie.agent.clock import Clock
from sosie.agent.freshness import REFRESH_SECONDS, Freshness
from sosie.agent.home import Home
from sosie.agent.journal import Journal
from sosie.agent.returns import Returns
from sosie.agent.standing import foremost, not_active
from sosie.agent.verifying import Verifier, use_within
from sosie.errors import RefusedError, RegistryError, RegistryUnreachableError, VerificationError
from sosie.licence import exchange
from sosie.licence.chain import LeaseBundle, VerifiedLease
from sosie.licence.gate import Gate
from sosie.messages import Grant, LeaseInfo, Use
from sosie.storage import DISK, Disk, write_file

#: Refusals that another lease may lift.
RENEWABLE = frozenset({"lease_missing", "lease_expired", "licence_revoked", "quota_exhausted"})
#: A lease is renewed when so much of its life has passed.
RENEW_AT = 2 / 3


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
        self._returns = Returns(journal)
        self._freshness = Freshness(home, member, clock, disk=disk)
        self._verifier = Verifier(member, clock, self._freshness)
        for path in sorted(home.leases.glob("*.json")):
            try:
                held = self._verifier.verify(read_bundle(path.read_bytes()))
            except VerificationError:
                disk.remove(path)  # damaged, or of another enrolment: the registry gives a new one
            else:
                self._held[held.lease.licence] = held

    def allow(self, twin: str, use: Use | None, pixels: int, within: int | None = None) -> Allowed:
        """Ask the gate for one render of `pixels` plate pixels; fetch or renew a lease where that helps.

        Without a `use` nothing is to be drawn: the gate is asked everything else. `within` is `Freshness.refresh`'s.

        Raises:
            RefusedError: the licence says no, with the reason of the lease that came closest, or the registry's.
            RegistryError: a lease is needed, and the registry cannot be reached or does not give one.
            VerificationError: what the registry sent does not hold.
        """
        with self._lock:
            if self._held:
                self._freshness.refresh(within)
                self._follow()
            try:
                return self._ask(twin, use, pixels)
            except RefusedError as refusal:
                if refusal.code not in RENEWABLE:
                    raise
                self._renew(twin, refusal)
            return self._ask(twin, use, pixels)

    @contextlib.contextmanager
    def using(self, twin: str, use: Use, pixels: int, within: int | None = None) -> Iterator[Allowed]:
        """`allow`, for a render that lasts as long as the block: its lease is not given back in the meantime."""
        with self._lock:
            allowed = self.allow(twin, use, pixels, within)
            lease = allowed.grant.lease
            self._returns.begun(lease)
        try:
            yield allowed
        finally:
            with self._lock:
                self._returns.ended(lease)

    def due(self, late: float) -> list[str]:
        """Licences whose lease has been rendered on and is to be renewed: two thirds of its life have passed.

        Args:
            late: a share of its life to wait beyond that.
        """
        try:
            now = self._clock.now()
        except RefusedError:
            return []
        with self._lock:
            return [
                licence
                for licence, held in self._held.items()
                if self._journal.renders(held.lease.id)
                and (RENEW_AT + late) * _life(held) <= now - held.lease.issued_at < _life(held)
                and not self._revoked(held)
            ]

    def renew(self, licence: str) -> None:
        """A new lease in the place of the one that is held; renders go on on the old one until it is there.

        Raises:
            RegistryError, RefusedError: there is none; the old one stays.
            VerificationError: what the registry sent does not hold.
        """
        registry = self._member.registry
        _, bundle = registry.lease(exchange.LeaseRequest(licence=licence))
        with self._lock:
            if licence not in self._held:  # signed out in the meantime
                return
            self._take(bundle)
        self._journal.reconcile(registry)

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
                if refusal.code not in RENEWABLE or refusal.code == "lease_missing":
                    refusal = error
        raise refusal

    def _check(self, held: VerifiedLease, use: Use | None, pixels: int) -> Grant:
        gate = Gate(held.lease, device=self._member.device_key, revoked=self._revoked(held))
        offline = held.consent.offline_max_s
        if use is not None and offline < REFRESH_SECONDS and not self._freshness.refresh(offline):
            raise RefusedError(
                f"The talent allows renders at most {offline} seconds after the registry was last heard.",
                remedy="Connect to the registry, then try again.",
                code="offline_too_long",
            )
        used = self._journal.renders(held.lease.id)
        return gate.check(use or use_within(held.lease.scope), self._clock.now(), used=used, pixels=pixels)

    def _renew(self, twin: str, refusal: RefusedError) -> None:
        """New leases under every active licence for `twin` that has none; where there is none, say how it stands."""
        registry = self._member.registry
        try:
            licences = registry.licences(twin)
        except RegistryUnreachableError:
            if refusal.code == "lease_missing":
                raise
            raise refusal from None
        active = [licence for licence in licences if licence.state == "active"]
        if not active:
            raise not_active(twin, foremost(licences).state) if licences else refusal
        freed = self._return_spent(twin)
        able = [licence for licence in active if licence.renders_left or licence.id in freed] or active[:1]
        refused: RegistryError | RefusedError | None = None
        for licence in able:
            if self._lasts(licence.id):
                continue
            try:
                _, bundle = registry.lease(exchange.LeaseRequest(licence=licence.id))
            except RegistryUnreachableError:
                raise
            except (RegistryError, RefusedError) as error:
                refused = error  # another licence may still have what this one has not
                continue
            self._take(bundle)
            self._require_time(licence.id)
        if refused is not None and not any(self._lasts(licence.id) for licence in active):
            raise refused

    def _return_spent(self, twin: str) -> set[str]:
        """Give back what is left of leases that allow nothing more; the licences whose budget it came from."""
        spent = [held for held in self._held.values() if held.lease.twin == twin]
        spent = [held for held in spent if not self._lasts(held.lease.licence)]
        for held in spent:
            self._retire(held)
        with contextlib.suppress(RegistryUnreachableError):  # later will do as well
            self._journal.reconcile(self._member.registry)
        return {held.lease.licence for held in spent}

    def _require_time(self, licence: str) -> None:
        """That a lease just given has any time left on this machine's clock; others would not have either."""
        now, scope = self._clock.now(), self._held[licence].lease.scope
        if now >= scope.not_after:
            raise RefusedError(
                f"This machine's clock is {now - scope.not_before} seconds ahead of the registry's.",
                remedy="Set this machine's clock, then try again.",
                code="clock_ahead",
            )

    def _lasts(self, licence: str) -> bool:
        """Whether the lease under `licence` still allows a render."""
        held = self._held.get(licence)
        try:
            return held is not None and bool(self._check(held, None, 0))
        except RefusedError:
            return False

    def _take(self, bundle: LeaseBundle) -> None:
        """Hold a new lease, and keep it."""
        verified = self._verifier.verify(bundle, fresh=True)
        self._journal.require(verified.lease.journal_n, verified.lease.journal_sha256)
        self._retire(self._held.get(verified.lease.licence))
        self._held[verified.lease.licence] = verified
        write_file(self._path(verified), write_bundle(bundle), private=True, disk=self._disk)

    def _follow(self) -> None:
        """Under a newer root all is verified anew; a lease that a revoked key has signed is given back."""
        if not self._verifier.root_changed():
            return
        for held in list(self._held.values()):
            try:
                self._verifier.verify(held.bundle)
            except VerificationError:
                self._retire(held)

    def _retire(self, old: VerifiedLease | None) -> None:
        """Allow nothing more on a lease; its rest goes back.

        Its file goes first, and for good: a clock put right or a process begun again must not find it.
        """
        if old is not None:
            path = self._path(old)
            self._disk.remove(path)
            self._disk.sync_folder(path.parent)
            self._returns.give(old.lease)
            del self._held[old.lease.licence]

    def _path(self, held: VerifiedLease) -> Path:
        return self._home.leases / f"{held.lease.licence}.json"

    def _revoked(self, held: VerifiedLease) -> bool:
        return held.revoked or self._freshness.revoked(held.licence.status_index)


def _life(held: VerifiedLease) -> int:
    """Seconds from the beginning of a lease to its end."""
    return held.lease.scope.not_after - held.lease.issued_at
