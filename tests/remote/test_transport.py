"""The transport and the typed client against real sockets that behave badly."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sosie.errors import RefusedError, RegistryError, RegistryUnreachableError
from sosie.licence import exchange
from sosie.plugins import Plugins
from sosie.remote.multipart import Multipart
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsPlugin, HttpsTransport, RegistryConfig

Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def server() -> Iterator[Any]:
    """A server whose answer a test sets, and that keeps what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.server.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
            self.server.answer(self)  # type: ignore[attr-defined]

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.server.body = body  # type: ignore[attr-defined]
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    httpd: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.asked, httpd.url = [], f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def says(body: Any, status: int = 200, kind: str = "application/json") -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def client(server: Any, **more: Any) -> Registry:
    return Registry(HttpsTransport(RegistryConfig(url=server.url, token="secret", **more)))


def code(call: Callable[..., Any], *args: Any) -> str:
    with pytest.raises(RegistryError) as caught:
        call(*args)
    assert caught.value.remedy
    return caught.value.code


def test_a_problem_keeps_its_code_and_remedy(server: Any) -> None:
    server.answer = says({"code": "role_refused", "detail": "Not yours.", "remedy": "Ask."}, 403)
    with pytest.raises(RegistryError) as caught:
        client(server).me()
    error = caught.value
    assert (error.code, error.message, error.remedy, error.status) == (
        "role_refused",
        "Not yours.",
        "Ask.",
        403,
    )


def test_a_refusal_is_one_whoever_says_it(server: Any) -> None:
    server.answer = says({"code": "quota_exhausted", "detail": "All used.", "remedy": "Ask."}, 403)
    with pytest.raises(RefusedError) as caught:
        client(server).me()
    assert caught.value.as_dict() == {"code": "quota_exhausted", "message": "All used.", "remedy": "Ask."}
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"[]", b"", b"\xff"])
def test_a_failure_that_is_no_problem_document(server: Any, body: bytes) -> None:
    server.answer = says(body, 502, "text/html")
    assert code(client(server).me) == "registry_problem"


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[]", b"{}", b'{"id": 1}', b"[" * 100_000])
def test_an_answer_that_is_none(server: Any, body: bytes) -> None:
    server.answer = says(body)
    assert code(client(server).me) == "answer_malformed"


def test_a_list_that_is_none(server: Any) -> None:
    server.answer = says({"items": 3})
    assert code(client(server).licences) == "answer_malformed"


def test_nobody_there(server: Any) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(RegistryUnreachableError) as caught:
        client(server).me()
    assert "does not answer" in caught.value.message
    assert "lease" in caught.value.remedy


def test_an_answer_that_breaks_off(server: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"{")
        handler.close_connection = True

    server.answer = answer
    assert code(client(server).me) == "registry_unreachable"


def test_an_answer_that_never_comes(server: Any) -> None:
    gate = threading.Event()
    server.answer = lambda _: gate.wait(5)
    assert code(client(server, timeout=(1.0, 0.2)).me) == "registry_unreachable"
    gate.set()


def test_an_answer_without_end(server: Any, tmp_path: Path) -> None:
    server.answer = says(b" " * 5000)
    assert code(client(server, max_answer_bytes=4000).me) == "answer_too_large"
    transport = HttpsTransport(RegistryConfig(url=server.url, max_answer_bytes=4000))
    with pytest.raises(RegistryError):
        transport.request("GET", "/", save_to=tmp_path / "x")


def test_a_redirect_is_not_followed(server: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://127.0.0.1:9/elsewhere")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.answer = answer
    assert code(client(server).me) == "registry_problem"
    assert len(server.asked) == 1


def test_what_is_sent(server: Any, tmp_path: Path) -> None:
    server.answer = says({"n": 1, "sha256": "0" * 64, "more": "a newer registry says more"})
    assert client(server).post_journal([], key="k").n == 1
    path, headers = server.asked[0]
    assert path == "/v1/journal"
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Idempotency-Key"] == "k"
    assert "secret" not in repr(RegistryConfig(url="http://127.0.0.1:1", token="secret"))
    client(server).post_journal([])
    client(server).post_journal([])
    drawn = [headers["Idempotency-Key"] for _, headers in server.asked[1:]]
    assert len(set(drawn)) == 2


def test_a_download_goes_into_its_file(server: Any, tmp_path: Path) -> None:
    server.answer = says(b"pack", kind="application/octet-stream")
    client(server).download_pack("twn_000001", 2, tmp_path / "p")
    assert (tmp_path / "p").read_bytes() == b"pack"
    assert server.asked[0][0] == "/v1/twins/twn_000001/pack?revision=2"
    server.answer = says({"code": "twin_unknown", "detail": "No.", "remedy": "Check."}, 404)
    assert code(client(server).download_pack, "twn_000001", 2, tmp_path / "q") == "twin_unknown"
    assert not (tmp_path / "q").exists()


def test_a_form_is_streamed_with_its_length(tmp_path: Path) -> None:
    picture = tmp_path / "p.bin"
    picture.write_bytes(bytes(3_000_001))
    with picture.open("rb") as file:
        form = Multipart({"use": '{"é": 1}'}, {"picture": ("p.jpg", file, "image/jpeg")})
        blocks = list(form)
    assert sum(map(len, blocks)) == len(form)
    assert max(map(len, blocks)) == 1 << 20
    assert b'name="picture"; filename="p.jpg"' in b"".join(blocks)


def test_which_addresses_the_built_in_plugin_takes() -> None:
    plugins = Plugins([HttpsPlugin()], entry_points=False)
    for url in ("https://registry.example", "http://127.0.0.1:8787", "http://localhost:1", "http://[::1]:1"):
        transport = plugins.registry(RegistryConfig(url=url))
        assert isinstance(transport, HttpsTransport)
        transport.close()
    for url in ("http://registry.example", "ftp://x", "http://127.0.0.1.example:80", ""):
        assert HttpsPlugin().sosie_registry(RegistryConfig(url=url)) is None


def test_a_problem_while_handing_in(server: Any, tmp_path: Path) -> None:
    from sosie.messages import Use

    picture = tmp_path / "p.jpg"
    picture.write_bytes(b"x" * 10)
    server.answer = says({"code": "consent_revoked", "detail": "Revoked.", "remedy": "Stop."}, 403)

    def deliver() -> Any:
        return client(server).deliver(
            picture, licence="lic_000001", use=Use(), mime="image/jpeg", target=tmp_path / "out.jpg"
        )

    with pytest.raises(RefusedError) as caught:
        deliver()
    assert caught.value.code == "consent_revoked"
    assert b'"purpose": "ecommerce"' in server.body
    record = exchange.DeliveryRecord(
        id="del_1", licence="lic_1", state="pending", use={}, input_sha256="0", width=1, height=1
    )
    server.answer = says(record.model_dump())
    assert deliver().path is None
    assert not (tmp_path / "out.jpg").exists()
    assert io.BytesIO(server.body).readline().startswith(b"--")
