"""The certificate chain behind every delivered file: root -> intermediate -> leaves.

Rules:
- One root per registry; its certificate is the only trust anchor a verifier needs, and its key can be
  taken offline after `make_authority`: day-to-day work (`Authority.renew`) needs the intermediate alone.
- Two leaves: one signs C2PA claims, one signs RFC 3161 timestamps; a stolen claim key cannot move time.
- ECDSA P-256 with SHA-256 (C2PA "es256") throughout: the one algorithm every C2PA reader has.
- Profile: C2PA 2.2, section 14.5 (X.509 v3, critical key usage, authority and subject key identifiers,
  `cA` off in leaves) and RFC 3161, section 2.3 (timestamping as the only, critical, extended usage).

Keys come from the operating system's generator, as `cryptography` makes them. Time comes in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

#: C2PA's own usage for claim signing (c2pa-kp-claimSigning); readers of today also ask for e-mail protection.
CLAIM_SIGNING = ObjectIdentifier("1.3.6.1.4.1.62558.2.1")

ROOT_LIFE = timedelta(days=3650)
INTERMEDIATE_LIFE = timedelta(days=1825)
CLAIM_LIFE = timedelta(days=365)
TIMESTAMP_LIFE = timedelta(days=1460)
#: Certificates begin a little in the past: a verifier's clock may be slow.
SKEW = timedelta(hours=1)


@dataclass(frozen=True)
class ClaimSigner:
    """What signs a C2PA claim. Both fields are PEM; the chain is leaf first, without the root."""

    chain_pem: bytes
    key_pem: bytes = field(repr=False)
    #: RFC 3161 service that the C2PA library calls by HTTP while signing; None signs without a timestamp.
    timestamp_url: str | None = None


@dataclass(frozen=True)
class Authority:
    """A registry's chain with its keys, all PEM (keys PKCS#8, unencrypted: the caller stores them 0600)."""

    root_pem: bytes
    intermediate_pem: bytes
    claim_pem: bytes
    timestamp_pem: bytes
    root_key_pem: bytes = field(repr=False)
    intermediate_key_pem: bytes = field(repr=False)
    claim_key_pem: bytes = field(repr=False)
    timestamp_key_pem: bytes = field(repr=False)

    @property
    def anchors_pem(self) -> bytes:
        """What verifiers pin."""
        return self.root_pem

    def claim_signer(self, timestamp_url: str | None = None) -> ClaimSigner:
        """The signer of delivered files."""
        return ClaimSigner(self.claim_pem + self.intermediate_pem, self.claim_key_pem, timestamp_url)

    def timestamp_signer(self) -> ClaimSigner:
        """The signer of timestamps (`timestamp.respond`)."""
        return ClaimSigner(self.timestamp_pem + self.intermediate_pem, self.timestamp_key_pem)

    def claim_expires(self) -> int:
        """Unix seconds after which the claim leaf signs nothing more."""
        return int(x509.load_pem_x509_certificate(self.claim_pem).not_valid_after_utc.timestamp())

    def renew(self, now: int) -> Authority:
        """The same root and intermediate with fresh leaves and fresh leaf keys. The root key is not used."""
        issuer = x509.load_pem_x509_certificate(self.intermediate_pem)
        key = serialization.load_pem_private_key(self.intermediate_key_pem, password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return replace(self, **_leaves(_Issuer(issuer, key), _organisation(issuer), _start(now)))


def make_authority(now: int, *, organisation: str = "Sosie registry") -> Authority:
    """A new root, intermediate and leaves.

    Args:
        now: Unix seconds, UTC; certificates begin an hour earlier.
        organisation: the registry's public name (1 to 64 characters); C2PA readers show it as the signer.
    """
    start = _start(now)
    root = _issue(f"{organisation} root", organisation, None, start, ROOT_LIFE, path_length=1)
    middle = _issue(f"{organisation} issuing", organisation, root, start, INTERMEDIATE_LIFE, path_length=0)
    return Authority(
        root_pem=root.pem,
        root_key_pem=root.key_pem,
        intermediate_pem=middle.pem,
        intermediate_key_pem=middle.key_pem,
        **_leaves(middle, organisation, start),
    )


@dataclass(frozen=True)
class _Issuer:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def _leaves(issuer: _Issuer, organisation: str, start: datetime) -> dict[str, bytes]:
    claim = _issue(
        f"{organisation} claims",
        organisation,
        issuer,
        start,
        CLAIM_LIFE,
        # Readers before C2PA 2.1 know only e-mail protection, later ones only their own: carry both.
        usage=x509.ExtendedKeyUsage([CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]),
    )
    stamp = _issue(
        f"{organisation} time",
        organisation,
        issuer,
        start,
        TIMESTAMP_LIFE,
        usage=x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]),
    )
    return {
        "claim_pem": claim.pem,
        "claim_key_pem": claim.key_pem,
        "timestamp_pem": stamp.pem,
        "timestamp_key_pem": stamp.key_pem,
    }


def _issue(
    name: str,
    organisation: str,
    issuer: _Issuer | None,
    start: datetime,
    life: timedelta,
    *,
    path_length: int | None = None,
    usage: x509.ExtendedKeyUsage | None = None,
) -> _Issuer:
    """One certificate with a new key: self-signed without an issuer, a leaf with an extended usage."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
        ]
    )
    end = start + life
    if issuer is not None:  # no certificate outlives the one that vouches for it
        end = min(end, issuer.certificate.not_valid_after_utc)
    signing_key = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=usage is None, path_length=path_length), critical=True)
        .add_extension(_key_usage(ca=usage is None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
        )
    )
    if usage is not None:
        stamping = ExtendedKeyUsageOID.TIME_STAMPING in usage
        builder = builder.add_extension(usage, critical=stamping)  # RFC 3161, 2.3: critical
    return _Issuer(builder.sign(signing_key, hashes.SHA256()), key)


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _organisation(certificate: x509.Certificate) -> str:
    value = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value
    assert isinstance(value, str)
    return value


def _start(now: int) -> datetime:
    return datetime.fromtimestamp(now, UTC) - SKEW
