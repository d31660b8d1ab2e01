"""The chain holds, leaves say what they are for, and renewal needs no root key."""

import dataclasses

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from sosie.provenance import certificates

NOW = 1_790_000_000


@pytest.fixture(scope="module")
def authority() -> certificates.Authority:
    return certificates.make_authority(NOW, organisation="Test registry")


def load(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def test_each_certificate_is_signed_by_the_one_above(authority: certificates.Authority) -> None:
    root, middle = load(authority.root_pem), load(authority.intermediate_pem)
    middle.verify_directly_issued_by(root)
    for leaf in (authority.claim_pem, authority.timestamp_pem):
        load(leaf).verify_directly_issued_by(middle)


def test_leaves_carry_only_their_own_usage(authority: certificates.Authority) -> None:
    claim = load(authority.claim_pem).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    stamp = load(authority.timestamp_pem).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert set(claim.value) == {certificates.CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION}
    assert list(stamp.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    assert stamp.critical


def test_no_certificate_outlives_its_issuer(authority: certificates.Authority) -> None:
    late = authority.renew(NOW + 4 * 365 * 86_400)
    assert load(late.timestamp_pem).not_valid_after_utc <= load(late.intermediate_pem).not_valid_after_utc


def test_an_independent_verifier_accepts_the_chain_only_under_its_own_root(
    authority: certificates.Authority,
) -> None:
    # cryptography's path builder knows nothing of how the certificates were made.
    other = certificates.make_authority(NOW)
    moment = load(authority.claim_pem).not_valid_before_utc

    def verify(anchor: bytes) -> x509.verification.VerifiedClient:
        policy = PolicyBuilder().store(Store([load(anchor)])).time(moment)
        policy = policy.extension_policies(
            ca_policy=x509.verification.ExtensionPolicy.webpki_defaults_ca(),
            ee_policy=x509.verification.ExtensionPolicy.permit_all(),
        )
        return policy.build_client_verifier().verify(
            load(authority.claim_pem), [load(authority.intermediate_pem)]
        )

    assert len(verify(authority.root_pem).chain) == 3
    with pytest.raises(x509.verification.VerificationError):
        verify(other.root_pem)


def test_renewal_keeps_the_root_and_changes_leaf_and_key(authority: certificates.Authority) -> None:
    no_root_key = dataclasses.replace(authority, root_key_pem=b"")
    renewed = no_root_key.renew(NOW + 300 * 86_400)
    assert renewed.root_pem == authority.root_pem
    assert renewed.claim_pem != authority.claim_pem
    assert renewed.claim_key_pem != authority.claim_key_pem
    assert renewed.claim_expires() > authority.claim_expires()
    load(renewed.claim_pem).verify_directly_issued_by(load(authority.intermediate_pem))


def test_keys_do_not_appear_in_a_printed_authority(authority: certificates.Authority) -> None:
    assert "PRIVATE KEY" not in repr(authority)
    assert "PRIVATE KEY" not in repr(authority.claim_signer())
