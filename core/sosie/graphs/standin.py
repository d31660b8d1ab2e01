"""A network of the same layers as the common 128 px face swapper, with random weights: 349 GFLOP, 139 M parameters.

For timing only (bench/peers.py). The layers are the published ones: an encoder to 1024 channels at 32 px, six residual
blocks whose convolutions are normalised and restyled by a 512-vector, a decoder with bilinear enlargement.
`python -m sosie.graphs.standin FOLDER` writes `standin.onnx`, 554 MB. Build time only.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from sosie.graphs.likeness import IR, Graph

OPSET = 18
SIDE, STYLE, WIDE, BLOCKS = 128, 512, 1024, 6
#: (channels in, out, side of the kernel, stride) around the blocks
ENCODER = ((3, 128, 7, 1), (128, 256, 3, 1), (256, 512, 3, 2), (512, WIDE, 3, 2))
DECODER = ((WIDE, 512, 2), (512, 256, 2), (256, 128, 1))  # (channels in, out, enlargement before)


class Layers(Graph):
    """Layers with weights of their own, drawn so that signals keep their size (He et al., 2015)."""

    def __init__(self) -> None:
        super().__init__()
        self._random = np.random.default_rng(0)
        self._axes = self.constant("axes", np.array([2, 3], np.int64))
        self._small = self.constant("small", np.float32(1e-8))
        self._halves = self.constant("halves", np.array([WIDE, WIDE], np.int64))
        self._twice = self.constant("twice", np.array([1, 1, 2, 2], np.float32))

    def weights(self, *shape: int) -> str:
        scale = np.sqrt(2 / np.prod(shape[1:]))
        values = self._random.standard_normal(shape, np.float32) * np.float32(scale)
        return self.constant(f"weights_{len(self.constants)}", values)

    def conv(self, x: str, inputs: int, outputs: int, side: int, stride: int = 1) -> str:
        pads = [side // 2] * 4
        return self.op("Conv", x, self.weights(outputs, inputs, side, side), pads=pads, strides=[stride] * 2)

    def leaky(self, x: str) -> str:
        return self.op("LeakyRelu", x, alpha=0.2)

    def restyled(self, x: str) -> str:
        """Instance normalisation, then gain and bias that a linear layer makes of the source."""
        centred = self.op("Sub", x, self.op("ReduceMean", x, self._axes, keepdims=1))
        power = self.op("ReduceMean", self.op("Mul", centred, centred), self._axes, keepdims=1)
        normal = self.op("Div", centred, self.op("Sqrt", self.op("Add", power, self._small)))
        style = self.op("Unsqueeze", self.op("MatMul", "source", self.weights(STYLE, 2 * WIDE)), self._axes)
        gain, bias = f"gain_{len(self.nodes)}", f"bias_{len(self.nodes)}"
        self.nodes.append(helper.make_node("Split", [style, self._halves], [gain, bias], axis=1))
        return self.op("Add", self.op("Mul", normal, gain), bias)

    def block(self, x: str) -> str:
        y = self.op("Relu", self.restyled(self.conv(x, WIDE, WIDE, 3)))
        return self.op("Add", x, self.restyled(self.conv(y, WIDE, WIDE, 3)))

    def enlarged(self, x: str) -> str:
        return self.op("Resize", x, "", self._twice, mode="linear")


def standin() -> onnx.ModelProto:
    """`target` (1, 3, 128, 128) and `source` (1, 512) to `output` (1, 3, 128, 128)."""
    g = Layers()
    x = "target"
    for inputs, outputs, side, stride in ENCODER:
        x = g.leaky(g.conv(x, inputs, outputs, side, stride))
    for _ in range(BLOCKS):
        x = g.block(x)
    for inputs, outputs, larger in DECODER:
        x = g.leaky(g.conv(g.enlarged(x) if larger == 2 else x, inputs, outputs, 3))
    g.op("Sigmoid", g.conv(x, DECODER[-1][1], 3, 7), out="output")
    picture, vector = [1, 3, SIDE, SIDE], [1, STYLE]
    graph = helper.make_graph(
        g.nodes,
        "standin",
        [
            helper.make_tensor_value_info("target", TensorProto.FLOAT, picture),
            helper.make_tensor_value_info("source", TensorProto.FLOAT, vector),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, picture)],
        g.constants,
    )
    return helper.make_model(
        graph, producer_name="sosie", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR
    )


if __name__ == "__main__":
    onnx.save(standin(), str(Path(sys.argv[1]) / "standin.onnx"))
