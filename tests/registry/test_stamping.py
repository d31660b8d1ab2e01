"""Delivered files carry the registry's own time, and nobody else is stamped."""

from __future__ import annotations

import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sosie.provenance import c2pa
from sosie.provenance.c2pa import DeliveryClaim
from sosie.provenance.certificates import Authority, make_authority
from sosie.registry.stamping import Stamping

PLATE = Path(__file__).parents[1] / "people" / "captures" / "p01" / "frontal.jpg"
CLAIM = DeliveryClaim(
    licence="lic_000001",
    receipt="rcp_000001",
    twin="twn_000001",
    leaf_index=3,
    consent_sha256="0" * 64,
    disclosure="text",
    registry="test",
    delivered_at=1,
)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return make_authority(int(time.time()))


@pytest.fixture
def stamping(authority: Authority) -> Iterator[Stamping]:
    service = Stamping(lambda: authority, lambda: int(time.time()), secrets.token_bytes)
    yield service
    service.close()


def test_a_signature_carries_the_registrys_time(authority: Authority, stamping: Stamping) -> None:
    signed = c2pa.sign(PLATE.read_bytes(), "image/jpeg", signer=stamping.claim_signer(), claim=CLAIM)
    credentials = c2pa.read(signed, authority.anchors_pem)
    assert credentials.state == "Trusted"
    assert credentials.signed_at.startswith(time.strftime("%Y-", time.gmtime()))


def test_without_the_service_there_is_no_time(authority: Authority) -> None:
    signed = c2pa.sign(PLATE.read_bytes(), "image/jpeg", signer=authority.claim_signer(), claim=CLAIM)
    assert c2pa.read(signed, authority.anchors_pem).signed_at == ""


def test_strangers_are_not_stamped(stamping: Stamping) -> None:
    url = stamping.claim_signer().timestamp_url
    assert url is not None
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url.rsplit("/", 1)[0] + "/tsa", data=b"0")
    assert caught.value.code == 404
    caught.value.close()


def test_it_ends_with_the_registry(stamping: Stamping) -> None:
    url = stamping.claim_signer().timestamp_url
    assert url is not None
    stamping.close()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, data=b"0")
