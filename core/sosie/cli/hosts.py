"""`sosie hosts`: the host packages of this machine: which hosts are found, and putting a package into one.

A package is the zip that `plugins/build.py` makes. In a source tree it is built first; elsewhere `--package` names it: the
packages are GPL, as their hosts are, so the wheel of the core does not carry them. What was there before goes only once
the new package lies beside it, whole.
"""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import click

import sosie
from sosie.cli.console import emit, json_option
from sosie.errors import OptionError, SetupError
from sosie.storage import write_file

#: Host -> the package's folder.
PACKAGES = {"blender": "sosie_blender", "comfyui": "sosie_comfyui", "krita": "sosie_krita"}
BLENDER_SECONDS = 120


@click.group()
def hosts() -> None:
    """Put Sosie into Krita, Blender or ComfyUI."""


@hosts.command(name="list")
@json_option
def list_hosts(as_json: bool) -> None:
    """Show whether Blender and Krita are found here, and Sosie in them. ComfyUI can lie anywhere."""
    blender, krita = shutil.which("blender"), krita_folder()
    found = (
        ("blender", blender or "", _has_extension(blender)),
        ("krita", str(krita) if krita.is_dir() else "", (krita / "pykrita" / PACKAGES["krita"]).is_dir()),
    )
    rows = [{"host": host, "place": place, "installed": installed} for host, place, installed in found]
    words = "\n".join(
        f"{row['host']:<8} {'installed' if row['installed'] else 'not installed':<14} {row['place'] or 'not found'}"
        for row in rows
    )
    emit(rows, words, as_json=as_json)


@hosts.command()
@click.argument("host", type=click.Choice(sorted(PACKAGES)))
@click.option(
    "--package", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The built zip."
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Krita's resource folder or ComfyUI's folder, where it is not found by itself.",
)
@json_option
def install(host: str, package: Path | None, folder: Path | None, as_json: bool) -> None:
    """Install the package into HOST for this user, or replace the one that is there."""
    with tempfile.TemporaryDirectory(prefix="sosie-package-") as scratch:
        built = package or build(host, Path(scratch))
        _check(built, PACKAGES[host])
        into, then = INSTALLERS[host](built, folder)
    words = f"Installed in {into}. {then}"
    emit({"host": host, "installed": str(into), "next": then}, words, as_json=as_json)


def build(host: str, out: Path) -> Path:
    """The package of `host`, built from the source tree that this Sosie runs from.

    Raises:
        SetupError: `package_missing`: this Sosie came as a wheel.
    """
    builder = Path(sosie.__file__).parents[2] / "plugins" / "build.py"
    if not builder.is_file():
        raise SetupError(
            f"This Sosie carries no package for {host}.",
            remedy=f"Take {PACKAGES[host]}-{sosie.__version__}.zip from the release and name it with --package.",
            code="package_missing",
        )
    made: Path = runpy.run_path(str(builder))["build"](host, out)
    return made


def into_krita(package: Path, folder: Path | None) -> tuple[Path, str]:
    """As Krita's own importer does, and switched on.

    Raises:
        SetupError: `host_missing`: no Krita has been started by this user.
    """
    resources = folder or krita_folder()
    if not resources.is_dir():
        raise SetupError(
            f"Krita is not found: {resources} is not there.",
            remedy="Start Krita once, or name its folder with --folder"
            " (in Krita: Settings > Manage Resources > Open Resource Folder).",
            code="host_missing",
        )
    plugins, name = resources / "pykrita", PACKAGES["krita"]
    placed = _replace(package, name, plugins)
    with zipfile.ZipFile(package) as zipped:
        for member, target in ((f"{name}.desktop", plugins), (f"{name}.action", resources / "actions")):
            target.mkdir(parents=True, exist_ok=True)
            write_file(target / member, zipped.read(member))
    if folder is None:
        _switch_on(krita_settings(), name)
        return placed, "Restart Krita; then Settings > Dockers > Sosie: licensed likenesses."
    return placed, "Switch it on in Krita's settings (Python Plugin Manager), then restart Krita."


def into_comfyui(package: Path, folder: Path | None) -> tuple[Path, str]:
    """Into `custom_nodes`.

    Raises:
        OptionError: no folder is named. SetupError: `host_missing`: it is not ComfyUI's.
    """
    if folder is None:
        raise OptionError("ComfyUI can lie anywhere.", remedy="Name its folder with --folder.")
    nodes = folder / "custom_nodes"
    if not nodes.is_dir():
        raise SetupError(
            f"{folder} is not ComfyUI's folder: it holds no custom_nodes.",
            remedy="Name the folder that holds ComfyUI's main.py.",
            code="host_missing",
        )
    return _replace(package, PACKAGES["comfyui"], nodes), "Restart ComfyUI."


def into_blender(package: Path, folder: Path | None) -> tuple[Path, str]:
    """By Blender's own command, which also switches it on.

    Raises:
        SetupError: `host_missing`: no `blender` on PATH, or it did not take the package.
    """
    found = shutil.which("blender", path=str(folder) if folder else None)
    if found is None:
        raise SetupError(
            "No `blender` is on PATH.",
            remedy="Name the folder of Blender's program with --folder, or drop the zip onto Blender's window.",
            code="host_missing",
        )
    command = [
        found,
        "--command",
        "extension",
        "install-file",
        "-r",
        "user_default",
        "--enable",
        str(package),
    ]
    done = _ask(command)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise SetupError(
            f"Blender did not take the package: {said[-1] if said else f'status {done.returncode}'}.",
            remedy="Blender 4.2 or newer is needed.",
            code="host_missing",
        )
    return Path(found), "Restart Blender if it is open."


INSTALLERS: dict[str, Callable[[Path, Path | None], tuple[Path, str]]] = {
    "blender": into_blender,
    "comfyui": into_comfyui,
    "krita": into_krita,
}


def krita_folder() -> Path:
    """Krita's resources of this user, as Krita finds them; of a Flatpak where only that is there."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", home / "AppData" / "Roaming")) / "krita"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "krita"
    own = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "krita"
    flatpak = home / ".var" / "app" / "org.kde.krita" / "data" / "krita"
    return flatpak if flatpak.is_dir() and not own.is_dir() else own


def krita_settings() -> Path:
    """Krita's `kritarc` of this user."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "kritarc"
    if sys.platform == "darwin":
        return home / "Library" / "Preferences" / "kritarc"
    if ".var" in krita_folder().parts:
        return krita_folder().parents[1] / "config" / "kritarc"
    return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "kritarc"


def _switch_on(settings: Path, name: str) -> None:
    """`enable_NAME=true` below `[python]`; every other line stays."""
    text = settings.read_text("utf-8") if settings.exists() else ""
    text = re.sub(rf"^enable_{name}=.*\n?", "", text, flags=re.MULTILINE)
    wanted = f"[python]\nenable_{name}=true\n"
    if re.search(r"^\[python\]$", text, re.MULTILINE):
        text = re.sub(r"^\[python\]\n?", wanted, text, count=1, flags=re.MULTILINE)
    else:
        text = f"{text.rstrip()}\n\n{wanted}".lstrip()
    settings.parent.mkdir(parents=True, exist_ok=True)
    write_file(settings, text.encode())


def _check(package: Path, name: str) -> None:
    """Refuse what is not such a package."""
    try:
        with zipfile.ZipFile(package) as zipped:
            names = zipped.namelist()
    except zipfile.BadZipFile:
        names = []
    inside = all(".." not in PurePosixPath(each).parts and not each.startswith("/") for each in names)
    # Blender's packages have their manifest at the top
    if not names or not inside or not ({f"{name}/__init__.py", "blender_manifest.toml"} & {*names}):
        raise OptionError(
            f"{package.name} is not a package of {name}.", remedy=f"Name {name}-VERSION.zip of the release."
        )


def _replace(package: Path, name: str, into: Path) -> Path:
    """Unpack the folder `name` of `package` beside the one in `into`, then put it in its place."""
    into.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=f".{name}-", dir=into) as beside,
        zipfile.ZipFile(package) as zipped,
    ):
        zipped.extractall(beside, [each for each in zipped.namelist() if each.startswith(f"{name}/")])
        if (into / name).is_dir():
            (into / name).rename(Path(beside) / "old")
        (Path(beside) / name).rename(into / name)
    return into / name


def _has_extension(blender: str | None) -> bool:
    if blender is None:
        return False
    command = [blender, "--command", "extension", "list"]
    done = _ask(command)
    return "sosie" in done.stdout.lower()


def _ask(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # Blender as PATH names it, no shell
        command, capture_output=True, text=True, check=False, timeout=BLENDER_SECONDS
    )
