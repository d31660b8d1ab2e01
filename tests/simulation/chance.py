"""How much time passes, and how wrong a clock is: mostly little, now and then a lot."""

from __future__ import annotations

import random

DAY = 86_400
#: From here on other people sit at the machines; from there on half of the machines have slept.
BREAK, NIGHT = 600.0, 9_000.0


def some_seconds(rng: random.Random) -> float:
    """Between two steps: seconds while somebody works, then a meeting, then a night or a weekend."""
    kind = rng.random()
    if kind < 0.96:
        return rng.uniform(0, 6)
    if kind < 0.99:
        return rng.uniform(6, BREAK)
    return rng.uniform(BREAK, NIGHT) if kind < 0.997 else rng.uniform(0.3, 2.5) * DAY


def some_offset(rng: random.Random) -> float:
    """A wall clock's error in seconds: none, within the tolerance, hours, weeks."""
    return rng.choice((0.0, rng.uniform(-290, 290), rng.uniform(-2, 2) * 3600, rng.uniform(-30, 30) * DAY))
