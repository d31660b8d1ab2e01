"""Puts an accessory before a rendered head, worn or held. Build time only, in a Python that has `bpy`.

Glasses with clear or dark lenses, a headset's microphone or one held to the mouth, straps around the head, a mask, a
collar, a box; sizes are usual ones of things that are sold. In `<number>.part.png` it is part `ACCESSORY`, but a lens that
is seen through, which is what lies behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from sosie.graphs.wearer import ACCESSORY, AROUND, Array, Random, Wearer, lens, stuff, wearer_of

#: How often each is worn.
KINDS = {
    "glasses": 0.3,
    "sunglasses": 0.2,
    "boom": 0.1,
    "microphone": 0.1,
    "strap": 0.1,
    "mask": 0.07,
    "collar": 0.06,
    "box": 0.07,
}
#: A cornea lies so far before its eye's middle.
CORNEA = 0.012


def add_accessory(made_by: Any, posed: Any, random: Random) -> None:
    """One before the face of the person `posed` (render_lib's), in the scene."""
    put: dict[str, Callable[[Wearer, Random], None]] = {
        "glasses": partial(_glasses, dark=False),
        "sunglasses": partial(_glasses, dark=True),
        "boom": _boom,
        "microphone": _microphone,
        "strap": _strap,
        "mask": _mask,
        "collar": _collar,
        "box": _box,
    }
    kind = str(random.choice(list(KINDS), p=list(KINDS.values())))
    put[kind](wearer_of(made_by, posed), random)


def _glasses(wearer: Wearer, random: Random, *, dark: bool) -> None:
    """Two lenses in their rims, or bare, a bridge, temples."""
    wide = random.uniform(0.021, 0.03 if dark else 0.027)
    tall, square = wide * random.uniform(0.65, 1), random.uniform(2, 4.5)
    rim = float(np.exp(random.uniform(np.log(0.0005), np.log(0.0028))))
    lift, tip, wrap = random.normal(0, 0.1), random.normal(0.1, 0.05), random.uniform(1, 4)
    low = random.uniform(0, 0.006)
    out = max(CORNEA + random.uniform(0.012, 0.02), wearer.front(0, -low) + 0.002)
    x, z = wide * _squarer(np.cos(AROUND), square), tall * _squarer(np.sin(AROUND), square)
    material, glass = stuff(wearer.made_by, random), lens(wearer.made_by, random, dark=dark)
    apart = max(wearer.eye, wide + 0.006)
    inner = []
    for side in (-1, 1):
        at = np.column_stack([side * (apart + x), np.zeros_like(x), z + lift * x - low])
        at[:, 1] = out + tip * at[:, 2] - wrap * at[:, 0] ** 2
        if not (rim < 0.0008 and random.random() < 0.5):
            wearer.tube(at, rim, material, closed=True)
        wearer.mesh(at, [list(range(len(at)))], glass, ACCESSORY if dark else wearer.made_by.PARTS["skin"])
        hinge = at[np.argmax(side * at[:, 0] + 0.3 * at[:, 2])]
        bend = hinge + np.array([side * 0.003, -0.006, 0])
        ear = np.array([side * max(wearer.temple(), abs(hinge[0]) - 0.004), -0.075, hinge[2] - 0.002])
        wearer.tube(np.stack([hinge, bend, ear]), 1.1 * rim, material)
        inner.append(at[np.argmin(side * at[:, 0] - 0.2 * at[:, 2])])
    bridge = np.mean(inner, 0) + np.array([0, 0.003, 0.002])
    wearer.tube(np.stack([inner[0], bridge, inner[1]]), rim, material)


def _squarer(circle: Array, by: float) -> Array:
    """A coordinate of a superellipse (Lame); 2 leaves the circle as it is."""
    return np.asarray(np.sign(circle) * np.abs(circle) ** (2 / by))


def _boom(wearer: Wearer, random: Random) -> None:
    """A headset's microphone: a thin boom from the ear to the corner of the mouth, a foam ball at its end."""
    side = float(random.choice([-1, 1]))
    x, z = side * random.uniform(0.012, 0.05), random.uniform(-0.085, -0.055)
    end = np.array([x, wearer.front(x, z, 0.02) + random.uniform(0.006, 0.02), z])
    ear = np.array([side * (wearer.temple() + 0.004), -0.085, -0.02])
    bend = np.array([side * wearer.temple(), (ear[1] + end[1]) / 2 + 0.012, (ear[2] + end[2]) / 2 - 0.005])
    share = np.linspace(0, 1, 20)[:, None]
    path = (1 - share) ** 2 * ear + 2 * share * (1 - share) * bend + share**2 * end  # Bezier's
    thin = stuff(wearer.made_by, random)
    wearer.tube(path, random.uniform(0.0008, 0.002), thin)
    size = np.full(3, random.uniform(0.003, 0.01))
    foam = stuff(wearer.made_by, random, rough=True) if random.random() < 0.6 else thin
    wearer.ball(end, size, foam)


def _microphone(wearer: Wearer, random: Random) -> None:
    """One held before mouth or chin: a ball on a rod, from below."""
    x, z = random.normal(0, 0.02), random.uniform(-0.115, -0.06)
    size = random.uniform(0.018, 0.028)
    at = np.array([x, wearer.front(float(x), z, 0.03) + size + random.uniform(0, 0.03), z])
    down = np.array([random.normal(0, 0.5), random.uniform(0.1, 0.8), -1])
    down /= np.linalg.norm(down)
    ball = size * np.array([1, 1, random.uniform(1, 1.25)])
    wearer.ball(at, ball, stuff(wearer.made_by, random, rough=True))
    rod = np.stack([at + down * size * 0.7, at + down * 0.22])
    wearer.tube(rod, size * random.uniform(0.5, 0.8), stuff(wearer.made_by, random))


def _strap(wearer: Wearer, random: Random) -> None:
    """A band around the head: under the chin, around the forehead, or aslant over the face."""
    normals = (
        lambda: ((0, 1, random.normal(0.1, 0.15)), random.uniform(-0.045, 0.0)),
        lambda: ((random.normal(0, 0.1), random.normal(0.15, 0.1), 1), random.uniform(0.025, 0.07)),
        lambda: ((random.uniform(-1, 1), random.normal(0, 0.1), 1), random.uniform(-0.03, 0.05)),
    )
    direction, off = normals[random.integers(3)]()
    normal = np.array(direction) / np.linalg.norm(direction)
    half = random.uniform(0.003, 0.018)
    edges = [wearer.around(normal, off + by) for by in (-half, 0, half)]
    wearer.rings(edges, stuff(wearer.made_by, random, rough=True))


def _mask(wearer: Wearer, random: Random) -> None:
    """One over nose, mouth and chin, or only over mouth and chin, as far as the cheeks: the face's own surface, blown up."""
    top, width = random.uniform(-0.05, -0.012), random.uniform(0.05, 0.068)
    x, y, z = wearer.surface.T
    covered = (z < top - 2.5 * x**2) & (z > -0.125) & (np.abs(x) < width) & (y > -0.06)
    faces = [face for face in wearer.faces if covered[face].all()]
    used = sorted({vertex for face in faces for vertex in face})
    place = {vertex: row for row, vertex in enumerate(used)}
    middle = np.array([0, -0.06, -0.06])
    away = wearer.surface[used] - middle
    far = np.linalg.norm(away, axis=1, keepdims=True)
    # as cloth does, it spans what is hollow: no further in than a ball around the mouth
    out = np.maximum(far + 0.004, np.minimum(far + 0.02, np.quantile(far, 0.75)))
    cloth = stuff(wearer.made_by, random, rough=True)
    wearer.mesh(middle + away / far * out, [[place[vertex] for vertex in face] for face in faces], cloth)


def _collar(wearer: Wearer, random: Random) -> None:
    """A scarf or a high collar around neck and chin, in folds."""
    top, rings = random.uniform(-0.115, -0.065), []
    for row in range(9):
        fold = 0.006 * np.sin(random.uniform(2, 6) * AROUND + random.uniform(0, 7)) + 0.004 * np.cos(
            2.5 * row
        )
        x = (0.062 + 0.004 * row + fold) * np.cos(AROUND)
        y = -0.06 + (0.075 + 0.005 * row + fold) * np.sin(AROUND)
        rings.append(np.column_stack([x, y, top - 0.014 * row - 0.02 * np.sin(AROUND)]))
    wearer.rings(rings, stuff(wearer.made_by, random, rough=True))


def _box(wearer: Wearer, random: Random) -> None:
    """A flat box before the face: a telephone, a card, a flask."""
    half = np.array([random.uniform(0.02, 0.045), random.uniform(0.002, 0.015), random.uniform(0.03, 0.075)])
    x, z = random.uniform(-0.06, 0.06), random.uniform(-0.1, 0.04)
    corners = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) * half
    for axis, angle in enumerate(random.normal(0, 0.5, 3) * [0.4, 1, 0.4]):
        plane = [(axis + 1) % 3, (axis + 2) % 3]
        cos, sin = np.cos(angle), np.sin(angle)
        corners[:, plane] = corners[:, plane] @ np.array([[cos, sin], [-sin, cos]])
    at = np.array([x, wearer.front(x, z, 0.03) + 0.01 + random.uniform(0.01, 0.05), z])
    sides = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    wearer.mesh(at + corners, sides, stuff(wearer.made_by, random))
