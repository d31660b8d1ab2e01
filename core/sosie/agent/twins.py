"""The twins a seat may use: as the registry says, or at once as it last said.

The catalogue is kept in memory and in a private file, so that a host that opens without a network, or does not
want to wait, has its list; what this machine knows better (the time, a revocation it has seen, a lease it holds)
is judged anew each time.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from sosie.agent.account import Member
from sosie.agent.clock import Clock
from sosie.agent.home import Home
from sosie.agent.leases import Leases
from sosie.agent.thumbnails import Thumbnails
from sosie.client.pixels import PixelFolder
from sosie.codec import encode
from sosie.errors import RefusedError, RegistryUnreachableError
from sosie.licence import canonical, exchange
from sosie.messages import LeaseInfo, TwinInfo
from sosie.storage import write_file

#: What to do about a licence that is not active.
REMEDIES = {
    "suspended": "Ask your brand or the talent's agency: a suspended licence can be resumed.",
    "expired": "Ask your brand for a new licence.",
    "revoked": "Use another twin: the talent has taken her consent back.",
    "completed": "Ask your brand for a new licence.",
    "declined": "Use another twin, or ask again under other terms.",
}
WAITING = "Wait until the licence is agreed and paid for."


class Twins:
    """Lists twins for hosts."""

    def __init__(self, home: Home, member: Member, leases: Leases, clock: Clock) -> None:
        self._home, self._member, self._leases, self._clock = home, member, leases, clock
        self._thumbnails = Thumbnails(home.thumbnails, member.registry)
        self._known = self._read()

    def all(self, pixels: PixelFolder, *, refresh: bool) -> list[TwinInfo]:
        """Every licence of the brand with its twin; thumbnails are put into `pixels`.

        Args:
            pixels: the asking session's folder.
            refresh: ask the registry, which may not answer; otherwise there is no network at all.
        """
        if refresh:
            self._refresh()
        now = self._now()
        held = {lease.licence: lease for lease in self._leases.info()}
        known = [self._of_record(record, now) for record in self._known]
        listed = {info.licence for info in known}
        found = [*known, *(self._of_lease(lease) for name, lease in held.items() if name not in listed)]
        return [
            replace(
                info,
                thumbnail=self._thumbnails.put(info.twin, info.revision, pixels.folder),
                epoch=_epoch(info),
            )
            for info in found
        ]

    def _refresh(self) -> None:
        try:
            records = self._member.registry.licences()
        except RegistryUnreachableError:
            return
        # What is reserved for this machine is left to it: the registry counts it as gone.
        reserved = {lease.licence: lease.renders_left for lease in self._leases.info()}
        self._known = [
            record.model_copy(update={"renders_left": record.renders_left + reserved.get(record.id, 0)})
            for record in records
        ]
        kept = [record.model_dump(mode="json", exclude={"token"}) for record in self._known]
        write_file(self._home.catalogue, json.dumps(kept).encode(), private=True)
        for record in records:
            if record.state == "active":
                self._thumbnails.fetch(record.twin, record.twin_revision)

    def _read(self) -> list[exchange.LicenceRecord]:
        """The kept catalogue; none when it is missing or not readable."""
        try:
            kept = json.loads(self._home.catalogue.read_text(encoding="utf-8"))
            return [exchange.LicenceRecord.model_validate({**record, "token": None}) for record in kept]
        except (OSError, ValueError, TypeError, ValidationError):
            return []

    def _now(self) -> int:
        try:
            return self._clock.now()
        except RefusedError:  # the gate will say so; a list is shown all the same
            return int(time.time())

    def _of_record(self, record: exchange.LicenceRecord, now: int) -> TwinInfo:
        terms = record.terms
        state = record.state
        if state == "active" and self._leases.revoked(record.id):
            state = "revoked"
        elif state == "active" and now >= int(terms["not_after"]):
            state = "expired"
        reason, remedy = _why_not(record, state, now)
        return TwinInfo(
            twin=record.twin,
            licence=record.id,
            display_name=record.display_name,
            revision=record.twin_revision,
            state=state,
            territory=_words(terms, "territory"),
            media=_words(terms, "media"),
            not_after=int(terms["not_after"]),
            renders_left=record.renders_left,
            delivered_left=record.delivered_left,
            purpose=_words(terms, "purpose"),
            operations=_words(terms, "operations"),
            prohibited=_words(terms, "prohibited_categories"),
            reason=reason,
            remedy=remedy,
        )

    def _of_lease(self, lease: LeaseInfo) -> TwinInfo:
        """A lease under a licence that no list has named yet: no names, but all one needs to render."""
        verified = self._leases.scope_of(lease.licence)
        assert verified is not None  # it is held
        scope, revoked = verified.lease.scope, self._leases.revoked(lease.licence)
        return TwinInfo(
            twin=lease.twin,
            licence=lease.licence,
            display_name=lease.twin,
            revision=verified.lease.twin_revision,
            state="revoked" if revoked else "active",
            territory=scope.territory,
            media=scope.media,
            not_after=lease.not_after,
            renders_left=lease.renders_left,
            delivered_left=0,
            purpose=scope.purpose,
            operations=scope.operations,
            prohibited=scope.prohibited_categories,
            reason="The licence is revoked." if revoked else "",
            remedy=REMEDIES["revoked"] if revoked else "",
        )


def _why_not(record: exchange.LicenceRecord, state: str, now: int) -> tuple[str, str]:
    """Why a render would be refused whatever it is for, and what to do; two empty strings when it would not."""
    if state != "active":
        return f"The licence is {state.replace('_', ' ')}.", REMEDIES.get(state, WAITING)
    begins = int(record.terms["not_before"])
    if now < begins:
        return f"The licence begins on {time.strftime('%Y-%m-%d', time.gmtime(begins))}.", "Wait until then."
    if record.renders_left <= 0:
        return "All renders of this licence are used or reserved.", "Ask your brand for a larger licence."
    return "", ""


def _epoch(info: TwinInfo) -> str:
    """Names everything a render depends on besides its request; budgets count only when they are used up."""
    counted = replace(info, renders_left=0, delivered_left=0, thumbnail="", display_name="", epoch="")
    return canonical.sha256_hex(canonical.canonical(encode(counted)))[:16]


def _words(terms: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(str(word) for word in terms.get(name, ()))
