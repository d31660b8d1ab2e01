"""Measures the registry under load of a size: 100,000 licences, 1,000,000 receipts, a log of 1,000,000 leaves and more.

The tables are filled by copying one real licence, delivery and entry under other names; the log's inner nodes are the
real tree over the filled leaves, so that proofs verify. Then the registry's own functions run against it: leases and
deliveries without their picture (checks, receipt, signature, leaf, postings, one transaction each), one after another,
as the write lock runs them in service. On PostgreSQL deliveries take turns with `pgbench` (TPC-B) on the same server, one
client against one and eight against eight, so that whatever else the machine does meets both; with the same durability:
everything acknowledged is on the disk (`fsync=on`, `synchronous=FULL`).
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from sosie.bench.registry_fill import Filled, fill
from sosie.bench.registry_server import Server
from sosie.bench.timing import percentile, timed
from sosie.licence import exchange, tree
from sosie.licence.keys import b64decode
from sosie.registry import leases, proofs
from sosie.registry.access import Context

LICENCES, RECEIPTS, LEAVES = 100_000, 1_000_000, 1_000_000
WRITES, PROOFS = 1_000, 1_000
TURNS, TURN_SECONDS = 5, 4


def run(
    progress: Callable[[float, str], None], *, licences: int = LICENCES, receipts: int = RECEIPTS
) -> dict[str, dict[str, float]]:
    """Figures by database: `sqlite`, and `postgresql` where its programs are installed."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="sosie-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database server runs as a user of its own
        found["sqlite"] = _measure(folder / "sqlite", None, progress, 0.0, licences, receipts)
        server = Server.find(folder / "server")
        if server is not None:
            with server as url:
                found["postgresql"] = _measure(
                    folder / "pg", url, progress, 0.45, licences, receipts, beside=server
                )
    return found


def _measure(
    data: Path,
    url: str | None,
    progress: Callable[[float, str], None],
    begun: float,
    licences: int,
    receipts: int,
    *,
    beside: Server | None = None,
) -> dict[str, float]:
    name = "PostgreSQL" if url else "SQLite"
    progress(begun, f"{name}: filling the tables")
    start = time.perf_counter()
    with fill(data, url, licences=licences, receipts=receipts) as filled:
        seconds = time.perf_counter() - start
        progress(begun + 0.3, f"{name}: leases, deliveries, proofs")
        return {
            "fill_s": seconds,
            **_timed("leases", lambda n: _lease(filled, n)),
            **_timed("deliveries", filled.deliver),
            **_proofs(filled),
            **({} if beside is None else _in_turns(filled, beside)),
        }


def _timed(what: str, work: Callable[[int], object]) -> dict[str, float]:
    numbers = iter(range(WRITES + 20))
    taken = timed(lambda: work(next(numbers)), WRITES, before=20)
    return {
        f"{what}_per_s": WRITES / sum(taken),
        f"{what}_p50_ms": percentile(taken, 50) * 1e3,
        f"{what}_p99_ms": percentile(taken, 99) * 1e3,
    }


def _lease(filled: Filled, number: int) -> exchange.LeaseAnswer:
    ask = exchange.LeaseRequest(licence=filled.licence(number), renders=1)
    context: Context = filled.context
    return context.database.write(lambda session: leases.give(context, session, filled.device, ask))


def _in_turns(filled: Filled, server: Server) -> dict[str, float]:
    """Deliveries and `pgbench` in turns; of rates and ratios the median."""
    numbers, found = itertools.count(2 * WRITES), {}
    for clients, name in ((1, "1_client"), (8, "8_clients")):
        turns = [
            (
                server.pgbench(TURN_SECONDS, clients=clients),
                _rate(filled, numbers, clients),
            )
            for _ in range(TURNS)
        ]
        found[f"pgbench_{name}_per_s"] = median(theirs for theirs, _ in turns)
        found[f"deliveries_{name}_per_s"] = median(ours for _, ours in turns)
        found[f"deliveries_of_pgbench_{name}"] = median(ours / theirs for theirs, ours in turns)
    return found


def _rate(filled: Filled, numbers: Iterator[int], clients: int) -> float:
    """Deliveries a second of so many clients at once."""
    begun = time.perf_counter()

    def work(_: int) -> int:
        done = 0
        while time.perf_counter() < begun + TURN_SECONDS:
            filled.deliver(next(numbers))
            done += 1
        return done

    with ThreadPoolExecutor(clients) as pool:
        done = sum(pool.map(work, range(clients)))
    return done / (time.perf_counter() - begun)


def _proofs(filled: Filled) -> dict[str, float]:
    """Inclusion proofs of leaves all over a log of a million, each one verified afterwards."""
    database, size = filled.context.database, filled.leaves
    step = max(1, size // PROOFS)
    places = iter(range(0, size, step))
    made: list[tuple[int, exchange.LogProof]] = []

    def prove() -> None:
        place = next(places)
        made.append((place, database.read(lambda session: proofs.inclusion(session, place, size))))

    taken = timed(prove, min(PROOFS, size // step))
    for place, proof in made:
        assert tree.verify_inclusion(*_decoded(place, proof)), place
    return {"proof_p50_ms": percentile(taken, 50) * 1e3, "proof_p99_ms": percentile(taken, 99) * 1e3}


def _decoded(place: int, proof: exchange.LogProof) -> tuple[bytes, int, int, list[bytes], bytes]:
    path = [b64decode(step) for step in proof.path]
    return b64decode(proof.leaf or ""), place, proof.size, path, b64decode(proof.root)


def table(found: dict[str, dict[str, float]]) -> str:
    """The figures beside their goals, for people."""
    goals = {"proof_p99_ms": "<= 5", "deliveries_of_pgbench_1_client": ">= 0.33"}
    lines = [f"{'':<32} " + " ".join(f"{name:>12}" for name in found)]
    names = dict.fromkeys(key for figures in found.values() for key in figures)
    for key in names:
        cells = (f"{figures[key]:>12.3f}" if key in figures else f"{'':>12}" for figures in found.values())
        lines.append(f"{key:<32} {' '.join(cells)}  {goals.get(key, '')}".rstrip())
    if "postgresql" not in found:
        lines.append("NOT MEASURED ON POSTGRESQL: pg_ctl and pgbench are not installed.")
    return "\n".join(lines)
