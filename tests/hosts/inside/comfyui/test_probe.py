"""The vendored client in ComfyUI's process, through real graphs."""

from __future__ import annotations

import array
import json
import sys
from typing import Any

import numpy as np
import requests
from pixels import STEP, furthest, plate, reference
from server import Server


def test_the_pack_loads(server: Server) -> None:
    nodes = requests.get(f"{server.url}/object_info", timeout=60).json()
    assert {"SosieProbeState", "SosieProbeRender", "SosieProbeKeep"} <= nodes.keys()


def test_the_client_brings_nothing_and_reaches_the_agent(server: Server, world: dict[str, Any]) -> None:
    entry = server.run({"1": {"class_type": "SosieProbeState", "inputs": {}}})
    told = json.loads(entry["outputs"]["1"]["text"][0])
    assert set(told["brought"]) <= {
        *sys.stdlib_module_names,
        "__mp_main__",
    }  # multiprocessing's name for __main__
    assert told["version"] == world["version"]
    assert told["twins"][world["twin"]] == "active"


def test_a_tensor_is_rendered_as_the_agent_renders_it(server: Server, world: dict[str, Any]) -> None:
    entry = server.run(_graph(server, world, world["use"]))
    assert entry["status"]["status_str"] == "success", entry["status"]["messages"]
    (path,) = entry["outputs"]["3"]["text"]
    batch = np.load(path)
    assert batch.shape == (1, world["height"], world["width"], 3)
    assert furthest(array.array("f", batch.tobytes()), reference(world, "f32"), "f32") <= STEP["f32"]


def test_a_refusal_reaches_the_artist_with_code_message_and_remedy(
    server: Server, world: dict[str, Any]
) -> None:
    use = {**world["use"], "territory": [world["forbidden_territory"]]}
    entry = server.run(_graph(server, world, use))
    assert entry["status"]["status_str"] == "error"
    (failed,) = [told for kind, told in entry["status"]["messages"] if kind == "execution_error"]
    error = json.loads(failed["exception_message"])
    assert error["code"] == "territory_not_licensed"
    assert world["forbidden_territory"] in error["message"]
    assert error["remedy"]


def _graph(server: Server, world: dict[str, Any], use: dict[str, Any]) -> dict[str, Any]:
    """Load Image -> render -> keep the floats."""
    render = {"image": ["1", 0], "twin": world["twin"], "use": json.dumps(use)}
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": server.add_input(plate(world, "u8"))}},
        "2": {"class_type": "SosieProbeRender", "inputs": render},
        "3": {"class_type": "SosieProbeKeep", "inputs": {"image": ["2", 0], "name": "composite.npy"}},
    }
