"""Views are named by what the landmarks and the expression network agree on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sosie.faces import EXPRESSIONS, Faces
from sosie.twin.checks import Photograph, read_photograph
from sosie.twin.views import name_views

PROTOCOL = {
    "frontal": "frontal",
    "yaw_p30": "right",
    "yaw_m30": "left",
    "yaw_p60": "right_profile",
    "up": "up",
    "down": "down",
    "smile": "smile",
    "open": "open",
}


@pytest.fixture(scope="module")
def photographs(people: Path, faces: Faces) -> dict[str, Photograph]:
    folder = people / "captures" / "p04"
    return {name: read_photograph(folder / f"{name}.jpg", faces) for name in PROTOCOL}


def named(photographs: dict[str, Photograph], view: str = "frontal", **coefficients: float) -> dict[str, str]:
    """The views, when the network said `coefficients` of the photograph `view`."""
    expression = photographs[view].face.expression.copy()
    for name, value in coefficients.items():
        expression[EXPRESSIONS.index(name)] = value
    face = replace(photographs[view].face, expression=expression)
    changed = photographs | {view: replace(photographs[view], face=face)}
    return dict(zip(changed, name_views(list(changed.values())), strict=True))


def test_all_views_are_named(photographs: dict[str, Photograph]) -> None:
    assert named(photographs) == PROTOCOL


@pytest.mark.parametrize(
    ("view", "coefficients"),
    [
        ("frontal", {"mouthPucker": 0.9, "mouthFunnel": 0.9}),
        ("open", {"jawOpen": 0.1}),
        ("smile", {"mouthSmileLeft": 0.35, "mouthSmileRight": 0.2}),
    ],
)
def test_the_network_alone_is_not_believed(
    photographs: dict[str, Photograph], view: str, coefficients: dict[str, float]
) -> None:
    assert named(photographs, view, **coefficients) == PROTOCOL


def test_pursed_lips_are_an_expression(photographs: dict[str, Photograph]) -> None:
    frontal = photographs["frontal"].face
    landmarks = frontal.landmarks.copy()
    middle = landmarks[[61, 291]].mean(0)
    landmarks[[61, 291]] = middle + 0.7 * (landmarks[[61, 291]] - middle)
    pursed = photographs | {
        "frontal": replace(photographs["frontal"], face=replace(frontal, landmarks=np.float32(landmarks)))
    }
    assert named(pursed) == PROTOCOL
    assert named(pursed, mouthPucker=0.9)["frontal"] == "expression"
