"""A talent's own: everything the registry holds about her, to take away; and its erasure.

Erased are her name, bank account, packs, pictures handed in, and the salted documents of her leaves with their salts: the
log keeps hashes that nobody can turn back. What others need keeps standing under her opaque id: receipts, the ledger,
signed consents and licences, which name nobody (the brand's proof of what it was allowed, and tax law's of what was paid). Erasure comes after
revocation, never instead of it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from sosie.licence import canonical, exchange, keys
from sosie.licence.people import Erasure
from sosie.registry import ledger, log, proving, twins
from sosie.registry.access import Context, Principal
from sosie.registry.console.tables import (
    ConsoleAccount,
    ConsoleChallenge,
    ConsolePasskey,
    ConsoleSession,
    ConsoleVisit,
)
from sosie.registry.finishing import input_path
from sosie.registry.problems import problem
from sosie.registry.tables import (
    ConsentRow,
    Credential,
    DeliveryRow,
    LicenceRow,
    LogDocument,
    Party,
    ReceiptRow,
    RevocationRow,
    TwinRow,
)
from sosie.registry.tables_people import AttributesRow, BankAccount, ChallengeRow, PayoutRow

ERASED = "erased"


def export(session: Session, principal: Principal) -> bytes:
    """Talent: a ZIP of JSON, one file for each kind; packs and pictures are fetched at their own addresses."""
    principal.require("talent")
    talent = principal.party
    party = session.get_one(Party, talent)
    rows: dict[str, Iterable[Any]] = {
        "consents": session.scalars(select(ConsentRow).where(ConsentRow.talent_id == talent)),
        "revocations": session.scalars(select(RevocationRow).where(RevocationRow.talent_id == talent)),
        "twins": session.scalars(select(TwinRow).where(TwinRow.talent_id == talent)),
        "licences": session.scalars(select(LicenceRow).where(LicenceRow.talent_id == talent)),
        "deliveries": session.scalars(
            select(DeliveryRow)
            .join(LicenceRow, LicenceRow.id == DeliveryRow.licence_id)
            .where(LicenceRow.talent_id == talent)
        ),
        "receipts": session.scalars(
            select(ReceiptRow)
            .join(LicenceRow, LicenceRow.id == ReceiptRow.licence_id)
            .where(LicenceRow.talent_id == talent)
        ),
        "bank_account": session.scalars(select(BankAccount).where(BankAccount.party_id == talent)),
        "attributes": session.scalars(select(AttributesRow).where(AttributesRow.party_id == talent)),
        "console_account": session.scalars(select(ConsoleAccount).where(ConsoleAccount.party_id == talent)),
        "passkeys": session.scalars(select(ConsolePasskey).where(ConsolePasskey.party_id == talent)),
        "sign_ins": session.scalars(select(ConsoleVisit).where(ConsoleVisit.party_id == talent)),
        "challenges": session.scalars(select(ChallengeRow).where(ChallengeRow.talent_id == talent)),
    }
    # the registry's own, another's, or what opens something
    hidden = {"pack_key", "credential", "key", "code", "password", "sealed_key", "public_key"}
    files: dict[str, object] = {
        name: [
            {c.name: getattr(row, c.name) for c in row.__table__.columns if c.name not in hidden}
            for row in found
        ]
        for name, found in rows.items()
    }
    files["account"] = {
        "id": party.id,
        "name": party.name,
        "agency": party.agency_id,
        "signing_key": party.signing_key,
    }
    files["statement"] = ledger.statement(session, talent, "talent").model_dump()
    files["log"] = [
        {"leaf_index": row.leaf_index, "salt": keys.b64encode(row.salt), "document": keys.b64encode(row.body)}
        for row in _documents(session, talent)
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in sorted(files.items()):
            archive.writestr(f"{name}.json", json.dumps(value, indent=1, ensure_ascii=False))
    return packed.getvalue()


def erase(context: Context, session: Session, principal: Principal, ask: Erasure) -> exchange.Recorded:
    """Talent: everything about her that nobody else needs; her account ends with it.

    Raises:
        RegistryError: 403 `talent_other`, she named somebody else; 409 `erasure_too_early`, a consent of hers is in
            force.
    """
    principal.require("talent")
    talent, now = principal.party, context.now()
    if ask.talent != talent:
        raise problem(403, "talent_other", f"You are {talent}.", "Name yourself to be erased.")
    live = _in_force(session, talent, now)
    if live:
        raise problem(
            409,
            "erasure_too_early",
            f"{len(live)} of your consents are still in force: {', '.join(live[:3])}.",
            "Revoke them first; what runs until a notice is over ends then.",
        )
    for row in list(_documents(session, talent)):
        session.delete(row)
    for twin in session.scalars(select(TwinRow).where(TwinRow.talent_id == talent)):
        twins.pack_path(context, twin).unlink(missing_ok=True)
        twin.pack_key = ""
    for name in session.scalars(select(ChallengeRow.id).where(ChallengeRow.talent_id == talent)):
        proving.picture_path(context, name).unlink(missing_ok=True)
    handed_in = select(DeliveryRow).join(LicenceRow, LicenceRow.id == DeliveryRow.licence_id)
    for delivery in session.scalars(
        handed_in.where(LicenceRow.talent_id == talent, DeliveryRow.state != "signed")
    ):
        input_path(context, delivery.id).unlink(missing_ok=True)
        input_path(context, delivery.id).with_suffix(".ready").unlink(missing_ok=True)
    for table, column in (
        (AttributesRow, AttributesRow.party_id),
        (BankAccount, BankAccount.party_id),
        (ChallengeRow, ChallengeRow.talent_id),
        (Credential, Credential.party_id),
        (ConsoleAccount, ConsoleAccount.party_id),
        (ConsoleSession, ConsoleSession.party_id),
        (ConsolePasskey, ConsolePasskey.party_id),
        (ConsoleChallenge, ConsoleChallenge.party_id),
        (ConsoleVisit, ConsoleVisit.party_id),
    ):
        session.execute(delete(table).where(column == talent))
    for payout in session.scalars(select(PayoutRow)):
        payout.payments = json.dumps([_nameless(item, talent) for item in json.loads(payout.payments)])
    party = session.get_one(Party, talent)
    party.name, party.erased_at = ERASED, now
    document = {"party": talent, "erased": True, "at": now}
    body = canonical.canonical(document)
    index = log.append(session, context.settings, "erasure", body)
    return exchange.Recorded(id=talent, sha256=canonical.sha256_hex(body), leaf_index=index, effective_at=now)


def _nameless(payment: dict[str, Any], talent: str) -> dict[str, Any]:
    """A transfer without its bank account, when it was hers; the sum stays in the books."""
    return (
        payment | {"holder": ERASED, "account": ERASED, "bic": ""} if payment["party"] == talent else payment
    )


def _in_force(session: Session, talent: str, now: int) -> list[str]:
    ended = select(RevocationRow.consent_sha256).where(
        RevocationRow.effective_at <= now, RevocationRow.consent_sha256.is_not(None)
    )
    rows = select(ConsentRow.id).where(ConsentRow.talent_id == talent, ConsentRow.sha256.not_in(ended))
    return list(session.scalars(rows.order_by(ConsentRow.leaf_index)))


def _documents(session: Session, talent: str) -> Iterator[LogDocument]:
    """The salted documents of her leaves: her consents and revocations."""
    indices = [
        *session.scalars(select(ConsentRow.leaf_index).where(ConsentRow.talent_id == talent)),
        *session.scalars(select(RevocationRow.leaf_index).where(RevocationRow.talent_id == talent)),
    ]
    yield from session.scalars(
        select(LogDocument).where(LogDocument.leaf_index.in_(indices)).order_by(LogDocument.leaf_index)
    )
