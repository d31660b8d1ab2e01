"""The render pipeline: gate, plugins, faces, twin, kernel, journal, and only then the pixels.

A render that was not written into the journal is not handed out; what was drawn for it is removed. The lease's
budget is taken by the first pixels that leave: a render with a preview has an entry for the preview, which
names the lease, and one for the result, which says whose preview it follows and takes no budget again.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

from sosie.agent.canvas import Canvas
from sosie.agent.evidence import composite_sha256, digest, use_sha256
from sosie.agent.fits import Fits
from sosie.agent.jobs import Job
from sosie.agent.journal import Journal
from sosie.agent.leases import Allowed, Leases
from sosie.agent.looking import references
from sosie.agent.packs import Packs
from sosie.agent.plates import read_mask, read_plate, write_layer
from sosie.agent.running import Running
from sosie.agent.scene import Scene
from sosie.agent.sequences import Sequences
from sosie.agent.studio import Studio
from sosie.client.pixels import size_of
from sosie.errors import OptionError, RefusedError
from sosie.licence.documents import JournalEntry
from sosie.messages import LayerName, RenderRequest, RenderResult
from sosie.plugins import Plugins

if TYPE_CHECKING:
    from sosie.render.layers import Layers
    from sosie.render.steady import Memory
    from sosie.twin.twin import Twin

#: Of a plate every so many-th pixel of as many-th rows is looked at before its hash is there.
SAMPLED = 61


@dataclass(frozen=True)
class Page:
    """What a journal entry about a render needs to know of it."""

    request: RenderRequest
    allowed: Allowed
    canvas: Canvas


class Rendering:
    """Renders one request at a time."""

    def __init__(
        self,
        leases: Leases,
        packs: Packs,
        journal: Journal,
        plugins: Plugins,
        studio: Studio,
        running: Running,
    ) -> None:
        self._leases, self._packs, self._journal = leases, packs, journal
        self._plugins, self._studio, self._running = plugins, studio, running
        self._sequences, self._fits = Sequences(), Fits()

    def render(self, request: RenderRequest, job: Job) -> RenderResult:
        """Render `request` for `job`'s client.

        Raises:
            RefusedError: the gate or a plugin says no; the journal keeps that too.
            InputError, PackError, RegistryError, SetupError, CancelledError: as their codes say.
        """
        _check(request)
        job.progress(0.0, "Checking the licence")
        with self._allowed(request) as allowed:
            result = self._draw(request, allowed, job, time.monotonic())
        self._plugins.rendered(request, allowed.grant, result)
        return result

    def _draw(self, request: RenderRequest, allowed: Allowed, job: Job, started: float) -> RenderResult:
        job.progress(0.05, "Opening the twin")
        twin = self._packs.twin(allowed.verified)
        job.progress(0.15, "Loading the models" if not self._studio.provider else "Reading the plate")
        scene = self._scene(request, job, twin)
        if not self._studio.provider:
            with self._running.loading(job):
                self._studio.kernel()
        with (
            self._canvas(request, job) as canvas,
            self._running.render(job, self._studio.provider),
        ):
            page = Page(request, allowed, canvas)
            previewed: list[JournalEntry] = []
            job.progress(0.2, "Rendering")
            layers = self._run(
                scene,
                page,
                lambda fraction: job.progress(0.2 + 0.7 * fraction, "Rendering"),
                job.check,
                preview=(lambda small: self._preview(small, page, job, previewed))
                if request.preview
                else None,
                memory=self._sequences.of(job, request),
            )
            job.progress(0.9, "Writing the layers")
            job.kept.extend((scene, layers))
            drawn = canvas.draw(layers, job.check)
            job.check()
            entry = self._record(page, layers, job.check, previewed=previewed)
        from sosie.render.stack import STACK

        return RenderResult(
            job=f"{allowed.grant.lease}-{entry.n}",
            twin=request.twin,
            licence=allowed.grant.licence,
            layers={str(name): pixels for name, pixels in drawn.items()},
            box=layers.box,
            confidence=layers.confidence,
            reasons=tuple(layers.reasons),
            provider=layers.provider,
            seconds=time.monotonic() - started,
            stack=tuple(info for info in STACK if info.name in drawn),
        )

    @staticmethod
    def _canvas(request: RenderRequest, job: Job) -> Canvas:
        return Canvas(
            job.pixels,
            request.plate,
            request.layers,
            cropped=request.cropped,
            afterwards=job.afterwards.callback,
        )

    def _scene(self, request: RenderRequest, job: Job, twin: Twin) -> Scene:
        face_mask, like = references(self._studio.faces(), request.face, job)
        return Scene(
            plate=read_plate(job.pixels, request.plate),
            twin=twin,
            choice=request.face,
            options=request.options,
            mask=read_mask(job.pixels, request.mask) if request.mask else None,
            face_mask=face_mask,
            like=like,
        )

    def _run(
        self,
        scene: Scene,
        page: Page,
        progress: Callable[[float], None],
        check: Callable[[], None],
        *,
        preview: Callable[[Layers], None] | None,
        memory: Memory | None,
    ) -> Layers:
        from sosie.render import render

        likely = self._likely(scene, page)
        return self._studio.steadily(
            lambda faces, kernel: render(
                **vars(scene),
                faces=faces,
                kernel=kernel,
                names=page.request.layers,
                memory=memory,
                keep=lambda make: self._fits.of(likely, lambda: page.canvas.plate_sha256(check), make),
                preview=preview,
                progress=progress,
            )
        )

    @staticmethod
    def _likely(scene: Scene, page: Page) -> Hashable:
        """All that a fit comes from but the plate's bytes; of those a few, so that another picture is told at once."""
        few = scene.plate.pixels[::SAMPLED, ::SAMPLED]
        digests = tuple(None if one is None else digest(one) for one in (few, scene.face_mask, scene.like))
        return (
            replace(page.request.plate, path=""),
            scene.plate.pixels.shape,
            replace(scene.choice, mask=None, like=None),
            digests,
            page.allowed.verified.lease.pack_sha256,
        )

    def _preview(self, small: Layers, page: Page, job: Job, previewed: list[JournalEntry]) -> None:
        """Show a small picture of the result; once, though a render whose engine broke is drawn twice."""
        if not previewed:
            previewed.append(self._record(page, small, job.check, detail="preview"))
            job.preview(write_layer(job.pixels, small.composite, page.request.plate))

    @contextlib.contextmanager
    def _allowed(self, request: RenderRequest) -> Iterator[Allowed]:
        """What gate and plugins say; the lease stays while the block draws."""
        with contextlib.ExitStack() as stack:
            allowed: Allowed | None = None
            try:
                pixels = request.plate.width * request.plate.height
                allowed = stack.enter_context(self._leases.using(request.twin, request.use, pixels))
                self._plugins.refuse(request, allowed.grant)
            except RefusedError as refusal:
                self._refused(request, refusal, allowed)
                raise
            yield allowed

    def _refused(self, request: RenderRequest, refusal: RefusedError, allowed: Allowed | None) -> None:
        """A refusal under a known licence is part of its history."""
        held = [lease for lease in self._leases.info() if lease.twin == request.twin]
        licence = allowed.grant.licence if allowed else (held[0].licence if held else None)
        if licence is not None:
            self._journal.append(
                "refused",
                licence=licence,
                twin=request.twin,
                lease=allowed.grant.lease if allowed else None,
                use_sha256=use_sha256(request.use),
                detail=refusal.code,
            )

    def _record(
        self,
        page: Page,
        layers: Layers,
        check: Callable[[], None],
        *,
        previewed: Sequence[JournalEntry] = (),
        detail: str = "",
    ) -> JournalEntry:
        plate = page.canvas.plate_sha256(check)
        return self._journal.append(
            "render",
            licence=page.allowed.grant.licence,
            twin=page.request.twin,
            lease=None if previewed else page.allowed.grant.lease,
            use_sha256=use_sha256(page.request.use),
            input_sha256=plate,
            output_sha256=composite_sha256(plate, layers.box, layers.parts["composite"]),
            detail=f"after {previewed[0].n}" if previewed else detail,
        )


def _check(request: RenderRequest) -> None:
    """Refuse what cannot be rendered before a licence is asked."""
    from sosie.render.switches import check_options

    size_of(request.plate)
    unknown = set(request.layers) - set(get_args(LayerName))
    if unknown or not request.layers:
        raise OptionError(
            f"There is no layer {', '.join(sorted(unknown)) or 'asked for'}.",
            remedy=f"Choose among {', '.join(get_args(LayerName))}.",
            code="layer_unknown",
        )
    check_options(request.options)
    if mask := request.mask:
        size_of(mask)
        if (mask.width, mask.height) != (request.plate.width, request.plate.height):
            raise OptionError(
                f"The mask has {mask.width} x {mask.height} pixels, the plate"
                f" {request.plate.width} x {request.plate.height}.",
                remedy="Make the mask as large as the plate.",
                code="mask_size",
            )
