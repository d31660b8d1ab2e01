"""Converters from published weights to ONNX: pure functions, bytes in, bytes out, the same bytes every time.

They run at build time only and need `onnx` and `tflite` (extra `models`). No original runtime is used: not
TensorFlow, not dlib, not MediaPipe. Graphs are written as converted; ONNX Runtime optimises them when it loads
them, so that the bytes here depend on no version of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sosie.models.convert.dlib import convert_dlib
from sosie.models.convert.landmarks import convert_landmarks
from sosie.models.convert.mesh import convert_mesh
from sosie.models.convert.person import convert_person
from sosie.models.convert.tflite import convert_tflite
from sosie.models.convert.yunet import convert_yunet

CONVERTERS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "tflite": convert_tflite,
        "landmarks": convert_landmarks,
        "person": convert_person,
        "yunet": convert_yunet,
        "dlib": convert_dlib,
        "mesh": convert_mesh,
        "none": bytes,
    }
)

__all__ = ["CONVERTERS"]
