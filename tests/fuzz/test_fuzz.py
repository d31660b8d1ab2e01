"""Damaged input ends in an object or a SosieError, in time and memory, and never in another exception.

`SOSIE_FUZZ=100000 pytest tests/fuzz` runs so many examples for each parser instead of a few. An input that broke
something goes into `corpus/` under its target's name, and is tried first from then on.
"""

from __future__ import annotations

import os
import resource
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzz.targets import TARGETS

from sosie.errors import SosieError

CORPUS = Path(__file__).parent / "corpus"
EXAMPLES = int(os.environ.get("SOSIE_FUZZ", "150"))
#: What one target may add to the highest memory this process has used.
MEMORY_MB = 300
#: Numbers at which parsers think again: zero, signs, powers of two, all ones.
EDGES = (
    b"\x00" * 4,
    b"\xff" * 4,
    b"\x7f\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"\x00\x00\x00\x01",
    b"[" * 64,
    b'"',
)


def seeds(prefix: str) -> list[bytes]:
    found = [path.read_bytes() for path in sorted(CORPUS.glob(f"{prefix}.*"))]
    assert found, f"no seeds for {prefix}: python -m tests.fuzz.seeds"
    return found


@st.composite
def damaged(draw: Any, prefix: str) -> bytes:
    """A seed with up to six wounds: bytes changed, cut out, put in, doubled, or taken from another seed."""
    known = seeds(prefix)
    data = bytearray(draw(st.sampled_from(known)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        end = min(len(data), at + draw(st.integers(0, 64)))
        wound = draw(st.sampled_from(("flip", "cut", "put", "double", "splice", "end")))
        if wound == "flip" and data:
            data[at] ^= draw(st.integers(1, 255))
        elif wound == "cut":
            del data[at:end]
        elif wound == "put":
            data[at:end] = draw(st.sampled_from(EDGES) | st.binary(max_size=16))
        elif wound == "double":
            data[at:at] = data[at:end]
        elif wound == "splice":
            other = draw(st.sampled_from(known))
            data[at:] = other[min(at, len(other)) :]
        else:
            del data[at:]
    return bytes(data)


def run(target: str, data: bytes, folder: Path) -> None:
    """Nothing but a SosieError may come out, and it must say what happened and what to do."""
    parse, _ = TARGETS[target]
    words = ("ok", "ok")
    try:
        parse(data, folder)
    except SosieError as error:
        words = (error.message, error.remedy)
    assert all(words)


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus(target: str, tmp_path: Path) -> None:
    for data in [*seeds(TARGETS[target][1]), b"", b"\x00" * 100, b"\xff" * 10_000]:
        run(target, data, tmp_path)


@pytest.mark.parametrize("target", TARGETS)
def test_damaged_input(target: str, tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    @settings(
        max_examples=EXAMPLES,
        deadline=timedelta(seconds=2),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(damaged(TARGETS[target][1]))
    def fuzz(data: bytes) -> None:
        run(target, data, tmp_path)

    fuzz()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < MEMORY_MB
