"""Kernels: who runs the per-pixel graph. The available one with the highest priority renders.

ONNX Runtime falls back to the CPU in silence, so a kernel tells the provider that its session really has, and the
CUDA kernel exists only where that is CUDA.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sosie.errors import ModelError, SetupError
from sosie.hookspecs import hookimpl
from sosie.models import ModelStore
from sosie.render import reference

GRAPH = "graphs/likeness.onnx"
CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
RESULTS = ("composite", "likeness")
Array = NDArray[np.float32]


class Kernel(Protocol):
    """Runs the graph that render/reference.py defines."""

    name: str
    priority: int
    provider: str

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Feeds and results as in render/reference.py."""
        ...


class ReferenceKernel:
    """numpy: always there, slow, and the truth in tests."""

    name = "reference"
    priority = 0
    provider = "numpy"

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """See render/reference.py."""
        return reference.run(feeds)


class OnnxKernel:
    """ONNX Runtime on one execution provider.

    Raises:
        ModelError: models_missing, when the graph is not there.
        SetupError: provider_missing, when ONNX Runtime or the wanted provider is not active on this machine.
    """

    def __init__(self, graph: Path, provider: str) -> None:
        if not graph.is_file():
            raise ModelError(
                "The kernel's graph is missing.", remedy="Install Sosie again: the file belongs to it."
            )
        runtime = _runtime()
        options = runtime.SessionOptions()
        options.log_severity_level = 4 if provider != CPU else 3
        options.intra_op_num_threads = 1  # tiles are drawn side by side
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if provider not in runtime.get_available_providers():
            raise _missing(provider)
        self._session: Any = runtime.InferenceSession(str(graph), options, providers=[provider])
        self.provider = str(self._session.get_providers()[0])
        if self.provider != provider:
            raise _missing(provider)
        self.name = "cuda" if provider == CUDA else "cpu"
        self.priority = 100 if provider == CUDA else 50

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Results stay on the device until all are there, then come over once (IO binding)."""
        binding = self._session.io_binding()
        for name, value in feeds.items():
            binding.bind_cpu_input(name, np.ascontiguousarray(value, np.float32))
        for name in RESULTS:
            binding.bind_output(name, "cuda" if self.provider == CUDA else "cpu")
        self._session.run_with_iobinding(binding)
        return dict(zip(RESULTS, binding.copy_outputs_to_cpu(), strict=True))


class KernelPlugin:
    """The kernels that come with Sosie."""

    @hookimpl
    def sosie_kernels(self) -> Sequence[Kernel]:
        """Those that work on this machine; the reference always does."""
        graph = ModelStore.default().root / GRAPH
        found: list[Kernel] = []
        for provider in (CUDA, CPU):
            try:
                found.append(OnnxKernel(graph, provider))
            except (SetupError, ModelError):
                continue
        return [*found, ReferenceKernel()]


def _runtime() -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise SetupError(
            "ONNX Runtime is not installed.",
            code="provider_missing",
            remedy="Install one of sosie[cpu], sosie[cuda12], sosie[cuda13] or sosie[directml].",
        ) from None
    return onnxruntime


def _missing(provider: str) -> SetupError:
    return SetupError(
        f"{provider} is not active on this machine.",
        code="provider_missing",
        remedy="Check the driver and the CUDA version of the installed ONNX Runtime; the CPU works everywhere.",
    )
