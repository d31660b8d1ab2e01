"""Host packages carry the client, need nothing, and come out the same every time."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sosie_plugins_build", ROOT / "plugins" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def package(build: ModuleType, tmp_path: Path) -> Path:
    folder = tmp_path / "a host's folder" / "sosie_probe"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('"""A package."""\n')
    build.vendor(folder)
    return folder


def test_only_imports_of_sosie_change(build: ModuleType, package: Path) -> None:
    for source in build.sources():
        name = source.relative_to(build.CORE)
        vendored = (package / "_sosie" / name).read_text("utf-8").splitlines()
        for before, after in zip(source.read_text("utf-8").splitlines(), vendored, strict=True):
            if before != after:
                assert before.lstrip().startswith("from sosie")
                assert after == before.replace("from sosie.", "from " + "." * len(name.parts), 1)


def test_no_absolute_import_of_sosie_is_left(package: Path) -> None:
    files = list(package.rglob("*.py"))
    assert len(files) > 5
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert not (node.module or "").startswith("sosie"), file
            if isinstance(node, ast.Import):
                assert not any(alias.name.startswith("sosie") for alias in node.names), file


def test_the_package_works_under_a_name_that_only_the_host_knows(package: Path) -> None:
    """ComfyUI imports a pack under its path: no absolute import could reach its own modules."""
    program = f"""
import importlib, importlib.util, sys
name = "/a/custom_nodes/sosie_x_probe"
spec = importlib.util.spec_from_file_location(name, {str(package / "__init__.py")!r})
module = sys.modules[name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
client = importlib.import_module("._sosie.client", name)
codec = importlib.import_module("._sosie.codec", name)
messages = importlib.import_module("._sosie.messages", name)
use = messages.Use(territory=("FR",))
assert codec.decode(messages.Use, codec.encode(use)) == use
assert "sosie" not in sys.modules
try:
    client.Session.connect("test", start=False)
except Exception as error:
    print(type(error).__module__.removeprefix(name), error.code)
"""
    # -I -S: no site-packages and no environment, so nothing but the standard library can be found
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        env={"SOSIE_HOME": str(package.parent / "nowhere")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "._sosie.errors agent_not_running\n"


def test_the_vendored_files_carry_their_licence(package: Path) -> None:
    assert "Apache License" in (package / "_sosie" / "LICENSE").read_text("utf-8")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import numpy\n", "client/new.py:1 imports numpy"),
        ("import sosie.errors\n", "client/new.py:1 imports sosie.errors"),
        ("def f():\n    from requests import get\n", "client/new.py:2 imports requests"),
        ("from sosie.agent.jobs import Job\n", "imports sosie.agent, which is not vendored"),
        ("from sosie import pictures\n", "imports sosie.pictures, which is not vendored"),
    ],
)
def test_what_a_host_does_not_carry_stops_the_build(build: ModuleType, source: str, said: str) -> None:
    with pytest.raises(build.BuildError, match=said):
        build.relative(source, Path("client/new.py"))


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("client/a.py", "from sosie.errors import E\n", "from ..errors import E\n"),
        ("client/a.py", "from sosie.client.b import (\n    E,\n)\n", "from ..client.b import (\n    E,\n)\n"),
        ("client/a.py", "from sosie import __version__\n", "from .. import __version__\n"),
        (
            "a.py",
            "if T:\n    from sosie.errors import E  # why\n",
            "if T:\n    from .errors import E  # why\n",
        ),
        ("a.py", '"""from sosie.errors import E"""\n', '"""from sosie.errors import E"""\n'),
    ],
)
def test_imports_become_relative(build: ModuleType, name: str, source: str, expected: str) -> None:
    assert build.relative(source, Path(name)) == expected


def test_the_same_sources_make_the_same_bytes(build: ModuleType, package: Path, tmp_path: Path) -> None:
    first = build.archive(package, tmp_path / "first.zip").read_bytes()
    for file in package.rglob("*"):
        file.chmod(0o700)
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "left.pyc").write_bytes(b"behind")
    build.vendor(package)
    assert build.archive(package, tmp_path / "second.zip").read_bytes() == first


def test_the_archive_names_its_folders(build: ModuleType, package: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(build.archive(package, tmp_path / "a.zip")) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert names[0] == "sosie_probe/"
    assert "sosie_probe/_sosie/client/" in names
    assert "sosie_probe/_sosie/client/session.py" in names


def test_a_link_never_gets_into_a_package(build: ModuleType, package: Path, tmp_path: Path) -> None:
    (package / "secret").symlink_to("/etc/passwd")
    with pytest.raises(build.BuildError, match="is a link"):
        build.archive(package, tmp_path / "a.zip")


@pytest.mark.parametrize("host", ["blender", "comfyui", "krita"])
def test_a_host_without_an_adapter_is_said_to_have_none(
    build: ModuleType,
    host: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(build.PACKAGES, host, "sosie_of_tomorrow")
    assert build.main([host, "--out", str(tmp_path)]) == 1
    assert f"plugins/{host} holds no adapter yet" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_whole_build(
    build: ModuleType,
    package: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = tmp_path / "root"
    adapter = root / "plugins" / "krita" / "sosie_krita"
    adapter.mkdir(parents=True)
    (adapter / "__init__.py").write_text("from ._sosie.client import Session\n")
    (root / "LICENSES").symlink_to(ROOT / "LICENSES")
    monkeypatch.setattr(build, "ROOT", root)
    assert build.main(["krita", "--out", str(tmp_path / "dist")]) == 0
    made = Path(capsys.readouterr().out.strip())
    with zipfile.ZipFile(made) as archive:
        assert "sosie_krita/_sosie/client/session.py" in archive.namelist()


def test_blender_s_folder_is_an_extension_repository(build: ModuleType, tmp_path: Path) -> None:
    made = build.build("blender", tmp_path)
    (offered,) = json.loads((tmp_path / "index.json").read_text("utf-8"))["data"]
    assert (offered["id"], offered["version"]) == ("sosie", build.version())
    assert offered["archive_url"] == f"./{made.name}"
    assert offered["archive_hash"] == f"sha256:{hashlib.sha256(made.read_bytes()).hexdigest()}"
    assert set(offered["permissions"]) == {"network", "files"}
