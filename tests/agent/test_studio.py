"""An engine that breaks: loaded anew, off the accelerator, once; and what a crash leaves behind."""

from __future__ import annotations

import gc
import json
import weakref
from pathlib import Path
from typing import Any

import pytest

from sosie.agent.jobs import Job
from sosie.agent.log import Log
from sosie.agent.running import Running
from sosie.agent.studio import Studio
from sosie.client.pixels import PixelFolder
from sosie.errors import AgentError, FaceNotFoundError
from sosie.hookspecs import hookimpl
from sosie.plugins import Plugins
from sosie.render.kernel import KernelPlugin

GPU, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


class Broken:
    """A kernel that breaks the first `times` it runs."""

    def __init__(self, provider: str, priority: int, times: int) -> None:
        self.name, self.provider, self.priority, self.left = provider, provider, priority, times

    def run(self, feeds: Any) -> Any:
        if self.left > 0:
            self.left -= 1
            raise RuntimeError("CUDA failure 700")
        return {"by": self.provider}


def studio(tmp_path: Path, *kernels: Broken, avoid: str = "") -> Studio:
    class Bench:
        @hookimpl
        def sosie_kernels(self) -> Any:
            return kernels

    return studio_with(Bench(), tmp_path, avoid=avoid)


def studio_with(plugin: object, tmp_path: Path, *, avoid: str = "") -> Studio:
    made = Studio(Plugins([plugin], entry_points=False), Log(tmp_path / "log"), avoid=avoid)
    made.faces = lambda: None  # type: ignore[assignment,method-assign,return-value]  # no networks here
    return made


def ran(made: Studio) -> str:
    return str(made.steadily(lambda faces, kernel: kernel.run({}))["by"])


def test_a_broken_accelerator_is_left_for_the_cpu_with_a_warning(tmp_path: Path) -> None:
    made = studio(tmp_path, Broken(GPU, 100, times=9), Broken(CPU, 50, times=0))
    assert made.warning == ""
    assert ran(made) == CPU
    assert GPU in made.warning
    assert made.provider == CPU
    assert ran(made) == CPU
    events = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [event["event"] for event in events] == ["fault"]


def test_a_broken_cpu_session_is_made_again(tmp_path: Path) -> None:
    made = studio(tmp_path, Broken(CPU, 50, times=1))
    assert ran(made) == CPU
    assert made.warning == ""


def test_what_breaks_twice_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    made = studio(tmp_path, Broken(CPU, 50, times=2))
    with pytest.raises(AgentError, match="CUDA failure 700") as caught:
        ran(made)
    assert caught.value.code == "engine_failed"
    assert caught.value.remedy
    assert ran(made) == CPU  # the next job begins anew


def test_a_provider_that_broke_is_not_touched_again(tmp_path: Path) -> None:
    asked: list[frozenset[str]] = []

    class Bench:
        @hookimpl
        def sosie_kernels(self, avoid: frozenset[str]) -> Any:
            asked.append(avoid)
            return [Broken(GPU, 100, times=9), Broken(CPU, 50, times=0)]

    assert ran(studio_with(Bench(), tmp_path)) == CPU
    assert asked == [frozenset(), {GPU}]


def test_a_session_on_a_device_that_broke_is_never_closed(tmp_path: Path) -> None:
    made: list[weakref.ref[Broken]] = []

    class Bench:
        @hookimpl
        def sosie_kernels(self, avoid: frozenset[str]) -> Any:
            device = Broken(GPU, 100, times=9)
            made.append(weakref.ref(device))
            return [device, Broken(CPU, 50, times=0)]

    rendering = studio_with(Bench(), tmp_path)
    assert ran(rendering) == CPU
    gc.collect()
    first, second = made
    assert first() is not None
    assert second() is None  # it never ran


def test_the_kernels_that_come_with_sosie_are_never_kept_off(tmp_path: Path) -> None:
    for kernel in KernelPlugin().sosie_kernels(avoid=frozenset({GPU})):
        made = studio(tmp_path, Broken(kernel.provider, 100, times=1), Broken("other", 50, times=0))
        assert ran(made) == kernel.provider
        assert made.warning == ""


def test_an_error_on_purpose_is_no_fault(tmp_path: Path) -> None:
    made = studio(tmp_path, Broken(GPU, 100, times=0))

    def none_here(faces: Any, kernel: Any) -> None:
        raise FaceNotFoundError("No face.")

    with pytest.raises(FaceNotFoundError):
        made.steadily(none_here)
    assert made.warning == ""
    assert not (tmp_path / "log").exists()


def job(tmp_path: Path) -> Job:
    return Job(1, "krita 5.2", "render", {}, PixelFolder(tmp_path))


def test_a_crash_is_told_once_and_two_in_a_row_keep_off_the_accelerator(tmp_path: Path) -> None:
    path = tmp_path / "running.json"
    marks = []  # a mark that nobody holds any more would be taken away
    for crash in (1, 2):
        run = Running(path)
        assert (run.warning == "") == (crash == 1)
        assert run.avoid == ""
        marks.append(run.render(job(tmp_path), GPU))
        marks[-1].__enter__()  # and the process dies
    third = Running(path)
    assert "krita 5.2" in third.warning
    assert third.avoid == GPU
    assert (
        studio(tmp_path, Broken(GPU, 100, 0), Broken(CPU, 50, 0), avoid=third.avoid).kernel().provider == CPU
    )
    with third.render(job(tmp_path), CPU):
        assert path.exists()
    assert not path.exists()
    assert Running(path).warning == ""


def test_a_damaged_mark_is_still_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "running.json"
    path.write_text("{")
    assert "middle of a render" in Running(path).warning
