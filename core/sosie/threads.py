"""How many threads linear algebra takes: set by a process of ours when it starts, before numpy is loaded."""

from __future__ import annotations

import os


def one_for_algebra() -> None:
    """Let OpenBLAS, numpy's and OpenCV's, work in the thread that asks, unless the user says otherwise.

    Our systems of equations have about a hundred unknowns and take 0.1 ms. Shared among threads they take twice that on
    an idle machine, and 5 to 40 ms on one whose processors are busy, because OpenBLAS's threads wait for each other.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
