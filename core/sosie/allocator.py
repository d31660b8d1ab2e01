"""What becomes of the memory of large arrays: kept from one step of a render to the next, given back when nobody renders.

A fit makes some hundred arrays of 2 to 30 MB, one after the other and in several threads. glibc gives each thread an arena of
its own and each array's pages back to the system, which then has to find and clear them anew: 30,000 page faults for a
fit, a fifth of its processor time. With one arena and generous thresholds there are a thousand, and the peak is lower.

Other systems' allocators are left alone.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

#: Of glibc's `malloc.h`.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
#: Arrays above `ALONE` bytes, the most that mallopt(3) promises to take, come from the system and go back at once; of the
#: others so many free bytes are kept.
ALONE, KEPT = 32 << 20, 512 << 20


def keep_large_arrays() -> None:
    """Say so to this process's allocator, before there are threads."""
    if hasattr(libc := _libc(), "mallopt"):
        libc.mallopt(M_ARENA_MAX, 1)
        libc.mallopt(M_MMAP_THRESHOLD, ALONE)
        libc.mallopt(M_TRIM_THRESHOLD, KEPT)


def give_back() -> None:
    """Let the system have all memory that is free."""
    if hasattr(libc := _libc(), "malloc_trim"):
        libc.malloc_trim(0)


def _libc() -> Any:
    return ctypes.CDLL(None) if sys.platform == "linux" else None
