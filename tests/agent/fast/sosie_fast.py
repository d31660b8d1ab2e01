"""A studio's plugin, installed beside Sosie: a kernel that draws next to nothing, at once."""

from __future__ import annotations

from typing import Any

from sosie.hookspecs import hookimpl


class FastKernel:
    name, priority, provider, side = "fast", 1000, "numpy", 384

    def run(self, feeds: Any) -> Any:
        return feeds.under * 0.5


@hookimpl
def sosie_kernels() -> Any:
    return [FastKernel()]
