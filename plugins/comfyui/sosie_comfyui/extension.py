"""What the pack brings, as ComfyUI asks for it."""

from __future__ import annotations

from .host import ComfyExtension, io
from .nodes_apply import ApplyLikeness, ApplySeveral
from .nodes_deliver import Deliver
from .nodes_faces import DetectFaces, Similarity
from .nodes_twin import LoadTwin, TwinStatus
from .routes import register


class Sosie(ComfyExtension):
    """The pack."""

    async def on_load(self) -> None:
        """The panel's routes."""
        register()

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """All of it."""
        return [LoadTwin, ApplyLikeness, ApplySeveral, DetectFaces, Similarity, Deliver, TwinStatus]
