"""Packs that are damaged, forged, cut, foreign or locked with another key: refused, with the reason."""

import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.twin.packs import KEY, PNG, forge, refusal, write

from sosie.errors import PackError
from sosie.twin import pack_format as fmt
from sosie.twin.pack import inspect_pack, read_pack


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("pack") / "small.pack"
    write(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Three whole chunks and a part of one."""
    path = tmp_path_factory.mktemp("pack") / "large.pack"
    noise = np.random.default_rng(1).integers(0, 255, 3 * fmt.CHUNK + 777, np.uint8)
    write(path, {"noise": noise})
    return path.read_bytes()


def test_every_single_flipped_byte_is_refused(tmp_path: Path, small: bytes) -> None:
    path = tmp_path / "flipped"
    codes = set()
    for at in range(len(small)):
        changed = bytearray(small)
        changed[at] ^= 1 << (at % 8)
        codes.add(refusal(path, bytes(changed)))
    assert codes <= {"pack_corrupt", "pack_foreign", "pack_version", "pack_truncated"}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_flipped_byte_anywhere_in_a_large_pack_is_refused(
    tmp_path: Path, large: bytes, data: st.DataObject
) -> None:
    changed = bytearray(large)
    changed[data.draw(st.integers(0, len(large) - 1))] ^= data.draw(st.integers(1, 255))
    refusal(tmp_path / "flipped", bytes(changed))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.booleans())
def test_random_bytes_are_refused_calmly(tmp_path: Path, noise: bytes, marked: bool) -> None:
    assert refusal(tmp_path / "noise", fmt.MAGIC * marked + noise).startswith("pack_")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["twin", "sections", "cipher"]),
    st.recursive(
        st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    ),
)
def test_any_json_in_place_of_a_field_is_refused(
    tmp_path: Path, small: bytes, field: str, value: object
) -> None:
    assert refusal(tmp_path / "json", forge(small, lambda header: header.update({field: value}))).startswith(
        "pack_"
    )


def test_another_key_is_told_apart_from_damage(tmp_path: Path, small: bytes) -> None:
    assert refusal(tmp_path / "p", small, bytes(32)) == "pack_wrong_key"
    assert refusal(tmp_path / "p", small, b"short") == "pack_wrong_key"


@pytest.mark.parametrize("keep", [0, 3, 8, 49, 60, 400, -16, -1])
def test_a_cut_pack_says_it_was_cut(tmp_path: Path, small: bytes, keep: int) -> None:
    assert refusal(tmp_path / "p", small[:keep]) == ("pack_truncated" if keep else "pack_foreign")


def test_bytes_after_the_end_are_refused(tmp_path: Path, small: bytes) -> None:
    assert refusal(tmp_path / "p", small + b"\0") == "pack_corrupt"


def test_chunks_cannot_be_reordered_dropped_or_repeated(tmp_path: Path, large: bytes) -> None:
    step = fmt.CHUNK + fmt.TAG
    start = len(large) - (3 * step + 777 + fmt.TAG)
    head, one, two, rest = (
        large[:start],
        large[start:][:step],
        large[start + step :][:step],
        large[start + 2 * step :],
    )
    for changed in (head + two + one + rest, head + one + one + rest):
        assert refusal(tmp_path / "p", changed) == "pack_corrupt"
    assert refusal(tmp_path / "p", head + one + rest) == "pack_truncated"


def test_a_shorter_twin_cannot_be_passed_off(tmp_path: Path, large: bytes) -> None:
    # The table is rewritten to end at a chunk: the file's size fits, but no chunk was sealed as the last one.
    step = fmt.CHUNK + fmt.TAG
    start = len(large) - (3 * step + 777 + fmt.TAG)

    def shorten(header: dict[str, object]) -> None:
        header["sections"][0].update(size=fmt.CHUNK, shape=[fmt.CHUNK])  # type: ignore[index]  # test data

    assert refusal(tmp_path / "p", forge(large[: start + step], shorten)) == "pack_corrupt"


def test_header_and_thumbnail_cannot_be_exchanged(tmp_path: Path, small: bytes) -> None:
    def other(header: dict[str, object]) -> None:
        header["twin"]["talent"] = "talent-2"  # type: ignore[index]  # test data

    assert refusal(tmp_path / "p", forge(small, other)) == "pack_corrupt"
    at = small.index(PNG) + len(PNG) - 1
    changed = small[:at] + b"X" + small[at + 1 :]
    assert refusal(tmp_path / "p", forge(changed, lambda header: None)) == "pack_corrupt"


def test_other_versions_and_other_files(tmp_path: Path, small: bytes) -> None:
    future = small[:8] + struct.pack(">H", 2) + small[10:]
    assert refusal(tmp_path / "p", future) == "pack_version"
    assert refusal(tmp_path / "p", b"PK\x03\x04" + bytes(500)) == "pack_foreign"
    assert refusal(tmp_path / "p", PNG * 20) == "pack_foreign"


@pytest.mark.parametrize("path", ["missing.pack", "."])
def test_a_pack_that_is_not_there(tmp_path: Path, path: str) -> None:
    with pytest.raises(PackError) as caught:
        inspect_pack(tmp_path / path)
    assert caught.value.code == "pack_unreadable"


@pytest.mark.parametrize(
    "row",
    [
        {"name": "../../etc/passwd"},
        {"name": "a/b"},
        {"name": "a\\b"},
        {"name": ""},
        {"name": "x" * 65},
        {"name": ".."},
        {"name": "notes"},  # twice
        {"dtype": "|O"},
        {"dtype": "<f16"},
        {"dtype": ["<f4"]},
        {"shape": [-1, -12]},
        {"shape": [4, 4]},
        {"shape": [4.0, 3]},
        {"shape": [1] * 9},
        {"shape": [0, 10**30], "size": 0},
        {"size": 49},
        {"sha256": 7},
        {"extra": 1},
    ],
)
def test_tricks_in_the_table_are_refused(tmp_path: Path, small: bytes, row: dict[str, object]) -> None:
    forged = forge(small, lambda header: header["sections"][0].update(row))  # type: ignore[index]  # test data
    assert refusal(tmp_path / "p", forged) == "pack_corrupt"


def test_a_giant_declared_size_takes_no_memory(tmp_path: Path, small: bytes) -> None:
    giant = {"dtype": "|u1", "shape": [1 << 39], "size": 1 << 39}
    forged = forge(small, lambda header: header["sections"][0].update(giant))  # type: ignore[index]  # test data
    tracemalloc.start()
    assert refusal(tmp_path / "p", forged) == "pack_truncated"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_a_sparse_file_of_the_declared_size_is_still_refused_by_its_limit(
    tmp_path: Path, small: bytes
) -> None:
    size = 3 << 30
    giant = {"dtype": "|u1", "shape": [size], "size": size}
    path = tmp_path / "p"
    forged = forge(small, lambda header: header.update(sections=[dict(header["sections"][0], **giant)]))  # type: ignore[index]  # test data
    opened = len(forged) - inspect_payload(small)
    path.write_bytes(forged[:opened])
    os.truncate(path, opened + size + fmt.chunks(size) * fmt.TAG)
    with pytest.raises(PackError) as caught:
        read_pack(path, key=KEY)
    assert caught.value.code == "pack_too_large"


def inspect_payload(data: bytes) -> int:
    head, thumb, _ = fmt.decode_preamble(data[: fmt.PREAMBLE.size])
    return len(data) - fmt.PREAMBLE.size - head - thumb


def test_deeply_nested_json_is_refused(tmp_path: Path) -> None:
    raw = b"[" * 60_000
    data = fmt.PREAMBLE.pack(fmt.MAGIC, 1, len(raw), 0, fmt._digest(len(raw), 0, raw)) + raw
    assert refusal(tmp_path / "p", data) == "pack_corrupt"


def test_a_key_that_appears_twice_is_refused(tmp_path: Path, small: bytes) -> None:
    head, thumb, _ = fmt.decode_preamble(small[: fmt.PREAMBLE.size])
    raw = small[fmt.PREAMBLE.size :][:head]
    raw = raw[:-1] + b',"twin":{}}'
    opened = raw + PNG
    data = fmt.PREAMBLE.pack(fmt.MAGIC, 1, len(raw), thumb, fmt._digest(len(raw), thumb, opened)) + opened
    assert refusal(tmp_path / "p", data + small[-inspect_payload(small) :]) == "pack_corrupt"
