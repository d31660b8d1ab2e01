"""Leases: a short document for one device, with the pack's key sealed to it and a reserved render budget.

The budget is taken from the quota when the lease is given and comes back only with a journal that says what
was used (`journals`): a device that loses its journal has used all it reserved.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosie.errors import RefusedError
from sosie.licence import canonical, checkpoint, exchange, jws, keys, scope
from sosie.licence.clauses import Quota
from sosie.licence.documents import Lease, Licence
from sosie.registry import consents, log
from sosie.registry.access import Context, Principal
from sosie.registry.problems import missing
from sosie.registry.tables import ConsentRow, Device, LeaseRow, LicenceRow, TwinRow
from sosie.registry.usable import Standing, require_usable, standing


def give(
    context: Context, session: Session, principal: Principal, ask: exchange.LeaseRequest
) -> exchange.LeaseAnswer:
    """Device: a lease under an active licence of its brand."""
    principal.require("device")
    now = context.now()
    found = standing(session, principal, ask.licence)
    require_usable(found, now)
    device = session.get_one(Device, principal.id)
    quota = found.terms.quota
    _require_machine(session, found.id, device, quota)
    renders = min(ask.renders, quota.renders - found.renders_reserved)
    if renders <= 0:
        raise RefusedError(
            f"All {quota.renders} renders of this licence are used or reserved.",
            remedy="Let other machines send their journals, or ask for a larger licence.",
            code="quota_exhausted",
        )
    lease = _document(context, session, found, device, ask, renders)
    session.add(
        LeaseRow(
            id=lease.id,
            licence_id=found.id,
            device_id=device.id,
            renders=renders,
            used=0,
            not_after=lease.scope.not_after,
            returned_at=None,
            created_at=now,
        )
    )
    session.get_one(LicenceRow, found.id).renders_reserved += renders
    session.flush()
    note, bits = log.checkpoint(session, context.settings.name, now)
    assert found.token is not None  # an active licence has been issued
    return exchange.LeaseAnswer(
        id=lease.id,
        lease=jws.sign(lease, context.keys.licence),
        licence=context.keys.resigned(found.token, Licence),
        consent=session.get_one(ConsentRow, found.consent_sha256).token,
        checkpoint=checkpoint.sign(note, context.keys.checkpoint),
        status=keys.b64encode(bits),
    )


def _document(
    context: Context,
    session: Session,
    found: Standing,
    device: Device,
    ask: exchange.LeaseRequest,
    renders: int,
) -> Lease:
    now = context.now()
    consent_row = session.get_one(ConsentRow, found.consent_sha256)
    until = _until(context, found, ask, consents.consent_of(consent_row).offline_max_s)
    twin = session.get_one(TwinRow, (found.twin_id, found.twin_revision))
    device_key = keys.thumbprint(keys.signing_public(device.signing_key))
    name = context.settings.new_id("lea")
    secret = context.keys.open_pack_key(
        twin.pack_key,
        info=keys.pack_info(pack_sha256=twin.pack_sha256, consent_sha256=twin.consent_sha256),
    )
    info = keys.lease_info(lease=name, pack_sha256=twin.pack_sha256, device_key=device_key, not_after=until)
    assert found.token is not None
    assert found.status_index is not None
    return Lease(
        id=name,
        licence=found.id,
        licence_sha256=payload_sha256(found.token),
        consent_sha256=found.consent_sha256,
        twin=found.twin_id,
        twin_revision=found.twin_revision,
        pack_sha256=twin.pack_sha256,
        seat=device.seat_id,
        device=device.id,
        device_key=device_key,
        wrapped_key=keys.wrap(secret, keys.sealing_public(device.sealing_key), info=info),
        scope=scope.scope_of(found.terms).model_copy(update={"not_before": now, "not_after": until}),
        renders=renders,
        status_index=found.status_index,
        journal_n=device.journal_n,
        journal_sha256=device.journal_sha256,
        issued_at=now,
    )


def _until(context: Context, found: Standing, ask: exchange.LeaseRequest, offline_max_s: int) -> int:
    """The earliest of: what was asked, the consent's offline ceiling, the licence's end, an announced revocation.

    An offline ceiling of 0 means online only: such a lease still lasts as long as one refresh takes (60 s).
    """
    now = context.now()
    seconds = min(ask.seconds or context.settings.lease_seconds, max(offline_max_s, 60))
    ends = [now + seconds, found.terms.not_after]
    if found.revoked is not None:
        ends.append(found.revoked[0])
    return min(ends)


def _require_machine(session: Session, licence: str, device: Device, quota: Quota) -> None:
    """That the licence has room for this machine; machines whose seat has left no longer count."""
    others = session.execute(
        select(Device.id, Device.seat_id)
        .join(LeaseRow, LeaseRow.device_id == Device.id)
        .where(LeaseRow.licence_id == licence, Device.id != device.id, Device.state != "left")
        .distinct()
    ).all()
    seats = {seat for _, seat in others} - {device.seat_id}
    if len(seats) >= quota.seats:
        raise RefusedError(
            f"The licence is in use by {len(seats)} artists; {quota.seats} are licensed.",
            remedy="Work on one of their machines, or ask for a licence with more seats.",
            code="seats_exhausted",
        )
    machines = sum(seat == device.seat_id for _, seat in others)
    if machines >= quota.devices_per_seat:
        raise RefusedError(
            f"You use the licence on {machines} other machines; {quota.devices_per_seat} are licensed.",
            remedy="Use one of those machines, or ask for a licence with more.",
            code="devices_exhausted",
        )


def pack_row(session: Session, principal: Principal, twin: str, revision: int) -> TwinRow:
    """A twin whose pack the caller may fetch: the talent's own side, or a device with a licence that is active."""
    row = session.get(TwinRow, (twin, revision))
    if row is None:
        raise missing("twin", twin)
    if principal.role == "talent" and row.talent_id == principal.party:
        return row
    query = select(LicenceRow.id).where(
        LicenceRow.twin_id == twin,
        LicenceRow.twin_revision == revision,
        LicenceRow.brand_id == principal.party,
        LicenceRow.state == "active",
    )
    if principal.role != "device" or session.scalars(query).first() is None:
        raise missing("twin", twin)
    return row


def payload_sha256(token: str) -> str:
    """The hash of the document inside a token of our own."""
    return canonical.sha256_hex(keys.b64decode(token.split(".")[1]))
