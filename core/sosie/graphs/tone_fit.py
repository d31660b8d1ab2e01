"""Fit and cross-validate the constants of `render/tone.py` on people with known albedo.

    python -m sosie.graphs.tone_fit PEOPLE        # the full set of test people, 72 pictures; about a minute

Ridge regression of three numbers (share of the eye white, contrast, constant); the tone enters with slope one by
construction. "Left out" means: neither the person nor the light of a picture was in the fit that judged it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Faces, face_mesh
from sosie.models import ModelStore
from sosie.pictures.colour import LUMA
from sosie.render.light import estimate_light
from sosie.render.tone import EXPOSURE, EYE_WHITE, GLOSS

RIDGE = 5.0


def main(people: Path) -> dict[str, float]:
    """The fitted constants and the left-out errors (log2, stops)."""
    manifest = json.loads((people / "manifest.json").read_text())
    faces, mesh = Faces(ModelStore.default()), face_mesh()
    rows, persons, scenes = [], [], []
    for name, scene in manifest["scenes"].items():
        for record in (scene["plate"], *scene["truths"].values()):
            picture = np.ascontiguousarray(
                np.asarray(cv2.imread(str(people / record["file"])), np.uint8)[..., ::-1]
            )
            found = faces.find(picture)
            if not found:
                continue
            light = estimate_light(linear(picture), found[0].landmarks, mesh)
            albedo = albedo_of(people, manifest, record)
            x0, y0, x1, y1 = light.box
            sure = (light.valid > 0.9) & (albedo[y0:y1, x0:x1].sum(-1) > 0)
            true = float(np.log2(albedo[y0:y1, x0:x1][sure].mean(0) @ LUMA + GLOSS))
            exposure = light.cues["exposure"] + EXPOSURE
            eyes = light.cues.get("eye_white", exposure) + EYE_WHITE
            rows.append((true, exposure, eyes - exposure, light.cues["contrast"]))
            persons.append(record["person"])
            scenes.append(name)
    table, who, where = np.array(rows), np.array(persons), np.array(scenes)
    errors = []
    for row, person, scene in zip(table, who, where, strict=True):
        weights = _fit(table[(who != person) & (where != scene)])
        guess = row[1] + weights @ np.array([1, row[2], row[3]])
        errors.append(guess - row[0])
    off = np.abs(errors)
    constant, eye, contrast = (float(w) for w in _fit(table))
    return {
        "constant": constant,
        "eye_share": eye,
        "contrast": contrast,
        "median": float(np.median(off)),
        "rms": float(np.sqrt((off**2).mean())),
        "worst_tenth": float(np.quantile(off, 0.9)),
        "pictures": float(len(off)),
    }


def linear(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Linear light of an sRGB picture."""
    x = picture.astype(np.float32) / 255
    return np.asarray(np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4), np.float32)


def albedo_of(people: Path, manifest: dict[str, Any], record: dict[str, Any]) -> NDArray[np.float32]:
    """(H, W, 3) true linear albedo of the picture's skin, 0 elsewhere."""
    maps = np.asarray(cv2.imread(str(people / record["maps"]["uv"]), cv2.IMREAD_UNCHANGED))
    file = people / manifest["people"][record["person"]]["skin_texture"]
    texture = np.ascontiguousarray(np.asarray(cv2.imread(str(file)), np.uint8)[..., ::-1])
    h, w = texture.shape[:2]
    x = ((maps[..., 2] >> 4) / 4095 * w - 0.5).astype(np.float32)
    y = ((1 - (maps[..., 1] >> 4) / 4095) * h - 0.5).astype(np.float32)
    out = linear(np.asarray(cv2.remap(texture, x, y, cv2.INTER_LINEAR), np.uint8))
    out[(maps[..., 0] >> 8) != 1] = 0
    return out


def _fit(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """constant, weight of the eye white against the exposure, weight of the contrast."""
    X, y = table[:, 2:], table[:, 0] - table[:, 1]
    centre, spread = X.mean(0), X.std(0)
    A = (X - centre) / spread
    b = np.linalg.solve(A.T @ A + RIDGE * np.eye(2), A.T @ (y - y.mean())) / spread
    return np.array([y.mean() - centre @ b, *b])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1])), indent=1) + "\n")
