"""Kernels: who does a render's per-pixel work. The available one with the highest priority does.

Every kernel does what render/reference.py says, tile by tile; each says which provider it really runs on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from sosie.errors import ModelError, SetupError
from sosie.hookspecs import hookimpl
from sosie.models import ModelStore
from sosie.render import reference
from sosie.render.kernel_cpu import CpuKernel
from sosie.render.kernel_onnx import CUDA, GRAPH_16, PLAIN, REPLAYING, OnnxKernel
from sosie.render.proof import draws_right
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
        """Those that work on this machine: CUDA's where it is and draws as it should, the CPU's and the reference always."""
        found: list[Kernel] = [CpuKernel(), ReferenceKernel()]
        return found if CUDA in avoid else [*_on_cuda(ModelStore.default().root / GRAPH_16), *found]


def _on_cuda(graph: Path) -> Sequence[Kernel]:
    """CUDA's kernel, which replays tiles if it can; none where there is no CUDA, or where its pictures are wrong."""
    with suppress(Exception):  # whatever a driver throws at a replay: it may draw well without
        if proven := _proven(graph, REPLAYING):
            return proven
    with suppress(SetupError, ModelError):
        return _proven(graph, PLAIN)
    return []


def _proven(graph: Path, options: Mapping[str, str]) -> Sequence[Kernel]:
    """CUDA's kernel with these options, if its pictures are right."""
    kernel = OnnxKernel(graph, CUDA, options)
    return [kernel] if draws_right(kernel.run) else []
