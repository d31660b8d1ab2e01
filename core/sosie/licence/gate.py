"""The render gate: one verified lease, checked offline before every render, in microseconds.

Order: time, device, revocation, budget, size, then the use. The first that fails is the answer; a use that
fails is explained in full. A gate is never wider than its lease, and nothing in it can grant.
"""

from __future__ import annotations

from sosie.errors import RefusedError
from sosie.licence import scope
from sosie.licence.documents import Lease
from sosie.messages import Grant, Use


class Gate:
    """Checks uses against `lease`, which `chain.verify` has verified.

    Args:
        lease: a verified lease.
        device: the thumbprint of this machine's own signing key.
        revoked: whether the newest checkpoint's status list has this licence's bit set.
    """

    def __init__(self, lease: Lease, *, device: str, revoked: bool = False) -> None:
        self._lease = lease
        self._ours = lease.device_key == device
        self._revoked = revoked
        self._limits = scope.limits_of(lease.scope)

    @property
    def lease(self) -> Lease:
        """The lease this gate stands for."""
        return self._lease

    def check(self, use: Use, now: int, *, used: int = 0, pixels: int = 0) -> Grant:
        """Allow one render.

        Args:
            use: what the picture is for.
            now: Unix seconds from `clock.trusted_now`.
            used: renders already made on this lease.
            pixels: width times height of the plate.

        Raises:
            RefusedError: `lease_not_yet`, `lease_expired`, `lease_other_device`, `licence_revoked`,
                `quota_exhausted`, `size_not_licensed`, or the code of the use's first refusal.
        """
        lease = self._lease
        if now < lease.scope.not_before:
            raise _refuse("lease_not_yet", "This lease has not begun.", "Check this machine's clock.")
        if now >= lease.scope.not_after:
            raise _refuse(
                "lease_expired",
                f"The lease ended {now - lease.scope.not_after} seconds ago.",
                "Connect to the registry: a new lease is asked for by itself.",
            )
        if not self._ours:
            raise _refuse(
                "lease_other_device",
                "This lease belongs to another machine.",
                "Enrol this machine and ask for a lease of its own.",
            )
        if self._revoked:
            raise _refuse("licence_revoked", "The talent has revoked this licence.", "Use another talent.")
        if used >= lease.renders:
            raise _refuse(
                "quota_exhausted",
                f"All {lease.renders} renders of this lease are used.",
                "Connect to the registry to reserve more, or ask for a larger licence.",
            )
        if pixels > lease.scope.max_px:
            raise _refuse(
                "size_not_licensed",
                f"The plate has {pixels} pixels; licensed are {lease.scope.max_px}.",
                "Render a smaller plate, or ask for a licence with a higher resolution.",
            )
        if not self._limits.allows(use):
            raise scope.error(scope.refusals(use, lease.scope))
        return Grant(
            licence=lease.licence,
            lease=lease.id,
            twin=lease.twin,
            revision=lease.twin_revision,
            seat=lease.seat,
            device=lease.device,
            renders_left=lease.renders - used - 1,
            not_after=lease.scope.not_after,
        )


def _refuse(code: str, message: str, remedy: str) -> RefusedError:
    return RefusedError(message, remedy=remedy, code=code)
