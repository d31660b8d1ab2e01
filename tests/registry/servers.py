"""The servers of these tests: a PostgreSQL of our own, and the registry in a thread."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from sosie.registry.serve import serve
from sosie.registry.settings import Settings


class postgres:  # noqa: N801  # used like a function
    """Debian's PostgreSQL in a folder, on a socket there and no port; skipped loudly, required in CI."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> str:
        found = shutil.which("pg_ctl") or next(
            iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))), None
        )
        user = "postgres" if os.geteuid() == 0 else None
        if found is None:
            self._skip("no PostgreSQL server on this machine (pg_ctl is not found)")
        self._ctl = str(Path(str(found)).resolve())
        if not (Path(self._ctl).parent / "initdb").exists():
            self._ctl = str(max(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")))
        self._folder.chmod(0o755)
        self._data = self._folder / "data"
        self._data.mkdir()
        if user:
            shutil.chown(self._data, user)
        self._prefix = ["setpriv", f"--reuid={user}", "--regid=postgres", "--clear-groups"] if user else []
        bin_folder = Path(self._ctl).parent
        self._run(
            [
                str(bin_folder / "initdb"),
                "-D",
                str(self._data),
                "-U",
                "sosie",
                "-A",
                "trust",
                "--no-sync",
                "-E",
                "UTF8",
            ]
        )
        options = f"-c fsync=off -c listen_addresses='' -c unix_socket_directories={self._data}"
        self._run(
            [self._ctl, "-D", str(self._data), "-w", "-l", str(self._data / "log"), "-o", options, "start"]
        )
        return f"postgresql://sosie@/postgres?host={self._data}"

    def __exit__(self, *_: object) -> None:
        self._run([self._ctl, "-D", str(self._data), "-m", "immediate", "stop"])

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(
            self._prefix + command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
            text=True,
        )
        if done.returncode:
            self._skip(f"PostgreSQL does not start here: {done.stderr.strip()[-300:]}")

    def _skip(self, why: str) -> None:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs PostgreSQL: {why}")
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {why}")


class running:  # noqa: N801  # used like a function
    """`serve` in a thread; yields its address."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._url = ""
        self._failure: BaseException | None = None

    def __enter__(self) -> str:
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(60), "the registry did not start"
        if self._failure:
            raise self._failure
        return self._url

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), "the registry did not stop"

    def _serve(self) -> None:
        def ready(url: str) -> None:
            self._url = url
            self._ready.set()

        try:
            serve(self._settings.data, port=0, ready=ready, stop=self._stop, settings=self._settings)
        except BaseException as error:  # noqa: BLE001  # handed to the thread that waits
            self._failure = error
            self._ready.set()


def fresh(url: str | None) -> str | None:
    """An empty database on the server of `url`."""
    if url is None:
        return None
    import psycopg

    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    return url.replace("/postgres?", f"/{name}?")
