"""Kernels: who does a render's per-pixel work. The available one with the highest priority does.

Every kernel does what render/reference.py says, tile by tile; each says which provider it really runs on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sosie.errors import ModelError, SetupError
from sosie.hookspecs import hookimpl
from sosie.models import ModelStore
from sosie.render import reference
from sosie.render.kernel_cpu import CpuKernel
from sosie.render.kernel_onnx import CUDA, GRAPH_16, OnnxKernel
from sosie.render.reference import Array, Feeds


class Kernel(Protocol):
    """Draws tiles; called from several threads at once."""

    name: str
    priority: int
    provider: str
    side: int  # of the tiles it is best at, in plate pixels: their height, and half as much again is their width

    def run(self, feeds: Feeds) -> Array:
        """The tile's composite (H, W, 3), as render/reference.py defines it."""
        ...


class ReferenceKernel:
    """numpy: always there, slow, and the truth in tests."""

    name = "reference"
    priority = 0
    provider = "numpy"
    side = 384

    def run(self, feeds: Feeds) -> Array:
        """See render/reference.py."""
        return reference.run(feeds)


class KernelPlugin:
    """The kernels that come with Sosie."""

    @hookimpl
    def sosie_kernels(self, avoid: frozenset[str]) -> Sequence[Kernel]:
        """Those that work on this machine: CUDA's where it is, the CPU's and the reference always."""
        found: list[Kernel] = [CpuKernel(), ReferenceKernel()]
        if CUDA in avoid:
            return found
        try:
            return [OnnxKernel(ModelStore.default().root / GRAPH_16, CUDA), *found]
        except (SetupError, ModelError):
            return found
