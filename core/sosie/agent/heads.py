"""Handing out a head: the gate's word, a line in the journal, and only then the files.

A head leaves the pack: mesh and maps lie in the artist's file from then on, readable by whoever has that file. So it
counts as one render, it is asked for as `restage` whatever the host says (the person is put into another scene), and
the texture's size is held against the licence as a plate's is. A licence without `restage` gives no head, and because
nobody can call a head back, an online registry is asked for revocations at once, not once a minute.
"""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.agent.evidence import use_sha256
from sosie.agent.jobs import Job
from sosie.agent.journal import Journal
from sosie.agent.leases import Allowed, Leases
from sosie.agent.packs import Packs
from sosie.errors import RefusedError
from sosie.messages import Head, HeadRequest, Pixels, RenderRequest, Use
from sosie.plugins import Plugins

if TYPE_CHECKING:
    from sosie.twin.head import Head as Built

OPERATION = "restage"


class Heads:
    """Builds heads for one enrolled machine."""

    def __init__(self, leases: Leases, packs: Packs, journal: Journal, plugins: Plugins) -> None:
        self._leases, self._packs, self._journal, self._plugins = leases, packs, journal, plugins

    def make(self, request: HeadRequest, job: Job) -> Head:
        """The head of a twin, as files in the session's folder; the host copies them before it hangs up.

        Raises:
            RefusedError: the gate or a plugin says no; the journal keeps that too.
            PackError, RegistryError, SetupError, CancelledError: as their codes say.
        """
        use = replace(request.use, operation=OPERATION)
        job.progress(0.0, "Checking the licence")
        with self._allowed(request.twin, use) as allowed:
            twin = self._packs.twin(allowed.verified)
            job.progress(0.4, "Building the head")
            from sosie.faces import face_mesh
            from sosie.twin.basis import load_basis
            from sosie.twin.head import build_head
            from sosie.twin.surround import load_surround

            built = build_head(twin, load_basis(), face_mesh(), load_surround())
            job.progress(0.6, "Writing the maps")
            mesh, maps = _write(built, job.pixels.folder)
            job.check()
            entry = self._journal.append(
                "render",
                licence=allowed.grant.licence,
                twin=request.twin,
                lease=allowed.grant.lease,
                use_sha256=use_sha256(use),
                output_sha256=hashlib.sha256(mesh.read_bytes()).hexdigest(),
                detail="head",
            )
        iris = twin.iris.tolist()
        return Head(
            job=f"{allowed.grant.lease}-{entry.n}",
            twin=request.twin,
            licence=allowed.grant.licence,
            revision=allowed.grant.revision,
            mesh=str(mesh),
            maps={name: str(path) for name, path in maps.items()},
            iris=(iris[0], iris[1], iris[2]),
        )

    @contextlib.contextmanager
    def _allowed(self, twin: str, use: Use) -> Iterator[Allowed]:
        """What gate and plugins say; a head is asked about as a render of its texture."""
        with contextlib.ExitStack() as stack:
            try:
                allowed = stack.enter_context(self._leases.using(twin, use, 0, within=0))
                side = self._packs.twin(allowed.verified).texture_px
                self._leases.allow(twin, use, side * side)
                plate = Pixels("", side, side, "u8", "RGB")
                self._plugins.refuse(RenderRequest(plate=plate, twin=twin, use=use), allowed.grant)
            except RefusedError as refusal:
                self._refused(twin, use, refusal)
                raise
            yield allowed

    def _refused(self, twin: str, use: Use, refusal: RefusedError) -> None:
        """A refusal under a known licence is part of its history."""
        held = next((info for info in self._leases.info() if info.twin == twin), None)
        if held is not None:
            self._journal.append(
                "refused", licence=held.licence, twin=twin, use_sha256=use_sha256(use), detail=refusal.code
            )


def _write(built: Built, folder: Path) -> tuple[Path, dict[str, Path]]:
    """The mesh as `.npz` (arrays alone, no pickle) and the maps as PNG, under names nobody has used."""
    from sosie.twin.head import NAMES

    stem = uuid.uuid4().hex
    mesh = folder / f"{stem}.npz"
    np.savez(
        mesh,
        vertices=built.vertices,
        polygons=built.polygons,
        regions=built.regions,
        uv=built.uv,
        shapes=built.shapes,
        eyes=built.eyes,
        names=np.asarray(NAMES),
    )
    maps = {}
    for name in ("albedo", "roughness", "relief"):
        maps[name] = folder / f"{stem}-{name}.png"
        maps[name].write_bytes(_png(getattr(built, name)))
    return mesh, maps


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """(H, W, 3) or (H, W); quickly: the host throws its copy's original away at once."""
    shown = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    return bytes(cv2.imencode(".png", shown, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1])
