"""How long a host waits for a cancel: a real agent, all layers, at moments spread over a whole render.

Every render is of a plate the agent does not know (one pixel in a corner is another), so that none is spared the search and
the fit. Time runs from `Session.cancel` until `Session.render` has raised: what an artist waits for before the tool is hers.
"""

from __future__ import annotations

import threading
import time

import numpy as np
from numpy.typing import NDArray

from sosie.bench.timing import percentile
from sosie.client.session import Session
from sosie.errors import CancelledError
from sosie.messages import RenderRequest, Use
from sosie.render.stack import NAMES

#: Until an agent that was cancelled, or given a plate, is at rest.
PAUSE_SECONDS = 0.3


def cancels(session: Session, twin: str, use: Use, plate: NDArray[np.uint16], times: int) -> dict[str, float]:
    """`cancel_p50_ms`, `cancel_p90_ms` and `cancel_max_ms` of `times` renders of `plate` (H, W, 4; written to)."""
    whole = [_whole(session, _request(session, twin, use, plate, -turn)) for turn in (1, 2)][-1]
    waited = []
    for turn in range(times):
        request = _request(session, twin, use, plate, turn + 1)
        taken = _cancelled(session, request, after=whole * (turn + 0.5) / times)
        session.pixels.release(request.plate)
        waited += [] if taken is None else [taken * 1e3]
    return {
        "cancel_p50_ms": percentile(waited, 50),
        "cancel_p90_ms": percentile(waited, 90),
        "cancel_max_ms": max(waited),
    }


def _request(session: Session, twin: str, use: Use, plate: NDArray[np.uint16], number: int) -> RenderRequest:
    """For all layers of `plate`, which the `number` in its first pixel makes another."""
    plate[0, 0, :3] = number % 65536
    height, width = plate.shape[:2]
    sent = session.pixels.put(plate.data, width=width, height=height, depth="u16", channels="RGBA")
    time.sleep(PAUSE_SECONDS)
    return RenderRequest(
        plate=sent, twin=twin, use=use, layers=("composite", "flat", "matte", *NAMES), cropped=True
    )


def _whole(session: Session, request: RenderRequest) -> float:
    """Seconds of a render that nobody cancels."""
    begun = time.perf_counter()
    result = session.render(request)
    taken = time.perf_counter() - begun
    for pixels in (request.plate, *result.layers.values()):
        session.pixels.release(pixels)
    return taken


def _cancelled(session: Session, request: RenderRequest, *, after: float) -> float | None:
    """Seconds from a cancel, `after` seconds into the render, to its end; None when it was done before."""
    at: list[float] = []

    def cancel() -> None:
        at.append(time.perf_counter())
        session.cancel()

    timer = threading.Timer(after, cancel)
    timer.start()
    try:
        result = session.render(request)
    except CancelledError:
        return time.perf_counter() - at[0]
    finally:
        timer.cancel()
        timer.join()
    for pixels in result.layers.values():
        session.pixels.release(pixels)
    return None
