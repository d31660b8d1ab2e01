"""The graphs on CUDA: every node has a kernel there, 16-bit bands are not seen.

Where a device is, the session's own profile says where each node ran; where none is, the graphs' operators are held
against what the provider implements.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from sosie.errors import SetupError
from sosie.models import ModelStore
from sosie.pictures import from_linear
from sosie.render import reference
from sosie.render.kernel_onnx import CPU, CUDA, GRAPH, GRAPH_16, OnnxKernel, inputs
from sosie.render.proof import made_up
from sosie.render.scale import RATIOS
from sosie.render.texture import reflectance_of

ROOT = ModelStore.default().root
FLOAT, HALF, LONG = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT64
#: What CUDA's kernels take as first input at opset 17 (ONNX Runtime, docs/OperatorKernels.md, CUDAExecutionProvider).
IMPLEMENTED = {
    **dict.fromkeys(
        ("Add", "Sub", "Mul", "Max", "Cast", "Concat", "Conv", "Pad", "Resize"), frozenset({FLOAT, HALF})
    ),
    **dict.fromkeys(("Transpose", "Unsqueeze", "Squeeze", "Split"), frozenset({FLOAT, HALF, LONG})),
    "GridSample": frozenset({FLOAT}),
}


@pytest.mark.parametrize("graph", [GRAPH, GRAPH_16])
def test_every_node_has_a_kernel_on_cuda(graph: str) -> None:
    model = onnx.shape_inference.infer_shapes(onnx.load(ROOT / graph), strict_mode=True)
    values = [*model.graph.input, *model.graph.value_info, *model.graph.output]
    types = {value.name: value.type.tensor_type.elem_type for value in values}
    types |= {constant.name: constant.data_type for constant in model.graph.initializer}
    assert model.opset_import[0].version == 17
    for node in model.graph.node:
        assert types[node.input[0]] in IMPLEMENTED[node.op_type], f"{node.op_type} {node.input[0]}"
        if node.op_type == "Resize":  # the others' modes have no fast kernel
            assert {a.name: a.s for a in node.attribute}["mode"] == b"linear"


@pytest.mark.parametrize("ratio", RATIOS[:4])
def test_bands_of_16_bits_are_not_seen(ratio: Any) -> None:
    """Less than half a step of 8 bits, and a thousandth of the largest difference that is blended."""
    fed = made_up(96, 144, ratio)
    truth, found = reference.run(fed), OnnxKernel(ROOT / GRAPH_16, CPU).run(fed)
    assert np.abs(found - truth).max() < 1e-3
    coded = [from_linear(np.maximum(one, 0), np.float32, "srgb") * 255 for one in (truth, found)]
    assert np.abs(coded[0] - coded[1]).max() < 0.5


@pytest.mark.parametrize("graph", [GRAPH, GRAPH_16])
def test_on_a_device_no_node_runs_elsewhere(graph: str, tmp_path: Path) -> None:
    import onnxruntime

    try:
        kernel = OnnxKernel(ROOT / graph, CUDA)
    except SetupError as error:
        pytest.skip(f"no CUDA device here: {error.message}")
    fed = made_up(96, 144)
    np.testing.assert_allclose(kernel.run(fed), reference.run(fed), atol=1e-3)
    options = onnxruntime.SessionOptions()
    options.enable_profiling, options.profile_file_prefix = True, str(tmp_path / "profile")
    session = onnxruntime.InferenceSession(str(ROOT / graph), options, providers=[CUDA])
    values = {name: np.ascontiguousarray(value, np.float32) for name, value in inputs(fed).items()}
    session.run(None, values | {"texture": reflectance_of(fed.texture)})
    events = json.loads(Path(session.end_profiling()).read_text())
    nodes = [event["args"] for event in events if event.get("cat") == "Node" and "provider" in event["args"]]
    assert nodes
    assert {node["provider"] for node in nodes} == {CUDA}
