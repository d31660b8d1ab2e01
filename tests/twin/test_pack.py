"""Packs go there and back exactly, and everything that is not the pack that was written is refused by name."""

import json
import os
import stat
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sosie.errors import PackError, SetupError
from sosie.twin import pack_format as fmt
from sosie.twin.pack import SectionValue, TwinHeader, inspect_pack, pack_digest, read_pack, write_pack
from sosie.twin.pack_write import _replacing

KEY = bytes(range(32))
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
HEADER = TwinHeader("twin-1", "talent-1", 3, "ab" * 32, 1_790_000_000, 2048, ("front", "left"))
SECTIONS: dict[str, SectionValue] = {
    "shape": np.arange(12, dtype=np.float32).reshape(4, 3),
    "texture.albedo": np.arange(60, dtype=np.uint16).reshape(4, 5, 3),
    "validity": np.array([True, False, True]),
    "scale": np.array(2.5),
    "nothing": np.empty((0, 3), np.float32),
    "notes": b"any bytes \x00\xff",
}


def write(path: Path, sections: dict[str, SectionValue] | None = None, key: bytes = KEY) -> str:
    chosen = SECTIONS if sections is None else sections
    return write_pack(path, HEADER, chosen, key=key, thumbnail=PNG, nonce_source=os.urandom)


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


def refusal(path: Path, data: bytes, key: bytes = KEY) -> str:
    """The code with which `data` is refused; fails when it is not."""
    path.write_bytes(data)
    with pytest.raises(PackError) as caught:
        read_pack(path, key=key)
    assert caught.value.message
    assert caught.value.remedy
    return caught.value.code


def forge(data: bytes, change: Callable[[dict[str, object]], object]) -> bytes:
    """The pack with another header and a correct open hash: what somebody without the key can make."""
    head, thumb, _ = fmt.decode_preamble(data[: fmt.PREAMBLE.size])
    body = data[fmt.PREAMBLE.size :]
    header = json.loads(body[:head])
    change(header)
    raw = json.dumps(header).encode()
    lengths = (len(raw), thumb)
    opened = raw + body[head : head + thumb]
    digest = fmt._digest(*lengths, opened)
    return fmt.PREAMBLE.pack(fmt.MAGIC, fmt.VERSION, *lengths, digest) + opened + body[head + thumb :]


# --- there and back -------------------------------------------------------------------------------------------------


def test_sections_come_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "twin.pack"
    digest = write(path)
    header, sections = read_pack(path, key=KEY)
    assert header == HEADER
    assert list(sections) == list(SECTIONS)
    for name, value in SECTIONS.items():
        got = sections[name]
        if isinstance(value, bytes):
            assert got == value
        else:
            assert isinstance(got, np.ndarray)
            assert (got.dtype, got.shape) == (value.dtype, value.shape)
            assert np.array_equal(got, value)
    assert digest == pack_digest(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,8}(\.[a-z0-9_]{1,8})?", fullmatch=True),
        st.one_of(
            st.binary(max_size=200),
            hnp.arrays(
                st.sampled_from(["?", "u1", "i2", "<u4", "<f2", ">f4", "<f8"]),
                hnp.array_shapes(min_dims=0, max_side=5, min_side=0),
            ),
        ),
        max_size=5,
    )
)
def test_any_sections_come_back(tmp_path: Path, sections: dict[str, SectionValue]) -> None:
    path = tmp_path / "any.pack"
    write(path, sections)
    _, got = read_pack(path, key=KEY)
    assert got.keys() == sections.keys()
    for name, value in sections.items():
        same = got[name]
        if isinstance(value, bytes):
            assert same == value
        else:
            assert isinstance(same, np.ndarray)
            assert same.shape == value.shape
            assert same.tobytes() == value.astype(value.dtype.newbyteorder("<")).tobytes()


def test_strided_and_big_endian_arrays_are_stored_as_plain_ones(tmp_path: Path) -> None:
    base = np.arange(24, dtype=">f4").reshape(4, 6)
    write(tmp_path / "p", {"view": base[::2, ::3]})
    got = read_pack(tmp_path / "p", key=KEY)[1]["view"]
    assert np.array_equal(got, base[::2, ::3])


def test_a_pack_can_be_inspected_without_a_key(tmp_path: Path) -> None:
    path = tmp_path / "twin.pack"
    write(path)
    summary = inspect_pack(path)
    assert summary.header == HEADER
    assert summary.thumbnail == PNG
    assert summary.file_bytes == path.stat().st_size
    assert [row.name for row in summary.sections] == list(SECTIONS)
    assert summary.sections[0].shape == (4, 3)


def test_the_same_twin_locked_twice_shares_no_ciphertext(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    write(a)
    write(b)
    payload = inspect_pack(a).payload_bytes
    assert a.read_bytes()[-payload:] != b.read_bytes()[-payload:]


def test_nothing_of_a_section_can_be_read_from_the_file(tmp_path: Path) -> None:
    write(tmp_path / "p", {"secret": b"the likeness itself" * 10})
    assert b"the likeness" not in (tmp_path / "p").read_bytes()


# --- what is refused ------------------------------------------------------------------------------------------------


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


# --- consent --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("consent", ["", "none", "AB" * 32, "ab" * 31])
def test_there_is_no_header_without_a_consent(consent: str) -> None:
    with pytest.raises(PackError) as caught:
        TwinHeader("t", "p", 1, consent, 0, 2048)
    assert caught.value.code == "pack_unbound"
    assert "--consent" in caught.value.remedy


@pytest.mark.parametrize("change", [{"twin": "twin-2"}, {"revision": 4}, {"consent_sha256": "cd" * 32}])
def test_a_pack_is_held_against_its_lease(change: dict[str, object]) -> None:
    asked: dict[str, object] = {"twin": "twin-1", "revision": 3, "consent_sha256": "ab" * 32}
    HEADER.require(**asked)  # type: ignore[arg-type]  # test data
    with pytest.raises(PackError) as caught:
        HEADER.require(**(asked | change))  # type: ignore[arg-type]  # test data
    assert caught.value.code == "pack_unbound"


# --- writing --------------------------------------------------------------------------------------------------------


def test_a_pack_is_private_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "twin.pack")
    assert [entry.name for entry in tmp_path.iterdir()] == ["twin.pack"]
    assert stat.S_IMODE((tmp_path / "twin.pack").stat().st_mode) == 0o600


class StoppedError(BaseException):
    """Stands for Ctrl-C in the middle of a write."""


def test_an_interrupted_write_leaves_the_old_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "twin.pack"
    write(path)
    before = path.read_bytes()

    def stop(*_: object, **__: object) -> bytes:
        raise StoppedError

    monkeypatch.setattr(fmt.Cipher, "seal", stop)
    with pytest.raises(StoppedError):
        write(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["twin.pack"]


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full to stand for a full disk")

    def fill() -> None:
        with _replacing(tmp_path / "p") as file:
            os.dup2(os.open(full, os.O_WRONLY), file.fileno())
            file.write(bytes(1 << 20))

    with pytest.raises(SetupError) as caught:
        fill()
    assert caught.value.code == "storage_full"
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SetupError) as caught:
        write(tmp_path / "file" / "twin.pack")
    assert caught.value.code == "storage_unwritable"


@pytest.mark.parametrize(
    "sections",
    [
        {"Bad/Name": b""},
        {"ok": np.array(["text"])},
        {"ok": np.array([object()])},
        {f"s{n}": b"" for n in range(257)},
        {"complex": np.array([1j])},
    ],
)
def test_what_a_pack_does_not_hold(tmp_path: Path, sections: dict[str, SectionValue]) -> None:
    with pytest.raises(PackError):
        write(tmp_path / "p", sections)
    assert list(tmp_path.iterdir()) == []


def test_a_thumbnail_is_a_picture(tmp_path: Path) -> None:
    for data in (b"<svg onload=...>", PNG + bytes(1 << 19)):
        with pytest.raises(PackError):
            write_pack(tmp_path / "p", HEADER, {}, key=KEY, thumbnail=data, nonce_source=os.urandom)


def test_writing_and_reading_need_little_more_memory_than_the_twin(tmp_path: Path) -> None:
    twin: dict[str, SectionValue] = {"texture": np.zeros((2048, 2048, 4), np.float32)}  # 64 MiB
    tracemalloc.start()
    write(tmp_path / "p", twin)
    written = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    _, got = read_pack(tmp_path / "p", key=KEY)
    read = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert written < 6 * fmt.CHUNK
    assert read < 64 * fmt.CHUNK + 6 * fmt.CHUNK
    assert np.array_equal(got["texture"], twin["texture"])
