"""What a capture tells its photographer: a verdict on each photograph, and a picture of what is covered."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.twin.checks import Verdict
from sosie.twin.twin import Figures

CELL = 256
INK, PAPER = (40, 40, 40), 245


@dataclass(frozen=True, eq=False)
class CaptureReport:
    """`views` in the order of use; one verdict a photograph; the figures; pictures for the coverage sheet."""

    views: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    figures: Figures
    previews: tuple[NDArray[np.uint8], ...]  # (256, 256, 3) sRGB of each photograph in use, by file name
    texture: NDArray[np.uint8]  # (512, 512, 3) sRGB; dark where no photograph shows skin
    mirrored: tuple[str, ...] = ()  # her sides under hair in every photograph, made from the other one

    @property
    def rejected(self) -> dict[str, str]:
        """Refused photographs by name, and why."""
        return {verdict.name: verdict.reason for verdict in self.verdicts if verdict.reason}

    def picture(self) -> bytes:
        """The coverage sheet as PNG: photographs in use with their views, the texture with its gaps dark."""
        used = [verdict for verdict in self.verdicts if not verdict.reason]
        cells = [_labelled(tile, f"{v.view}  {v.name}") for tile, v in zip(self.previews, used, strict=False)]
        while len(cells) % 3:
            cells.append(np.full_like(cells[0], PAPER))
        rows = [np.hstack(cells[i : i + 3]) for i in range(0, len(cells), 3)]
        left = np.vstack(rows)
        right = np.full((left.shape[0], 512, 3), PAPER, np.uint8)
        height = min(512, left.shape[0])
        right[:height] = self.texture[:height]
        lines = [
            f"covered {self.figures.valid:.0%}, misfit {self.figures.residual:.3f}",
            f"eye distance {self.figures.eye_pixels:.0f} px",
            *(f"her {side} side: hair; mirrored" for side in self.mirrored),
            *(f"not used: {name}: {why}"[:60] for name, why in self.rejected.items()),
        ]
        for number, line in enumerate(lines):
            _write(right, line, height + 24 + 20 * number)
        _, data = cv2.imencode(".png", np.hstack([left, right])[..., ::-1])
        return bytes(data)


def _labelled(tile: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    band = np.full((24, tile.shape[1], 3), PAPER, np.uint8)
    _write(band, text[:34], 17)
    return np.vstack([tile, band])


def _write(picture: NDArray[np.uint8], text: str, y: int) -> None:
    cv2.putText(picture, text, (6, y), cv2.FONT_HERSHEY_SIMPLEX, 0.42, INK, 1, cv2.LINE_AA)
