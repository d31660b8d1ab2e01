"""What a datablock says about the person in it: custom properties, kept by save, load, append and link."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import bpy

from .._sosie.messages import Use

TWIN, LICENCE, REVISION, JOB, USE = "sosie_twin", "sosie_licence", "sosie_revision", "sosie_job", "sosie_use"
RECEIPT = "sosie_receipt"


def put(
    block: Any, twin: str, licence: str, *, revision: int = 0, job: str = "", use: Use | None = None
) -> None:
    """Mark `block`."""
    block[TWIN], block[LICENCE] = twin, licence
    if revision:
        block[REVISION] = revision
    if job:
        block[JOB] = job
    if use is not None:
        block[USE] = json.dumps(asdict(use))


def use_in(block: Any) -> Use | None:
    """The use it was made for, where it says so."""
    if USE not in block:
        return None
    told = json.loads(block[USE])
    return Use(**{name: tuple(item) if isinstance(item, list) else item for name, item in told.items()})


def marked(scene: Any) -> Iterator[Any]:
    """The objects of `scene` that carry somebody's likeness, and the file's images that do."""
    yield from (block for block in scene.objects if TWIN in block)
    yield from (image for image in bpy.data.images if TWIN in image)


def people(scene: Any) -> dict[str, list[str]]:
    """Twin -> names of what carries her likeness in `scene`."""
    found: dict[str, list[str]] = {}
    for block in marked(scene):
        found.setdefault(block[TWIN], []).append(block.name)
    return found
