"""TFLite flatbuffer -> ONNX, for the four MediaPipe networks Sosie uses.

Tensors keep TFLite's channels-last meaning; convolutions are wrapped in transposes that ONNX Runtime removes when
it loads the graph. Constant DEQUANTIZE nodes (half-precision weights) are folded. An operator that is not in
`tflite_ops.OPS` stops the conversion: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from sosie.errors import ModelError
from sosie.models.convert.graph import GraphBuilder, value
from sosie.models.convert.tflite_ops import OPS, Operation

DTYPES: Mapping[int, type[np.generic]] = MappingProxyType(
    {0: np.float32, 1: np.float16, 2: np.int32, 3: np.uint8, 4: np.int64, 9: np.int8}
)
OPERATOR_NAMES = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}


def convert_tflite(source: bytes) -> bytes:
    """The ONNX model of a TFLite file's first subgraph; input and output names and shapes are kept.

    Raises:
        ModelError: model_corrupt, for an operator this converter does not know.
    """
    model = tflite.Model.GetRootAsModel(source, 0)
    graph = model.Subgraphs(0)
    tensors = Tensors(model, graph)
    for index in range(graph.OperatorsLength()):
        _convert(model, graph.Operators(index), tensors)
    ends = [
        [value(tensors.name(i), tensors.shape(i)) for i in side]
        for side in (graph.InputsAsNumpy(), graph.OutputsAsNumpy())
    ]
    return tensors.builder.model("tflite", *ends)


class Tensors:
    """The subgraph's tensors: constants by value, the others by name."""

    def __init__(self, model: Any, graph: Any) -> None:
        self.builder = GraphBuilder()
        self.constants: dict[int, NDArray[Any]] = {}
        self._graph = graph
        for index in range(graph.TensorsLength()):
            tensor = graph.Tensors(index)
            buffer = model.Buffers(tensor.Buffer())
            if buffer.DataLength():
                data = np.frombuffer(buffer.DataAsNumpy().tobytes(), DTYPES[tensor.Type()])
                self.constants[index] = data.reshape(self.shape(index))

    def name(self, index: int) -> str:
        """The tensor's own name."""
        return str(self._graph.Tensors(index).Name().decode())

    def shape(self, index: int) -> list[int]:
        """The tensor's shape; empty for a scalar."""
        tensor = self._graph.Tensors(index)
        return [int(n) for n in tensor.ShapeAsNumpy()] if tensor.ShapeLength() else []

    def value(self, index: int) -> str:
        """The ONNX value of a tensor: its constant (as float32 where it is half), or the name that makes it."""
        if index not in self.constants:
            return self.name(index)
        array = self.constants[index]
        return self.builder.constant(array.astype(np.float32) if array.dtype == np.float16 else array)


def _convert(model: Any, operator: Any, tensors: Tensors) -> None:
    inputs = [int(i) for i in operator.InputsAsNumpy()]
    output = int(operator.OutputsAsNumpy()[0])
    kind = _kind(model.OperatorCodes(operator.OpcodeIndex()))
    if kind == "DEQUANTIZE":
        tensors.constants[output] = tensors.constants[inputs[0]].astype(np.float32)
        return
    if kind not in OPS:
        raise ModelError(
            f"The converter does not know TFLite's {kind}.",
            code="model_corrupt",
            remedy="Add it to models/convert/tflite_ops.py with a test.",
        )
    made = OPS[kind](Operation(operator, inputs, output, tensors))
    tensors.builder.emit("Identity", [made], output=tensors.name(output))


def _kind(code: Any) -> str:
    name = OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    return str(code.CustomCode().decode()) if name == "CUSTOM" else name
