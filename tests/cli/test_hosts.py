"""`sosie hosts`: packages put into hosts' folders as the hosts look for them; what is missing is said."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import sosie
from sosie.cli import cli
from sosie.errors import OptionError, SetupError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["hosts", *words])


def listed() -> dict[str, dict[str, Any]]:
    return {row["host"]: row for row in json.loads(run("list", "--json").stdout)}


def test_krita_gets_the_package_switched_on_and_a_second_time_replaced(home: Path) -> None:
    resources, settings = home / ".local/share/krita", home / ".config/kritarc"
    resources.mkdir(parents=True)
    settings.parent.mkdir()
    settings.write_text("[General]\nname=1\n\n[python]\nenable_other=true\nenable_sosie_krita=false\n")
    assert not listed()["krita"]["installed"]
    assert run("install", "krita").exit_code == 0
    package = resources / "pykrita" / "sosie_krita"
    assert (package / "__init__.py").is_file()
    assert (package / "_sosie" / "messages.py").is_file()
    assert (resources / "pykrita" / "sosie_krita.desktop").is_file()
    assert (resources / "actions" / "sosie_krita.action").is_file()
    kept = settings.read_text()
    assert kept == "[General]\nname=1\n\n[python]\nenable_sosie_krita=true\nenable_other=true\n"
    (package / "old.py").touch()
    again = run("install", "krita", "--json")
    assert json.loads(again.stdout)["installed"] == str(package)
    assert not (package / "old.py").exists()
    assert settings.read_text() == kept
    assert sorted(path.name for path in package.parent.iterdir()) == ["sosie_krita", "sosie_krita.desktop"]
    assert listed()["krita"] == {"host": "krita", "place": str(resources), "installed": True}


def test_settings_that_are_not_there_are_made_and_a_flatpak_is_found(home: Path) -> None:
    flatpak = home / ".var/app/org.kde.krita"
    (flatpak / "data/krita").mkdir(parents=True)
    assert run("install", "krita").exit_code == 0
    assert (flatpak / "data/krita/pykrita/sosie_krita/__init__.py").is_file()
    assert (flatpak / "config/kritarc").read_text() == "[python]\nenable_sosie_krita=true\n"


@pytest.mark.usefixtures("home")
def test_a_krita_that_is_not_there_is_said_with_what_to_do() -> None:
    done = run("install", "krita")
    assert isinstance(done.exception, SetupError)
    assert done.exception.code == "host_missing"
    assert "--folder" in done.exception.remedy
    assert not listed()["krita"]["place"]


def test_comfyui_gets_it_into_its_nodes(home: Path) -> None:
    done = run("install", "comfyui")
    assert isinstance(done.exception, OptionError)
    done = run("install", "comfyui", "--folder", str(home))
    assert isinstance(done.exception, SetupError)
    assert "custom_nodes" in done.exception.message
    (home / "custom_nodes").mkdir()
    assert run("install", "comfyui", "--folder", str(home)).exit_code == 0
    assert (home / "custom_nodes/sosie_comfyui/__init__.py").is_file()


@pytest.mark.parametrize("status", [0, 1])
def test_blender_is_given_the_package_by_its_own_command(status: int, home: Path) -> None:
    missing = run("install", "blender")
    assert isinstance(missing.exception, SetupError)
    (home / "bin").mkdir()
    blender = home / "bin" / "blender"
    blender.write_text(f'#!/bin/sh\necho "$@" > "{home}/asked"\necho No room >&2\nexit {status}\n')
    blender.chmod(blender.stat().st_mode | stat.S_IEXEC)
    package = home / "sosie_blender-1.zip"
    write(package, "blender_manifest.toml")
    done = run("install", "blender", "--package", str(package))
    asked = (home / "asked").read_text()
    assert asked == f"--command extension install-file -r user_default --enable {package}\n"
    if status:
        assert isinstance(done.exception, SetupError)
        assert "No room" in done.exception.message
    else:
        assert done.exit_code == 0, done.output


@pytest.mark.parametrize("member", ["other/__init__.py", "../sosie_krita/__init__.py", ""])
def test_another_file_is_no_package(member: str, home: Path) -> None:
    (home / ".local/share/krita").mkdir(parents=True)
    package = home / "package.zip"
    if member:
        write(package, "sosie_krita/__init__.py", member) if ".." in member else write(package, member)
    else:
        package.write_bytes(os.urandom(64))
    done = run("install", "krita", "--package", str(package))
    assert isinstance(done.exception, OptionError)
    assert not (home / ".local/share/krita/pykrita").exists()


def test_a_wheel_says_where_packages_are(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".local/share/krita").mkdir(parents=True)
    monkeypatch.setattr(sosie, "__file__", str(home / "lib" / "site-packages" / "sosie" / "__init__.py"))
    done = run("install", "krita")
    assert isinstance(done.exception, SetupError)
    assert done.exception.code == "package_missing"
    assert "--package" in done.exception.remedy


def write(package: Path, *members: str) -> None:
    import zipfile

    with zipfile.ZipFile(package, "w") as out:
        for member in members:
            out.writestr(member, "")
