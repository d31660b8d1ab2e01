"""The twin: capture from photographs, the data, and the encrypted pack it travels in."""

from __future__ import annotations

from sosie.twin.twin import Figures, Twin

__all__ = ["Figures", "Twin"]
