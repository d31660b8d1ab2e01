"""Authorities, a claim and real pictures for the tests of this room."""

import io
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from sosie.provenance.c2pa import DeliveryClaim
from sosie.provenance.certificates import Authority, make_authority

PEOPLE = Path(__file__).parents[1] / "people"
Encode = Callable[..., bytes]


@pytest.fixture(scope="session")
def encode() -> Encode:
    """`encode(kind, size)`: a photograph of the test people, small, as a file's bytes."""
    source = Image.open(next(PEOPLE.glob("captures/*/*.jpg"))).convert("RGB")

    def small(kind: str, size: tuple[int, int] = (160, 120)) -> bytes:
        target = io.BytesIO()
        source.resize(size).save(target, kind)
        return target.getvalue()

    return small


@pytest.fixture(scope="session")
def authority() -> Authority:
    return make_authority(int(time.time()))


@pytest.fixture(scope="session")
def stranger() -> Authority:
    return make_authority(int(time.time()), organisation="Somebody else")


@pytest.fixture(scope="session")
def claim() -> DeliveryClaim:
    return DeliveryClaim("lic-1", "rcp-1", "twin-1", 7, "ab" * 32, "eu_icon_modified", "Test", 1_790_000_000)
