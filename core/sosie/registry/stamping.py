"""The registry's timestamp authority, for its own signer only.

The C2PA library asks for a timestamp over HTTP, so one is answered on loopback, on a free port, under a path nobody
else knows: a service that stamps anybody's digest would lend its clock to anybody. It starts with the first
delivery and ends with the registry.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509

from sosie.provenance import timestamp
from sosie.provenance.certificates import Authority, ClaimSigner


class Stamping:
    """Signers whose signatures carry the registry's own time."""

    def __init__(
        self, authority: Callable[[], Authority], clock: Callable[[], int], random: Callable[[int], bytes]
    ) -> None:
        self._authority = authority
        self._clock = clock
        self._path = f"/{random(16).hex()}"
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    def claim_signer(self) -> ClaimSigner:
        """The signer of delivered files, with the address of the timestamp service."""
        with self._lock:
            if self._server is None:
                self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
                threading.Thread(target=self._server.serve_forever, name="timestamps", daemon=True).start()
            port = self._server.server_address[1]
        return self._authority().claim_signer(f"http://127.0.0.1:{port}{self._path}")

    def close(self) -> None:
        """End the service; the next signer would start it again."""
        with self._lock:
            if self._server is not None:
                self._server.shutdown()
                self._server.server_close()
                self._server = None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        authority, clock, path = self._authority, self._clock, self._path

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = self.headers.get("Content-Length", "")
                if self.path != path or not length.isdigit() or int(length) > timestamp.MAX_REQUEST:
                    self.send_error(404)
                    return
                signer, request = authority().timestamp_signer(), self.rfile.read(int(length))
                reply = timestamp.respond(request, signer, clock(), serial=x509.random_serial_number)
                self.send_response(200)
                self.send_header("Content-Type", timestamp.RESPONSE_TYPE)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_: object) -> None:
                """Say nothing: deliveries are on record already."""

        return Handler
