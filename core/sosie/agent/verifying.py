"""Bundles verified against the root of the day, and what they say about time and revocation remembered."""

from __future__ import annotations

from functools import partial

from sosie.agent.account import Member
from sosie.agent.clock import Clock
from sosie.agent.freshness import Freshness
from sosie.errors import VerificationError
from sosie.licence import chain
from sosie.licence.chain import LeaseBundle, VerifiedLease
from sosie.licence.documents import Scope
from sosie.messages import Use


class Verifier:
    """Verifies for one enrolled machine."""

    def __init__(self, member: Member, clock: Clock, freshness: Freshness) -> None:
        self._member, self._clock, self._freshness = member, clock, freshness
        self._root = member.root

    def root_changed(self) -> bool:
        """Whether another root is trusted than at the last question: all is to be verified anew."""
        before, self._root = self._root, self._member.root
        return before is not self._root

    def verify(self, bundle: LeaseBundle, *, fresh: bool = False) -> VerifiedLease:
        """The lease of `bundle`; `fresh` from the registry, it must be newer than what was seen.

        Raises:
            VerificationError: something in it does not hold, also under the newest root.
        """
        verify = partial(
            chain.verify,
            bundle,
            device_key=self._member.device_key,
            seen=self._freshness.seen if fresh else None,
        )
        try:
            verified = verify(root=self._member.root)
        except VerificationError:  # a new lease may be signed by a key that only a newer root names
            if not fresh or not self._member.trust.renew(self._clock.stamp()[0]):
                raise
            verified = verify(root=self._member.root)
        if fresh:
            self._freshness.keep(bundle.checkpoint, verified.checkpoint, bundle.status)
        self._clock.saw(max(verified.checkpoint.time, verified.lease.issued_at))
        return verified


def use_within(scope: Scope) -> Use:
    """A use that the scope allows, for asking the gate everything else."""
    return Use(
        purpose=scope.purpose[0],
        media=scope.media[:1],
        territory=scope.territory[:1],
        operation=scope.operations[0],
    )
