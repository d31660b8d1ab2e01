"""The twin put into the plate's pose: her neutral shape, the plate's expression, eyes, nose and mouth where they were.

The plate's face is explained by the face basis (pose, a shape of its own, expression); pose and expression are kept,
the shape is exchanged. Then the five points that say where a face is (eye centres, nose tip, mouth corners) are
brought onto the plate's by a similarity, so that the head keeps its place and size in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sosie.errors import FaceTooSmallError, PoseOutOfRangeError
from sosie.faces import Face, Mesh
from sosie.faces.crop import similarity
from sosie.render.wrinkles import shares_of
from sosie.twin import Twin
from sosie.twin.basis import Basis, fit_face, moved
from sosie.twin.raster import vertex_normals

MIN_FACE = 60.0
MAX_YAW = 65.0
MAX_PITCH = 35.0
#: A landmark that lies otherwise to the twin's than its neighbours do, by this many face sizes, was found wrongly: under hair.
LEAP = 0.03
RIGHT_EYE = (33, 160, 158, 133, 153, 144)
LEFT_EYE = (362, 385, 387, 263, 373, 380)
NOSE, MOUTH = 4, (61, 291)


@dataclass(frozen=True, eq=False)
class Placed:
    """The twin in the plate: `points` (468, 3) plate pixels and depth (growing away), `normals` (468, 3) in camera
    axes, `source` (468, 3) the plate's own landmarks, those that leap put right, `residual` of the plate's fit in eye
    distances, `shares` (n,) how much of each of the twin's expression photographs the plate shows.
    """

    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    source: NDArray[np.float32]
    residual: float
    shares: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))


def check_range(face: Face) -> None:
    """Refuse what a capture cannot answer for.

    Raises:
        FaceTooSmallError, PoseOutOfRangeError: with the numbers.
    """
    if face.size < MIN_FACE:
        raise FaceTooSmallError(
            f"The face is {face.size:.0f} pixels high; {MIN_FACE:.0f} are needed.",
            remedy="Use a larger version of the picture, or choose a larger face.",
        )
    if abs(face.pose.yaw) > MAX_YAW or abs(face.pose.pitch) > MAX_PITCH:
        raise PoseOutOfRangeError(
            f"The face is turned by {face.pose.yaw:.0f} degrees sideways and {face.pose.pitch:.0f} up; "
            f"the twin covers {MAX_YAW:.0f} sideways and {MAX_PITCH:.0f} up or down.",
            remedy="Choose a picture in which the face looks more towards the camera.",
        )


def place(face: Face, twin: Twin, basis: Basis, mesh: Mesh) -> Placed:
    """Pose the twin like `face`; see the module."""
    normals = vertex_normals(basis.mean, mesh.triangles)
    # What the network says of a resting face is this twin's zero.
    said = np.clip(face.expression - twin.resting, 0, 1)
    fit = fit_face(basis, face.landmarks, normals, said)
    move = np.tensordot(fit.expression, basis.expression, 1).astype(np.float32)
    posed = fit.camera.project(twin.shape + move)
    matrix = similarity(five_points(posed[:, :2]), five_points(face.landmarks[:, :2]))
    points = posed.copy()
    points[:, :2] = posed[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    points[:, 2] *= float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    source = face.landmarks[:468].copy()
    source[:, 2] = fit.camera.project(moved(fit, basis))[:, 2]
    source[:, :2] = points[:, :2] + without_leaps(source[:, :2] - points[:, :2], mesh, LEAP * face.size)
    return Placed(
        points.astype(np.float32),
        vertex_normals(points, mesh.triangles),
        source.astype(np.float32),
        fit.residual,
        shares_of(move, twin.deltas),
    )


def without_leaps(shifts: NDArray[np.floating], mesh: Mesh, limit: float) -> NDArray[np.floating]:
    """`shifts` (n, 2) of mesh points; one that is further than `limit` from its neighbours' mean becomes that mean."""
    a, b, c = mesh.triangles.T
    one, other = np.concatenate([a, b, c, b, c, a]), np.concatenate([b, c, a, a, b, c])
    sums = [np.bincount(one, shifts[other, axis], len(shifts)) for axis in range(2)]
    means = np.stack(sums, 1) / np.maximum(np.bincount(one, minlength=len(shifts)), 1)[:, None]
    leaps = np.linalg.norm(shifts - means, axis=1, keepdims=True) > limit
    return np.where(leaps, means, shifts)


def five_points(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """(5, 2): eye centres, nose tip, mouth corners, of mesh points (n, 2)."""
    eyes = [points[list(RIGHT_EYE)].mean(0), points[list(LEFT_EYE)].mean(0)]
    return np.asarray([*eyes, points[NOSE], points[MOUTH[0]], points[MOUTH[1]]], np.float64)
