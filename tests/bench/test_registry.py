"""`sosie bench registry` on small tables: every figure is there, and the filled log is a true tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from sosie.bench import registry
from sosie.bench.registry_fill import fill
from sosie.licence import exchange, tree
from sosie.licence.keys import b64decode
from sosie.registry import log, proofs

FIGURES = {
    "fill_s",
    *(f"{what}_{how}" for what in ("leases", "deliveries") for how in ("per_s", "p50_ms", "p99_ms")),
    *("proof_p50_ms", "proof_p99_ms"),
}
BESIDE = {
    figure.format(clients)
    for clients in ("1_client", "8_clients")
    for figure in ("pgbench_{}_per_s", "deliveries_{}_per_s", "deliveries_of_pgbench_{}")
}


def test_every_figure_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("WRITES", 20), ("PROOFS", 20), ("TURNS", 1), ("TURN_SECONDS", 1)):
        monkeypatch.setattr(registry, name, value)
    found = registry.run(lambda *_: None, licences=50, receipts=200)
    assert set(found["sqlite"]) == FIGURES
    assert set(found.get("postgresql", FIGURES | BESIDE)) == FIGURES | BESIDE
    assert all(value > 0 for figures in found.values() for value in figures.values())
    assert ("NOT MEASURED" in registry.table(found)) == ("postgresql" not in found)


def test_what_is_filled_in_is_a_registry_like_any_other(tmp_path: Path) -> None:
    with fill(tmp_path, None, licences=30, receipts=130) as filled:
        read = filled.context.database.read
        assert read(log.size) == filled.leaves
        for index in (0, 7, filled.leaves - 1):
            proof: exchange.LogProof = read(lambda s, index=index: proofs.inclusion(s, index, filled.leaves))
            path = [b64decode(step) for step in proof.path]
            leaf, root = b64decode(proof.leaf or ""), b64decode(proof.root)
            assert tree.verify_inclusion(leaf, index, filled.leaves, path, root)
        wrong = bytes([leaf[0] ^ 1]) + leaf[1:]
        assert not tree.verify_inclusion(wrong, index, filled.leaves, path, root)
