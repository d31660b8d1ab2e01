"""All that the pack takes from ComfyUI: node types, tensors, progress, interrupt, and the output folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import comfy.model_management
import comfy.utils
import folder_paths
import numpy as np
import torch
from comfy_api.latest import ComfyExtension, io, ui

from . import pixels
from ._sosie.client import Session
from .attending import Attended
from .catalogue import Catalogue

__all__ = [
    "ComfyExtension",
    "Provenance",
    "Twin",
    "attended",
    "catalogue",
    "connect",
    "io",
    "preview",
    "save_place",
    "tensor",
]

#: A light handle: ids and the stated use. Never a likeness, never a key.
Twin = io.Custom("SOSIE_TWIN")
#: Which twins are in a picture, and under which licences.
Provenance = io.Custom("SOSIE_PROVENANCE")
#: A bar's length; a fraction of it is what has been done.
STEPS = 1000
PREVIEW_SIDE = 512
#: A batch shows its first few frames in the node.
PREVIEW_FRAMES = 4


def connect(start: bool = True) -> Session:
    """A session with this machine's agent; `start` it where it is not running."""
    return Session.connect("comfyui", start=start)


#: The one list of twins of this server: every node sees the same. ComfyUI locks node classes against state.
catalogue = Catalogue(connect)


class Bar:
    """A running node's progress bar and preview. Make it in the node's own thread."""

    def __init__(self) -> None:
        self._bar = comfy.utils.ProgressBar(STEPS)

    def poll(self) -> None:
        """Raise ComfyUI's own interrupt when the artist pressed Stop."""
        comfy.model_management.throw_exception_if_processing_interrupted()

    def show(self, value: float, picture: Any = None) -> None:
        """Move the bar, with a Pillow picture in the node where there is one."""
        shown = ("JPEG", picture.convert("RGB"), PREVIEW_SIDE) if picture is not None else None
        self._bar.update_absolute(round(value * STEPS), STEPS, shown)


@contextmanager
def attended() -> Iterator[Attended]:
    """A session that shows its work in the node that runs."""
    with Attended(connect(), Bar()) as agent:
        yield agent


def tensor(array: pixels.Array) -> torch.Tensor:
    """An array as ComfyUI hands pictures on: its own device and number type."""
    made = torch.from_numpy(array).to(comfy.model_management.intermediate_device())
    chosen = getattr(
        comfy.model_management, "intermediate_dtype", None
    )  # ComfyUI before 0.18 has floats only
    return made.to(chosen()) if chosen else made


def preview(array: pixels.Array, text: str) -> dict[str, Any]:
    """The first frames of (B, H, W, 3 or 4), made small, and words, shown in the node."""
    frames = [np.asarray(pixels.small(frame[..., :3]), np.float32) / 255 for frame in array[:PREVIEW_FRAMES]]
    shown = ui.PreviewImage(torch.from_numpy(np.stack(frames))).as_dict()
    return {**shown, "text": (text,)}


def save_place(prefix: str, width: int, height: int, suffix: str) -> tuple[Path, dict[str, str]]:
    """A path in ComfyUI's output folder that nobody uses, and how the web page asks for it."""
    folder, name, counter, subfolder, _ = folder_paths.get_save_image_path(
        prefix, folder_paths.get_output_directory(), width, height
    )
    file = f"{name}_{counter:05}_{suffix}"
    return Path(folder) / file, {"filename": file, "subfolder": subfolder, "type": "output"}
