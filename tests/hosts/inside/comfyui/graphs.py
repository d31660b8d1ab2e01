"""The graphs that the tests send, and what comes back of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from pixels import plate
from server import Server

SWITCHES: dict[str, Any] = {
    "strength": 1.0,
    "skin": True,
    "grain": True,
    "brows": True,
    "lips": True,
    "tone": True,
    "detail": 1.0,
}
FACE = {"face_order": "large-small", "face_index": 0}


def single(server: Server, world: dict[str, Any]) -> dict[str, Any]:
    """Load Image -> Load Twin -> Apply Likeness -> keep the floats."""
    use = {"purpose": "ecommerce", "media": "web_owned", "operation": "restage", "categories": ""}
    apply = {"image": ["1", 0], "twin": ["2", 0], **SWITCHES, **FACE}
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": server.add_input(plate(world, "u8"))}},
        "2": {"class_type": "SosieLoadTwin", "inputs": {"twin": world["twin"], "territory": "FR", **use}},
        "3": {"class_type": "SosieApplyLikeness", "inputs": apply},
        "4": {"class_type": "SosieProbeKeep", "inputs": {"image": ["3", 0], "name": "nodes.npy"}},
    }


def kept(entry: dict[str, Any]) -> Any:
    """The floats (B, H, W, C) that a successful run kept."""
    assert entry["status"]["status_str"] == "success", entry["status"]["messages"]
    return np.load(entry["outputs"]["4"]["text"][0])


def failure(entry: dict[str, Any]) -> dict[str, Any]:
    """What ComfyUI says of the node that failed."""
    (failed,) = [told for kind, told in entry["status"]["messages"] if kind == "execution_error"]
    return dict(failed)
