"""Fits of the last pictures: turning a slider draws again, and understands nothing anew.

A fit is known by everything it comes from: the plate's bytes and what they mean, the twin's pack, the choice of the face.
The plate's hash is made beside the render for the journal; it is waited for only where a fit of a plate that looks the same is
there.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sosie.render import Fitted

#: Bytes of fits that are kept; the largest (a face of 768 pixels at its own size) takes about 250 MB.
KEPT_BYTES = 400 << 20


class Fits:
    """The fits used last, together at most `most` bytes. Thread-safe."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Hashable, str], Fitted] = OrderedDict()

    def of(self, likely: Hashable, plate_sha256: Callable[[], str], make: Callable[[], Fitted]) -> Fitted:
        """The fit that is kept for `likely` and the plate, or what `make` makes, which is kept then.

        `likely` names all but the plate's bytes, and may tell many pictures apart before their hash is known.
        """
        with self._lock:
            candidates = any(known == likely for known, _ in self._kept)
        fitted = self._found(likely, plate_sha256()) if candidates else None
        if fitted is None:
            fitted = make()
            self._keep(likely, plate_sha256(), fitted)
        return fitted

    def _found(self, likely: Hashable, plate: str) -> Fitted | None:
        with self._lock:
            fitted = self._kept.get((likely, plate))
            if fitted is not None:
                self._kept.move_to_end((likely, plate))
            return fitted

    def _keep(self, likely: Hashable, plate: str, fitted: Fitted) -> None:
        with self._lock:
            self._kept[(likely, plate)] = fitted
            while len(self._kept) > 1 and sum(one.nbytes for one in self._kept.values()) > self._most:
                self._kept.popitem(last=False)
