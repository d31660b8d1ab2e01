"""Measures the gate and the agent: a registry process on loopback, an agent process, a real twin.

Hot check and cold verification run in this process, on documents the registry signed. The overhead of a request is
the time of `Session.render` outside the stage "Rendering", as its progress tells it: what a host waits for beside the
drawing. Cancelled are renders of the largest plate of `sosie bench kernel` (bench/cancel.py). Fairness is the least over
the most renders of three host processes that ask as fast as they can.
"""

from __future__ import annotations

import multiprocessing
import secrets
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from sosie.agent import account
from sosie.agent.bundles import read_bundle
from sosie.agent.home import Home
from sosie.agent.work import built_in_plugins
from sosie.bench.cancel import cancels
from sosie.bench.cases import CASES, plate_of
from sosie.bench.timing import percentile, timed
from sosie.client.session import Session
from sosie.demo.cast import choose_cast
from sosie.demo.world import World
from sosie.faces import Faces
from sosie.licence import chain, exchange
from sosie.licence.clauses import Quota
from sosie.licence.gate import Gate
from sosie.messages import Pixels, RenderRequest, Use
from sosie.models import ModelStore
from sosie.pictures import Picture, read_picture
from sosie.pictures.colour import to_linear
from sosie.render.stack import opaque
from sosie.studio import photographs_in
from sosie.twin.header import TwinHeader
from sosie.twin.pack import read_pack, write_pack

WIDTH, HEIGHT = 3840, 2160
USE = Use(territory=("FR",))
CHECKS, VERIFICATIONS, LEASES, RENDERS, CANCELS, HOSTS = 100_000, 200, 100, 5, 40, 3
PAUSE_SECONDS = 0.3
UNLOCK_BYTES = 256_000_000
#: For three processes to start and connect, and for them to render.
BEFORE_SECONDS, FAIR_SECONDS = 4.0, 12.0
#: More renders than three hosts can ask for in that time, and pixels than any plate here has.
BUDGET, MOST_PIXELS = 100_000, 50_000_000
NOBODY = "0" * 64


def run(progress: Callable[[float, str], None]) -> dict[str, float]:
    """Every figure, by the names of `sosie bench gate --json`."""
    with tempfile.TemporaryDirectory(prefix="sosie-bench-") as folder, World(Path(folder)) as world:
        progress(0.0, "Setting the scene")
        cast = choose_cast(None)
        world.start_registry()
        world.enrol_people()
        world.sign_consent()
        packed = world.make_twin(
            photographs_in(cast.captures), faces=Faces(ModelStore.default()), progress=_silent
        )
        world.upload(packed)
        twin = packed.header.twin
        licence = world.license(twin, quota=Quota(renders=BUDGET, delivered=1, max_px=MOST_PIXELS)).id
        with world.enrol_machine() as session:
            progress(0.4, "Rendering")
            figures = _requests(session, twin, _large(cast.plate))
            progress(0.5, "Cancelling")
            largest = plate_of(CASES[-1], cast.plate, Faces(ModelStore.default()))
            figures |= cancels(session, twin, USE, opaque(largest.pixels), CANCELS)
            progress(0.6, "Three hosts at once")
            figures["fairness"] = _fairness(world.home, twin, cast.plate)
        progress(0.8, "Checking")
        return {
            **_checks(world, licence),
            **_leases(world, licence),
            "unlock_256mb_s": _unlock(Path(folder)),
            **figures,
        }


def _checks(world: World, licence: str) -> dict[str, float]:
    """The gate on a verified lease, and the verification of everything above it."""
    home = Home.at(world.home)
    member = account.load(home, built_in_plugins())
    bundle = read_bundle((home.leases / f"{licence}.json").read_bytes())
    verified = chain.verify(bundle, root=member.root, device_key=member.device_key)
    gate = Gate(verified.lease, device=member.device_key)
    now = verified.lease.issued_at
    hot = timed(lambda: gate.check(USE, now, used=1, pixels=WIDTH * HEIGHT), CHECKS)
    cold = timed(lambda: chain.verify(bundle, root=member.root, device_key=member.device_key), VERIFICATIONS)
    return {
        "hot_check_p50_us": percentile(hot, 50) * 1e6,
        "hot_check_p99_us": percentile(hot, 99) * 1e6,
        "cold_verify_p50_ms": percentile(cold, 50) * 1e3,
    }


def _leases(world: World, licence: str) -> dict[str, float]:
    registry = account.load(Home.at(world.home), built_in_plugins()).registry
    ask = exchange.LeaseRequest(licence=licence, renders=1)
    taken = timed(lambda: registry.lease(ask), LEASES, before=3)
    return {"lease_p50_ms": percentile(taken, 50) * 1e3, "lease_p99_ms": percentile(taken, 99) * 1e3}


def _unlock(folder: Path) -> float:
    """Seconds to unlock a pack of 256 MB: read, decrypted, every hash checked."""
    key, path = secrets.token_bytes(32), folder / "large.pack"
    header = TwinHeader("twn_large", "tal_large", 1, NOBODY, int(time.time()), 16)
    filling = np.frombuffer(secrets.token_bytes(UNLOCK_BYTES), np.uint8)
    write_pack(path, header, {"filling": filling}, key=key, thumbnail=b"", nonce_source=secrets.token_bytes)
    return min(timed(lambda: read_pack(path, key=key), 3))


def _requests(session: Session, twin: str, plate: np.ndarray[Any, Any]) -> dict[str, float]:
    """A 4K float plate through the agent, and one copy of its bytes in memory for comparison."""
    target = plate.copy()
    sent = session.pixels.put(
        plate.data, width=WIDTH, height=HEIGHT, depth="f32", channels="RGBA", colour="linear-srgb"
    )
    request = RenderRequest(plate=sent, twin=twin, use=USE)
    _overhead(session, request)  # loads the models
    beside = [_overhead(session, request, pause=PAUSE_SECONDS) for _ in range(RENDERS)]
    return {
        "request_overhead_ms": percentile(beside, 50) * 1e3,
        "memcpy_ms": percentile(timed(lambda: np.copyto(target, plate), 9), 50) * 1e3,
    }


def _overhead(session: Session, request: RenderRequest, *, pause: float = 0) -> float:
    """Seconds of one render outside the stage of drawing, asked for after a pause as a person makes."""
    time.sleep(pause)
    drawing: list[float] = []

    def note(_: float, stage: str) -> None:
        if stage == "Rendering" or (drawing and stage == "Writing the layers"):
            drawing.append(time.perf_counter())

    begun = time.perf_counter()
    result = session.render(request, note)
    ended = time.perf_counter()
    for layer in result.layers.values():
        session.pixels.release(layer)
    return (ended - begun) - (drawing[-1] - drawing[0])


def _fairness(home: Path, twin: str, plate: Path) -> float:
    """The least over the most renders of three processes in the same seconds; 1 is fair."""
    begin = time.time() + BEFORE_SECONDS
    with ProcessPoolExecutor(HOSTS, multiprocessing.get_context("spawn")) as hosts:
        counts = list(hosts.map(_host, *zip(*[(home, twin, plate, begin)] * HOSTS, strict=True)))
    return min(counts) / max(1, *counts)


def _host(home: Path, twin: str, plate: Path, begin: float) -> int:
    done = 0
    with Session.connect("bench host", home=home, start=False) as session:
        request = RenderRequest(plate=_put(session, read_picture(plate)), twin=twin, use=USE)
        time.sleep(max(0, begin - time.time()))
        while time.time() < begin + FAIR_SECONDS:
            result = session.render(request)
            done += 1
            for layer in result.layers.values():
                session.pixels.release(layer)
    return done


def _put(session: Session, picture: Picture) -> Pixels:
    rgb = np.ascontiguousarray(picture.pixels[..., :3])
    return session.pixels.put(
        rgb.data, width=picture.width, height=picture.height, depth="u8", channels="RGB"
    )


def _large(path: Path) -> np.ndarray[Any, Any]:
    """(2160, 3840, 4) float32, linear light: the plate on a grey ground of 4K."""
    picture = read_picture(path)
    linear = to_linear(picture.pixels[..., :3], picture.colour)[:HEIGHT, :WIDTH]
    plate = np.full((HEIGHT, WIDTH, 4), 0.18, np.float32)
    plate[..., 3] = 1
    plate[: linear.shape[0], : linear.shape[1], :3] = linear
    return plate


def table(figures: dict[str, float]) -> str:
    """The figures beside their goals, for people."""
    goals = {
        "hot_check_p99_us": "<= 5",
        "cold_verify_p50_ms": "<= 2",
        "lease_p99_ms": "<= 25",
        "unlock_256mb_s": "<= 0.3",
        "cancel_max_ms": "<= 100",
        "request_overhead_ms": f"< {2 * figures['memcpy_ms'] + 5:.1f} (2 memcpy + 5 ms)",
        "fairness": ">= 0.8",
    }
    return "\n".join(f"{name:<22} {value:>9.3f}   {goals.get(name, '')}" for name, value in figures.items())


def _silent(_fraction: float, _stage: str) -> None:
    """Progress nobody looks at."""
