"""New keys at a registry of its own process: an agent that works follows, and believes nothing a revoked key says."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from sosie.agent import account
from sosie.agent.work import built_in_plugins
from sosie.demo.world import World
from sosie.errors import VerificationError
from sosie.licence import checkpoint, jws, keys
from sosie.licence.documents import Lease
from sosie.licence.root import TrustedRoot


def rotate(world: World, *words: str) -> int:
    """`sosie registry keys rotate`, as the operator runs it beside the registry; the version that holds now."""
    command = [sys.executable, "-m", "sosie", "registry", "keys", "rotate", *words, "--json"]
    data = world.folder / "registry"
    done = subprocess.run([*command, "--data", str(data)], capture_output=True, text=True, check=True)
    for used in json.loads(done.stdout)["root_keys"]:
        for old in data.glob("root-keys/*.pem"):  # they sign nothing any more
            if old.name[:6] < Path(used).name[:6]:
                old.unlink()
    return int(json.loads(done.stdout)["version"])


def a_minute_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sosie.agent.freshness.REFRESH_SECONDS", 0)


def version_at(office: Any) -> int:
    return account.load(office.home, built_in_plugins()).root.document.version


def lease_of(office: Any, scene: Any) -> str:
    return str(json.loads((office.home.leases / f"{scene.licence.id}.json").read_text())["lease"])


def test_an_agent_goes_on_under_new_keys(
    office: Any, scene: Any, reopen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.render(scene.twin)
    before, start = lease_of(office, scene), version_at(office)
    version = rotate(scene.world, "licence", "root")
    assert version == start + 1
    a_minute_later(monkeypatch)
    office.render(scene.twin)
    assert lease_of(office, scene) == before  # the key before is still trusted: nothing is asked anew
    assert version_at(office) == version
    assert rotate(scene.world, "checkpoint") == version + 1
    office.render(scene.twin)
    again = reopen(office.home.path)
    again.render(scene.twin)
    assert version_at(again) == version + 1


def test_what_a_revoked_key_has_signed_is_given_back(
    office: Any, scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.render(scene.twin)
    before = lease_of(office, scene)
    rotate(scene.world, "licence", "--revoke")
    a_minute_later(monkeypatch)
    office.render(scene.twin)
    after = lease_of(office, scene)
    assert jws.read_header(after, Lease)["kid"] != jws.read_header(before, Lease)["kid"]
    assert office.journal == ["render", "returned", "render"]


def test_a_new_lease_is_believed_before_the_minute_has_passed(office: Any, scene: Any) -> None:
    rotate(scene.world, "licence", "checkpoint", "--revoke")
    office.render(scene.twin)  # its first lease comes from a key the agent has never heard of


class Forger:
    """In front of the registry with its revoked log key: all else is passed on, checkpoints are made up."""

    def __init__(self, url: str, key: Any, root: TrustedRoot, *, roots: bool) -> None:
        self._url, self._key, self._root, self._roots = url, key, root, roots

    def __enter__(self) -> str:
        forger = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {"Authorization": self.headers.get("Authorization", "")}
                real = requests.get(forger._url + self.path, headers=headers, timeout=10)
                status, body = real.status_code, real.content
                if self.path.startswith("/v1/roots/") and not forger._roots:
                    status, body = 404, b"{}"
                if self.path == "/v1/checkpoint":
                    root = forger._root
                    words = checkpoint.verify(body.decode(), origin=root.registry, key=root.checkpoint_key)
                    body = checkpoint.sign(words, forger._key).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def old_log_key(scene: Any) -> Any:
    data = scene.world.folder / "registry" / "keys"
    newest = max(data.glob("checkpoint-*.pem"), key=lambda path: int(path.stem.split("-")[1]))
    return keys.signing_private(newest.read_bytes())


@pytest.mark.parametrize("roots", [True, False])
def test_a_revoked_log_key_is_refused(
    office: Any, scene: Any, reopen: Any, old_log_key: Any, roots: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the roots in sight, and with a thief who hides them from a machine that has seen the new one."""
    office.render(scene.twin)
    rotate(scene.world, "checkpoint", "--revoke")
    a_minute_later(monkeypatch)
    if not roots:
        office.render(scene.twin)
    found = json.loads(office.home.account.read_text())
    with Forger(found["url"], old_log_key, scene.world.root(), roots=roots) as url:
        office.home.account.write_text(json.dumps({**found, "url": url}))
        again = reopen(office.home.path)
        with pytest.raises(VerificationError) as caught:
            again.render(scene.twin)
    assert caught.value.code == "signature_invalid"
