"""Head pose: the rotation that takes the canonical mesh onto the landmarks.

Weighted Procrustes over the vertices that expressions leave alone (MediaPipe's own weights), in the landmarks'
three dimensions. The canonical mesh looks down a little when a head is upright; `UPRIGHT` takes that out. Angles:
R = Rz(roll) Ry(yaw) Rx(pitch) with the head's axes x right, y down, z away: turning the picture in its plane changes
roll alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sosie.faces.face import Pose
from sosie.faces.mesh import Mesh

#: Degrees; the mean over 66 pictures of the test people, whose true head rotations are known.
UPRIGHT = 5.0


def head_pose(landmarks: NDArray[np.float32], mesh: Mesh) -> Pose:
    """The pose of `landmarks` (478, 3)."""
    rotation = head_rotation(landmarks, mesh)
    yaw = np.arcsin(np.clip(rotation[2, 0], -1, 1))
    pitch = np.arctan2(-rotation[2, 1], rotation[2, 2])
    roll = np.arctan2(rotation[1, 0], rotation[0, 0])
    return Pose(*(float(np.degrees(angle)) for angle in (yaw, pitch, roll)))


def head_rotation(landmarks: NDArray[np.float32], mesh: Mesh) -> NDArray[np.float64]:
    """(3, 3) rotation: head axes (x right, y down, z away for a frontal head) to plate axes (Kabsch, 1976)."""
    weights = mesh.rigidity.astype(np.float64)
    weights /= weights.sum()
    source = mesh.vertices.astype(np.float64) * [1, -1, -1]
    target = landmarks[: len(source)].astype(np.float64)
    a, b = source - weights @ source, target - weights @ target
    u, _, vt = np.linalg.svd(b.T @ (a * weights[:, None]))
    rotation = (u * [1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    return np.asarray(rotation @ _looking_up(np.radians(UPRIGHT)))


def _looking_up(angle: float) -> NDArray[np.float64]:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]])
