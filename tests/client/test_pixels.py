"""Pixels cross in mapped files of one private folder, and nothing else is ever opened."""

from __future__ import annotations

import dataclasses
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from sosie.client import pixels as client_pixels
from sosie.client.pixels import PixelFolder, size_of
from sosie.errors import AgentError, CancelledError, OptionError
from sosie.messages import Pixels


@pytest.fixture
def folder(tmp_path: Path) -> PixelFolder:
    return PixelFolder(tmp_path)


def put(folder: PixelFolder, data: bytes = bytes(range(24))) -> Pixels:
    return folder.put(data, width=4, height=2, depth="u8", channels="RGB")


def test_what_is_put_is_read(folder: PixelFolder) -> None:
    pixels = put(folder)
    assert folder.read(pixels) == bytes(range(24))
    assert Path(pixels.path).stat().st_mode & 0o077 == 0


def test_a_float_view_is_taken_as_bytes(folder: PixelFolder) -> None:
    import array

    values = array.array("f", range(8))
    pixels = folder.put(memoryview(values), width=2, height=1, depth="f32", channels="RGBA")
    assert folder.read(pixels) == values.tobytes()


def test_release_removes_it_and_may_be_repeated(folder: PixelFolder) -> None:
    pixels = put(folder)
    folder.release(pixels)
    folder.release(pixels)
    assert list(folder.folder.iterdir()) == []


def test_wrong_number_of_bytes_is_refused_and_leaves_nothing(folder: PixelFolder) -> None:
    with pytest.raises(OptionError, match="23 bytes"):
        put(folder, bytes(23))
    assert list(folder.folder.iterdir()) == []


@pytest.mark.parametrize("change", [{"width": 5}, {"depth": "u16"}, {"channels": "RGBA"}])
def test_a_file_of_another_size_is_refused(folder: PixelFolder, change: dict[str, object]) -> None:
    with pytest.raises(AgentError) as caught:
        folder.open(dataclasses.replace(put(folder), **change))
    assert caught.value.code == "pixels_invalid"


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "{folder}/../x.px", "{folder}/sub/x.px", "x.px", "{folder}/key"]
)
def test_nothing_outside_the_folder_is_opened(folder: PixelFolder, name: str) -> None:
    pixels = dataclasses.replace(put(folder), path=name.format(folder=folder.folder))
    for use in (folder.open, folder.create, folder.release):
        with pytest.raises(AgentError) as caught:
            use(pixels)
        assert caught.value.code == "pixels_invalid"


def test_a_link_in_the_folder_is_not_followed(folder: PixelFolder, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(24))
    link = tmp_path / "link.px"
    link.symlink_to(secret)
    with pytest.raises(AgentError):
        folder.open(dataclasses.replace(put(folder), path=str(link)))


@pytest.mark.parametrize(
    "change",
    [
        {"width": 0},
        {"height": -1},
        {"width": 40_000},
        {"width": 20_000, "height": 20_000},
        {"depth": "f64"},
        {"channels": "CMYK"},
    ],
)
def test_sides_depths_and_channels_have_limits(change: dict[str, object]) -> None:
    pixels = Pixels("x.px", 8, 8, "u8", "RGB")
    with pytest.raises(OptionError):
        size_of(dataclasses.replace(pixels, **change))


def test_a_copy_that_is_cancelled_says_so_and_leaves_nothing(
    folder: PixelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_pixels, "COPIED_AT_ONCE", 10)
    checks = iter([None, None, CancelledError("Enough.")])

    def check() -> None:
        if error := next(checks):
            raise error

    with pytest.raises(CancelledError):
        folder.copy(put(folder), check)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    """A limit on file size is what a process can do to itself; a full tmpfs answers through the same call."""
    program = f"""
import errno, resource, signal
from pathlib import Path
from sosie.client import pixels
pixels.errno.ENOSPC = errno.EFBIG
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
try:
    pixels.PixelFolder(Path({str(tmp_path)!r})).put(bytes(1 << 20), width=1 << 10, height=1 << 10, depth="u8", channels="L")
except pixels.SetupError as error:
    print(error.code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "storage_full"
    assert list(tmp_path.iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
