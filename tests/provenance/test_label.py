"""The label can be read on every picture, and a prepared file keeps its depth, its profile and its pixels."""

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from sosie.errors import InputError, PictureError
from sosie.provenance import c2pa, label
from sosie.provenance.c2pa import DeliveryClaim
from sosie.provenance.certificates import Authority
from sosie.provenance.prepare import prepare

Encode = Callable[..., bytes]
MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "TIFF": "image/tiff", "WEBP": "image/webp"}
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def luminance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """WCAG 2.2 relative luminance of grey sRGB values 0 to 1."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("shade", [0, 60, 128, 200, 255])
def test_letters_contrast_with_their_plate_on_every_ground(shade: int) -> None:
    ground = np.full((480, 640, 3), shade, np.uint8)
    labelled, at = label.draw(ground, "AI MODIFIED")
    region = luminance(labelled[at.y0 : at.y1, at.x0 : at.x1, 0] / 255.0)
    inside = region[at.letters // 2 : -at.letters // 2, at.letters // 2 : -at.letters // 2]
    assert (inside.max() + 0.05) / (inside.min() + 0.05) > 10  # WCAG AAA asks for 7
    # And the plate itself can be told from the picture: rim or plate differ from the ground.
    assert np.abs(labelled[at.y0 : at.y1, at.x0 : at.x1].astype(int) - shade).max() > 100


@pytest.mark.parametrize("size", [(480, 640), (640, 480), (4000, 6000), (150, 150)])
def test_letters_are_at_least_three_percent_of_the_short_side(size: tuple[int, int]) -> None:
    labelled, at = label.draw(np.zeros((*size, 3), np.uint8), "AI MODIFIED")
    assert at.letters >= 0.03 * min(size)
    # Measured on the pixels, not believed: rows that hold ink between the plate's rims.
    pad = at.letters // 2
    rows = (labelled[at.y0 + pad : at.y1 - pad, at.x0 + pad : at.x1 - pad, 0] > 128).any(axis=1)
    assert rows.sum() >= 0.03 * min(size)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float16, np.float32])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_only_the_label_changes(kind: type, channels: int) -> None:
    white = {np.uint8: 255, np.uint16: 65535}.get(kind, 1.0)
    before = (np.random.default_rng(3).random((300, 400, channels)) * white).astype(kind)
    after, at = label.draw(before, "AI MODIFIED")
    assert after.dtype == before.dtype
    changed = (after != before).any(axis=2)
    changed[at.y0 : at.y1, at.x0 : at.x1] = False
    assert not changed.any()
    assert after.max() <= white
    assert np.isclose(float(after[at.y0 : at.y1, at.x0 : at.x1].max()), white)


def test_a_label_that_nobody_could_read_is_refused() -> None:
    for size in ((1, 1), (20, 300), (300, 40)):
        with pytest.raises(InputError) as caught:
            label.draw(np.zeros((*size, 3), np.uint8), "AI MODIFIED")
        assert caught.value.code == "picture_too_small"


def test_every_disclosure_of_a_licence_has_its_words() -> None:
    from typing import get_args

    from sosie.licence.documents import Terms

    assert set(get_args(Terms.model_fields["disclosure"].annotation)) == set(label.WORDS)


@pytest.mark.parametrize("kind", MIMES)
def test_a_prepared_file_is_labelled_and_says_how_it_was_made(
    encode: Encode, authority: Authority, claim: DeliveryClaim, kind: str
) -> None:
    data = encode(kind, (320, 240))
    ready = prepare(data, MIMES[kind], claim=claim)
    before, after = (np.asarray(Image.open(io.BytesIO(file)).convert("RGB"), int) for file in (data, ready))
    assert before.shape == after.shape
    assert np.abs(after - before)[-40:, -160:].max() > 100
    far = np.abs(after - before)[:180]
    assert far.max() <= {"PNG": 0, "TIFF": 0, "JPEG": 6, "WEBP": 24}[kind]
    assert far.mean() < {"PNG": 0.01, "TIFF": 0.01, "JPEG": 0.3, "WEBP": 3}[kind]
    for field in (
        b"compositeWithTrainedAlgorithmicMedia",
        b"DMI-PROHIBITED-GENAIMLTRAINING",
        b"rcp-1",
        b"MR-LMR",
    ):
        assert field in ready
    signed = c2pa.sign(ready, MIMES[kind], signer=authority.claim_signer(), claim=claim)
    assert c2pa.read(signed, authority.anchors_pem).state == "Trusted"
    assert b"DMI-PROHIBITED-GENAIMLTRAINING" in signed


def test_pillow_and_c2pa_agree_on_where_xmp_lies(encode: Encode, claim: DeliveryClaim) -> None:
    for kind, mime in MIMES.items():
        with Image.open(io.BytesIO(prepare(encode(kind, (320, 240)), mime, claim=claim))) as picture:
            picture.load()
            found = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp", "").encode()
            assert b"ModelReleaseID" in found, kind


def test_an_editorial_waiver_has_no_visible_label_but_all_the_others(
    encode: Encode, claim: DeliveryClaim
) -> None:
    from dataclasses import replace

    waived = replace(claim, disclosure="waived_editorial")
    data = encode("PNG", (320, 240))
    ready = prepare(data, "image/png", claim=waived)
    assert Image.open(io.BytesIO(ready)).tobytes() == Image.open(io.BytesIO(data)).tobytes()
    assert b"compositeWithTrainedAlgorithmicMedia" in ready


def test_sixteen_bits_stay_sixteen_bits_with_their_profile(
    claim: DeliveryClaim, authority: Authority
) -> None:
    from sosie.provenance.prepare import _chunk

    before = np.random.default_rng(4).integers(0, 65535, (240, 320, 3), np.uint16)
    plain = cv2.imencode(".png", before)[1].tobytes()
    import zlib

    data = plain[:33] + _chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(ICC)) + plain[33:]
    ready = prepare(data, "image/png", claim=claim)
    after = cv2.imdecode(np.frombuffer(ready, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    assert after is not None
    assert after.dtype == np.uint16
    assert np.array_equal(after[:180], before[:180])
    assert Image.open(io.BytesIO(ready)).info["icc_profile"] == ICC
    signed = c2pa.sign(ready, "image/png", signer=authority.claim_signer(), claim=claim)
    assert c2pa.read(signed, authority.anchors_pem).state == "Trusted"


@pytest.mark.parametrize("kind", MIMES)
def test_profiles_stay(kind: str, claim: DeliveryClaim) -> None:
    source = io.BytesIO()
    Image.new("RGB", (320, 240), "teal").save(source, kind, icc_profile=ICC)
    ready = prepare(source.getvalue(), MIMES[kind], claim=claim)
    assert Image.open(io.BytesIO(ready)).info["icc_profile"] == ICC


def test_a_turned_photograph_is_labelled_upright(claim: DeliveryClaim) -> None:
    picture = Image.new("RGB", (320, 240), "teal")
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees
    exif[0x8298] = "A Photographer"
    source = io.BytesIO()
    picture.save(source, "JPEG", exif=exif)
    ready = Image.open(io.BytesIO(prepare(source.getvalue(), "image/jpeg", claim=claim)))
    assert ready.size == (240, 320)
    assert 0x0112 not in ready.getexif()
    assert ready.getexif()[0x8298] == "A Photographer"


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1"])
def test_other_modes_of_png(mode: str, claim: DeliveryClaim) -> None:
    source = io.BytesIO()
    Image.new("RGBA", (320, 240), (0, 128, 128, 90)).convert(mode).save(source, "PNG")
    ready = Image.open(io.BytesIO(prepare(source.getvalue(), "image/png", claim=claim)))
    assert ready.size == (320, 240)


def test_what_cannot_be_written_back_unharmed_is_refused(claim: DeliveryClaim, encode: Encode) -> None:
    cmyk = io.BytesIO()
    Image.new("CMYK", (320, 240)).save(cmyk, "JPEG")
    deep = cv2.imencode(".tiff", np.zeros((240, 320, 3), np.uint16))[1].tobytes()
    for data, mime in (
        (cmyk.getvalue(), "image/jpeg"),
        (deep, "image/tiff"),
        (encode("PNG"), "image/jpeg"),
        (encode("JPEG")[:2_000], "image/jpeg"),
        (encode("PNG")[:2_000], "image/png"),
        (b"\x89PNG\r\n\x1a\n" + bytes(16) + b"\x10" + bytes(30), "image/png"),
    ):
        with pytest.raises(PictureError) as caught:
            prepare(data, mime, claim=claim)
        assert caught.value.remedy
