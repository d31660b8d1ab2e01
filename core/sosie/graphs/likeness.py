"""The kernel's ONNX graph: what render/reference.py says, in operators that CUDA and CPU both run. Build time only.

`python -m sosie.graphs.likeness FOLDER` writes `likeness.onnx`; the same bytes each time.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from sosie.render.reference import LEVELS, TAPS

OPSET, IR = 17, 8
NAME = "likeness.onnx"
INPUTS: dict[str, list[int | str]] = {
    "plate": [1, 3, "H", "W"],
    "relief": [1, "H", "W", 2],
    "tone": [1, 3, "H", "W"],
    "texture": [1, 3, "TH", "TW"],
    "uv": [1, "H", "W", 2],
    "light": [1, 3, "H", "W"],
    "gloss": [1, 3, "H", "W"],
    "grain": [1, 1, "H", "W"],
    "matte": [1, 1, "H", "W"],
    "strength": [1],
}


class Graph:
    """Collects nodes and constants; `op` returns the name of what it computes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[np.generic] | np.generic) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def op(self, kind: str, *inputs: str, out: str | None = None, **attributes: Any) -> str:
        name = out or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name


def likeness() -> onnx.ModelProto:
    """The graph; inputs and results as in render/reference.py."""
    g = Graph()
    one, zero = g.constant("one", np.float32(1)), g.constant("zero", np.float32(0))
    sample: dict[str, Any] = {"mode": "bilinear", "padding_mode": "border", "align_corners": 0}
    ground = g.op("GridSample", g.op("Mul", "plate", "tone"), "relief", **sample)
    albedo = g.op("GridSample", "texture", "uv", **sample)
    lit = g.op("Max", g.op("Add", g.op("Mul", albedo, "light"), "gloss"), zero)
    face = g.op("Mul", lit, g.op("Add", one, "grain"), out="likeness")
    blended = g.op("Add", ground, _blend(g, g.op("Sub", face, ground)))
    change = g.op("Mul", "strength", g.op("Sub", blended, "plate"))
    g.op("Add", "plate", change, out="composite")
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in INPUTS.items()]
    outputs = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, INPUTS["plate"])
        for n in ("composite", "likeness")
    ]
    graph = helper.make_graph(g.nodes, "likeness", inputs, outputs, g.constants)
    model = helper.make_model(
        graph, producer_name="sosie", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def _blend(g: Graph, difference: str) -> str:
    """The multi-band blend of render/reference.py."""
    taps = np.outer(TAPS, TAPS).astype(np.float32)[None, None]
    kernels = {3: g.constant("taps3", np.tile(taps, (3, 1, 1, 1))), 1: g.constant("taps1", taps)}
    g.constant("twice", np.array([1, 1, 2, 2], np.float32))

    def halve(x: str, channels: int) -> str:
        return g.op("Conv", x, kernels[channels], group=channels, pads=[2, 2, 2, 2], strides=[2, 2])

    def double(x: str) -> str:
        return g.op("Resize", x, "", "twice", mode="linear", coordinate_transformation_mode="half_pixel")

    d, m = difference, "matte"
    bands = []
    for _ in range(LEVELS):
        small, mask = halve(d, 3), halve(m, 1)
        bands.append(g.op("Mul", g.op("Sub", d, double(small)), m))
        d, m = small, mask
    out = g.op("Mul", d, m)
    for band in reversed(bands):
        out = g.op("Add", band, double(out))
    return out


def write(folder: Path) -> Path:
    """Build the graph into `folder`; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    path.write_bytes(likeness().SerializeToString(deterministic=True))
    return path


if __name__ == "__main__":
    write(Path(sys.argv[1]))
