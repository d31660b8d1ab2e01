"""`sosie bench kernel`: our stages beside what others do with the same face, in one run.

A synthetic plate is enlarged until its face is FACE pixels high and set into a frame of the named size. Every contender
gets the same picture, in turn, after one warm-up; figures are medians. `seamlessClone` clones the same region, all that
ours changed, and once more the face's oval alone. Others work in 8 bit, the 45 MP plate is ours in 16. Peak memory is a
fresh process's that loads, renders once and says what it needed: everything, interpreter included.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sosie.allocator import keep_large_arrays
from sosie.bench.cases import CASES, Case, plate_of
from sosie.bench.machine import machine, peak_of
from sosie.bench.peers import CROP, Standin, clone, paste_back, patch_changed, patch_within
from sosie.bench.timing import percentile, timed
from sosie.demo.cast import choose_cast
from sosie.faces import Faces
from sosie.faces.crop import similarity
from sosie.faces.regions import OVAL
from sosie.messages import FaceChoice, RenderOptions
from sosie.models import ModelStore
from sosie.pictures import Picture
from sosie.render import Fitted, Layers, draw, render
from sosie.render.fit import five_points
from sosie.render.kernel import Kernel, KernelPlugin
from sosie.render.kernel_onnx import CPU, CUDA
from sosie.render.pipeline import FITTED, FOUND
from sosie.render.stack import NAMES
from sosie.studio import photographs_in
from sosie.twin import Twin
from sosie.twin.capture import capture

STANDIN_TIMES = 5
#: At a face of 1,024 px the kernel must stay this much faster than `seamlessClone` of the same region, else the command fails:
#: as fast as 2.5 times the oval alone, which was the guard before.
GUARD_PX, GUARD = 1024, 6.0
#: A peer's crop holds the face as its network was trained: five points in a square of 128 (ArcFace's template).
TEMPLATE = np.array([[46.3, 51.7], [81.5, 51.5], [64.0, 71.7], [49.5, 92.4], [78.7, 92.2]])


def run(progress: Callable[[float, str], None]) -> dict[str, Any]:
    """`rows`, one for each case, `provider` and `machine`; milliseconds and megabytes. Memory is kept as the agent keeps it."""
    keep_large_arrays()
    cast = choose_cast(None)
    faces, kernel = Faces(ModelStore.default()), KernelPlugin().sosie_kernels(frozenset())[0]
    twin = capture(photographs_in(cast.captures), faces=faces).twin
    with tempfile.TemporaryDirectory(prefix="sosie-bench-") as folder:
        progress(0.05, "The stand-in network")
        standin = Standin(Path(folder), CUDA if kernel.provider == CUDA else CPU)
        network = 1e3 * percentile(timed(standin.run, STANDIN_TIMES), 50)
        del standin
        rows = []
        for number, case in enumerate(CASES):
            progress(0.1 + 0.9 * number / len(CASES), f"{case.plate}, face of {case.face_px} px")
            plate = plate_of(case, cast.plate, faces)
            rows.append({**_row(case, plate, twin, faces, kernel), "standin_ms": network})
            rows[-1]["peak_mb"] = peak_of(plate, twin, Path(folder))
    return {"rows": rows, "provider": kernel.provider, "machine": machine()}


def _row(case: Case, plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> dict[str, Any]:
    """Ours and the others' times, measured in turn.

    `seamlessClone` takes up to half longer or less for a region a pixel or two smaller, as its sides factor: each turn's
    is a pixel less than the last one's, and the median counts.
    """
    eight = np.asarray(plate.pixels // (np.iinfo(case.dtype).max // 255), np.uint8)
    face = max(faces.find(eight), key=lambda one: one.size)
    points = face.landmarks[:, :2]
    matrix = similarity(five_points(points), TEMPLATE * CROP / 128)
    crop = np.asarray(cv2.warpAffine(eight, matrix, (CROP, CROP)), np.uint8)
    donor = np.asarray(cv2.GaussianBlur(eight, (0, 0), 1), np.uint8)
    patches = {
        "seamless_clone_ms": patch_changed(plate.pixels, _stages(plate, twin, faces, kernel)[0].composite),
        "face_clone_ms": patch_within(np.asarray(cv2.convexHull(points[list(OVAL)])[:, 0], np.float32)),
    }
    turns: list[dict[str, float]] = []
    for turn in range(case.times):
        mine = _stages(plate, twin, faces, kernel)[1]
        cloned = {
            name: _once(partial(clone, eight, donor, patch.less(turn))) for name, patch in patches.items()
        }
        turns.append(mine | cloned | {"peer_paste_ms": _once(lambda: paste_back(eight, crop, matrix))})
    row: dict[str, Any] = {"plate": case.plate, "face_px": case.face_px}
    return row | {name: percentile([one[name] for one in turns], 50) for name in turns[0]}


def _stages(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> tuple[Layers, dict[str, float]]:
    """One render, and milliseconds of its stages, as its progress tells them, and of drawing it again in five layers."""
    marks: dict[float, float] = {}
    fits: list[Fitted] = []

    def note(done: float) -> None:
        marks.setdefault(done, time.perf_counter())

    def keep(make: Callable[[], Fitted]) -> Fitted:
        fits.append(make())
        return fits[0]

    begun = time.perf_counter()
    drawn = render(
        plate,
        twin,
        faces=faces,
        kernel=kernel,
        choice=FaceChoice(),
        options=RenderOptions(),
        keep=keep,
        progress=note,
    )
    _ = drawn.composite
    ended = time.perf_counter()
    found, fitted = marks[FOUND], marks[FITTED]
    parts = {"detect": found - begun, "fit": fitted - found, "kernel": ended - fitted, "total": ended - begun}
    layers = _once(lambda: draw(plate, fits[0], kernel=kernel, options=RenderOptions(), names=NAMES))
    return drawn, {f"{name}_ms": 1e3 * seconds for name, seconds in parts.items()} | {"layers_ms": layers}


def _once(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - begun)


def slower(result: dict[str, Any]) -> str:
    """What the guard has to say, or ""."""
    for row in result["rows"]:
        ratio = row["seamless_clone_ms"] / row["kernel_ms"]
        if row["face_px"] == GUARD_PX and ratio < GUARD:
            return f"The kernel is {ratio:.1f} times as fast as seamlessClone at {GUARD_PX} px; {GUARD} is the least."
    return ""


def table(result: dict[str, Any]) -> str:
    """The rows for people, with the ratios that matter."""
    lines = [f"{result['provider']}; {result['machine']}; milliseconds"]
    names = (
        "detect", "fit", "kernel", "total", "layers", "seamless_clone", "face_clone", "peer_paste", "standin"
    )  # fmt: skip
    lines.append(
        f"{'':12}" + "".join(f"{name:>15}" for name in names) + f"{'peak MB':>10}{'clone/kernel':>14}"
    )
    for row in result["rows"]:
        values = "".join(f"{row[name + '_ms']:15.1f}" for name in names)
        ratio = row["seamless_clone_ms"] / row["kernel_ms"]
        lines.append(f"{row['plate']:6}{row['face_px']:6}{values}{row['peak_mb']:10.0f}{ratio:13.1f}x")
    return "\n".join(lines)
