"""What time it is, for a machine whose clock its user can turn back.

Signed times only move forward. Between them the monotonic clock counts; the wall clock may run ahead (a
lease just ends early), but a wall clock well behind the last signed time means: go online.
"""

from __future__ import annotations

from sosie.errors import RefusedError

TOLERANCE_S = 300


def trusted_now(*, wall: int, signed: int, elapsed: int) -> int:
    """The time to check with, in Unix seconds.

    Args:
        wall: what the machine's clock says.
        signed: the highest time any registry document seen here was signed at.
        elapsed: seconds of monotonic clock since that document arrived (0 after a restart).

    Raises:
        RefusedError: `clock_behind`, when the wall clock is more than five minutes behind.
    """
    floor = signed + max(0, elapsed)
    if wall < floor - TOLERANCE_S:
        raise RefusedError(
            f"This machine's clock is {floor - wall} seconds behind the registry's.",
            remedy="Set the clock and connect to the registry again.",
            code="clock_behind",
        )
    return max(wall, floor)
