"""Reconciling a device's journal: contiguous from the last acknowledged entry, or evidence.

Entries that are known already are skipped when they are the same. Another entry under a known number is a
fork: it is kept beside the one it contradicts, and the device is suspended.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from sosie.errors import VerificationError
from sosie.licence import exchange, journal, jws, keys
from sosie.licence.documents import JournalEntry
from sosie.registry.access import Context, Principal
from sosie.registry.tables import Device, JournalRow, LeaseRow, LicenceRow


def head(session: Session, principal: Principal) -> exchange.JournalHead:
    """The last acknowledged entry."""
    principal.require("device")
    device = session.get_one(Device, principal.id)
    return exchange.JournalHead(n=device.journal_n, sha256=device.journal_sha256)


def reconcile(
    context: Context, session: Session, principal: Principal, ask: exchange.JournalPost
) -> exchange.JournalHead | VerificationError:
    """Take the entries in. A fork comes back as the error to raise *after* the evidence is committed.

    Each signature is verified once, before anything else is read of its entry; nothing is taken before all have passed.
    """
    principal.require("device")
    device = session.get_one(Device, principal.id)
    key = keys.signing_public(device.signing_key)
    fresh: list[tuple[JournalEntry, str]] = []
    for token in ask.entries:
        entry = jws.verify(token, JournalEntry, [key])
        if entry.n > device.journal_n or entry.device != device.id:
            fresh.append((entry, token))
        elif session.get(JournalRow, (device.id, entry.n, entry.sha256())) is None:
            return _fork(context, session, device, entry, token)
    n, before = device.journal_n, device.journal_sha256
    for entry, token in fresh:
        try:
            journal.require_next(entry, device=device.id, n=n, head=before)
        except VerificationError as error:
            if error.code != "journal_fork":
                raise
            return _fork(context, session, device, entry, token)
        n, before = entry.n, entry.sha256()
    for entry, token in fresh:
        _take(context, session, device, entry, token)
    return exchange.JournalHead(n=device.journal_n, sha256=device.journal_sha256)


def _take(context: Context, session: Session, device: Device, entry: JournalEntry, token: str) -> None:
    device.journal_n, device.journal_sha256 = entry.n, entry.sha256()
    session.add(_row(context, device, entry, token, fork=False))
    lease = session.get(LeaseRow, entry.lease) if entry.lease else None
    if lease is None or lease.device_id != device.id:
        return
    before = _taken(lease)
    if entry.op == "render":
        lease.used += 1
    elif entry.op == "returned" and lease.returned_at is None:
        lease.returned_at = context.now()
    session.get_one(LicenceRow, lease.licence_id).renders_reserved += _taken(lease) - before


def _taken(lease: LeaseRow) -> int:
    """What a lease takes of the quota: its budget until it is returned, and never less than what was made."""
    return lease.used if lease.returned_at is not None else max(lease.renders, lease.used)


def _fork(
    context: Context, session: Session, device: Device, entry: JournalEntry, token: str
) -> VerificationError:
    session.add(_row(context, device, entry, token, fork=True))
    device.state = "suspended"
    return VerificationError(
        f"This machine's journal says two things at entry {entry.n}.",
        remedy="It is suspended now. A restored backup or a copied machine is the usual cause: ask the operator.",
        code="journal_fork",
    )


def _row(context: Context, device: Device, entry: JournalEntry, token: str, *, fork: bool) -> JournalRow:
    return JournalRow(
        device_id=device.id,
        n=entry.n,
        sha256=entry.sha256(),
        token=token,
        fork=int(fork),
        created_at=context.now(),
    )
