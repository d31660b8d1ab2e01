"""The layers of one render, laid out in the client's folder while the render still runs.

What does not depend on the result is done beside it: the plate is hashed for the journal, the composite's file begins
as a copy of the plate, and room is taken for the others. When the result comes, only the region it changed is
written; a client that wants its layers cropped gets no more than that. Nothing of this is handed out before the journal
has its entry, and all of it goes when the render fails.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Self, get_args

from sosie.agent.evidence import plate_sha256
from sosie.agent.plates import Check, layer_like, write_layer, write_region
from sosie.client.pixels import PixelFolder
from sosie.errors import CancelledError, SosieError
from sosie.messages import Channels, LayerName, Pixels
from sosie.overlap import attended

if TYPE_CHECKING:
    from sosie.render.layers import Layers

#: Layers that are zero where nothing changed, and their channels.
EMPTY: dict[LayerName, Channels] = {
    name: "L" if name == "matte" else "RGBA" for name in get_args(LayerName) if name != "composite"
}


class Canvas:
    """Files for the layers `names` in `folder`, under a plate that lies there; used as a context manager.

    When the render fails, `afterwards` is given what removes them, to be called when the client has its answer.
    """

    def __init__(
        self,
        folder: PixelFolder,
        plate: Pixels,
        names: tuple[LayerName, ...],
        *,
        cropped: bool = False,
        afterwards: Callable[[Callable[[], None]], object] = lambda remove: remove(),
    ) -> None:
        self._folder, self._plate, self._names, self._cropped = folder, plate, names, cropped
        self._afterwards = afterwards
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="canvas")
        self._begun: dict[LayerName, Future[Pixels]] = {}
        self._drawn: dict[LayerName, Pixels] = {}
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._sha256 = self._pool.submit(self._hash)
        if "composite" in self._names and self._plate.channels != "L":  # a grey plate's composite has three
            self._begun["composite"] = self._pool.submit(self._folder.copy, self._plate, self._check)
        for name in () if self._cropped else EMPTY.keys() & set(self._names):
            self._begun[name] = self._pool.submit(self._take_room, EMPTY[name])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error:
            self._over.set()
            self._afterwards(self._remove)
        else:
            self._pool.shutdown()
            self._release(self._begun.keys() - self._drawn.keys())

    def _remove(self) -> None:
        """Leave nothing."""
        self._pool.shutdown(cancel_futures=True)
        self._release(self._begun.keys())
        for pixels in self._drawn.values():
            with contextlib.suppress(OSError):
                self._folder.release(pixels)

    def _release(self, names: Iterable[LayerName]) -> None:
        """Remove the files that were begun for `names`; what cannot be removed goes with the client's folder."""
        for future in map(self._begun.__getitem__, names):
            with contextlib.suppress(SosieError, OSError):
                if not future.cancelled():
                    self._folder.release(future.result())

    def plate_sha256(self, check: Check) -> str:
        """The plate's hash for the journal; what `check` raises while it is waited for ends that."""
        return attended(self._sha256, check)

    def draw(self, layers: Layers, check: Check = lambda: None) -> dict[LayerName, Pixels]:
        """Write those of the wanted layers that the kernel made; what `check` raises meanwhile ends it.

        Raises:
            SetupError: `storage_full`.
        """
        for name in self._names:
            if (part := layers.parts.get(name)) is None:
                continue
            if (begun := self._begun.get(name)) is not None:
                write_region(self._folder, begun.result(), part, layers.box, check)
                self._drawn[name] = begun.result()
            elif name == "composite":  # of a grey plate
                self._drawn[name] = write_layer(self._folder, layers.composite, self._plate, check)
            elif part.size:
                self._drawn[name] = write_layer(self._folder, part, self._plate, check)
        return self._drawn

    def _hash(self) -> str:
        with self._folder.open(self._plate) as mapped:
            return plate_sha256(mapped, self._check)

    def _check(self) -> None:
        """End what is done beside a render that failed."""
        if self._over.is_set():
            raise CancelledError("The render has ended.", remedy="Start it again when you want it.")

    def _take_room(self, channels: Channels) -> Pixels:
        pixels = layer_like(self._folder, self._plate, channels)
        self._folder.create(pixels).close()
        return pixels
