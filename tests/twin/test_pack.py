"""Packs go there and back exactly, and everything that is not the pack that was written is refused by name."""

import os
import stat
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.twin.packs import HEADER, KEY, PNG, SECTIONS, write

from sosie.errors import PackError, SetupError
from sosie.twin import pack_format as fmt
from sosie.twin.pack import SectionValue, TwinHeader, inspect_pack, pack_digest, read_pack, write_pack
from sosie.twin.pack_write import _replacing

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
