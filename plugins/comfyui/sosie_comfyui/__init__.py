"""Sosie for ComfyUI: licensed likenesses in a graph.

ComfyUI calls `comfy_entrypoint`. Nothing of the host is imported before that, so
that everything which needs no host can be tested without one.
"""

from __future__ import annotations

from typing import Any

#: What ComfyUI serves to the browser: the panel and the nodes' help pages, nothing secret.
WEB_DIRECTORY = "./web"


async def comfy_entrypoint() -> Any:
    """The nodes, as ComfyUI wants them."""
    from .extension import Sosie

    return Sosie()
