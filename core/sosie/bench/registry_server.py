"""A PostgreSQL server of one's own for a measurement, as Debian's programs start it: `fsync` on, nothing tuned."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Self

from sosie.errors import SetupError


class Server:
    """In a folder, on a socket there and no port; gone at the end."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._user = "postgres" if hasattr(os, "geteuid") and os.geteuid() == 0 else None

    @classmethod
    def find(cls, folder: Path) -> Self | None:
        """The newest that is installed; None without one."""
        known = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
        found = shutil.which("pg_ctl") or (str(known[-1]) if known else None)
        return cls(Path(found).resolve().parent, folder) if found else None

    def __enter__(self) -> str:
        self._folder.mkdir()
        if self._user:  # the server refuses to run as root
            shutil.chown(self._folder, self._user)
        data = str(self._folder / "data")
        self._run("initdb", "-D", data, "-U", "sosie", "-A", "trust", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder}"
        self._run("pg_ctl", "-D", data, "-w", "-l", f"{data}/log", "-o", options, "start")
        self._run("createdb", *self._where(), "pgbench")
        self._run("pgbench", *self._where(), "-q", "-i", "-s", "10", "pgbench")
        return f"postgresql://sosie@/postgres?host={self._folder}"

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")

    def pgbench(self, seconds: int, *, clients: int = 1) -> float:
        """Transactions a second of TPC-B at scale 10, pgbench's own."""
        times = ("-T", str(seconds), "-c", str(clients), "-j", str(clients))
        said = self._run("pgbench", *self._where(), *times, "pgbench")
        rate = re.search(r"^tps = ([0-9.]+)", said, re.MULTILINE)
        if rate is None:
            raise _failed("pgbench", said)
        return float(rate[1])

    def _where(self) -> tuple[str, ...]:
        return ("-h", str(self._folder), "-U", "sosie")

    def _run(self, program: str, *arguments: str) -> str:
        as_user = ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups"]
        # Into a file: the server keeps what it inherits open, and a pipe would never end.
        log = self._folder.with_suffix(".said")
        with log.open("wb") as out:
            done = subprocess.run(  # noqa: S603  # the programs of this machine's own PostgreSQL
                [*(as_user if self._user else []), str(self._programs / program), *arguments],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            )
        said = log.read_text(encoding="utf-8", errors="replace")
        if done.returncode:
            raise _failed(program, said)
        return said


def _failed(program: str, said: str) -> SetupError:
    return SetupError(
        f"{program} failed: {said.strip()[-300:]}",
        remedy="See whether PostgreSQL works on this machine, or remove it: SQLite is measured alone then.",
        code="database_unreachable",
    )
