"""Puts a hand before a rendered head, as people hold one to their face. Build time only, in a Python that has `bpy`.

The hand is the person's own, cut from the mesh the head comes from: fingers bent a little, at the chin, the cheek, the
mouth, the brow or the hair, its forearm coming from below or from the side. In `<number>.part.png` it is part `HAND`.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Random = np.random.Generator
#: Beside the parts of the test people.
HAND = 11
#: Metres from the mid-eye point, to the right and upwards in the picture, where people touch their face; how far they miss.
TOUCHED = (
    (-0.06, -0.06),
    (0.06, -0.06),
    (0, -0.1),
    (0, -0.06),
    (-0.05, 0.03),
    (0.05, 0.03),
    (-0.08, 0.0),
    (0.08, 0.0),
)
MISSED = 0.02
ARM = ("wrist", "lowerarm01", "lowerarm02")
KNUCKLES = ("finger{}-1", "finger{}-2", "finger{}-3")


def add_hand(made_by: Any, posed: Any, random: Random) -> None:
    """A hand of the person `posed` (render_lib's), before the face, in the scene."""
    side = "LR"[random.integers(2)]
    base = made_by.base()
    vertices = _bent(base, posed.rest, side, random) / 10  # metres
    frame, origin = _frame(base, posed.rest, side)
    local = (vertices - origin / 10) @ frame.T  # x across the palm, y out of its back, z along the fingers
    turned = local @ _turn(side, random).T
    mine = _faces(base, side)
    fingers = turned[sorted({vertex for face in mine for vertex, _ in face})]
    touching = fingers[np.argmax(fingers[:, 2])] if random.random() < 0.6 else np.zeros(3)
    placed = turned - touching + _target(posed.base_v, random)
    v, faces, _ = made_by.compact(placed, mine)
    skin = made_by.bpy.data.materials[made_by._mats["skin_" + posed.pid].name]  # noqa: SLF001 - the scripts keep them there
    made_by.PARTS["hand"] = HAND
    made_by.mesh_object("hand", v, base.vt, faces, skin, "hand", subsurf=2)


def _bones(side: str) -> list[str]:
    fingers = [knuckle.format(finger) for finger in range(1, 6) for knuckle in KNUCKLES]
    return [f"{bone}.{side}" for bone in (*ARM, *(f"metacarpal{n}" for n in range(1, 5)), *fingers)]


def _faces(base: Any, side: str) -> list[Any]:
    """The faces of forearm and hand."""
    share = np.asarray(base.W[:, [base.bidx[bone] for bone in _bones(side)]].sum(1)).ravel()
    return [
        face
        for face, group in zip(base.faces, base.groups, strict=True)
        if group == "body" and min(share[vertex] for vertex, _ in face) > 0.5
    ]


def _frame(base: Any, rest: Array, side: str) -> tuple[Array, Array]:
    """Rows: across the palm, out of the hand's back, along the fingers; and the middle of the palm. Decimetres."""
    wrist = base.joint(rest, base.bones[f"wrist.{side}"]["head"])
    index, middle, little = (base.joint(rest, base.bones[f"finger{n}-1.{side}"]["head"]) for n in (2, 3, 5))
    tip = base.joint(rest, base.bones[f"finger3-3.{side}"]["tail"])
    along = (middle - wrist) / np.linalg.norm(middle - wrist)
    across = index - little
    across -= along * (across @ along)
    across /= np.linalg.norm(across)
    back = np.cross(along, across)
    bend = tip - middle
    back *= -np.sign(bend @ back)  # fingers at rest bend towards the palm
    return np.stack([across, back, along]), (wrist + middle) / 2


def _bent(base: Any, rest: Array, side: str, random: Random) -> Array:
    """The vertices at rest with this hand's fingers bent, more or less together."""
    frame, _ = _frame(base, rest, side)
    towards_palm = np.sign(np.cross(frame[0], frame[2]) @ -frame[1])
    shared, rotations = random.uniform(-5, 55), {}
    for finger in range(2, 6):
        own = shared + random.normal(0, 12)
        for knuckle in KNUCKLES:
            angle = np.radians(max(own * random.uniform(0.5, 1.1), -8))
            rotations[f"{knuckle.format(finger)}.{side}"] = _about(frame[0], towards_palm * angle)
    spread = random.normal(0, 5)
    for finger, share in ((2, 1.0), (3, 0.2), (4, -0.5), (5, -1.2)):
        first = f"{KNUCKLES[0].format(finger)}.{side}"
        rotations[first] = _about(frame[1], np.radians(share * spread)) @ rotations[first]
    return np.asarray(base.skin(rest, base.W, base.pose(rest, rotations)))


def _turn(side: str, random: Random) -> Array:
    """From the hand's frame to Blender's world: fingers upwards or inwards, the palm to the face or to the camera."""
    # Blender: x to the right in the picture, y away from the camera, z upwards; seldom the palm looks at the camera.
    away = 1.0 if random.random() < 0.25 else -1.0
    # Each hand is mirrored, so that a left one is seen as a right one: there are as many of both.
    stand = np.diag([away if side == "L" else -away, away, 1])
    turn = _about(np.array([0, 1.0, 0]), np.radians(random.normal(0, 40)))
    tip = _about(np.array([1.0, 0, 0]), np.radians(random.normal(0, 20)))
    roll = _about(np.array([0, 0, 1.0]), np.radians(random.normal(0, 30)))
    return np.asarray(turn @ tip @ roll @ stand)


def _target(surface: Array, random: Random) -> Array:
    """A point just before the face of `surface` (n, 3)."""
    x, z = np.array(TOUCHED[random.integers(len(TOUCHED))]) + random.normal(0, MISSED, 2)
    near = surface[np.hypot(surface[:, 0] - x, surface[:, 2] - z) < 0.015]
    front = near[:, 1].min() if len(near) else 0.0
    return np.array([x, front - random.uniform(0.012, 0.04), z])


def _about(axis: Array, angle: float) -> Array:
    """(3, 3): the rotation by `angle` radians about a unit `axis`."""
    return np.asarray(cv2.Rodrigues(axis * angle)[0])
