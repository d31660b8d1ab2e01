"""Sosie for Krita: licensed likenesses as layers.

Krita imports this package by its name; everything that needs Krita or Qt begins in `extension`. Outside Krita, in unit
tests, nothing happens here. The rules: `model` knows neither Qt nor Krita, `ui` knows no Krita, and only `host/` imports
it, which offers `interface.Host` to the rest. Work is the agent's; Krita is spoken to on its main thread alone.
"""

from __future__ import annotations

import importlib.util

if importlib.util.find_spec("krita") is not None:
    from .host import extension

    extension.register()
