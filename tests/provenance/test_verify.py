"""A verdict says trusted for the delivered file alone, and says what is wrong with every other."""

import dataclasses
import io
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from PIL import Image

from sosie.errors import InputError, RegistryError, RegistryUnreachableError
from sosie.licence import keys
from sosie.licence import root as trust
from sosie.licence.exchange import Verdict as Answer
from sosie.provenance import c2pa, seams
from sosie.provenance.c2pa import DeliveryClaim
from sosie.provenance.certificates import Authority
from sosie.provenance.verify import verify_file

Encode = Callable[..., bytes]
MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "TIFF": "image/tiff", "WEBP": "image/webp"}


def root_of(authority: Authority) -> trust.TrustedRoot:
    now = int(time.time())
    signer = Ed25519PrivateKey.generate()
    public = keys.public_text(signer.public_key())
    document = trust.Root(
        version=1,
        registry="Test",
        issued_at=now,
        expires_at=now + 86_400,
        threshold=1,
        root_keys=(public,),
        licence_keys=(public,),
        checkpoint_key=public,
        pack_key=keys.public_text(X25519PrivateKey.generate().public_key()),
        c2pa_anchors=authority.anchors_pem.decode(),
    )
    return trust.TrustedRoot.load(trust.sign(document, [signer]), now=now)


@pytest.fixture(scope="module")
def root(authority: Authority) -> trust.TrustedRoot:
    return root_of(authority)


@pytest.fixture(scope="module")
def delivered(authority: Authority, claim: DeliveryClaim, encode: Encode) -> bytes:
    return c2pa.sign(
        encode("JPEG"), "image/jpeg", signer=authority.claim_signer(), claim=claim, plate=encode("PNG")
    )


class Says:
    """A registry with one answer, or one error."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str | None, str | None]] = []

    def verify(self, *, receipt: str | None = None, sha256: str | None = None) -> Answer:
        self.asked.append((receipt, sha256))
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer.state in ("known", "revoked") and self.answer.output_sha256 is None:
            return self.answer.model_copy(update={"output_sha256": sha256})
        return self.answer


def answer(state: str, **more: object) -> Answer:
    fields = {"receipt": "rcp-1", "licence": "lic-1", "twin": "twin-1", "leaf_index": 7, **more}
    return Answer.model_validate({"state": state, **(fields if state != "unknown" else {})})


# --- the file alone -------------------------------------------------------------------------------------------------


def test_a_delivered_file_is_trusted_offline(
    tmp_path: Path, delivered: bytes, root: trust.TrustedRoot, claim: DeliveryClaim
) -> None:
    path = tmp_path / "delivered.jpg"
    path.write_bytes(delivered)
    verdict = verify_file(path, root=root)
    assert (verdict.trusted, verdict.c2pa_state, verdict.registry, verdict.findings) == (
        True,
        "Trusted",
        "not_asked",
        (),
    )
    assert (verdict.receipt, verdict.licence, verdict.twin) == (claim.receipt, claim.licence, claim.twin)


def test_another_registrys_root_does_not_trust_it(delivered: bytes, stranger: Authority) -> None:
    verdict = verify_file(delivered, root=root_of(stranger))
    assert (verdict.trusted, verdict.c2pa_state) == (False, "Valid")
    assert verdict.findings[0].code == "signingCredential.untrusted"


@pytest.mark.parametrize("kind", MIMES)
def test_no_byte_of_a_delivered_file_can_be_changed(
    authority: Authority, root: trust.TrustedRoot, claim: DeliveryClaim, encode: Encode, kind: str
) -> None:
    # Every byte where the credentials lie, and a sample of the picture's; a different bit each time.
    signed = c2pa.sign(encode(kind, (40, 30)), MIMES[kind], signer=authority.claim_signer(), claim=claim)
    assert verify_file(signed, root=root).trusted
    store = signed.index(b"jumd") - 40
    places = [*range(max(0, store), min(len(signed), store + 5_500)), *range(0, len(signed), 97)]
    for number, at in enumerate(places[:: 1 if kind == "PNG" else 3]):
        changed = bytearray(signed)
        changed[at] ^= 1 << (number % 8)
        verdict = verify_file(bytes(changed), root=root)
        assert not verdict.trusted, at
        assert verdict.c2pa_state != "Trusted"
        assert verdict.findings[0].message
        assert verdict.findings[0].remedy


def test_c2pa_alone_would_let_padding_be_changed(
    delivered: bytes, authority: Authority, root: trust.TrustedRoot
) -> None:
    # Why `seams` exists; when this fails, the library has closed the gap and `seams` may go.
    changed = bytearray(delivered)
    changed[delivered.index(b"cpadY") + 100] ^= 0xFF
    assert c2pa.read(bytes(changed), authority.anchors_pem).state == "Trusted"
    verdict = verify_file(bytes(changed), root=root)
    assert not verdict.trusted
    assert verdict.findings[0].code == "file.unbound_changed"


def test_a_cut_or_lengthened_file_is_not_trusted(delivered: bytes, root: trust.TrustedRoot) -> None:
    for changed in (delivered[:-10], delivered[:3_000], delivered + b"\0", b""):
        assert not verify_file(changed, root=root).trusted


def test_a_file_saved_again_says_so(delivered: bytes, root: trust.TrustedRoot) -> None:
    again = io.BytesIO()
    Image.open(io.BytesIO(delivered)).save(again, "JPEG", quality=95)
    verdict = verify_file(again.getvalue(), root=root)
    assert (verdict.trusted, verdict.c2pa_state, verdict.receipt) == (False, "Absent", "")
    assert "Saving a delivered file again" in verdict.findings[0].message


def test_credentials_moved_to_another_picture_are_not_trusted(
    authority: Authority, root: trust.TrustedRoot, claim: DeliveryClaim, encode: Encode
) -> None:
    signed = c2pa.sign(encode("PNG"), "image/png", signer=authority.claim_signer(), claim=claim)
    at = signed.index(b"caBX") - 4
    length = int.from_bytes(signed[at : at + 4], "big") + 12
    other = encode("PNG", (161, 120))
    moved = other[:33] + signed[at : at + length] + other[33:]
    assert seams.whole(moved, "image/png", authority.anchors_pem)
    verdict = verify_file(moved, root=root)
    assert not verdict.trusted
    assert "assertion.dataHash.mismatch" in [finding.code for finding in verdict.findings]


def test_a_plate_with_a_cameras_credentials(
    authority: Authority, stranger: Authority, root: trust.TrustedRoot, claim: DeliveryClaim, encode: Encode
) -> None:
    camera = c2pa.sign(encode("JPEG"), "image/jpeg", signer=stranger.claim_signer(), claim=claim)
    signed = c2pa.sign(encode("PNG"), "image/png", signer=authority.claim_signer(), claim=claim, plate=camera)
    assert verify_file(signed, root=root).trusted


def test_a_file_that_is_not_there(tmp_path: Path, root: trust.TrustedRoot) -> None:
    with pytest.raises(InputError):
        verify_file(tmp_path / "missing.jpg", root=root)


# --- with the registry ----------------------------------------------------------------------------------------------


def test_a_known_file_is_trusted_and_the_registry_was_asked_for_it(
    delivered: bytes, root: trust.TrustedRoot
) -> None:
    registry = Says(answer("known"))
    verdict = verify_file(delivered, root=root, registry=registry)
    assert (verdict.trusted, verdict.registry, verdict.findings) == (True, "known", ())
    assert registry.asked == [("rcp-1", verdict.sha256)]


@pytest.mark.parametrize(
    ("says", "word", "code"),
    [
        (answer("unknown"), "unknown", "registry_unknown"),
        (answer("altered", output_sha256="00" * 32), "altered", "registry_altered"),
        (answer("known", licence="lic-2"), "known", "registry_mismatch"),
        (answer("known", leaf_index=8), "known", "registry_mismatch"),
        (answer("known", output_sha256="00" * 32), "known", "registry_mismatch"),
        (RegistryUnreachableError("No answer.", remedy="Start it."), "unreachable", "registry_unreachable"),
        (RegistryError("Too many requests.", code="throttled"), "unknown", "throttled"),
    ],
)
def test_without_the_registrys_word_it_is_not_trusted(
    delivered: bytes, root: trust.TrustedRoot, says: Answer | Exception, word: str, code: str
) -> None:
    verdict = verify_file(delivered, root=root, registry=Says(says))
    assert (verdict.trusted, verdict.c2pa_state, verdict.registry) == (False, "Trusted", word)
    assert verdict.findings[0].code == code


def test_a_later_revocation_is_said_and_does_not_make_the_file_false(
    delivered: bytes, root: trust.TrustedRoot
) -> None:
    verdict = verify_file(delivered, root=root, registry=Says(answer("revoked")))
    assert verdict.trusted
    assert verdict.registry == "revoked"
    assert [finding.code for finding in verdict.findings] == ["licence_revoked_since"]


def test_an_ended_licence_is_said(delivered: bytes, root: trust.TrustedRoot) -> None:
    registry = Says(answer("known", not_after=1_000))
    assert verify_file(delivered, root=root, registry=registry, now=999).findings == ()
    ended = verify_file(delivered, root=root, registry=registry, now=1_001)
    assert ended.trusted
    assert [finding.code for finding in ended.findings] == ["licence_ended_since"]


def test_a_stripped_file_is_not_trusted_though_the_registry_be_kind(
    encode: Encode, root: trust.TrustedRoot
) -> None:
    verdict = verify_file(encode("JPEG"), root=root, registry=Says(answer("known")))
    assert not verdict.trusted
    assert verdict.findings[0].code == "manifest.absent"


def test_a_verdict_is_json_ready(delivered: bytes, root: trust.TrustedRoot) -> None:
    shown = dataclasses.asdict(verify_file(delivered, root=root))
    assert shown["trusted"] is True
    assert shown["c2pa_state"] == "Trusted"
