"""Delivered files carry credentials that hold under this registry's root alone, and say what they should."""

import dataclasses
import io
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import c2pa as library
import pytest
from PIL import Image

from sosie.errors import InputError, SetupError
from sosie.provenance import c2pa, certificates
from sosie.provenance.certificates import Authority, make_authority

MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "TIFF": "image/tiff", "WEBP": "image/webp"}
Encode = Callable[..., bytes]


@pytest.mark.parametrize("kind", MIMES)
@pytest.mark.parametrize("with_plate", [True, False])
def test_signed_files_are_trusted_under_their_root_and_only_there(
    encode: Encode,
    authority: Authority,
    stranger: Authority,
    claim: c2pa.DeliveryClaim,
    kind: str,
    with_plate: bool,
) -> None:
    data = encode(kind)
    plate = encode("JPEG") if with_plate else None
    signed = c2pa.sign(data, MIMES[kind], signer=authority.claim_signer(), claim=claim, plate=plate)
    ours = c2pa.read(signed, authority.anchors_pem)
    assert (ours.state, ours.reasons, ours.claim, ours.signer) == ("Trusted", (), claim, "Sosie registry")
    theirs = c2pa.read(signed, stranger.anchors_pem)
    assert theirs.state == "Valid"  # which is not enough
    assert [finding.code for finding in theirs.reasons] == ["signingCredential.untrusted"]


def test_signing_changes_no_pixel(encode: Encode, authority: Authority, claim: c2pa.DeliveryClaim) -> None:
    data = encode("PNG")
    signed = c2pa.sign(data, "image/png", signer=authority.claim_signer(), claim=claim)
    assert Image.open(io.BytesIO(signed)).tobytes() == Image.open(io.BytesIO(data)).tobytes()


def test_what_the_manifest_says(encode: Encode, authority: Authority, claim: c2pa.DeliveryClaim) -> None:
    plate = encode("JPEG")
    signed = c2pa.sign(encode("PNG"), "image/png", signer=authority.claim_signer(), claim=claim, plate=plate)
    with library.Reader("image/png", io.BytesIO(signed), context=library.Context()) as reader:
        manifest = reader.get_active_manifest()
    by_label = {item["label"]: item["data"] for item in manifest["assertions"]}
    actions = by_label["c2pa.actions.v2"]["actions"]
    assert [action["action"] for action in actions] == ["c2pa.opened", "c2pa.placed", "c2pa.edited"]
    assert actions[2]["digitalSourceType"] == c2pa.COMPOSITE
    assert by_label[c2pa.LICENCE_ASSERTION] == dataclasses.asdict(claim)
    entries = by_label["cawg.training-mining"]["entries"]
    assert len(entries) == 4
    assert all(entry == {"use": "notAllowed"} for entry in entries.values())
    assert [(item["relationship"], item["title"]) for item in manifest["ingredients"]] == [
        ("componentOf", "twin-1"),
        ("parentOf", "plate"),
    ]
    assert "thumbnail" not in json.dumps(manifest)  # nobody's face travels in the metadata


def test_a_changed_picture_byte_is_named(
    encode: Encode, authority: Authority, claim: c2pa.DeliveryClaim
) -> None:
    signed = bytearray(c2pa.sign(encode("JPEG"), "image/jpeg", signer=authority.claim_signer(), claim=claim))
    signed[-200] ^= 1
    found = c2pa.read(bytes(signed), authority.anchors_pem)
    assert found.state == "Invalid"
    assert "assertion.dataHash.mismatch" in [finding.code for finding in found.reasons]
    assert "changed after delivery" in found.reasons[0].message


def test_a_file_saved_again_says_where_its_credentials_went(
    encode: Encode, authority: Authority, claim: c2pa.DeliveryClaim
) -> None:
    signed = c2pa.sign(encode("JPEG"), "image/jpeg", signer=authority.claim_signer(), claim=claim)
    again = io.BytesIO()
    Image.open(io.BytesIO(signed)).save(again, "JPEG", quality=95)
    found = c2pa.read(again.getvalue(), authority.anchors_pem)
    assert (found.state, found.reasons[0].code) == ("Absent", "manifest.absent")
    assert "Saving a delivered file again" in found.reasons[0].message


def test_credentials_of_the_plate_are_kept_and_cost_ours_nothing(
    encode: Encode, authority: Authority, stranger: Authority, claim: c2pa.DeliveryClaim
) -> None:
    # A camera's own credentials, under a root we do not know; and the same, broken.
    camera = c2pa.sign(encode("JPEG"), "image/jpeg", signer=stranger.claim_signer(), claim=claim)
    broken = bytearray(camera)
    broken[-200] ^= 1
    for plate in (camera, bytes(broken)):
        signed = c2pa.sign(
            encode("PNG"), "image/png", signer=authority.claim_signer(), claim=claim, plate=plate
        )
        assert c2pa.read(signed, authority.anchors_pem).state == "Trusted"
        assert c2pa.read(signed, stranger.anchors_pem).state == "Valid"
        changed = bytearray(signed)
        changed[-30] ^= 1
        assert c2pa.read(bytes(changed), authority.anchors_pem).state == "Invalid"


def test_our_file_inside_a_strangers_manifest_is_not_ours(
    encode: Encode, authority: Authority, stranger: Authority, claim: c2pa.DeliveryClaim
) -> None:
    ours = c2pa.sign(encode("PNG"), "image/png", signer=authority.claim_signer(), claim=claim)
    theirs = c2pa.sign(ours, "image/png", signer=stranger.claim_signer(), claim=claim, plate=ours)
    assert c2pa.read(theirs, authority.anchors_pem).state == "Valid"


def test_signed_by_us_but_not_as_a_likeness(encode: Encode, authority: Authority) -> None:
    signer = authority.claim_signer()
    manifest = {
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": c2pa.COMPOSITE}]},
            },
            {"label": c2pa.LICENCE_ASSERTION, "data": {"licence": "lic-1", "name": "A Person"}},
        ]
    }
    target = io.BytesIO()
    info = library.C2paSignerInfo("es256", signer.chain_pem, signer.key_pem, None)
    with (
        library.Context.from_dict({"builder": {"thumbnail": {"enabled": False}}}) as context,
        library.Builder(json.dumps(manifest), context) as builder,
        library.Signer.from_info(info) as native,
    ):
        builder.sign(native, "image/png", io.BytesIO(encode("PNG")), target)
    found = c2pa.read(target.getvalue(), authority.anchors_pem)
    assert (found.state, found.claim) == ("Trusted", None)
    assert [finding.code for finding in found.reasons] == ["licence.missing"]


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"II*\0"]
)
def test_files_that_are_no_delivered_pictures(authority: Authority, data: bytes) -> None:
    found = c2pa.read(data, authority.anchors_pem)
    assert found.state in ("Absent", "Invalid")
    assert found.reasons
    assert found.claim is None


def test_a_file_that_is_not_there(authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        c2pa.read(tmp_path / "missing.jpg", authority.anchors_pem)


@pytest.mark.parametrize(("data", "mime"), [(b"GIF89a", "image/gif"), (b"not a picture", "image/png")])
def test_what_cannot_be_signed(
    encode: Encode, authority: Authority, claim: c2pa.DeliveryClaim, data: bytes, mime: str
) -> None:
    with pytest.raises(InputError):
        c2pa.sign(data, mime, signer=authority.claim_signer(), claim=claim)
    with pytest.raises(InputError):
        c2pa.sign(encode("PNG"), "image/jpeg", signer=authority.claim_signer(), claim=claim)
    with pytest.raises(InputError):
        c2pa.sign(encode("PNG"), "image/png", signer=authority.claim_signer(), claim=claim, plate=data)


def test_an_expired_certificate_signs_nothing(encode: Encode, claim: c2pa.DeliveryClaim) -> None:
    old = make_authority(int(time.time() - (certificates.CLAIM_LIFE + timedelta(days=2)).total_seconds()))
    with pytest.raises(SetupError) as caught:
        c2pa.sign(encode("PNG"), "image/png", signer=old.claim_signer(), claim=claim)
    assert caught.value.code == "signing_failed"
    assert caught.value.remedy


def test_a_timestamp_service_that_does_not_answer(
    encode: Encode, authority: Authority, claim: c2pa.DeliveryClaim
) -> None:
    with pytest.raises(SetupError) as caught:
        c2pa.sign(
            encode("PNG"),
            "image/png",
            signer=authority.claim_signer("http://127.0.0.1:9/tsa"),  # the discard port
            claim=claim,
        )
    assert caught.value.code == "signing_failed"
