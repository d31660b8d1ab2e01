"""People, machines and pictures that act on a registry in the tests, each with keys of its own."""

from __future__ import annotations

import io
import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from PIL import Image

from sosie.errors import SosieError
from sosie.licence import exchange, jws, keys
from sosie.licence.documents import Consent, Revocation, TermsApproval
from sosie.licence.root import TrustedRoot
from sosie.messages import Use
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsTransport, RegistryConfig
from sosie.twin.header import TwinHeader
from sosie.twin.pack_write import write_pack

NOW = int(time.time())  # certificates are checked against the real clock
PACK_KEY = b"k" * 32
INTENDED_USE = (
    "Product pages and newsletters of the autumn collection: coats and knitwear, "
    "studio background, no other person in the picture."
)
USE = Use(territory=("FR",))


class Clock:
    """Time that moves when it is told to."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@dataclass
class Machine:
    """A device: its keys and its view of the registry."""

    id: str
    seat: str
    registry: Registry
    token: str
    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey

    @property
    def thumbprint(self) -> str:
        return keys.thumbprint(self.signing.public_key())


@dataclass
class World:
    """Everybody at one registry."""

    url: str
    data: Path
    clock: Clock
    tmp: Path
    operator: Registry
    database_url: str | None = None

    def registry(self, token: str | None = None) -> Registry:
        return Registry(HttpsTransport(RegistryConfig(url=self.url, token=token)))

    def root(self) -> TrustedRoot:
        return TrustedRoot.load(self.registry().root(), now=self.clock.now)

    def party(self, role: str, **more: Any) -> tuple[Registry, str, Ed25519PrivateKey]:
        invitation = self.operator.create_party(
            exchange.NewParty(role=role, name=f"the {role}", **more)  # type: ignore[arg-type]
        )
        key = Ed25519PrivateKey.generate()
        public = keys.public_text(key.public_key()) if role == "talent" else None
        account = self.registry().enrol(exchange.Enrolment(code=invitation.code, signing_key=public))
        return self.registry(account.token), account.id, key

    def machine(self, brand: Registry) -> Machine:
        return self.redeem(brand.create_seat(exchange.NewSeat(name="retoucher")).code, "studio-1")

    def redeem(self, code: str, name: str) -> Machine:
        signing, sealing = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
        account = self.registry().enrol(
            exchange.Enrolment(
                code=code,
                signing_key=keys.public_text(signing.public_key()),
                sealing_key=keys.public_text(sealing.public_key()),
                name=name,
            )
        )
        assert account.seat is not None
        return Machine(
            account.id, account.seat, self.registry(account.token), account.token, signing, sealing
        )

    def pack(self, talent: str, consent_sha256: str, twin: str | None = None) -> tuple[Path, str, str]:
        twin = twin or f"twn_{secrets.token_hex(8)}"
        header = TwinHeader(
            twin=twin,
            talent=talent,
            revision=1,
            consent_sha256=consent_sha256,
            created_at=self.clock.now,
            texture_px=16,
            views=("front",),
        )
        path = self.tmp / f"{twin}.pack"
        sections = {"texture": np.zeros((16, 16, 3), np.float32)}
        digest = write_pack(
            path, header, sections, key=PACK_KEY, thumbnail=b"", nonce_source=secrets.token_bytes
        )
        return path, twin, digest

    def upload(
        self, account: Registry, path: Path, twin: str, digest: str, consent: str
    ) -> exchange.TwinRecord:
        info = keys.pack_info(pack_sha256=digest, consent_sha256=consent)
        sealed = keys.wrap(PACK_KEY, self.root().pack_key, info=info)
        return account.upload_pack(path, twin=twin, pack_sha256=digest, wrapped_key=sealed)


@dataclass
class Cast:
    """One talent with agency, brand and machine, her consent recorded and her twin handed in."""

    world: World
    talent: Registry
    talent_id: str
    talent_key: Ed25519PrivateKey
    agency: Registry
    agency_id: str
    brand: Registry
    brand_id: str
    device: Machine
    consent: Consent
    twin: str
    pack_sha256: str

    def request(self, **changes: Any) -> exchange.LicenceRecord:
        now = self.world.clock.now
        ask = {
            "twin": self.twin,
            "advertiser": "Maison Example",
            "product_lines": ("coats",),
            "intended_use": INTENDED_USE,
            "territory": ("FR", "DE"),
            "media": ("web_owned", "email"),
            "not_before": now - 60,
            "not_after": now + 90 * 86_400,
            "rate": {"currency": "EUR", "per_asset": 10_001, "usage_fee": 50_000},
        } | changes
        return self.brand.request_licence(exchange.LicenceRequest.model_validate(ask))

    def countersign(self, record: exchange.LicenceRecord) -> str:
        approval = TermsApproval(
            licence=record.id,
            terms_sha256=record.terms_sha256,
            talent=self.talent_id,
            decided_at=self.world.clock.now,
        )
        return jws.sign(approval, self.talent_key)

    def licence(self, **changes: Any) -> exchange.LicenceRecord:
        record = self.request(**changes)
        self.agency.approve_licence(record.id)
        self.talent.approve_licence(record.id, self.countersign(record))
        return self.brand.pay_licence(record.id, exchange.Payment(method="credit"))

    def revoke(self, *, licence: str | None = None, reason: str = "safety") -> exchange.Recorded:
        document = Revocation(
            talent=self.talent_id,
            consent_sha256=None if licence else self.consent.sha256(),
            licence=licence,
            reason=reason,  # type: ignore[arg-type]
            signed_at=self.world.clock.now,
        )
        return self.talent.revoke(jws.sign(document, self.talent_key))

    def deliver(
        self, licence: str, *, use: Use = USE, key: str | None = None, picture: Path | None = None
    ) -> Any:
        picture = picture or self.world.tmp / "final.jpg"
        if not picture.exists():
            picture.write_bytes(jpeg())
        return self.device.registry.deliver(
            picture,
            licence=licence,
            use=use,
            mime="image/jpeg",
            target=self.world.tmp / f"delivered-{secrets.token_hex(4)}.jpg",
            key=key,
        )


def jpeg(width: int = 320, height: int = 240) -> bytes:
    """A photograph-like picture: a ramp with noise."""
    rng = np.random.default_rng(7)
    ramp = np.linspace(40, 200, width)[None, :, None] + rng.normal(0, 6, (height, width, 3))
    out = io.BytesIO()
    Image.fromarray(ramp.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=92)
    return out.getvalue()


def cast(world: World, **consent_changes: Any) -> Cast:
    agency, agency_id, _ = world.party("agency")
    talent, talent_id, talent_key = world.party("talent", agency=agency_id)
    brand, brand_id, _ = world.party("brand", credit=True)
    consent = Consent.of(
        {
            "id": f"con_{secrets.token_hex(8)}",
            "talent": talent_id,
            "approval": "per_campaign",
            "representation": "agency_only",
            "signed_at": world.clock.now,
        }
        | consent_changes
    )
    talent.record_consent(jws.sign(consent, talent_key))
    path, twin, digest = world.pack(talent_id, consent.sha256())
    world.upload(talent, path, twin, digest, consent.sha256())
    return Cast(
        world,
        talent,
        talent_id,
        talent_key,
        agency,
        agency_id,
        brand,
        brand_id,
        world.machine(brand),
        consent,
        twin,
        digest,
    )


def entry(machine: Machine, n: int, prev: str, lease: exchange.LeaseAnswer, op: str, **more: Any) -> Any:
    """A journal entry and its token."""
    from sosie.licence.documents import JournalEntry

    bundle = json.loads(keys.b64decode(lease.lease.split(".")[1]))
    document = JournalEntry.of(
        {
            "n": n,
            "prev": prev,
            "device": machine.id,
            "op": op,
            "licence": bundle["licence"],
            "lease": lease.id,
            "twin": bundle["twin"],
            "wall": NOW,
            "mono_ms": n,
        }
        | more
    )
    return document, jws.sign(document, machine.signing)


def code(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(SosieError) as caught:
        call(*args, **kwargs)
    assert caught.value.message, "a refusal says what happened"
    assert caught.value.remedy, "a refusal says what to do"
    return caught.value.code
