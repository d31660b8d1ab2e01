"""`kill -9` of the registry under load: what was acknowledged is there, nothing is half there, it starts again.

By default a few cycles on each database; `SOSIE_KILLS=200 pytest tests/registry/test_kill.py` is the whole number. A
power cut is more than this: SQLite runs with `synchronous=FULL`, PostgreSQL with its own `fsync`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.registry import books
from tests.registry.people import Clock, World, cast
from tests.registry.servers import fresh

from sosie.errors import SosieError
from sosie.licence import exchange
from sosie.licence.billing import PaymentReceived
from sosie.registry.settings import Settings
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsTransport, RegistryConfig

KILLS = int(os.environ.get("SOSIE_KILLS", "3"))
CLIENTS = 4


def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path, database_url: str | None) -> None:
    settings = Settings(data=tmp_path / "registry", database_url=fresh(database_url))
    chance = random.Random(5)
    process, url = start(settings)
    scene = cast(World(url, settings.data, Clock(), tmp_path, operator(settings, url)))
    record = scene.licence(
        quota={"renders": 10**6, "delivered": 1, "seats": 1, "devices_per_seat": 1, "max_px": 9}
    )
    acknowledged: dict[str, str] = {}
    for cycle in range(KILLS):
        load = [
            threading.Thread(target=pay, args=(settings, url, record.id, f"{cycle}-{n}", acknowledged))
            for n in range(CLIENTS)
        ]
        load.append(threading.Thread(target=lease, args=(scene.device.token, url, record.id)))
        for thread in load:
            thread.start()
        until_something_is_acknowledged(f"{cycle}-", acknowledged)
        time.sleep(chance.uniform(0.0, 0.8))
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        for thread in load:
            thread.join(60)
        assert not any(thread.is_alive() for thread in load), "a client waits for a registry that is gone"
        process, url = start(settings)
        books.check(settings.url)
        booked = {
            line.transaction for line in operator(settings, url).statement().lines if line.kind == "payment"
        }
        assert set(acknowledged.values()) <= booked, "an acknowledged payment is lost"
        key, transaction = next(iter(acknowledged.items()))
        again = operator(settings, url).record_payment(record.id, PaymentReceived(minor=1), key=key)
        assert again.transaction == transaction
    process.terminate()
    assert process.wait(60) == 0
    assert len(acknowledged) >= KILLS


def until_something_is_acknowledged(begins: str, acknowledged: dict[str, str]) -> None:
    """However slow the machine is: a registry that is killed before its first answer shows nothing."""
    end = time.monotonic() + 60
    while not any(key.startswith(begins) for key in list(acknowledged)):
        assert time.monotonic() < end, "nothing is acknowledged"
        time.sleep(0.02)


def start(settings: Settings) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "sosie", "registry", "serve", "--json", "--port", "0"]
    where = ["--database-url", settings.database_url] if settings.database_url else []
    process = subprocess.Popen(
        [*command, "--data", str(settings.data), *where], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    with process.stdout as said:  # it says nothing more
        return process, json.loads(said.readline())["url"]


def operator(settings: Settings, url: str) -> Registry:
    token = (settings.data / "operator.token").read_text()
    return Registry(HttpsTransport(RegistryConfig(url=url, token=token)))


def pay(settings: Settings, url: str, licence: str, name: str, acknowledged: dict[str, str]) -> None:
    """Record payments of one minor unit until the registry is gone."""
    registry, number = operator(settings, url), 0
    while True:
        key, number = f"{name}-{number}", number + 1
        try:
            acknowledged[key] = registry.record_payment(
                licence, PaymentReceived(minor=1), key=key
            ).transaction
        except SosieError:
            return


def lease(token: str, url: str, licence: str) -> None:
    registry: Any = Registry(HttpsTransport(RegistryConfig(url=url, token=token)))
    while True:
        try:
            registry.lease(exchange.LeaseRequest(licence=licence, renders=1))
        except SosieError:
            return
