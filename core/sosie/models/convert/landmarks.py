"""MediaPipe's landmark network -> ONNX, with more outputs: what it saw on its way.

`seen_128` (1, 128, 128, 16) to `seen_4` (1, 4, 4, 128) are the last maps of each size. The published last layers make
points and presence of the smallest; ours tell from them how far those points are off (faces/bias.py), and from the
others where the crop shows bare face (faces/shown.py).
"""

from __future__ import annotations

import onnx

from sosie.models.convert.graph import serialise, value
from sosie.models.convert.tflite import convert_tflite

#: Side and channels of each map.
MAPS = ((128, 16), (64, 32), (32, 64), (16, 128), (8, 128), (4, 128))
#: What the published graph calls the layers after which a map is finished.
FINISHED = "p_re_lu"


def convert_landmarks(source: bytes) -> bytes:
    """The network with the outputs `seen_*` after its own."""
    model = onnx.load_from_string(convert_tflite(source))
    shapes = {
        one.name: tuple(side.dim_value for side in one.type.tensor_type.shape.dim)
        for one in onnx.shape_inference.infer_shapes(model).graph.value_info
    }
    made = [name for node in model.graph.node for name in node.output if FINISHED in name]
    for side, channels in MAPS:
        shape = (1, side, side, channels)
        last = [name for name in made if shapes.get(name) == shape][-1]
        model.graph.node.append(onnx.helper.make_node("Identity", [last], [f"seen_{side}"]))
        model.graph.output.append(value(f"seen_{side}", shape))
    return serialise(model)
