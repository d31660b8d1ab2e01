"""Memory that was used once is used again without asking the system, until it is given back."""

from __future__ import annotations

import subprocess
import sys

import pytest

WORK = """
import resource
from concurrent.futures import ThreadPoolExecutor
from sosie import allocator

allocator.keep_large_arrays()
import numpy as np

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

def work():
    arrays = [np.ones(3 << 20, np.uint8) for _ in range(40)]

with ThreadPoolExecutor(1) as threads:
    threads.submit(work).result()
    before = faults()
    threads.submit(work).result()
    again = faults() - before  # all of `PAGES` without being told to keep them
    kept = resident()
    allocator.give_back()
    print(again, kept - resident())
"""
#: Pages of 4 KB in all those arrays.
PAGES = 40 * 768


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' allocators are left alone")
def test_memory_is_kept_and_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", WORK], check=True, capture_output=True, text=True)
    again, given = (int(word) for word in done.stdout.split())
    assert again < PAGES / 10
    assert given > 40 * (2 << 20)
