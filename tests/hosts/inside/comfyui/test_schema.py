"""What graphs are saved by: the nodes' inputs and outputs, in their order, as the server tells them.

`schema.json` is that promise. A saved workflow holds its values by place, so a line of it may only ever be appended
to; this test fails on any other change. The words in locales/en are held against the same schema.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests
from server import Server

SCHEMA = Path(__file__).with_name("schema.json")
LOCALES = Path("custom_nodes/sosie_comfyui/locales")


def schema_of(node: dict[str, Any]) -> dict[str, Any]:
    """Names, types and defaults; the options of a twin combo are the seat's and no part of the schema."""
    inputs = {}
    for need in ("required", "optional"):
        for name, (kind, *more) in node["input"].get(need, {}).items():
            about = more[0] if more else {}
            values = kind if isinstance(kind, list) else about.get("options")
            told = {"type": "COMBO" if isinstance(kind, list) else kind, "need": need}
            told |= {key: about[key] for key in ("default", "min", "max") if key in about}
            inputs[name] = told | ({"options": values} if values and name != "twin" else {})
    outputs = [list(pair) for pair in zip(node["output_name"], node["output"], strict=True)]
    return {"inputs": inputs, "outputs": outputs, "output_node": node["output_node"]}


def nodes_of(server: Server) -> dict[str, Any]:
    told = requests.get(f"{server.url}/object_info", timeout=60).json()
    return {name: node for name, node in told.items() if node["category"] == "Sosie"}


def test_saved_workflows_keep_working(server: Server) -> None:
    promised = json.loads(SCHEMA.read_text("utf-8"))
    found = {name: schema_of(node) for name, node in sorted(nodes_of(server).items())}
    assert found == promised
    for name, node in found.items():
        assert list(node["inputs"]) == list(promised[name]["inputs"]), name


def test_every_language_names_every_input_and_output(server: Server) -> None:
    nodes = nodes_of(server)
    for language in ("en", "fr", "es"):
        words = json.loads((server.base / LOCALES / language / "nodeDefs.json").read_text("utf-8"))
        assert words.keys() == nodes.keys(), language
        for name, node in nodes.items():
            inputs = {key for need in ("required", "optional") for key in node["input"].get(need, {})}
            assert words[name]["inputs"].keys() == inputs, (language, name)
            assert len(words[name]["outputs"]) == len(node["output"]), (language, name)
            if language == "en":
                assert words[name]["display_name"] == node["display_name"]
                assert words[name]["description"] == node["description"]
