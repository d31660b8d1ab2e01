"""YuNet 2023mar, as published with block-quantised weights -> plain float32 ONNX with free height and width.

The quantised file stores each weight as DequantizeLinear(int8, scale, zero point) with one scale for a block of
values; those nodes are computed here once. ONNX Runtime cannot feed the published file: its constants are listed
as graph inputs too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from sosie.models.convert.graph import OPSET, serialise

Constants = dict[str, NDArray[Any]]


def convert_yunet(source: bytes) -> bytes:
    """The network with folded weights: input `input` (1, 3, H, W) BGR 0..255, H and W multiples of 32."""
    model = onnx.load_from_string(source)
    graph = model.graph
    constants = _constants(graph)
    nodes = [node for node in graph.node if not _fold(node, constants)]
    used = {name for node in nodes for name in node.input}
    _replace(graph.node, nodes)
    _replace(
        graph.initializer,
        [
            numpy_helper.from_array(np.ascontiguousarray(constants[n]), n)
            for n in sorted(used & constants.keys())
        ],
    )
    _replace(graph.input, [i for i in graph.input if i.name in used and i.name not in constants])
    _replace(graph.value_info, [])
    _free_size(graph)
    _replace(model.metadata_props, [])
    for opset in model.opset_import:
        opset.version = min(opset.version, OPSET) if not opset.domain else opset.version
    return serialise(model)


def _constants(graph: onnx.GraphProto) -> Constants:
    constants = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    return constants


def _fold(node: onnx.NodeProto, constants: Constants) -> bool:
    """Computes `node` into `constants` where its inputs are constant; true when it is needed no more."""
    if node.op_type == "Constant":
        return True
    if not all(name in constants for name in node.input):
        return False
    if node.op_type == "DequantizeLinear":
        constants[node.output[0]] = _dequantise(node, constants)
        return True
    if node.op_type == "Reshape":
        constants[node.output[0]] = constants[node.input[0]].reshape(constants[node.input[1]])
        return True
    return False


def _dequantise(node: onnx.NodeProto, constants: Constants) -> NDArray[np.float32]:
    """(x - zero point) * scale, with one scale for a tensor, an axis, or a block along an axis (ONNX opset 21)."""
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    axis, block = attributes.get("axis", 1), attributes.get("block_size", 0)
    x, scale = (constants[name].astype(np.float32) for name in node.input[:2])
    zero = constants[node.input[2]].astype(np.float32) if len(node.input) > 2 else np.zeros_like(scale)
    if block:
        cut = tuple(slice(0, n) for n in x.shape)
        scale, zero = (np.repeat(a, block, axis)[cut] for a in (scale, zero))
    elif scale.ndim == 1:
        shape = [-1 if i == axis else 1 for i in range(x.ndim)]
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return ((x - zero) * scale).astype(np.float32)


def _free_size(graph: onnx.GraphProto) -> None:
    """The graph was exported for 640 x 640, but nothing in it depends on that."""
    dims = graph.input[0].type.tensor_type.shape.dim
    for position, name in ((2, "H"), (3, "W")):
        dims[position].dim_param = name
    for output in graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"N_{output.name}"


def _replace(field: Any, items: list[Any]) -> None:
    """A repeated protobuf field, refilled."""
    del field[:]
    field.extend(items)
