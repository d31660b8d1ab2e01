"""How the licences for one twin stand: which of them to speak of, and what a seat is told without an active one."""

from __future__ import annotations

from collections.abc import Sequence

from sosie.errors import RefusedError
from sosie.licence import exchange


def foremost(licences: Sequence[exchange.LicenceRecord]) -> exchange.LicenceRecord:
    """Of a twin's licences, oldest first, the one to speak of.

    The first active; else the newest that is suspended, since it can come back; else the newest.
    """
    active = [licence for licence in licences if licence.state == "active"]
    suspended = [licence for licence in licences if licence.state == "suspended"]
    return active[0] if active else (suspended or licences)[-1]


def not_active(twin: str, state: str) -> RefusedError:
    """Why nothing is rendered under a licence in this `state`."""
    return RefusedError(
        f"The licence for twin {twin} is {state}.",
        remedy="Ask your brand: only an active licence renders.",
        code="licence_revoked" if state == "revoked" else "licence_not_active",
    )
