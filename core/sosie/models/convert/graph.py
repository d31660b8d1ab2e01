"""A small builder for ONNX graphs that come out byte for byte the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

#: Old enough for every ONNX Runtime that Sosie supports.
OPSET = 17
IR_VERSION = 8
#: Below this many values half precision saves nothing.
SMALL = 64


class GraphBuilder:
    """Collects nodes and constants; values are names, given out in order."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._count = 0

    def emit(self, op: str, inputs: Sequence[str], *, output: str | None = None, **attributes: Any) -> str:
        """A node of type `op`; returns the name of its only output."""
        name = output or self._name(op.lower())
        self._nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def constant(self, values: Any) -> str:
        """A constant. Floats that half precision holds exactly are stored in half and cast back when loaded."""
        array = np.ascontiguousarray(values)
        if array.dtype == np.float32 and array.size > SMALL and _fits_half(array):
            return self.emit("Cast", [self._store(array.astype(np.float16))], to=TensorProto.FLOAT)
        return self._store(array)

    def model(self, name: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> bytes:
        """The checked, serialised model; inputs and outputs are `value` results."""
        graph = helper.make_graph(self._nodes, name, inputs, outputs, self._constants)
        return serialise(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)]))

    def _store(self, array: NDArray[Any]) -> str:
        name = self._name("c")
        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def _name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}_{self._count}"


def value(name: str, shape: Sequence[int | str]) -> onnx.ValueInfoProto:
    """A float32 input or output."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def serialise(model: onnx.ModelProto) -> bytes:
    """Checks `model` and writes it deterministically, with nothing of the tool's version in it."""
    model.ir_version = IR_VERSION
    model.producer_name = model.producer_version = ""
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _fits_half(array: NDArray[np.float32]) -> bool:
    largest = float(np.finfo(np.float16).max)
    return bool(np.abs(array).max() <= largest) and np.array_equal(
        array.astype(np.float16).astype(np.float32), array
    )
