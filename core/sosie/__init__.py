"""Sosie: licensed digital likenesses inside the tools artists already use."""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = ["__version__"]
