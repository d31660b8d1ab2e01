"""ONNX Runtime that really fails in the middle of a render: a new session, the same job; or an error that says why."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from sosie.agent.jobs import Job
from sosie.agent.log import Log
from sosie.agent.studio import Studio
from sosie.client.session import Session
from sosie.codec import encode
from sosie.errors import AgentError
from sosie.graphs.likeness import write
from sosie.hookspecs import hookimpl
from sosie.messages import Pixels, RenderRequest, RenderResult, Use
from sosie.plugins import Plugins
from sosie.render.kernel_onnx import CPU, OnnxKernel
from sosie.render.proof import made_up

Array = np.ndarray[Any, np.dtype[np.float32]]


def spoiled(sound: Path, target: Path) -> Path:
    """The kernel's graph with a last step that no picture can go through; it loads, and fails when it runs."""
    model = onnx.load(sound)
    for node in model.graph.node:
        node.output[:] = ["before" if name == "composite" else name for name in node.output]
    model.graph.initializer.append(numpy_helper.from_array(np.array([7919]), "impossible"))
    model.graph.node.extend(
        [
            helper.make_node("Shape", ["before"], ["size"]),
            helper.make_node("Reshape", ["before", "impossible"], ["flat"]),
            helper.make_node("Reshape", ["flat", "size"], ["composite"]),
        ]
    )
    onnx.save(model, target)
    return target


@pytest.fixture
def studio(tmp_path: Path) -> Callable[[int], Studio]:
    """Makes a studio whose first sessions fail, so many of them."""

    def make(failing: int) -> Studio:
        sound = write(tmp_path)[0]
        graphs = [spoiled(sound, tmp_path / "spoiled.onnx")] * failing

        class Bench:
            @hookimpl
            def sosie_kernels(self) -> Sequence[OnnxKernel]:
                return [OnnxKernel(graphs.pop() if graphs else sound, CPU)]

        made = Studio(Plugins([Bench()], entry_points=False), Log(tmp_path / "log"))
        made.faces = lambda: None  # type: ignore[assignment,method-assign,return-value]  # no networks here
        return made

    return make


def faults(log: Path) -> list[str]:
    events = [json.loads(line) for line in log.read_text().splitlines()]
    return [event["kind"] for event in events if event["event"] == "fault"]


def drawn(studio: Studio, side: int = 16) -> Array:
    return studio.steadily(lambda _, kernel: kernel.run(made_up(side, side)))


def test_a_session_that_fails_is_made_again_and_the_job_is_done(
    studio: Callable[[int], Studio], tmp_path: Path
) -> None:
    made = studio(1)
    assert drawn(made).shape == (16, 16, 3)
    assert len(faults(tmp_path / "log")) == 1
    assert "Reshape" not in made.warning  # the CPU is never kept off


def test_a_session_that_goes_on_failing_is_reported_in_the_runtimes_words(
    studio: Callable[[int], Studio], tmp_path: Path
) -> None:
    made = studio(2)
    with pytest.raises(AgentError, match="Reshape") as caught:
        drawn(made)
    assert caught.value.code == "engine_failed"
    assert len(faults(tmp_path / "log")) == 2
    assert drawn(made).shape == (16, 16, 3)  # the next job begins anew


def test_a_picture_the_runtime_cannot_take_does_not_spoil_the_next(studio: Callable[[int], Studio]) -> None:
    made, wrong = studio(0), replace(made_up(16, 16), tone=np.ones((9, 9, 2), np.float32))
    with pytest.raises(AgentError) as caught:
        made.steadily(lambda _, kernel: kernel.run(wrong))
    assert caught.value.code == "engine_failed"
    assert drawn(made).shape == (16, 16, 3)


def test_memory_the_machine_does_not_have_is_an_error_and_not_an_end(studio: Callable[[int], Studio]) -> None:
    made = studio(0)
    huge = replace(made_up(16, 16), size=(2**21, 2**21))
    with pytest.raises(AgentError) as caught:
        made.steadily(lambda _, kernel: kernel.run(huge))
    assert caught.value.code == "engine_failed"
    assert drawn(made).shape == (16, 16, 3)


def test_the_client_hears_and_the_agent_goes_on(
    studio: Callable[[int], Studio], serve: Any, home: Path
) -> None:
    made = studio(3)

    def render(job: Job) -> Any:
        side = drawn(made).shape[0]
        result = Pixels("none", side, side, "u8", "RGBA")
        return encode(
            RenderResult("job-1", "twn_1", "lic_1", {"composite": result}, (0, 0, 1, 1), 1.0, (), CPU, 0.1)
        )

    serve({"render": render})
    with Session.connect("test", start=False, home=home) as session:
        plate = session.pixels.put(bytes(48), width=4, height=4, depth="u8", channels="RGB")
        asked = RenderRequest(plate=plate, twin="twn_1", use=Use())
        with pytest.raises(AgentError, match="Reshape") as caught:
            session.render(asked)
        assert caught.value.code == "engine_failed"
        assert session.render(asked).provider == CPU  # one more failure, and the render behind it
