"""The likeness-render kernel: a plate and a twin in, layers out."""

from __future__ import annotations

from sosie.render.layers import Layers
from sosie.render.pipeline import render

__all__ = ["Layers", "render"]
