"""The main job end to end, as `make demo` runs it; and what its report promises to machines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from sosie.demo.recorder import Recorder, refused
from sosie.errors import RefusedError, SosieError

FILES = (
    *("plate.png", "likeness.png", "matte.png", "composite.png", "delivered.jpg", "before_after.png"),
    *("report.json", "report.html"),
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One real run of the demo, in a process of its own."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "sosie", "demo", "--out", str(folder)],
        env={**os.environ, "SOSIE_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def report(out: Path) -> dict[str, object]:
    return json.loads((out / "report.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]  # JSON


def test_it_writes_what_it_promises(out: Path) -> None:
    assert {name for name in FILES if not (out / name).stat().st_size} == set()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_every_step_did_what_it_says(report: dict) -> None:
    assert report["ok"] is True
    for step in report["steps"]:
        assert step["ok"] is True
        assert step["seconds"] >= 0
    names = [step["name"] for step in report["steps"]]
    assert names[:4] == ["registry", "enrol", "consent", "capture"]
    assert {
        "render",
        "deliver",
        "verify",
        "tamper",
        "refuse_render",
        "refuse_delivery",
        "refuse_revoked",
    } <= set(names)


def test_the_likeness_is_closer_to_the_truth_on_every_measure(report: dict) -> None:
    before, after = report["scores"]["before"], report["scores"]["after"]
    assert after["id"] > before["id"]
    assert after["dE00"] < before["dE00"]
    assert after["ssim"] > before["ssim"]


def test_it_is_verified_and_refused(report: dict) -> None:
    assert report["verify"]["c2pa_state"] == "Trusted"
    assert report["verify"]["registry"] == "known"
    assert report["receipt"]["receipt"]
    assert report["licence"]["id"]
    refusals = {step["name"]: step["refusal"]["code"] for step in report["steps"] if "refusal" in step}
    assert refusals["refuse_render"] == "territory_not_licensed"
    assert refusals["refuse_delivery"] == "territory_not_licensed"
    assert refusals["refuse_revoked"] in {"consent_revoked", "licence_revoked"}
    assert report["execution_provider"] in ("OpenCV", "CUDAExecutionProvider")


def test_the_plate_is_untouched_outside_the_matte(out: Path) -> None:
    import numpy as np

    plate, composite, matte = (
        np.asarray(Image.open(out / f"{name}.png").convert("RGB")) for name in ("plate", "composite", "matte")
    )
    untouched = matte.max(axis=-1) == 0
    assert untouched.any()
    assert (plate[untouched] == composite[untouched]).all()
    assert (plate[~untouched] != composite[~untouched]).any()


def test_interrupting_it_leaves_no_process_behind(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "sosie", "demo", "--out", str(tmp_path / "out")],
        env={**os.environ, "SOSIE_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    while "registry" not in running.stderr.readline().lower():
        assert running.poll() is None
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in errors
    left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False)
    assert left.stdout.strip() == ""
    assert list(tmp_path.glob("sosie-demo-*")) == []


def test_a_step_that_fails_is_written_down() -> None:
    said: list[str] = []
    record = Recorder(said.append)
    with pytest.raises(SosieError), record.step("one", "It breaks"):
        raise RefusedError("no", remedy="ask", code="refused")
    assert record.steps[0]["ok"] is False
    assert record.steps[0]["error"]["code"] == "refused"
    assert said[0].strip().startswith("FAIL")


def test_a_gate_that_does_not_refuse_is_found() -> None:
    with pytest.raises(SosieError) as caught:
        refused(lambda: None, "territory_not_licensed")
    assert caught.value.code == "not_refused"
