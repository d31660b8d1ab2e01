"""45 megapixels at 16 bits: how long the window stands still, and thirty renders in a row in the same memory.

On demand, `make test-hosts HOST=krita STRESS=1`; the figures go to `stress.json`, and from there into docs/krita.md.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pixels import plate
from sosie_driver import driver

from conftest import krita_picture, module

PIXELS = float(os.environ.get("STRESS_PIXELS", "45e6"))
RENDERS = int(os.environ.get("STRESS_RENDERS", "30"))
#: From here on memory has to stay as it is: pools and caches are full by then.
SETTLED = 5


class Pulse:
    """Turns of the event loop: the longest pause between two of them, by what the docker was doing.

    Each with the main thread's own processor time in it, which other work on the machine does not change.
    """

    def __init__(self, doing: Callable[[], str]) -> None:
        self._doing, self.longest = doing, dict[str, tuple[float, float]]()
        timer = module("ui.qt").QtCore.QTimer()
        timer.setTimerType(module("ui.qt").QtCore.Qt.TimerType.PreciseTimer)
        timer.timeout.connect(self._beat)
        timer.start(1)
        self._timer, self._last, self._spent, self._was = timer, time.monotonic(), time.thread_time(), doing()

    def _beat(self) -> None:
        now, spent, doing = time.monotonic(), time.thread_time(), self._doing()
        pause = 1000 * (now - self._last), 1000 * (spent - self._spent)
        for name in {self._was, doing}:
            self.longest[name] = max(self.longest.get(name, (0.0, 0.0)), pause)
        self._last, self._spent, self._was = now, spent, doing

    def stop(self) -> dict[str, tuple[int, int]]:
        """Milliseconds by stage: by the clock, and of processor time."""
        self._timer.stop()
        return {name: (round(clock), round(spent)) for name, (clock, spent) in self.longest.items()}


@pytest.fixture(scope="module")
def tell() -> Callable[..., None]:
    """`tell(name=value)` writes a figure down at once: a run that is cut short has told what it knew."""
    found: dict[str, Any] = {"load": os.getloadavg()[0], "cores": os.cpu_count()}

    def tell(**figures: Any) -> None:
        found.update(figures)
        written = Path(os.environ["SOSIE_TEST_OUT"]) / "stress.json"
        written.write_text(json.dumps(found, indent=1), "utf-8")

    return tell


@pytest.fixture
def large(world: dict[str, Any], open_document: Callable[[Path], Any], desk: Any, wait: Any) -> Any:
    document = open_document(plate(world, "u16"))
    scale = (PIXELS / (document.width() * document.height())) ** 0.5
    size = round(document.width() * scale), round(document.height() * scale)
    document.scaleImage(*size, 300, 300, "Bicubic")
    document.waitForDone()
    key = krita_picture(document).key
    desk.document_changed()
    assert wait(
        lambda: desk.looking.seen and desk.looking.seen.picture == key and desk.looking.seen.image, 60
    )
    return document


def doing(desk: Any) -> str:
    job = desk.renders.current
    return job.stage if job is not None else ""


def test_the_window_stays_alive(
    large: Any, desk: Any, wait: Any, krita: Any, tell: Callable[..., None], rendered: Callable[[], Any]
) -> None:
    pulse = Pulse(lambda: "looking")
    desk.find_faces()
    assert wait(lambda: desk.looking.seen.looked, 120)
    tell(find_faces_ms=pulse.stop(), picture=[large.width(), large.height()])
    for number, layers in (("first_result", 1), ("second_result", 2)):
        pulse, began = Pulse(lambda: doing(desk)), time.monotonic()
        entry = rendered()
        stages = pulse.stop()
        tell(**{number: {"longest_ms": stages, "seconds": round(time.monotonic() - began, 1)}})
        assert len(large.topLevelNodes()) == 1 + layers
    box = entry.stack.matte.box
    tell(changed_region=[box[2] - box[0], box[3] - box[1]], result_on_disk_mb=entry.weight >> 20)
    worst = max(clock for stage, (clock, _) in stages.items() if stage != "Placing the layers")
    assert worst < 1000  # nothing of it waits for the agent


def test_thirty_renders_take_no_more_memory_than_five(
    large: Any, desk: Any, tell: Callable[..., None], rendered: Callable[[], Any], wait: Any
) -> None:
    large.setModified(
        False
    )  # else Krita's autosave takes a copy of the picture after seven minutes, and keeps its room
    kept = desk.settings
    desk.keep(module("model.desk").Settings(**{**vars(kept), "place": False, "history_mb": 256}))
    try:
        resident, began = [], time.monotonic()
        for _ in range(RENDERS):
            rendered()
            driver.pause(200)
            resident.append(_resident_mb())
            seconds = round((time.monotonic() - began) / len(resident), 1)
            tell(resident_mb=resident, seconds_a_render=seconds)
    finally:
        desk.keep(kept)
    assert desk.results.weight <= max(256 << 20, desk.results._entries[0].weight)
    settled = max(resident[:SETTLED])
    assert max(resident) <= settled * 1.05, resident


def _resident_mb() -> int:
    status = Path("/proc/self/status").read_text("utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) >> 10
