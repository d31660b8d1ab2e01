"""Makes the installable host packages: an adapter's folder, with the client vendored into it, as a zip.

A host package depends on nothing: Krita, Blender and ComfyUI each bundle another Python. So the build
copies `sosie/client`, `sosie/words`, `messages.py`, `codec.py` and `errors.py` into the package as `_sosie`. Two hosts choose the name
under which they import a package (Blender: `bl_ext.REPOSITORY.sosie`, ComfyUI: the path of the folder), so
absolute imports cannot work there: the build turns `from sosie.errors import X` into `from ..errors import X`
and changes no other byte. It refuses a source that needs anything besides these files and the standard library.

    python plugins/build.py HOST [--out DIR]      one of: blender, comfyui, krita

For Blender, `index.json` beside the zip makes the folder a static extension repository: put it on any web server, and
add its address in Blender's preferences. extensions.blender.org takes no add-on that needs a login.

The zip's bytes depend on the sources alone: sorted names, one date, one mode, stored uncompressed.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import re
import shutil
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "core" / "sosie"
#: What travels: three modules and two packages of the core.
MODULES = ("errors", "messages", "codec", "client", "words")
#: The vendored package's name inside a host package.
VENDORED = "_sosie"
#: Host -> the folder under `plugins/HOST` that users install.
PACKAGES = {"blender": "sosie_blender", "comfyui": "sosie_comfyui", "krita": "sosie_krita"}
#: The zip format's first representable moment.
EPOCH = (1980, 1, 1, 0, 0, 0)

_FROM_SOSIE = re.compile(r"from\s+sosie(?:\.([\w.]+))?\s+import\b")


class BuildError(Exception):
    """A package that cannot be built; the message says why."""


def vendor(package: Path) -> Path:
    """Write the client into the host package at `package`, as its sub-package `_sosie`; the folder made.

    Raises:
        BuildError: a source imports what a host package does not carry.
    """
    target = package / VENDORED
    shutil.rmtree(target, ignore_errors=True)
    for source in sources():
        name = source.relative_to(CORE)
        written = target / name
        written.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text("utf-8")
        written.write_text(relative(text, name) if name.suffix == ".py" else text, "utf-8")
    about = f'"""The client of Sosie {version()}, vendored by plugins/build.py: change it there."""\n'
    (target / "__init__.py").write_text(f'{about}\n__version__ = "{version()}"\n', "utf-8")
    licence = ROOT / "LICENSES" / "Apache-2.0.txt"
    if not licence.exists():
        raise BuildError(f"{licence} is missing: the vendored files must carry their licence.")
    shutil.copyfile(licence, target / "LICENSE")
    return target


def sources() -> list[Path]:
    """The files that are vendored, in the order of their names."""
    found = [path for module in MODULES for path in (CORE / f"{module}.py", *(CORE / module).rglob("*"))]
    return sorted(path for path in found if path.is_file() and path.suffix in {".py", ".json"})


def relative(source: str, name: Path) -> str:
    """`source`, the text of `sosie/NAME`, with its imports of Sosie made relative; nothing else changes.

    Raises:
        BuildError: an import that a host could not follow.
    """
    dots = "." * len(name.parts)
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        where = f"{name.as_posix()}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            for alias in node.names:
                _must_be_standard(alias.name, where)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            module = node.module or ""
            if module.split(".")[0] != "sosie":
                _must_be_standard(module, where)
                continue
            _must_travel(module, [alias.name for alias in node.names], where)
            line = lines[node.lineno - 1]
            lines[node.lineno - 1] = _FROM_SOSIE.sub(
                lambda m: f"from {dots}{m[1] or ''} import", line, count=1
            )
    return "".join(lines)


def archive(package: Path, path: Path, beside: Sequence[Path] = ()) -> Path:
    """Zip the folder `package`, named as it is, to `path`, and the files `beside` next to it.

    Folders get entries of their own: Krita's importer finds no plugin in a zip without them.

    Raises:
        BuildError: a link in the folder; a host could follow it out of the package.
    """
    members = [package, *sorted(package.rglob("*"))]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as out:
        for member in members:
            if "__pycache__" in member.parts:
                continue
            if member.is_symlink():
                raise BuildError(f"{member} is a link: packages carry files.")
            name = member.relative_to(package.parent).as_posix()
            is_folder = member.is_dir()
            entry = zipfile.ZipInfo(f"{name}/" if is_folder else name, EPOCH)
            entry.create_system = 3  # modes are Unix's, whatever machine builds
            entry.external_attr = (0o40755 << 16) | 0x10 if is_folder else 0o100644 << 16
            out.writestr(entry, b"" if is_folder else member.read_bytes())
        for member in beside:
            entry = zipfile.ZipInfo(member.name, EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            out.writestr(entry, member.read_bytes())
    return path


def build(host: str, out: Path) -> Path:
    """Build the package of `host` into the folder `out`; the zip made.

    Raises:
        BuildError: there is no adapter for that host yet, or its sources cannot travel.
    """
    source = ROOT / "plugins" / host / PACKAGES[host]
    if not (source / "__init__.py").exists():
        raise BuildError(f"plugins/{host} holds no adapter yet; its README says what comes.")
    staged = out / PACKAGES[host]
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(source, staged, ignore=shutil.ignore_patterns("__pycache__", VENDORED))
    vendor(staged)
    # Krita's .desktop and .action files name the package and lie next to it
    beside = sorted(source.parent.glob(f"{PACKAGES[host]}.*"))
    made = archive(staged, out / f"{PACKAGES[host]}-{version()}.zip", beside)
    if host == "blender":
        (out / "index.json").write_text(json.dumps(index(staged, made), indent=2) + "\n", "utf-8")
    return made


def index(package: Path, made: Path) -> dict[str, object]:
    """The static repository that offers `made`, the zip of the extension `package`: Blender's API listing, version 1.

    Raises:
        BuildError: its manifest states another version than the core.
    """
    manifest = tomllib.loads((package / "blender_manifest.toml").read_text("utf-8"))
    if manifest["version"] != version():
        raise BuildError(f"blender_manifest.toml says {manifest['version']}, the core {version()}.")
    data = made.read_bytes()
    offered = {
        **manifest,
        "archive_url": f"./{made.name}",
        "archive_size": len(data),
        "archive_hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
    }
    return {"version": "v1", "blocklist": [], "data": [offered]}


def version() -> str:
    """The version of the core, read without importing it."""
    found = re.search(r'^__version__ = "(.+)"$', (CORE / "__init__.py").read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise BuildError(f"{CORE / '__init__.py'} states no __version__.")
    return found[1]


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit status 1 with the reason on stderr when a package cannot be built."""
    parser = argparse.ArgumentParser(description="Build an installable host package.")
    parser.add_argument("host", choices=sorted(PACKAGES))
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    wanted = parser.parse_args(arguments)
    try:
        made = build(wanted.host, wanted.out)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{made}\n")
    return 0


def _must_be_standard(module: str, where: str) -> None:
    if module.split(".", maxsplit=1)[0] not in sys.stdlib_module_names:
        raise BuildError(f"{where} imports {module}, which a host package does not carry.")


def _must_travel(module: str, names: list[str], where: str) -> None:
    """`from sosie.X import ...` names a vendored module; `from sosie import ...` names them one by one."""
    parts = module.split(".")[1:2] or [name for name in names if name != "__version__"]
    if missing := set(parts) - set(MODULES):
        raise BuildError(f"{where} imports sosie.{', '.join(sorted(missing))}, which is not vendored.")


if __name__ == "__main__":
    sys.exit(main())
