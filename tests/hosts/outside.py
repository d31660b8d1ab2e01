"""What a test inside a host can ask of the world outside, where Sosie's own Python is: one request, one answer.

    suspend, resume        the talent's licences for the world's twin
    license SECONDS        one more licence for it, as large as the world's, from now on; answers {"licence"}
    revoke LICENCE         the talent takes it back for good
    kill, start, restart   the world's agent; one that is restarted gives its leases back
    newcomer               a home with an agent that is not signed in; answers {"home", "registry"}
    approve CODE           the brand lets in the machine that shows the code
    verify FILE            what `sosie verify` says of it: {"status", "words"}
    compare RENDER         how far a picture is from the frontal photograph of the world's twin (`likeness.py`)

Requests are JSON lists over a local socket; an answer is an object, {"error"} when it did not work.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Client, Listener
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from tests.hosts.likeness import compare
from tests.hosts.world import PHOTOGRAPHS, QUOTA, World

from sosie.accounts import Accounts
from sosie.client import Session
from sosie.client.discovery import Files
from sosie.demo.world import World as Demo
from sosie.errors import SosieError
from sosie.licence import jws
from sosie.licence.documents import Revocation
from sosie.licence.sign_in import DecideSignIn
from sosie.pictures import read_picture


class Outside:
    """Answers until the block is left."""

    def __init__(self, world: World) -> None:
        self._world = world
        told = json.loads(world.file.read_text("utf-8"))
        self._demo, self._twin = Demo(Path(told["people"])), told["twin"]
        self._people: Accounts = self._demo.people
        self._folder = tempfile.TemporaryDirectory(prefix="sosie-outside-")
        self.address = str(Path(self._folder.name) / "socket")
        self._newcomers: list[Path] = []

    def __enter__(self) -> Self:
        self._listener = Listener(self.address, family="AF_UNIX")
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        Client(self.address, family="AF_UNIX").close()  # wakes the thread, which sees an empty request
        self._listener.close()
        self.do("start")
        self.do("resume")
        for home in self._newcomers:
            self._stop(home)
        self._folder.cleanup()

    def do(self, what: str, *arguments: str) -> dict[str, Any]:
        """Do one of the things above."""
        acts: dict[str, Callable[..., dict[str, Any]]] = {
            "suspend": lambda: self._licence("suspend"),
            "resume": lambda: self._licence("resume"),
            "license": self._license,
            "revoke": self._revoke,
            "kill": self._kill,
            "start": self._start,
            "restart": self._restart,
            "newcomer": self._newcomer,
            "approve": self._approve,
            "verify": self._verify,
            "compare": self._compare,
        }
        return acts[what](*arguments)

    def _serve(self) -> None:
        while True:
            try:
                with self._listener.accept() as connection:
                    request = json.loads(connection.recv_bytes())
                    try:
                        answer = self.do(*request)
                    except (SosieError, OSError, KeyError, TypeError) as error:
                        answer = {"error": str(error)}
                    connection.send_bytes(json.dumps(answer).encode())
            except (OSError, EOFError):
                return

    def _licence(self, event: str) -> dict[str, Any]:
        talent = self._people.registry(self._people.get("talent"))
        wanted = {"suspend": "active", "resume": "suspended"}[event]
        for licence in talent.licences():
            if licence.twin == self._twin and licence.state == wanted:
                talent.change_licence(licence.id, event)
        return {}

    def _license(self, seconds: str) -> dict[str, Any]:
        return {"licence": self._demo.license(self._twin, quota=QUOTA, seconds=int(seconds)).id}

    def _revoke(self, licence: str) -> dict[str, Any]:
        talent = self._people.get("talent")
        document = Revocation(talent=talent.id, licence=licence, reason="breach", signed_at=int(time.time()))
        self._people.registry(talent).revoke(jws.sign(document, self._people.signing_key(talent)))
        return {}

    def _kill(self) -> dict[str, Any]:
        address = Files(self._world.home).address
        os.kill(int(json.loads(address.read_text("utf-8"))["pid"]), signal.SIGKILL)
        return {}

    def _start(self) -> dict[str, Any]:
        with Session.connect("host tests", home=self._world.home) as session:
            return {"pid": session.status().pid}

    def _restart(self) -> dict[str, Any]:
        self._stop(self._world.home)
        return self._start()

    def _newcomer(self) -> dict[str, Any]:
        home = Path(self._folder.name) / f"newcomer-{len(self._newcomers)}"
        self._newcomers.append(home)
        Session.connect("host tests", home=home).close()
        return {"home": str(home), "registry": self._people.get("brand").url}

    def _stop(self, home: Path) -> None:
        with Session.connect("host tests", start=False, home=home) as session:
            session.stop()

    def _approve(self, code: str) -> dict[str, Any]:
        brand = self._people.registry(self._people.get("brand"))
        brand.decide_sign_in(code, DecideSignIn(new_seat="Newcomer"), approve=True)
        return {}

    def _verify(self, file: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "sosie", "verify", file],
            env={**os.environ, "SOSIE_HOME": str(self._world.home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return {"status": done.returncode, "words": done.stdout + done.stderr}

    def _compare(self, render: str) -> dict[str, Any]:
        from sosie.faces import Faces
        from sosie.models import ModelStore

        drawn, taken = (
            np.asarray(read_picture(path).pixels)[..., :3]
            for path in (Path(render), PHOTOGRAPHS / "frontal.jpg")
        )
        return dict(compare(drawn, taken, Faces(ModelStore.default())))
