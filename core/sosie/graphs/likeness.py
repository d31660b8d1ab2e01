"""The kernel's ONNX graph: what render/reference.py says, in operators that CUDA and CPU both run. Build time only.

`python -m sosie.graphs.likeness FOLDER` writes `likeness.onnx`, and `likeness16.onnx`, whose bands are 16-bit floats; the
same bytes each time. Places and samples stay 32 bits wide in both: half a texel is seen, half a thousandth of a
difference is not (and CUDA's `GridSample` knows nothing else).
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
NAME, NAME_16 = "likeness.onnx", "likeness16.onnx"
INPUTS: dict[str, list[int | str]] = {
    "plate": ["PH", "PW", 3],
    "tone": ["ph", "pw", 3],
    "tone_x": [1, 1, "PW", 1],
    "tone_y": [1, "PH", 1, 1],
    "fields": ["h", "w", 11],
    "fields_x": [1, 1, "W", 1],
    "fields_y": [1, "H", 1, 1],
    "place_x": [1, 1, "W", 1],
    "place_y": [1, "H", 1, 1],
    "texture": ["TH", "TW", 3],
    "grain": ["GH", "GW"],
    "strength": [1],
}
#: What `fields` holds, and how many channels of it.
FIELDS = {"shift": 2, "uv": 2, "light": 3, "gloss": 3, "matte": 1}
SAMPLE: dict[str, Any] = {"mode": "bilinear", "padding_mode": "border", "align_corners": 0}


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


def likeness(*, half: bool = False) -> onnx.ModelProto:
    """The graph; its inputs are those of `kernel_onnx.inputs` and the texture. `half`: bands of 16-bit floats."""
    g = Graph()
    first = g.constant("first", np.array([0], np.int64))
    planes: dict[str, str] = {
        name: g.op("Unsqueeze", g.op("Transpose", name, perm=[2, 0, 1]), first)
        for name in ("plate", "tone", "fields", "texture")
    }
    spread = g.op("GridSample", planes["fields"], _grid(g, "fields_x", "fields_y"), **SAMPLE)
    sizes = g.constant("channels", np.array(list(FIELDS.values()), np.int64))
    g.nodes.append(helper.make_node("Split", [spread, sizes], list(FIELDS), axis=1))
    tone = g.op("GridSample", planes["tone"], _grid(g, "tone_x", "tone_y"), **SAMPLE)
    relief = g.op("Add", _grid(g, "place_x", "place_y"), g.op("Transpose", "shift", perm=[0, 2, 3, 1]))
    ground = g.op("GridSample", g.op("Mul", planes["plate"], tone), relief, **SAMPLE)
    albedo = g.op("GridSample", planes["texture"], g.op("Transpose", "uv", perm=[0, 2, 3, 1]), **SAMPLE)
    lit = g.op("Max", g.op("Add", g.op("Mul", albedo, "light"), "gloss"), g.constant("zero", np.float32(0)))
    face = g.op("Mul", lit, g.op("Add", g.constant("one", np.float32(1)), "grain"))
    blended = g.op("Add", ground, _blend(g, g.op("Sub", face, ground), half=half))
    # The plate itself under the tile, sampled at its own pixels' centres.
    under = g.op("GridSample", planes["plate"], _grid(g, "place_x", "place_y"), **SAMPLE)
    change = g.op("Mul", "strength", g.op("Sub", blended, under))
    composite = g.op("Squeeze", g.op("Add", under, change), first)
    g.op("Transpose", composite, out="composite", perm=[1, 2, 0])
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in INPUTS.items()]
    outputs = [helper.make_tensor_value_info("composite", TensorProto.FLOAT, ["H", "W", 3])]
    graph = helper.make_graph(g.nodes, "likeness", inputs, outputs, g.constants)
    model = helper.make_model(
        graph, producer_name="sosie", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def _grid(g: Graph, x: str, y: str) -> str:
    """(1, H, W, 2) of columns' places (1, 1, W, 1) and rows' (1, H, 1, 1)."""
    none = "none" if any(c.name == "none" for c in g.constants) else g.constant("none", np.float32(0))
    wide, high = g.op("Add", x, g.op("Mul", y, none)), g.op("Add", y, g.op("Mul", x, none))
    return g.op("Concat", wide, high, axis=3)


def _blend(g: Graph, difference: str, *, half: bool) -> str:
    """The multi-band blend of render/reference.py."""
    taps = np.outer(TAPS, TAPS).astype(np.float16 if half else np.float32)[None, None]
    kernels = {3: g.constant("taps3", np.tile(taps, (3, 1, 1, 1))), 1: g.constant("taps1", taps)}
    g.constant("twice", np.array([1, 1, 2, 2], np.float32))
    edge = g.constant("edge", np.array([0, 0, 2, 2, 0, 0, 2, 2], np.int64))

    def halve(x: str, channels: int) -> str:
        mirrored = g.op("Pad", x, edge, mode="reflect")
        return g.op("Conv", mirrored, kernels[channels], group=channels, strides=[2, 2])

    def double(x: str) -> str:
        return g.op("Resize", x, "", "twice", mode="linear", coordinate_transformation_mode="half_pixel")

    def cast(x: str, to: int) -> str:
        return g.op("Cast", x, to=to) if half else x

    d, m = (cast(x, TensorProto.FLOAT16) for x in (difference, "matte"))
    bands = []
    for _ in range(LEVELS):
        small, mask = halve(d, 3), halve(m, 1)
        bands.append(g.op("Mul", g.op("Sub", d, double(small)), m))
        d, m = small, mask
    out = g.op("Mul", d, m)
    for band in reversed(bands):
        out = g.op("Add", band, double(out))
    return cast(out, TensorProto.FLOAT)


def write(folder: Path) -> list[Path]:
    """Build both graphs into `folder`; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, half in ((NAME, False), (NAME_16, True)):
        written.append(folder / name)
        written[-1].write_bytes(likeness(half=half).SerializeToString(deterministic=True))
    return written


if __name__ == "__main__":
    write(Path(sys.argv[1]))
