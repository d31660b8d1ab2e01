"""The runner of the host tests keeps its rules: skip loudly, fail in CI, bound and end every child."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.hosts import __main__ as runner
from tests.hosts import cache, process
from tests.hosts.target import is_closing
from tests.hosts.world import World


class Host:
    """A host that is missing, or runs `status` and prints `line`."""

    name = "double"

    def __init__(self, *, missing: str = "", status: int = 0, line: str = "") -> None:
        self.missing, self.status, self.line = missing, status, line

    def prepare(self) -> None:
        if self.missing:
            raise cache.MissingHostError(self.missing, "Install it.")

    def run(self, world: World, out: Path, line: process.Line) -> int:
        line(self.line)
        return self.status


@contextlib.contextmanager
def no_world() -> Iterator[World]:
    yield World(Path(), Path())


def run(monkeypatch: pytest.MonkeyPatch, host: Host, *, ci: bool) -> Result:
    monkeypatch.setenv("CI", "true" if ci else "")
    monkeypatch.setitem(runner.HOSTS, "krita", lambda: [host])
    monkeypatch.setattr(runner, "world", no_world)
    return CliRunner().invoke(runner.main, ["krita"])


def test_a_missing_host_is_a_loud_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, Host(missing="There is no such thing."), ci=False)
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == "double: SKIPPED: There is no such thing. Install it."


def test_a_missing_host_is_a_failure_where_every_host_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, Host(missing="There is no such thing."), ci=True)
    assert done.exit_code == 1
    assert done.output.splitlines()[-1].startswith("double: MISSING")


@pytest.mark.parametrize("status", [0, 1, 5, 124])
def test_the_status_is_that_of_the_tests(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    closing = "===== 1 failed, 6 passed, 2 warnings in 0.52s ====="
    done = run(monkeypatch, Host(status=status, line=closing), ci=True)
    assert done.exit_code == status
    assert closing in done.output.splitlines()[-1]


@pytest.mark.parametrize(
    ("line", "closes"),
    [
        ("======= 7 passed in 12.31s =======", True),
        ("1 failed, 2 passed, 1 skipped in 61.20s (0:01:01)", True),
        ("====== no tests ran in 0.01s ======", True),
        ("tests/a.py::test_b PASSED", False),
        ("2 passed the post", False),
    ],
)
def test_the_closing_line_is_known(line: str, closes: bool) -> None:
    assert is_closing(line) is closes


def test_a_run_past_its_limit_is_ended_with_its_children(tmp_path: Path) -> None:
    number = tmp_path / "child"
    program = f"sleep 600 & echo $! > {number}; wait"
    assert process.follow(["sh", "-c", program], lambda _: None, seconds=0.5) == process.TIMED_OUT
    child = int(number.read_text())
    deadline = time.monotonic() + 5
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(child)


def test_output_arrives_line_by_line_with_the_status() -> None:
    lines: list[str] = []
    program = "import sys; print('out'); print('err', file=sys.stderr, flush=True); sys.exit(3)"
    assert process.follow([sys.executable, "-c", program], lines.append, seconds=20) == 3
    assert sorted(lines) == ["err", "out"]


def test_a_half_built_folder_is_built_again_and_an_outdated_one_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOSIE_HOSTS_CACHE", str(tmp_path))
    built: list[Path] = []

    def fails(folder: Path) -> None:
        (folder / "half").touch()
        raise cache.MissingHostError("No network.", "Find one.")

    with pytest.raises(cache.MissingHostError):
        cache.built("host", ["1"], fails)
    first = cache.built("host", ["1"], built.append)
    assert not (first / "half").exists()
    assert cache.built("host", ["1"], built.append) == first
    second = cache.built("host", ["2"], built.append)
    assert built == [first, second]
    assert not first.exists()


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{number}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"
