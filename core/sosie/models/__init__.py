"""Perception models: what they are (manifest), where they lie (store), how they are made (build).

Only `build` and `convert` need `onnx` and `tflite`; they are imported by the command that builds, never here.
"""

from __future__ import annotations

from sosie.models.manifest import Manifest, Model, Package
from sosie.models.store import ModelStore

__all__ = ["Manifest", "Model", "ModelStore", "Package"]
