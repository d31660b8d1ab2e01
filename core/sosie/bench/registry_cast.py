"""The one real licence and delivery that a measured registry is copied from, and everybody they need."""

from __future__ import annotations

import secrets
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosie.licence import exchange, jws, keys
from sosie.licence.clauses import Quota, Rate
from sosie.licence.documents import Consent, TermsApproval, UseTerms
from sosie.registry import consents, deliveries, licences, parties
from sosie.registry.access import Context, Principal, authenticate
from sosie.registry.handed import Handed
from sosie.registry.tables import Party, TwinRow

USE = UseTerms(purpose="ecommerce", media=("web_owned",), territory=("FR",), operation="relight")
INTENDED = "Product pages of the autumn collection: coats and knitwear on a studio background, nobody else."


def original(context: Context, session: Session) -> tuple[Principal, str]:
    """Everybody, one active licence with room for all that is measured, and its machine."""
    now = int(time.time())
    operator = session.scalars(select(Party).where(Party.role == "operator")).one()
    chief = Principal("", operator.id, "operator", operator.id, operator.name)
    key = Ed25519PrivateKey.generate()

    def join(ask: exchange.NewParty) -> Principal:
        code = parties.create(context, session, chief, ask).code
        signing = keys.public_text(key.public_key()) if ask.role == "talent" else None
        session.flush()
        made = parties.enrol(context, session, exchange.Enrolment(code=code, signing_key=signing))
        session.flush()
        return authenticate(session, f"Bearer {made.token}")

    agency = join(exchange.NewParty(role="agency", name="agency"))
    talent = join(exchange.NewParty(role="talent", name="talent", agency=agency.party))
    brand = join(exchange.NewParty(role="brand", name="brand", credit=True))
    consent = Consent.of(
        {
            "id": f"con_{secrets.token_hex(8)}",
            "talent": talent.party,
            "approval": "per_campaign",
            "representation": "agency_only",
            "signed_at": now,
        }
    )
    consents.record(context, session, talent, exchange.SignedDocument(token=jws.sign(consent, key)))
    twin = _twin(context, session, consent, now)
    ask = exchange.LicenceRequest(
        twin=twin,
        advertiser="Maison Example",
        product_lines=("coats",),
        intended_use=INTENDED,
        territory=("FR",),
        not_before=now - 60,
        not_after=now + 90 * 86_400,
        quota=Quota(renders=10**6, delivered=10**6),
        rate=Rate(per_asset=10_001, usage_fee=50_000),
    )
    record = licences.request(context, session, brand, ask)
    licences.approve(context, session, agency, record.id, exchange.Decision())
    approval = TermsApproval(
        licence=record.id, terms_sha256=record.terms_sha256, talent=talent.party, decided_at=now
    )
    licences.approve(context, session, talent, record.id, exchange.Decision(token=jws.sign(approval, key)))
    licences.pay(context, session, brand, record.id, exchange.Payment(method="credit"))
    return _machine(context, session, brand), record.id


def _twin(context: Context, session: Session, consent: Consent, now: int) -> str:
    """A twin whose pack nobody opens; its id."""
    twin, pack = f"twn_{secrets.token_hex(8)}", "ab" * 32
    info = keys.pack_info(pack_sha256=pack, consent_sha256=consent.sha256())
    sealed = keys.wrap(bytes(32), context.keys.root.pack_key, info=info)
    session.add(
        TwinRow(
            id=twin,
            revision=1,
            talent_id=consent.talent,
            consent_sha256=consent.sha256(),
            pack_sha256=pack,
            pack_key=sealed,
            bytes=1,
            created_at=now,
        )
    )
    session.flush()
    return twin


def _machine(context: Context, session: Session, brand: Principal) -> Principal:
    """A machine at a seat of the brand."""
    seat = parties.create_seat(context, session, brand, exchange.NewSeat(name="retoucher"))
    session.flush()
    machine = exchange.Enrolment(
        code=seat.code,
        signing_key=keys.public_text(Ed25519PrivateKey.generate().public_key()),
        sealing_key=keys.public_text(X25519PrivateKey.generate().public_key()),
    )
    made = parties.enrol(context, session, machine)
    session.flush()
    return authenticate(session, f"Bearer {made.token}")


def deliver(context: Context, device: Principal, name: str, licence: str) -> None:
    """A delivery in full but for its picture: what `deliveries.hand_in` does in its transaction."""
    assert device.seat is not None
    handed = Handed(
        id=name,
        credential=device.credential,
        key=name,
        seat=device.seat,
        device=device.id,
        licence=licence,
        use=USE,
        sha256=secrets.token_hex(32),
        mime="image/jpeg",
        width=3000,
        height=4000,
    )
    made = deliveries.enter(context, device, handed, {}, lambda: None)
    assert made == name, "a new one each time"
