"""MediaPipe's selfie segmentation -> ONNX, with more outputs: what it saw on its way.

`seen_0` to `seen_6` are maps from before and after the network's waist. The published last layer makes a person's matte
of the last; from all of them is told what of a person is skin (faces/person.py).
"""

from __future__ import annotations

import onnx

from sosie.models.convert.graph import serialise, value
from sosie.models.convert.tflite import convert_tflite

#: The published graph's names of those maps, and each one's side and channels.
MAPS = (
    ("h_swish", 128, 16),
    ("conv2d_4", 64, 16),
    ("add__xeno_compat__1", 32, 24),
    ("add_4__xeno_compat__1", 16, 32),
    ("add_7__xeno_compat__1", 32, 24),
    ("add_10__xeno_compat__1", 64, 16),
    ("add_13__xeno_compat__1", 128, 16),
)


def convert_person(source: bytes) -> bytes:
    """The network with the outputs `seen_*` after its own."""
    model = onnx.load_from_string(convert_tflite(source))
    for number, (name, side, channels) in enumerate(MAPS):
        model.graph.node.append(onnx.helper.make_node("Identity", [name], [f"seen_{number}"]))
        model.graph.output.append(value(f"seen_{number}", (1, side, side, channels)))
    return serialise(model)
