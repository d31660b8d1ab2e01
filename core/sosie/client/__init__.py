"""The client: what a host needs to speak with the agent, in the standard library alone.

Host packages carry this folder beside `errors.py`, `messages.py` and `codec.py`; it runs in the Python of Krita,
Blender or ComfyUI (3.10 and later), imports nothing else of Sosie and nothing from outside.
"""

from __future__ import annotations

from sosie.client.pixels import PixelFolder
from sosie.client.session import Progress, Session

__all__ = ["PixelFolder", "Progress", "Session"]
