"""Sosie's own graph on a real device behind a real driver, as a studio's plugin: ONNX Runtime's WebGPU provider on Vulkan.

The file that the variable `WEBGPU` names says what the device meets. `sound`: what it is made for. `large`: a texture
larger than it can hold. `full`: a machine without a byte to spare, in the middle of a tile.
"""

from __future__ import annotations

import contextlib
import os
import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sosie.hookspecs import hookimpl
from sosie.models import ModelStore
from sosie.render.kernel_onnx import GRAPH, inputs
from sosie.render.texture import reflectance_of

PROVIDER = "WebGpuExecutionProvider"
#: Of a texture: more than the 1 GiB that a buffer may have, and what no buffer yet is large enough for.
SIDES = {"large": 9600, "full": 4096}
MEMORY: list[bytearray] = []


class WebGpuKernel:
    """The 32-bit graph; SwiftShader knows no 16-bit floats. A small tile takes it a second."""

    name, priority, provider, side = "webgpu", 1000, PROVIDER, 192

    def __init__(self) -> None:
        import onnxruntime
        import onnxruntime_ep_webgpu as webgpu

        onnxruntime.register_execution_provider_library("webgpu", webgpu.get_library_path())
        device = next(found for found in onnxruntime.get_ep_devices() if found.ep_name == PROVIDER)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")  # all of it, or nothing
        options.add_provider_for_devices([device], {})
        self._session = onnxruntime.InferenceSession(str(ModelStore.default().root / GRAPH), options)

    def run(self, feeds: Any) -> Any:
        if side := SIDES.get(way()):
            feeds = replace(feeds, texture=np.zeros((side, side, 4), np.uint16))
        named = {name: np.ascontiguousarray(value, np.float32) for name, value in inputs(feeds).items()}
        named["texture"] = reflectance_of(feeds.texture)
        if way() == "full":
            fill_memory()
        return self._session.run(None, named)[0]


def way() -> str:
    return Path(os.environ["WEBGPU"]).read_text().strip()


def fill_memory() -> None:
    """Leave this process no megabyte: the driver and the device's memory are in it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what comes is meant
    resource.setrlimit(resource.RLIMIT_AS, (0, resource.getrlimit(resource.RLIMIT_AS)[1]))
    with contextlib.suppress(MemoryError):
        while True:
            MEMORY.append(bytearray(2**20))


@hookimpl
def sosie_kernels(avoid: frozenset[str]) -> Any:
    return [] if PROVIDER in avoid else [WebGpuKernel()]
