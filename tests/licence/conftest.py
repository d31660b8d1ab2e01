"""One complete, valid set of documents, and the keys that signed them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import settings

from sosie.licence import checkpoint, jws, keys, root, scope, status
from sosie.licence.chain import LeaseBundle
from sosie.licence.documents import Consent, Lease, Licence, Terms, TermsApproval

#: For coverage and `make mutants`, where a test runs again and again: few examples, always the same.
settings.register_profile("brief", max_examples=20, derandomize=True, database=None, deadline=None)
NOW = 1_800_000_000
PACK_SHA = "ab" * 32
PACK_KEY = b"p" * 32
INTENDED_USE = (
    "Product pages of the autumn collection, coats and knitwear, on a studio background, nobody else."
)


def signing(seed: str) -> Ed25519PrivateKey:
    """A key that is the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())


def sealing(seed: str) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())


@dataclass(frozen=True)
class Set:
    """Keys and documents; `but` replaces documents and signs everything that depends on nothing else."""

    consent: Consent
    terms: Terms
    approval: TermsApproval
    licence: Licence
    lease: Lease
    root: root.TrustedRoot
    bundle: LeaseBundle

    talent = signing("talent")
    registry = signing("licence")
    log = signing("checkpoint")
    root_key = signing("root")
    device = signing("device")
    device_seal = sealing("device")
    pack = sealing("pack")

    @property
    def device_key(self) -> str:
        return keys.thumbprint(self.device.public_key())

    def rebundle(self, **tokens: Any) -> LeaseBundle:
        return replace(self.bundle, **tokens)


def change(document: Any, **fields: Any) -> Any:
    """The document with other fields, validated again."""
    return type(document).of(document.model_dump(mode="json") | fields)


def make_root(version: int = 1, **fields: Any) -> root.Root:
    return root.Root.of(
        {
            "version": version,
            "registry": "test-registry",
            "issued_at": NOW - 10,
            "expires_at": NOW + 1000,
            "threshold": 1,
            "root_keys": [keys.public_text(Set.root_key.public_key())],
            "licence_keys": [keys.public_text(Set.registry.public_key())],
            "checkpoint_key": keys.public_text(Set.log.public_key()),
            "pack_key": keys.public_text(Set.pack.public_key()),
            "c2pa_anchors": "-----BEGIN CERTIFICATE-----",
        }
        | fields
    )


def make_note(size: int = 7, time: int = NOW, bits: bytes = status.bitstring([])) -> str:
    note = checkpoint.Checkpoint(
        "test-registry", size, hashlib.sha256(b"%d" % size).digest(), hashlib.sha256(bits).digest(), time
    )
    return checkpoint.sign(note, Set.log)


def make_consent(**fields: Any) -> Consent:
    return Consent.of(
        {"id": "con_000001", "talent": "tal_000001", "representation": "counsel", "signed_at": NOW - 100}
        | fields
    )


def make_terms(consent: Consent, **fields: Any) -> Terms:
    return Terms.of(
        {
            "talent": "tal_000001",
            "agency": "agy_000001",
            "brand": "brd_000001",
            "twin": "twn_000001",
            "consent_sha256": consent.sha256(),
            "advertiser": "Maison Example",
            "product_lines": ["coats"],
            "intended_use": INTENDED_USE,
            "territory": ["FR", "DE"],
            "media": ["web_owned", "email"],
            "operations": ["restage", "relight"],
            "not_before": NOW - 50,
            "not_after": NOW + 86_400,
        }
        | fields
    )


def make_lease(licence: Licence, **fields: Any) -> Lease:
    device_key = keys.thumbprint(Set.device.public_key())
    not_after = NOW + 900
    info = keys.lease_info(
        lease="lea_000001", pack_sha256=PACK_SHA, device_key=device_key, not_after=not_after
    )
    limits = scope.scope_of(licence.terms).model_copy(update={"not_before": NOW, "not_after": not_after})
    return Lease.of(
        {
            "id": "lea_000001",
            "licence": licence.id,
            "licence_sha256": licence.sha256(),
            "consent_sha256": licence.terms.consent_sha256,
            "twin": licence.terms.twin,
            "twin_revision": 1,
            "pack_sha256": PACK_SHA,
            "seat": "sea_000001",
            "device": "dev_000001",
            "device_key": device_key,
            "wrapped_key": keys.wrap(PACK_KEY, Set.device_seal.public_key(), info=info),
            "scope": limits.model_dump(mode="json"),
            "renders": 3,
            "status_index": 5,
            "journal_n": 0,
            "journal_sha256": "0" * 64,
            "issued_at": NOW,
        }
        | fields
    )


def make_licence(terms: Terms, **fields: Any) -> Licence:
    approval = TermsApproval(
        licence="lic_000001", terms_sha256=terms.sha256(), talent="tal_000001", decided_at=NOW - 20
    )
    return Licence.of(
        {
            "id": "lic_000001",
            "terms": terms.model_dump(mode="json"),
            "countersignature": jws.sign(approval, Set.talent),
            "talent_key": keys.public_text(Set.talent.public_key()),
            "pack_sha256": PACK_SHA,
            "status_index": 5,
            "issued_at": NOW - 10,
        }
        | fields
    )


@pytest.fixture(scope="session")
def papers() -> Set:
    """Consent, terms, licence, lease and root that hold together."""
    consent = make_consent()
    terms = make_terms(consent)
    licence = make_licence(terms)
    lease = make_lease(licence)
    bits = status.bitstring([])
    return Set(
        consent=consent,
        terms=terms,
        approval=TermsApproval(
            licence=licence.id, terms_sha256=terms.sha256(), talent="tal_000001", decided_at=NOW - 20
        ),
        licence=licence,
        lease=lease,
        root=root.TrustedRoot.load(root.sign(make_root(), [Set.root_key]), now=NOW),
        bundle=LeaseBundle(
            consent=jws.sign(consent, Set.talent),
            licence=jws.sign(licence, Set.registry),
            lease=jws.sign(lease, Set.registry),
            checkpoint=make_note(),
            status=bits,
        ),
    )


@pytest.fixture(scope="session")
def make() -> Any:
    """The makers, as one name for tests."""

    class Makers:
        now = NOW
        pack_key = PACK_KEY
        root = staticmethod(make_root)
        note = staticmethod(make_note)
        consent = staticmethod(make_consent)
        terms = staticmethod(make_terms)
        licence = staticmethod(make_licence)
        lease = staticmethod(make_lease)
        change = staticmethod(change)
        signing = staticmethod(signing)
        sealing = staticmethod(sealing)

    return Makers
