"""Private folders are private, short, and not somebody else's."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sosie.client import folders
from sosie.errors import SetupError


def test_home_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOSIE_HOME", str(tmp_path / "here"))
    assert folders.home() == tmp_path / "here"
    monkeypatch.delenv("SOSIE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert folders.home() == tmp_path / "sosie"


def test_a_folder_open_to_others_is_closed(tmp_path: Path) -> None:
    loose = tmp_path / "loose"
    loose.mkdir(mode=0o777)
    loose.chmod(0o777)
    assert stat.S_IMODE(folders.private_folder(loose).stat().st_mode) == 0o700


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(SetupError) as caught:
        folders.private_folder(tmp_path / "link")
    assert caught.value.code == "folder_unsafe"


def test_a_file_in_the_way_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError) as caught:
        folders.private_folder(tmp_path / "file")
    assert caught.value.remedy


def test_a_socket_fits_whatever_the_home_is_called(tmp_path: Path) -> None:
    """107 bytes are what Linux leaves for the address of a socket."""
    home = tmp_path / ("long" * 40)
    found = folders.runtime_folder(home)
    try:
        assert len(str(found / "agent.sock")) < 100
        assert found != folders.runtime_folder(tmp_path)
    finally:
        found.rmdir()
        folders.runtime_folder(tmp_path).rmdir()
