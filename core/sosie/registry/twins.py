"""Twins: a pack is taken in only when its header names a recorded, live consent of its talent."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosie.errors import PackError
from sosie.licence import exchange, keys
from sosie.registry import blends, consents
from sosie.registry.access import Context, Principal
from sosie.registry.paging import ALL, Page, listing
from sosie.registry.problems import problem
from sosie.registry.tables import ConsentRow, LicenceRow, Party, TwinRow
from sosie.twin.header import TwinHeader
from sosie.twin.pack_read import inspect_pack, pack_digest


def pack_path(context: Context, row: TwinRow) -> Path:
    """Where a pack lies: named by its hash, whatever its twin is called."""
    return context.settings.data / "packs" / f"{row.pack_sha256}.pack"


def take(
    context: Context, principal: Principal, twin: str, upload: Path, *, declared: str, sealed_key: str
) -> exchange.TwinRecord:
    """A pack that lies complete in `upload`; it is moved in its place when everything holds.

    Raises:
        PackError: `pack_corrupt`, `pack_version`, or `pack_unbound` without a live consent of that talent.
        VerificationError: `key_not_for_us`, the key is not sealed to this registry for this pack.
        RegistryError: `pack_exists`, `pack_other`, `role_refused`.
    """
    principal.require("talent", "agency")
    digest = pack_digest(upload)
    if digest != declared:
        raise PackError(
            f"The pack arrived with another hash than declared: {digest}.",
            remedy="Upload it again; it was damaged on the way.",
            code="pack_corrupt",
        )
    header = inspect_pack(upload).header
    if header.twin != twin:
        raise problem(422, "pack_other", f"This is the pack of {header.twin}.", f"Upload the pack of {twin}.")
    info = keys.pack_info(pack_sha256=digest, consent_sha256=header.consent_sha256)
    secret = context.keys.open_pack_key(sealed_key, info=info)
    if len(secret) != keys.KEY_BYTES:
        raise PackError("The pack's key does not have 32 bytes.", remedy="Seal the key itself.")
    size = upload.stat().st_size

    def work(session: Session) -> exchange.TwinRecord:
        _require_bound(session, principal, header)
        row = session.get(TwinRow, (header.twin, header.revision))
        if row is None:
            row = _file(context, session, header, digest, sealed_key, size)
            target = pack_path(context, row)
            target.parent.mkdir(exist_ok=True)
            upload.replace(target)
        elif row.pack_sha256 != digest:
            raise problem(
                409,
                "pack_exists",
                f"Revision {header.revision} of {twin} is another pack.",
                "Capture again: a new capture is a new revision.",
            )
        return _record(session, row)

    return context.database.write(work)


def listed(session: Session, principal: Principal, page: Page = ALL) -> exchange.Listed[exchange.TwinRecord]:
    """Talent and agency: their own; brand and device: those a licence of theirs names; operator: all."""
    query = select(TwinRow).join(Party, Party.id == TwinRow.talent_id)
    if principal.role in {"talent", "agency"}:
        query = query.where((Party.id == principal.party) | (Party.agency_id == principal.party))
    elif principal.role in {"brand", "device"}:
        licensed = select(LicenceRow.twin_id).where(LicenceRow.brand_id == principal.party)
        query = query.where(TwinRow.id.in_(licensed))
    return listing(session, query, (TwinRow.id, TwinRow.revision), lambda row: _record(session, row), page)


def _require_bound(session: Session, principal: Principal, header: TwinHeader) -> None:
    consent = session.get(ConsentRow, header.consent_sha256)
    if consent is None or consent.talent_id != header.talent:
        raise PackError(
            f"The pack names a consent of {header.talent} that is not recorded here.",
            remedy="Let the talent record her signed consent first, then capture with it.",
            code="pack_unbound",
        )
    if consents.consent_revoked(session, consent.sha256):
        raise PackError(
            "The consent this pack was made under is revoked.",
            remedy="Ask the talent for a new consent, then capture with it.",
            code="pack_unbound",
        )
    talent = session.get_one(Party, header.talent)
    if principal.party not in {talent.id, talent.agency_id}:
        raise problem(
            403,
            "talent_other",
            "This twin is of somebody else.",
            "Only the talent or her agency hands it in.",
        )
    blends.require_whole(session, talent.id)
    earlier = session.scalars(select(TwinRow.talent_id).where(TwinRow.id == header.twin)).first()
    if earlier not in {None, talent.id}:
        raise problem(409, "twin_other", "This twin is of another talent.", "Capture under a new twin id.")


def _file(
    context: Context, session: Session, header: TwinHeader, digest: str, sealed_key: str, size: int
) -> TwinRow:
    row = TwinRow(
        id=header.twin,
        revision=header.revision,
        talent_id=header.talent,
        consent_sha256=header.consent_sha256,
        pack_sha256=digest,
        pack_key=sealed_key,
        bytes=size,
        created_at=context.now(),
    )
    session.add(row)
    session.flush()
    return row


def _record(session: Session, row: TwinRow) -> exchange.TwinRecord:
    talent = session.get_one(Party, row.talent_id)
    return exchange.TwinRecord(
        id=row.id,
        revision=row.revision,
        talent=row.talent_id,
        display_name=talent.name,
        consent_sha256=row.consent_sha256,
        pack_sha256=row.pack_sha256,
        bytes=row.bytes,
        usable=not consents.consent_revoked(session, row.consent_sha256),
        likeness=talent.likeness,
    )
