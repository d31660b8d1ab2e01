"""The twins' faces as icons in the panel."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import bpy.utils.previews

from .._sosie.messages import TwinInfo
from .state import desk

_kept: list[Any] = []


def icon(twin: TwinInfo) -> int:
    """An icon's number; 0 where there is no thumbnail."""
    data = desk.thumbnails.get(twin.twin)
    if not data:
        return 0
    if not _kept:
        _kept.append(bpy.utils.previews.new())
    name = f"{twin.twin} {twin.revision}"
    if name not in _kept[0]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "twin.jpg"
            path.write_bytes(data)
            preview = _kept[0].load(name, str(path), "IMAGE")
            _ = preview.icon_size[0], preview.image_size[0]  # both read now: the file goes
    return int(_kept[0][name].icon_id)


def forget() -> None:
    """Let the icons go."""
    while _kept:
        bpy.utils.previews.remove(_kept.pop())
