"""The likeness-render kernel: a plate and a twin in, layers out."""

from __future__ import annotations

from sosie.render.layers import Layers
from sosie.render.pipeline import draw, render, understand
from sosie.render.work import Fitted

__all__ = ["Fitted", "Layers", "draw", "render", "understand"]
