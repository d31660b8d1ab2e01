"""The real nodes, from the package that users install, through real graphs."""

from __future__ import annotations

import array
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from graphs import failure, kept, single
from PIL import Image
from pixels import STEP, furthest, plate, reference
from server import Server

NODES = {
    "SosieLoadTwin",
    "SosieApplyLikeness",
    "SosieApplySeveral",
    "SosieDetectFaces",
    "SosieSimilarity",
    "SosieDeliver",
    "SosieTwinStatus",
}


@pytest.fixture
def graph(server: Server, world: dict[str, Any]) -> dict[str, Any]:
    """One face of one picture."""
    return single(server, world)


def test_every_node_is_there(server: Server, world: dict[str, Any]) -> None:
    nodes = requests.get(f"{server.url}/object_info", timeout=60).json()
    assert nodes.keys() >= NODES
    (values, *_), *_ = nodes["SosieLoadTwin"]["input"]["required"]["twin"], None
    options = (
        values
        if isinstance(values, list)
        else nodes["SosieLoadTwin"]["input"]["required"]["twin"][1]["options"]
    )
    assert [value for value in options if value.endswith(f"[{world['twin']}]")]


def test_the_likeness_is_the_one_the_agent_renders_elsewhere(
    server: Server, world: dict[str, Any], graph: dict[str, Any]
) -> None:
    batch = kept(server.run(graph))
    assert furthest(array.array("f", batch.tobytes()), reference(world, "f32"), "f32") <= STEP["f32"]


def test_exposure_came_later_and_makes_her_skin_lighter(server: Server, graph: dict[str, Any]) -> None:
    assert "exposure" not in graph["3"]["inputs"]
    usual = kept(server.run(graph))
    graph["3"]["inputs"]["exposure"] = 1.0
    lighter = kept(server.run(graph)) - usual
    assert lighter.max() > 0.15
    assert (lighter < -0.05).mean() < 0.001


def test_a_twin_without_licence_is_refused_before_queueing(server: Server, graph: dict[str, Any]) -> None:
    graph["2"]["inputs"]["twin"] = "Nobody [twn_nobody]"
    answer = server.queue(graph)
    assert answer.status_code == 400
    (error,) = answer.json()["node_errors"]["2"]["errors"]
    assert "There is no licence for Nobody" in error["details"]
    assert "Sosie panel" in error["details"]


def test_a_use_outside_the_licence_is_an_error_with_a_remedy(
    server: Server, world: dict[str, Any], graph: dict[str, Any]
) -> None:
    graph["2"]["inputs"]["territory"] = world["forbidden_territory"]
    message = failure(server.run(graph))["exception_message"]
    assert world["forbidden_territory"] in message
    assert "[territory_not_licensed]" in message


def test_a_frame_without_a_face_passes_through_and_is_reported(
    server: Server, world: dict[str, Any], graph: dict[str, Any]
) -> None:
    with Image.open(plate(world, "u8")) as found:
        Image.new("RGB", found.size, (90, 120, 60)).save(server.base / "input" / "nobody.png")
    graph["5"] = {"class_type": "LoadImage", "inputs": {"image": "nobody.png"}}
    graph["6"] = {"class_type": "ImageBatch", "inputs": {"image1": ["1", 0], "image2": ["5", 0]}}
    graph["3"]["inputs"]["image"] = ["6", 0]
    entry = server.run(graph)
    batch = kept(entry)
    assert len(batch) == 2
    assert np.array_equal(batch[1], np.broadcast_to(np.float32([90, 120, 60]) / 255, batch[1].shape))
    (report,) = entry["outputs"]["3"]["text"]
    assert report.startswith("1 of 2 frames carry the likeness.")
    assert "Frame 2" in report


def test_faces_are_found_and_compared(server: Server, world: dict[str, Any], graph: dict[str, Any]) -> None:
    del graph["4"]
    graph["7"] = {"class_type": "SosieDetectFaces", "inputs": {"image": ["3", 0], "twin": ["2", 0]}}
    graph["8"] = {"class_type": "SaveImage", "inputs": {"images": ["7", 1], "filename_prefix": "marks"}}
    graph["9"] = {"class_type": "SosieSimilarity", "inputs": {"image": ["3", 0], "other": ["3", 0]}}
    graph["10"] = {"class_type": "SosieTwinStatus", "inputs": {"twin": world["twin"]}}
    outputs = server.run(graph)["outputs"]
    assert outputs["7"]["text"][0].startswith("Face 0: ")
    assert outputs["9"]["text"] == ["Similarity 1.000: the same person."]
    assert "renders and" in outputs["10"]["text"][0]


def test_a_box_chooses_the_face_and_an_empty_mask_is_no_choice(
    server: Server, world: dict[str, Any], graph: dict[str, Any]
) -> None:
    graph["7"] = {"class_type": "SosieDetectFaces", "inputs": {"image": ["1", 0]}}
    graph["3"]["inputs"] |= {"face_box": ["7", 0], "face_mask": ["1", 1], "allowed": ["1", 1]}
    batch = kept(server.run(graph))
    assert furthest(array.array("f", batch.tobytes()), reference(world, "f32"), "f32") <= 1 / 255


def test_a_delivered_file_is_verified_by_anybody(
    server: Server, world: dict[str, Any], graph: dict[str, Any]
) -> None:
    wanted = {"image": ["3", 0], "provenance": ["3", 3], "filename_prefix": "signed", "format": "JPEG"}
    graph["4"] = {"class_type": "SosieDeliver", "inputs": wanted}
    entry = server.run(graph)
    assert entry["status"]["status_str"] == "success", entry["status"]["messages"]
    (shown,) = entry["outputs"]["4"]["images"]
    assert "deliveries left" in entry["outputs"]["4"]["text"][0]
    file = server.base / "output" / shown["subfolder"] / shown["filename"]
    done = subprocess.run(
        [sys.executable, "-m", "sosie", "verify", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_stop_is_heard(server: Server, graph: dict[str, Any]) -> None:
    graph["6"] = {"class_type": "RepeatImageBatch", "inputs": {"image": ["1", 0], "amount": 40}}
    graph["3"]["inputs"]["image"] = ["6", 0]
    number = server.queue(graph).json()["prompt_id"]
    time.sleep(3)
    requests.post(f"{server.url}/interrupt", timeout=10)
    pressed = time.monotonic()
    while requests.get(f"{server.url}/queue", timeout=10).json()["queue_running"]:
        assert time.monotonic() - pressed < 2
        time.sleep(0.02)
    entry = requests.get(f"{server.url}/history/{number}", timeout=10).json()[number]
    assert [kind for kind, _ in entry["status"]["messages"]][-1] == "execution_interrupted"


def test_nothing_secret_is_written(server: Server, world: dict[str, Any], graph: dict[str, Any]) -> None:
    graph["4"] = {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "scan"}}
    entry = server.run(graph)
    (shown,) = entry["outputs"]["4"]["images"]
    with Image.open(server.base / "output" / shown["filename"]) as picture:
        written = json.dumps(picture.info)
    told = written + json.dumps(entry)
    home = Path(os.environ["SOSIE_HOME"])
    assert str(home) not in told
    secrets = [path for path in home.rglob("*") if path.is_file() and path.stat().st_size < 4096]
    assert secrets
    for path in secrets:
        for word in path.read_bytes().split(b'"'):
            if len(word) >= 40:
                assert word.decode(errors="replace") not in told, path
