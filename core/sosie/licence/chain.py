"""From bytes to a lease one can render under: a pure state machine, one fixed time, no I/O.

Order: 1. checkpoint (the root's log key, no rollback); 2. status list (hash in the checkpoint); 3. licence (a
licence key of the root); 4. the talent's countersignature over its terms, or terms that need none; 5. consent (signed with the same
talent key, hash as in the terms); 6. terms within consent; 7. lease (a licence key of the root), naming this
licence, consent, pack and device; 8. lease within licence. The first that fails ends it.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sosie.errors import RefusedError, VerificationError
from sosie.licence import canonical, checkpoint, jws, keys, scope, status
from sosie.licence.checkpoint import Checkpoint
from sosie.licence.documents import Consent, Lease, Licence, TermsApproval
from sosie.licence.root import TrustedRoot


@dataclass(frozen=True)
class LeaseBundle:
    """What the registry sends with a lease: three tokens, the signed note and the status list."""

    consent: str
    licence: str
    lease: str
    checkpoint: str
    status: bytes


@dataclass(frozen=True)
class VerifiedLease:
    """Everything checked, ready for `gate.Gate`; with the bytes, to be checked again under a newer root."""

    bundle: LeaseBundle
    consent: Consent
    licence: Licence
    lease: Lease
    checkpoint: Checkpoint
    revoked: bool

    def pack_key(self, private: X25519PrivateKey) -> bytes:
        """The pack's key; raises VerificationError (`key_not_for_us`) on any other device."""
        info = keys.lease_info(
            lease=self.lease.id,
            pack_sha256=self.lease.pack_sha256,
            device_key=self.lease.device_key,
            not_after=self.lease.scope.not_after,
        )
        return keys.unwrap(self.lease.wrapped_key, private, info=info)


def verify(
    bundle: LeaseBundle, *, root: TrustedRoot, device_key: str, seen: Checkpoint | None = None
) -> VerifiedLease:
    """The bundle's documents, when they hold together.

    Args:
        bundle: as the registry sent it, or as it was cached.
        root: the trusted root.
        device_key: thumbprint of this machine's signing key.
        seen: the newest checkpoint seen before.

    Raises:
        VerificationError: a document does not hold, or does not belong to the others (`chain_broken`).
    """
    note, revoked_bits = verify_status(bundle.checkpoint, bundle.status, root=root, seen=seen)
    licence, licence_sha256 = jws.verify_named(bundle.licence, Licence, root.licence_keys)
    terms = licence.terms
    talent_key = keys.signing_public(licence.talent_key)
    _agreed(licence, talent_key)
    consent, consent_sha256 = jws.verify_named(bundle.consent, Consent, [talent_key])
    _same("consent", (consent.talent, consent_sha256), (terms.talent, terms.consent_sha256))
    _within(scope.refusals(terms, consent))
    lease = jws.verify(bundle.lease, Lease, root.licence_keys)
    _same(
        "lease",
        (lease.licence, lease.licence_sha256, lease.consent_sha256, lease.status_index),
        (licence.id, licence_sha256, terms.consent_sha256, licence.status_index),
    )
    _same(
        "twin",
        (lease.twin, lease.twin_revision, lease.pack_sha256),
        (terms.twin, terms.twin_revision, licence.pack_sha256),
    )
    _same("device", lease.device_key, device_key)
    _within(scope.refusals(lease.scope, terms))
    revoked = status.is_set(revoked_bits, licence.status_index)
    return VerifiedLease(bundle, consent, licence, lease, note, revoked)


def verify_status(
    note: str, bits: bytes, *, root: TrustedRoot, seen: Checkpoint | None = None
) -> tuple[Checkpoint, bytes]:
    """Steps 1 and 2 alone: what an agent does with every fresh checkpoint.

    Raises:
        VerificationError: see `checkpoint.verify` and `checkpoint.require_progress`; `chain_broken`.
    """
    checked = checkpoint.verify(note, origin=root.registry, key=root.checkpoint_key)
    checkpoint.require_progress(seen, checked)
    _same("status list", canonical.sha256_hex(bits), checked.status_sha256.hex())
    return checked, bits


def _agreed(licence: Licence, talent_key: Ed25519PublicKey) -> None:
    """That the talent agrees to these very terms: by her signature, or, where they say so, by her consent alone.

    Nobody but an agency of hers can have agreed to the price then; that the consent allows it is checked with its scope.
    """
    terms = licence.terms
    if licence.countersignature is None:
        if terms.approval != "auto_in_scope" or terms.agency is None:
            raise _broken("The talent has not countersigned these terms.")
        return
    approval = jws.verify(licence.countersignature, TermsApproval, [talent_key])
    _same("countersignature", (approval.licence, approval.talent), (licence.id, terms.talent))
    _same("text the talent countersigned", approval.terms_sha256, terms.sha256())


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise _broken(f"The {what} does not belong to the other documents.")


def _within(found: list[scope.Refusal]) -> None:
    try:
        scope.require(found)
    except RefusedError as error:
        raise _broken(f"A document reaches beyond the one above it: {error.message}") from error


def _broken(message: str) -> VerificationError:
    return VerificationError(
        message,
        remedy="Ask the registry for a new lease; if it stays so, tell the talent.",
        code="chain_broken",
    )
