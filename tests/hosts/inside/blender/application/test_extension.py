"""Blender's own tools for extensions: they accept the zip, and install it from the repository that the build makes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import bpy
import pytest

PACKAGE = Path(os.environ["SOSIE_TEST_PACKAGE"])


def blender(*arguments: str, profile: Path) -> str:
    """`blender --command extension ...` with a profile of its own; what it says."""
    done = subprocess.run(
        [bpy.app.binary_path, "--online-mode", "--command", "extension", *arguments],
        env={**os.environ, "BLENDER_USER_RESOURCES": str(profile), "HOME": str(profile)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    for path in (PACKAGE, PACKAGE.parent / "index.json"):
        shutil.copy(path, folder)
    return folder


def test_the_zip_is_valid(tmp_path: Path) -> None:
    assert "Success" in blender("validate", str(PACKAGE), profile=tmp_path)


def test_the_repository_is_the_one_that_blender_makes(repository: Path, tmp_path: Path) -> None:
    ours = json.loads((repository / "index.json").read_text("utf-8"))
    blender("server-generate", "--repo-dir", str(repository), profile=tmp_path)
    assert json.loads((repository / "index.json").read_text("utf-8")) == ours


def test_blender_installs_from_it(repository: Path, tmp_path: Path) -> None:
    url = (repository / "index.json").as_uri()
    blender("repo-add", "--url", url, "--name", "Studio", "studio", profile=tmp_path)
    blender("sync", profile=tmp_path)
    blender("install", "--enable", "sosie", profile=tmp_path)
    assert "sosie" in blender("list", profile=tmp_path)
    assert list(tmp_path.rglob("studio/sosie/blender_manifest.toml"))
