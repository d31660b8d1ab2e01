"""Pixels from one colour space to another, by Krita's own colour management."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from .bench import Bench, Space

#: A bench remembers what it converted, to undo it: after so many bands there is a new one.
BANDS = 16


class Conversion:
    """Rows of pixels `sent` turned into `wanted`, as they are where both agree; used as a context manager."""

    def __init__(self, sent: Space, wanted: Space) -> None:
        self._sent, self._wanted = sent, wanted
        self._bench: Bench | None = None
        self._used = 0

    def __enter__(self) -> Conversion:  # noqa: PYI034 - typing.Self is not in Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bench is not None:
            self._bench.__exit__(kind, error, trace)
        self._bench = None

    @property
    def needed(self) -> bool:
        """Whether pixels change at all."""
        return self._sent != self._wanted

    def __call__(self, band: Any, width: int, rows: int) -> Any:
        """`band` holds so many rows of `width` pixels."""
        if not self.needed:
            return band
        scratch = self._document().createNode("sosie", "paintlayer")
        scratch.setPixelData(band, 0, 0, width, rows)
        scratch.setColorSpace(*self._wanted)
        return scratch.pixelData(0, 0, width, rows)

    def _document(self) -> Any:
        if self._bench is not None and self._used == BANDS:
            self.__exit__(None, None, None)
        if self._bench is None:
            self._bench, self._used = Bench(1, 1, self._sent), 0
        self._used += 1
        return self._bench.document
