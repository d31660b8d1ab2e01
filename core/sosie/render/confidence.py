"""How far a picture can be trusted, told with its reasons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face
from sosie.render.fit import Placed
from sosie.render.light import Light
from sosie.twin import Twin

#: A finding that takes less than this is not worth a sentence; one alone never takes more.
LEAST, MOST = 0.02, 0.9


def confidence_of(
    face: Face,
    placed: Placed,
    twin: Twin,
    light: Light,
    bare: NDArray[np.float32],
    covered: NDArray[np.bool_],
) -> tuple[float, tuple[str, ...]]:
    """0 to 1, and why not 1; `bare` (H, W; 0 to 1) is the visible skin where the face has `covered` the region."""
    hidden = 1 - float(bare[covered].mean()) if covered.any() else 1.0
    findings = [
        (max(abs(face.pose.yaw) - 35, 0) / 60, f"The head is turned by {face.pose.yaw:.0f} degrees."),
        (max(abs(face.pose.pitch) - 15, 0) / 40, f"The head is tilted by {face.pose.pitch:.0f} degrees."),
        (max(120 - face.size, 0) / 200, f"The face is only {face.size:.0f} pixels high."),
        (max(hidden - 0.25, 0) * 0.8, f"{hidden:.0%} of the face is hidden by hair or something in front."),
        (max(placed.residual - 0.04, 0) * 5, f"The face fits the model poorly ({placed.residual:.3f})."),
        (max(light.spread - 0.45, 0) * 0.5, "The stand-in's own skin tone is hard to tell in this light."),
        (
            max(0.6 - twin.figures.valid, 0) * 0.5,
            f"The photographs show {twin.figures.valid:.0%} of her face.",
        ),
    ]
    confidence = float(np.prod([1 - min(loss, MOST) for loss, _ in findings]))
    return round(confidence, 3), tuple(reason for loss, reason in findings if loss > LEAST)
