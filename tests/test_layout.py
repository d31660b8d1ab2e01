"""The house keeps its shape: who imports whom, how long a file may be, one version everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import sosie
from sosie import errors

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 300
#: Frozen records: a migration is never edited again.
FROZEN = "migrations/versions"


def test_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_source_file_does_too_much() -> None:
    lengths = {
        path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines())
        for folder in ("core", "plugins", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if FROZEN not in path.as_posix()
    }
    assert {str(path): lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    newest = re.search(
        r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert newest is not None
    assert sosie.__version__ == project["version"] == newest[1]


def test_never_both_onnxruntimes() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    for name, wanted in extras.items():
        runtimes = [requirement for requirement in wanted if re.match(r"onnxruntime(?!-ep-)", requirement)]
        assert len(runtimes) == (1 if name in {"cpu", "cuda12", "cuda13", "directml"} else 0), name


def test_the_error_tree_is_drawn_as_it_is() -> None:
    tree = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.SosieError)
    }
    assert errors.__doc__ is not None
    assert set(re.findall(r"\b\w+Error\b", errors.__doc__)) == tree


def test_every_error_code_is_stable_and_speaks() -> None:
    code = re.compile(r"[a-z][a-z0-9_]+")
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.SosieError):
            assert code.fullmatch(value.default_code), name
            assert value.exit_code > 0, name
