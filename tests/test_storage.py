"""Files are whole or not there."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

import pytest

from sosie.errors import SetupError
from sosie.storage import beside, write_file


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = write_file(tmp_path / "deep" / "file", b"old")
    write_file(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]


def test_an_interruption_leaves_what_was_there(tmp_path: Path) -> None:
    target = write_file(tmp_path / "file", b"old")
    with pytest.raises(KeyboardInterrupt), beside(target) as partial:
        partial.write_bytes(b"half")
        raise KeyboardInterrupt
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_private_file_is_for_this_user_only(tmp_path: Path) -> None:
    target = write_file(tmp_path / "key", b"secret", private=True)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    target = write_file(tmp_path / "file", b"old")
    with pytest.raises(SetupError) as caught, beside(target):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.code == "storage_full"
    assert str(tmp_path) in caught.value.remedy
    assert target.read_bytes() == b"old"


def test_a_really_full_disk(tmp_path: Path) -> None:
    """/dev/full answers every write with ENOSPC, as a full disk does."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(SetupError), beside(tmp_path / "file"), full.open("wb", buffering=0) as sink:
        sink.write(b"x")
    assert list(tmp_path.iterdir()) == []
