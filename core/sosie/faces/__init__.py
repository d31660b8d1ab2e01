"""Perception: a photograph in, a list of faces out. All networks run in ONNX Runtime on the CPU.

Coordinates are continuous plate pixels everywhere: x right, y down, (0, 0) the picture's top-left corner, so the
centre of the first pixel is (0.5, 0.5). Depth has the same scale, negative towards the viewer.
"""

from __future__ import annotations

from sosie.faces.choice import choose, find_one
from sosie.faces.face import EXPRESSIONS, Face, Pose
from sosie.faces.mesh import Mesh, face_mesh
from sosie.faces.pipeline import Faces

__all__ = ["EXPRESSIONS", "Face", "Faces", "Mesh", "Pose", "choose", "face_mesh", "find_one"]
