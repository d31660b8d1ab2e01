"""The machine that is measured on: what it is, how fast it copies, what memory a render needs on it."""

from __future__ import annotations

import multiprocessing
import os
import platform
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from sosie.allocator import keep_large_arrays
from sosie.bench.timing import percentile, timed
from sosie.faces import Faces
from sosie.messages import FaceChoice, RenderOptions
from sosie.models import ModelStore
from sosie.pictures import Picture
from sosie.render import render
from sosie.render.kernel import KernelPlugin
from sosie.twin import Twin

#: Bytes of the array whose copying tells the memory's bandwidth, and how often it is copied.
COPIED, TIMES = 256 << 20, 5


def machine() -> str:
    """Processor, cores, system, load and copy rate, in words."""
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    return (
        f"{platform.machine()}, {cores} cores, {platform.system()} {platform.release()}, load {load:.0f},"
        f" copies {copy_rate():.1f} GB/s"
    )


def copy_rate() -> float:
    """Gigabytes a second that one core reads and writes in a copy."""
    source = np.ones(COPIED, np.uint8)
    target = np.empty_like(source)
    seconds = percentile(timed(lambda: np.copyto(target, source), TIMES), 50)
    return 2 * COPIED / 1e9 / seconds


def peak_of(plate: Picture, twin: Twin, folder: Path) -> float:
    """Megabytes that a process needs to render `plate` once."""
    path = folder / "plate.npy"
    np.save(path, plate.pixels)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(_render_and_weigh, path, plate.colour, twin).result()


def _render_and_weigh(path: Path, colour: Any, twin: Twin) -> float:
    keep_large_arrays()
    plate = Picture(np.load(path), colour, None)
    kernel = KernelPlugin().sosie_kernels(frozenset())[0]
    faces = Faces(ModelStore.default())
    made = render(plate, twin, faces=faces, kernel=kernel, choice=FaceChoice(), options=RenderOptions())
    _ = made.composite
    return peak_megabytes()


def peak_megabytes() -> float:
    """The most memory this process ever held, of the kernel's own count (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kilobytes) / 1e3
