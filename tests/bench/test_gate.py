"""`sosie bench gate`: every figure of the contract, from real processes, and the goals that do not depend on load."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sosie.bench import gate
from sosie.bench.cases import CASES

KEYS = (
    *("hot_check_p50_us", "hot_check_p99_us", "cold_verify_p50_ms", "lease_p50_ms", "lease_p99_ms"),
    *("unlock_256mb_s", "request_overhead_ms", "memcpy_ms", "fairness"),
    *("cancel_p50_ms", "cancel_p90_ms", "cancel_max_ms"),
)


def test_it_measures_what_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "CHECKS", 1000)
    monkeypatch.setattr(gate, "VERIFICATIONS", 5)
    monkeypatch.setattr(gate, "LEASES", 5)
    monkeypatch.setattr(gate, "RENDERS", 1)
    monkeypatch.setattr(gate, "CANCELS", 4)
    monkeypatch.setattr(gate, "CASES", [replace(CASES[0], dtype=np.uint16)])
    monkeypatch.setattr(gate, "UNLOCK_BYTES", 8_000_000)
    figures = gate.run(lambda fraction, stage: None)
    assert set(figures) == set(KEYS)
    assert all(value > 0 for value in figures.values()), figures
    assert figures["hot_check_p50_us"] < 1000
    assert 0.5 < figures["fairness"] <= 1
    assert all(key in gate.table(figures) for key in KEYS)
