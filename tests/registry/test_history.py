"""Eight clients at once for a while, on both databases; then the books are read.

By default some seconds; `SOSIE_HISTORY=60 pytest tests/registry/test_history.py` is the whole minute. Clients repeat
some requests under the same key, as a client does whose answer was lost.
"""

from __future__ import annotations

import os
import random
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.registry import books
from tests.registry.people import jpeg

from sosie.errors import RefusedError
from sosie.licence import exchange
from sosie.registry.settings import Settings

CLIENTS = 8
SECONDS = float(os.environ.get("SOSIE_HISTORY", "4"))
QUOTA = {"renders": 60, "delivered": 12, "seats": 9, "devices_per_seat": 9, "max_px": 24_000_000}


def test_whatever_they_do_at_once_the_books_agree(scene: Any) -> None:
    count = max(2, int(SECONDS / 2))
    names = [scene.licence(quota=QUOTA).id for _ in range(count)]
    (scene.world.tmp / "final.jpg").write_bytes(jpeg())  # before they all want to
    until = time.monotonic() + SECONDS
    answers: dict[str, set[str]] = defaultdict(set)
    refused: list[str] = []

    def work(client: int) -> int:
        chance, done = random.Random(client), 0
        while time.monotonic() < until or done < 4:
            key = f"{client}-{done}"
            licence, kind = chance.choice(names), chance.choice(("lease", "deliver", "deliver"))
            for _ in range(chance.choice((1, 1, 2))):
                try:
                    answers[key].add(one(kind, licence, key, chance.randint(1, 9)))
                except RefusedError as error:
                    refused.append(error.code)
            done += 1
        return done

    def one(kind: str, licence: str, key: str, renders: int) -> str:
        if kind == "deliver":
            return str(scene.deliver(licence, key=key).record.receipt)
        # under the same key the same request: its budget belongs to it
        ask = exchange.LeaseRequest(licence=licence, renders=1 + hash(key) % 9)
        return scene.device.registry.lease(ask, key=key)[0].id

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert min(pool.map(work, range(CLIENTS))) >= 4
    assert all(len(found) <= 1 for found in answers.values()), "one effect for each key"
    seen = [name for found in answers.values() for name in found]
    assert len(seen) == len(set(seen)), "one key for each effect"
    assert set(refused) <= {"quota_exhausted"}
    books.check(scene.world.database_url or Settings(data=scene.world.data).url)
    receipts = {line.receipt for line in scene.world.operator.statement().lines if line.receipt}
    assert {name for name in seen if name.startswith("rcp_")} == receipts
