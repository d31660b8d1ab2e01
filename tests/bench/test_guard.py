"""The bench's guard speaks when the kernel has become too slow beside seamlessClone, and only then."""

from __future__ import annotations

from typing import Any

import pytest

from sosie.bench.kernel import GUARD, GUARD_PX, slower


def measured(face_px: int, ratio: float) -> dict[str, Any]:
    return {"rows": [{"face_px": face_px, "kernel_ms": 10.0, "seamless_clone_ms": 10.0 * ratio}]}


@pytest.mark.parametrize(
    ("face_px", "ratio", "speaks"),
    [(GUARD_PX, GUARD + 0.1, False), (GUARD_PX, GUARD - 0.1, True), (256, 0.1, False)],
)
def test_the_ratio_at_the_guarded_size_counts(face_px: int, ratio: float, speaks: bool) -> None:
    assert bool(slower(measured(face_px, ratio))) is speaks
