"""The kernel as an ONNX graph (graphs/likeness.py) on one of ONNX Runtime's execution providers: CUDA, in practice.

ONNX Runtime falls back to the CPU in silence, so a kernel tells the provider that its session really has, and the
CUDA kernel exists only where that is CUDA.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sosie.errors import ModelError, SetupError
from sosie.render.device import Device
from sosie.render.reference import BORDER, Array, Feeds

#: The graph, and the one whose bands are 16-bit floats: less to move, and nothing that is seen (tests/render/test_cuda.py).
GRAPH, GRAPH_16 = "graphs/likeness.onnx", "graphs/likeness16.onnx"
CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
#: The CUDA provider's options: in full precision, and tiles of a shape that comes again replayed (render/device.py).
PLAIN = {"use_tf32": "0"}
REPLAYING = {**PLAIN, "enable_cuda_graph": "1"}


class OnnxKernel:
    """ONNX Runtime on one execution provider, with that one's `options`.

    Raises:
        ModelError: models_missing, when the graph is not there.
        SetupError: provider_missing, when ONNX Runtime or the wanted provider is not active on this machine.
    """

    side = 1008  # a device wants much to do at a time

    def __init__(self, graph: Path, provider: str, options: Mapping[str, str] = {}) -> None:
        if not graph.is_file():
            raise ModelError(
                "The kernel's graph is missing.", remedy="Install Sosie again: the file belongs to it."
            )
        runtime = _runtime()
        settings = runtime.SessionOptions()
        settings.log_severity_level = 4 if provider != CPU else 3
        settings.intra_op_num_threads = 1
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if provider not in runtime.get_available_providers():
            raise _missing(provider)
        try:
            session: Any = runtime.InferenceSession(
                str(graph), settings, providers=[(provider, dict(options))]
            )
        except Exception as error:
            raise _missing(provider) from error
        self.provider = str(session.get_providers()[0])
        if self.provider != provider:
            raise _missing(provider)
        self.name = "cuda" if provider == CUDA else "onnx"
        self.priority = 100 if provider == CUDA else 40
        self._device = Device(runtime, session, "cuda" if provider == CUDA else "cpu")

    def run(self, feeds: Feeds) -> Array:
        """The tile's composite (H, W, 3); between its stages nothing leaves the device (IO binding)."""
        return self._device.draw(inputs(feeds), feeds.texture, feeds.size)


def inputs(feeds: Feeds) -> dict[str, Array]:
    """The graph's inputs but for the texture; places are -1 to 1 from edge to edge, as `GridSample` counts them."""
    (height, width), (rows, columns) = feeds.size, feeds.plate.shape[:2]
    (y, x), (down, right), ratio = feeds.corner, feeds.inset, float(feeds.ratio)
    scale = np.array([2 / columns, 2 / rows], np.float32)
    return {
        "plate": feeds.plate,
        "tone": feeds.tone,
        "tone_x": _across(columns, ratio, feeds.tone.shape[1])[None, None, :, None],
        "tone_y": _across(rows, ratio, feeds.tone.shape[0])[None, :, None, None],
        "fields": np.concatenate(
            [feeds.shift * scale, feeds.uv * 2 - 1, feeds.light, feeds.gloss, feeds.matte[..., None]], 2
        ),
        "fields_x": _across(width, ratio, feeds.matte.shape[1], right)[None, None, :, None],
        "fields_y": _across(height, ratio, feeds.matte.shape[0], down)[None, :, None, None],
        "place_x": ((np.arange(width) + x + 0.5) * 2 / columns - 1)[None, None, :, None],
        "place_y": ((np.arange(height) + y + 0.5) * 2 / rows - 1)[None, :, None, None],
        "grain": feeds.grain,
        "strength": np.array([feeds.strength], np.float32),
    }


def _across(pixels: int, ratio: float, side: int, inset: int = 0) -> Array:
    """Where `pixels` pixels from the `inset`-th on lie in a coarse field of `side` pixels, its border included."""
    return np.asarray(((np.arange(inset, inset + pixels) + 0.5) / ratio + BORDER) * 2 / side - 1, np.float32)


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
