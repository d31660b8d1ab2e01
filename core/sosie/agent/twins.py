"""The twins a seat may use, as the registry says; what is held, when it cannot be reached."""

from __future__ import annotations

from sosie.agent.account import Member
from sosie.agent.leases import Leases
from sosie.errors import RegistryUnreachableError
from sosie.licence import exchange
from sosie.messages import TwinInfo


class Twins:
    """Lists twins for hosts. The names are kept in memory only."""

    def __init__(self, member: Member, leases: Leases) -> None:
        self._member, self._leases = member, leases
        self._known: dict[str, exchange.LicenceRecord] = {}

    def all(self) -> list[TwinInfo]:
        """Every licence of the brand with its twin; offline, those with a lease on this machine."""
        try:
            licences = self._member.registry.licences()
        except RegistryUnreachableError:
            return self._held()
        self._known = {licence.id: licence for licence in licences}
        return [_of_record(licence) for licence in licences]

    def _held(self) -> list[TwinInfo]:
        found = []
        for lease in self._leases.info():
            record = self._known.get(lease.licence)
            verified = self._leases.scope_of(lease.licence)
            if verified is None:
                continue
            found.append(
                TwinInfo(
                    twin=lease.twin,
                    licence=lease.licence,
                    display_name=record.display_name if record else lease.twin,
                    revision=verified.lease.twin_revision,
                    state="active",
                    territory=verified.lease.scope.territory,
                    media=verified.lease.scope.media,
                    not_after=lease.not_after,
                    renders_left=lease.renders_left,
                    delivered_left=0,
                )
            )
        return found


def _of_record(licence: exchange.LicenceRecord) -> TwinInfo:
    terms = licence.terms
    return TwinInfo(
        twin=licence.twin,
        licence=licence.id,
        display_name=licence.display_name,
        revision=licence.twin_revision,
        state=licence.state,
        territory=tuple(terms["territory"]),
        media=tuple(terms["media"]),
        not_after=int(terms["not_after"]),
        renders_left=licence.renders_left,
        delivered_left=licence.delivered_left,
    )
