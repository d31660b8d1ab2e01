"""Head pose: the rotation that takes the canonical mesh onto the landmarks.

Weighted Procrustes over the vertices that expressions leave alone (MediaPipe's own weights), in the landmarks'
three dimensions. Angles: R = Ry(yaw) Rx(pitch) Rz(roll) with the head's axes x right, y down, z away.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sosie.faces.face import Pose
from sosie.faces.mesh import Mesh


def head_pose(landmarks: NDArray[np.float32], mesh: Mesh) -> Pose:
    """The pose of `landmarks` (478, 3)."""
    rotation = head_rotation(landmarks, mesh)
    pitch = np.arcsin(np.clip(rotation[1, 2], -1, 1))
    yaw = np.arctan2(-rotation[0, 2], rotation[2, 2])
    roll = np.arctan2(rotation[1, 0], rotation[1, 1])
    return Pose(*(float(np.degrees(angle)) for angle in (yaw, pitch, roll)))


def head_rotation(landmarks: NDArray[np.float32], mesh: Mesh) -> NDArray[np.float64]:
    """(3, 3) rotation: head axes (x right, y down, z away for a frontal head) to plate axes (Kabsch, 1976)."""
    weights = mesh.rigidity.astype(np.float64)
    weights /= weights.sum()
    source = mesh.vertices.astype(np.float64) * [1, -1, -1]
    target = landmarks[: len(source)].astype(np.float64)
    a, b = source - weights @ source, target - weights @ target
    u, _, vt = np.linalg.svd(b.T @ (a * weights[:, None]))
    return np.asarray((u * [1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt)
