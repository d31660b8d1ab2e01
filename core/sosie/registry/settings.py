"""What a registry can be told. Clock and randomness come in here and nowhere else."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sosie.registry.ids import Counter
from sosie.registry.matching import Matcher

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Settings:
    """One registry."""

    data: Path
    #: SQLAlchemy URL; none: a SQLite file in `data`.
    database_url: str | None = None
    #: A word, not a host: the origin of checkpoints, and what a delivered file names.
    name: str = "sosie-registry"
    clock: Callable[[], int] = lambda: int(time.time())
    random: Callable[[int], bytes] = secrets.token_bytes
    #: Looks at enrolment proofs. With one, no person's twin is licensed before she has proved to be the one it shows.
    matcher: Matcher | None = None
    #: The script that exchanges parts of the console's pages. Without one a list is turned by loading its page.
    htmx: Path | None = None
    lease_seconds: int = 900
    code_seconds: int = 86_400
    max_pack_bytes: int = 2_000 * MEGABYTE
    max_picture_bytes: int = 400 * MEGABYTE
    #: A delivered file that anybody has checked in the console: a 24 megapixel PNG and some.
    max_checked_bytes: int = 64 * MEGABYTE
    #: For each caller, on each replica; a studio's machine needs a few a minute.
    requests_per_minute: int = 3_000
    max_body_bytes: int = 2 * MEGABYTE
    _counter: Counter = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def url(self) -> str:
        """The database's SQLAlchemy URL."""
        if self.database_url:
            # Plain `postgresql://` means psycopg 3 here, the only driver this package asks for.
            return self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
        return f"sqlite:///{self.data / 'registry.sqlite'}"

    def new_id(self, prefix: str) -> str:
        """An opaque id, `prefix_` and 24 digits: of this registry's ids, those made later sort later."""
        return f"{prefix}_{self._counter.next(self.clock()):012x}{self.random(6).hex()}"
