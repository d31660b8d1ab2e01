"""`sosie bench kernel`: our stages beside what others do with the same face, in one run.

A synthetic plate is enlarged until its face is FACE pixels high and set into a frame of the named size. Every contender
gets the same picture, in turn, after one warm-up; figures are medians. Others work in 8 bit, the 45 MP plate is ours in
16. Peak memory is a fresh process's that loads, renders once and says what it needed: everything, interpreter included.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sosie.allocator import keep_large_arrays
from sosie.bench.peers import CROP, Standin, clone, paste_back
from sosie.bench.timing import percentile
from sosie.demo.cast import choose_cast
from sosie.faces import Faces
from sosie.faces.crop import similarity
from sosie.messages import FaceChoice, RenderOptions
from sosie.models import ModelStore
from sosie.pictures import Picture, read_picture
from sosie.render import Fitted, draw, render
from sosie.render.fit import five_points
from sosie.render.kernel import Kernel, KernelPlugin
from sosie.render.kernel_onnx import CPU, CUDA
from sosie.render.pipeline import FITTED, FOUND
from sosie.render.regions import OVAL
from sosie.render.stack import NAMES
from sosie.studio import photographs_in
from sosie.twin import Twin
from sosie.twin.capture import capture


@dataclass(frozen=True)
class Case:
    """A frame and the face in it, in pixels; `times` it is measured."""

    plate: str
    width: int
    height: int
    face_px: int
    times: int
    dtype: type[np.unsignedinteger[Any]] = np.uint8


CASES = (
    Case("1080p", 1920, 1080, 256, 9),
    Case("1080p", 1920, 1080, 512, 9),
    Case("4K", 3840, 2160, 256, 5),
    Case("4K", 3840, 2160, 512, 5),
    Case("4K", 3840, 2160, 1024, 5),
    Case("45MP", 8192, 5464, 2400, 3, np.uint16),
)
STANDIN_TIMES = 5
#: `seamlessClone` takes up to half longer or less for a region a pixel or two larger, as its sides factor: each turn's is by
#: so much larger than the last one's, and the median counts.
STEP = 0.002
#: At a face of 1,024 px the kernel must stay this much faster than `seamlessClone`, else the command fails.
GUARD_PX, GUARD = 1024, 2.5
#: Bytes of the array whose copying tells the memory's bandwidth.
COPIED = 256 << 20
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
        network = _median(standin.run, STANDIN_TIMES)
        del standin
        rows = []
        for number, case in enumerate(CASES):
            progress(0.1 + 0.9 * number / len(CASES), f"{case.plate}, face of {case.face_px} px")
            plate = plate_of(case, cast.plate, faces)
            rows.append({**_row(case, plate, twin, faces, kernel), "standin_ms": network})
            rows[-1]["peak_mb"] = peak_of(plate, twin, Path(folder))
    return {"rows": rows, "provider": kernel.provider, "machine": _machine()}


def plate_of(case: Case, path: Path, faces: Faces) -> Picture:
    """The plate's face in the middle of a frame; where the photograph ends, its edge goes on."""
    photograph = read_picture(path)
    rgb = np.ascontiguousarray(photograph.pixels[..., :3])
    face = max(faces.find(rgb), key=lambda one: one.size)
    scale = case.face_px / face.size
    x, y = face.centre
    move = np.array([[scale, 0, case.width / 2 - scale * x], [0, scale, case.height / 2 - scale * y]])
    large = cv2.warpAffine(
        rgb, move, (case.width, case.height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    top = np.iinfo(case.dtype).max // 255
    return Picture(large.astype(case.dtype) * case.dtype(top), photograph.colour, None)


def _row(case: Case, plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> dict[str, Any]:
    """Ours and the others' times, measured in turn."""
    eight = np.asarray(plate.pixels // (np.iinfo(case.dtype).max // 255), np.uint8)
    face = max(faces.find(eight), key=lambda one: one.size)
    points = face.landmarks[:, :2]
    oval = np.asarray(cv2.convexHull(points[list(OVAL)])[:, 0], np.float32)
    middle = oval.mean(0)
    matrix = similarity(five_points(points), TEMPLATE * CROP / 128)
    crop = np.asarray(cv2.warpAffine(eight, matrix, (CROP, CROP)), np.uint8)
    donor = np.asarray(cv2.GaussianBlur(eight, (0, 0), 1), np.uint8)
    stages: list[dict[str, float]] = []
    others: dict[str, list[float]] = {"seamless_clone_ms": [], "peer_paste_ms": []}
    for turn in range(case.times + 1):
        mine = _stages(plate, twin, faces, kernel)
        near = np.asarray(middle + (oval - middle) * (1 + STEP * (turn - case.times // 2)), np.float32)
        theirs = {
            "seamless_clone_ms": _once(partial(clone, eight, donor, near)),
            "peer_paste_ms": _once(lambda: paste_back(eight, crop, matrix)),
        }
        if turn:
            stages.append(mine)
            for name, value in theirs.items():
                others[name].append(value)
    row: dict[str, Any] = {"plate": case.plate, "face_px": case.face_px}
    row |= {name: percentile([stage[name] for stage in stages], 50) for name in stages[0]}
    return row | {name: percentile(values, 50) for name, values in others.items()}


def _stages(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> dict[str, float]:
    """Milliseconds of one render's stages, as its progress tells them, and of drawing it once more in five layers."""
    marks: dict[float, float] = {}
    fits: list[Fitted] = []

    def note(done: float) -> None:
        marks.setdefault(done, time.perf_counter())

    def keep(make: Callable[[], Fitted]) -> Fitted:
        fits.append(make())
        return fits[0]

    begun = time.perf_counter()
    _ = render(
        plate,
        twin,
        faces=faces,
        kernel=kernel,
        choice=FaceChoice(),
        options=RenderOptions(),
        keep=keep,
        progress=note,
    ).composite
    ended = time.perf_counter()
    found, fitted = marks[FOUND], marks[FITTED]
    parts = {"detect": found - begun, "fit": fitted - found, "kernel": ended - fitted, "total": ended - begun}
    layers = _once(lambda: draw(plate, fits[0], kernel=kernel, options=RenderOptions(), names=NAMES))
    return {f"{name}_ms": 1e3 * seconds for name, seconds in parts.items()} | {"layers_ms": layers}


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


def _once(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - begun)


def _median(call: Callable[[], object], times: int) -> float:
    call()
    return percentile([_once(call) for _ in range(times)], 50)


def _machine() -> str:
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    return (
        f"{platform.machine()}, {cores} cores, {platform.system()} {platform.release()}, load {load:.0f},"
        f" copies {copy_rate():.1f} GB/s"
    )


def copy_rate() -> float:
    """Gigabytes a second that one core reads and writes in a copy."""
    source = np.ones(COPIED, np.uint8)
    target = np.empty_like(source)
    milliseconds = _median(lambda: np.copyto(target, source), 5)
    return 2 * COPIED / 1e6 / milliseconds


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
    names = ("detect", "fit", "kernel", "total", "layers", "seamless_clone", "peer_paste", "standin")
    lines.append(
        f"{'':12}" + "".join(f"{name:>15}" for name in names) + f"{'peak MB':>10}{'clone/kernel':>14}"
    )
    for row in result["rows"]:
        values = "".join(f"{row[name + '_ms']:15.1f}" for name in names)
        ratio = row["seamless_clone_ms"] / row["kernel_ms"]
        lines.append(f"{row['plate']:6}{row['face_px']:6}{values}{row['peak_mb']:10.0f}{ratio:13.1f}x")
    return "\n".join(lines)
