"""A device that breaks, as a studio's plugin: in the way that the variable `BROKEN` says.

`fault`: the first tile raises, and whatever touches the device after that, closing it included, ends the process, as
a CUDA context does that is spoiled. `crash`: the first tile ends the process. `load`: loading it does. `hang`: the first
tile makes the file that the variable `HANGS` names, and never comes back.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from sosie.hookspecs import hookimpl

PROVIDER = "CUDAExecutionProvider"


class Device:
    """Sound until a kernel runs on it."""

    spoiled = False

    def touch(self) -> None:
        if self.spoiled:
            os.abort()


class BrokenKernel:
    name, priority, provider, side = "broken", 1000, PROVIDER, 384

    def __init__(self, device: Device) -> None:
        self._device = device
        if os.environ["BROKEN"] == "load":
            os.abort()
        device.touch()

    def run(self, _feeds: Any) -> Any:
        self._device.touch()
        self._device.spoiled = True
        if os.environ["BROKEN"] == "crash":
            os.abort()
        if os.environ["BROKEN"] == "hang":
            Path(os.environ["HANGS"]).touch()
            threading.Event().wait()
        raise RuntimeError("CUDA failure 700: an illegal memory access was encountered")

    def __del__(self) -> None:
        self._device.touch()


DEVICE = Device()


@hookimpl
def sosie_kernels(avoid: frozenset[str]) -> Any:
    return [] if PROVIDER in avoid else [BrokenKernel(DEVICE)]
