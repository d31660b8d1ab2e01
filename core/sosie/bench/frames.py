"""`sosie bench frames`: what a user waits for beyond one warm render.

A sequence of 1080p frames with a face of 512 px that drifts: read, rendered and written one after the other, and
overlapped as `sosie render` does it; frames a second of both, measured in one run. Then a first render: a fresh process
that loads networks and kernel and draws, from its first import to its layers; and the same picture with a turned slider.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sosie.allocator import keep_large_arrays
from sosie.bench.cases import Case, plate_of
from sosie.demo.cast import choose_cast
from sosie.faces import Faces
from sosie.messages import FaceChoice, RenderOptions
from sosie.models import ModelStore
from sosie.overlap import Behind, ahead
from sosie.pictures import Picture, read_picture, write_picture
from sosie.render import draw, render, understand
from sosie.render.kernel import Kernel, KernelPlugin
from sosie.render.steady import Memory
from sosie.studio import photographs_in
from sosie.twin import Twin
from sosie.twin.capture import capture

CASE, FRAMES, DRIFT = Case("1080p", 1920, 1080, 512, 1), 8, 3
STARTS = 3


def run(progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Frames a second and seconds; `provider` drew them. Memory is kept as the agent keeps it."""
    keep_large_arrays()
    cast = choose_cast(None)
    faces, kernel = Faces(ModelStore.default()), KernelPlugin().sosie_kernels(frozenset())[0]
    twin = capture(photographs_in(cast.captures), faces=faces).twin
    still = plate_of(CASE, cast.plate, faces)
    with tempfile.TemporaryDirectory(prefix="sosie-bench-") as name:
        folder = Path(name)
        shot = [folder / f"shot.{number:04}.png" for number in range(FRAMES)]
        for number, path in enumerate(shot):
            write_picture(path, replace(still, pixels=np.roll(still.pixels, DRIFT * number, 1)))
        work = _Sequence(twin, faces, kernel, folder / "out")
        work.out.mkdir()
        work.in_turn(shot[:1])  # warm
        progress(0.3, "Frames in turn")
        in_turn = FRAMES / _seconds(lambda: work.in_turn(shot))
        progress(0.5, "Frames overlapped")
        overlapped = FRAMES / _seconds(lambda: work.overlapped(shot))
    progress(0.7, "A first render")
    starts = [_first(still, twin) for _ in range(STARTS)]
    fitted = understand(still, twin, faces=faces, choice=FaceChoice())
    turned = [
        _seconds(lambda: draw(still, fitted, kernel=kernel, options=RenderOptions(strength=0.5)))
        for _ in range(STARTS)
    ]
    return {
        "frames_per_s": overlapped,
        "in_turn_frames_per_s": in_turn,
        "first_render_s": float(np.median(starts)),
        "turned_slider_s": float(np.median(turned)),
        "provider": kernel.provider,
    }


class _Sequence:
    """Renders frames into `out`, in order."""

    def __init__(self, twin: Twin, faces: Faces, kernel: Kernel, out: Path) -> None:
        self._twin, self._faces, self._kernel, self.out = twin, faces, kernel, out

    def in_turn(self, shot: list[Path]) -> None:
        """Nothing beside anything."""
        memory = Memory()
        for path in shot:
            write_picture(self.out / path.name, self._drawn(read_picture(path), memory))

    def overlapped(self, shot: list[Path]) -> None:
        """The next is read and the last one written meanwhile."""
        memory = Memory()
        with Behind() as writing:
            for path, plate in ahead(read_picture, shot):
                writing.do(partial(write_picture, self.out / path.name, self._drawn(plate, memory)))

    def _drawn(self, plate: Picture, memory: Memory) -> Picture:
        made = render(
            plate,
            self._twin,
            faces=self._faces,
            kernel=self._kernel,
            choice=FaceChoice(),
            options=RenderOptions(),
            memory=memory,
        )
        return replace(plate, pixels=made.composite)


def _first(plate: Picture, twin: Twin) -> float:
    """Seconds until a fresh process has its first layers; its interpreter runs and plate and twin are there."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        fresh.submit(int).result()
        return fresh.submit(_render_first, plate, twin).result()


def _render_first(plate: Picture, twin: Twin) -> float:
    keep_large_arrays()
    begun = time.perf_counter()
    kernel, faces = KernelPlugin().sosie_kernels(frozenset())[0], Faces(ModelStore.default())
    render(plate, twin, faces=faces, kernel=kernel, choice=FaceChoice(), options=RenderOptions())
    return time.perf_counter() - begun


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def table(result: dict[str, Any]) -> str:
    """The figures for people."""
    return "\n".join(
        [
            f"{result['frames_per_s']:.2f} frames a second ({result['in_turn_frames_per_s']:.2f} in turn), {CASE.plate}, {CASE.face_px} px",
            f"{result['first_render_s']:.2f} s for the first render after start",
            f"{result['turned_slider_s']:.2f} s for a turned slider; {result['provider']}",
        ]
    )
