"""Our timestamps: two strangers' verifiers accept them, and they keep a file trusted after its certificate ends."""

import hashlib
import http.server
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from sosie.provenance import c2pa, certificates, seams, timestamp
from sosie.provenance.c2pa import DeliveryClaim
from sosie.provenance.certificates import Authority, make_authority

Encode = Callable[..., bytes]
AUTHORITY = make_authority(1_790_000_000)  # for Hypothesis, which takes no fixtures of ours


@pytest.fixture(scope="module")
def service(authority: Authority) -> Iterator[str]:
    """The authority's timestamp service on a loopback port: what the registry mounts."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            reply = answer(request, authority)
            self.send_response(200)
            self.send_header("Content-Type", timestamp.RESPONSE_TYPE)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/tsa"
        server.shutdown()


def answer(request: bytes, authority: Authority) -> bytes:
    return timestamp.respond(
        request, authority.timestamp_signer(), int(time.time()), serial=x509.random_serial_number
    )


def request(
    digest: bytes, *, oid: str = "0609608648016503040201", nonce: str = "020105", tail: str = "0101ff"
) -> bytes:
    algorithm = timestamp._sequence(bytes.fromhex(oid))
    imprint = timestamp._sequence(algorithm, timestamp._octets(digest))
    return timestamp._sequence(bytes.fromhex("020101"), imprint, bytes.fromhex(nonce + tail))


# --- strangers accept it --------------------------------------------------------------------------------------------


def test_openssl_verifies_our_token_and_refuses_it_for_other_data(
    tmp_path: Path, authority: Authority
) -> None:
    if shutil.which("openssl") is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("NOT TESTED: openssl, the independent verifier, is not installed")
    data, query, reply, roots, middle = (
        tmp_path / name for name in ("data", "query", "reply", "roots", "middle")
    )
    data.write_bytes(b"a picture")
    roots.write_bytes(authority.anchors_pem)
    middle.write_bytes(authority.intermediate_pem)

    def openssl(*words: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["openssl", "ts", *map(str, words)], capture_output=True, check=False)

    assert openssl("-query", "-data", data, "-sha256", "-cert", "-out", query).returncode == 0
    reply.write_bytes(answer(query.read_bytes(), authority))
    check = ("-verify", "-in", reply, "-CAfile", roots, "-untrusted", middle)
    good = openssl(*check, "-queryfile", query)
    assert good.returncode == 0, good.stderr
    data.write_bytes(b"another picture")
    assert openssl(*check, "-data", data).returncode != 0


def test_c2pa_trusts_our_timestamp(
    service: str, authority: Authority, claim: DeliveryClaim, encode: Encode
) -> None:
    signed = c2pa.sign(encode("PNG"), "image/png", signer=authority.claim_signer(service), claim=claim)
    found = c2pa.read(signed, authority.anchors_pem)
    assert (found.state, found.reasons) == ("Trusted", ())
    assert found.signed_at.startswith("20")
    assert seams.whole(signed, "image/png", authority.anchors_pem)


def test_a_timestamped_file_outlives_its_certificate(
    service: str, authority: Authority, claim: DeliveryClaim, encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A claim certificate with three seconds to live; the timestamp service keeps its own.
    monkeypatch.setattr(certificates, "CLAIM_LIFE", certificates.SKEW + timedelta(seconds=3))
    brief = authority.renew(int(time.time()))
    with_time = c2pa.sign(encode("PNG"), "image/png", signer=brief.claim_signer(service), claim=claim)
    without = c2pa.sign(encode("PNG"), "image/png", signer=brief.claim_signer(), claim=claim)
    assert c2pa.read(without, authority.anchors_pem).state == "Trusted"
    time.sleep(max(0.0, brief.claim_expires() + 1.5 - time.time()))
    assert c2pa.read(with_time, authority.anchors_pem).state == "Trusted"
    ended = c2pa.read(without, authority.anchors_pem)
    assert ended.state == "Invalid"
    assert "signingCredential.expired" in [finding.code for finding in ended.reasons]


def test_no_byte_of_a_timestamped_file_can_be_changed(
    service: str, authority: Authority, claim: DeliveryClaim, encode: Encode
) -> None:
    signed = c2pa.sign(
        encode("WEBP", (40, 30)), "image/webp", signer=authority.claim_signer(service), claim=claim
    )
    start = signed.index(b"sigTst2")
    assert seams.whole(signed, "image/webp", authority.anchors_pem)
    for number, at in enumerate(range(start, len(signed))):
        changed = bytearray(signed)
        changed[at] ^= 1 << (number % 8)
        data = bytes(changed)
        if seams.whole(data, "image/webp", authority.anchors_pem):
            found = c2pa.read(data, authority.anchors_pem)
            assert found.state != "Trusted" or found.reasons, at


# --- tokens ---------------------------------------------------------------------------------------------------------


def token_of(reply: bytes) -> bytes:
    return timestamp._children(reply)[1]


def test_a_token_is_genuine_under_its_own_root_only(authority: Authority, stranger: Authority) -> None:
    token = token_of(answer(request(bytes(32)), authority))
    assert timestamp.genuine(token, authority.anchors_pem)
    assert not timestamp.genuine(token, stranger.anchors_pem)
    assert not timestamp.genuine(token + b"\0", authority.anchors_pem)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # cryptography's word on a flipped serial number
def test_every_changed_byte_of_a_token_is_found(authority: Authority) -> None:
    token = token_of(answer(request(bytes(32)), authority))
    for at in range(len(token)):
        changed = bytearray(token)
        changed[at] ^= 1 << (at % 8)
        assert not timestamp.genuine(bytes(changed), authority.anchors_pem), at


@pytest.mark.parametrize(
    ("oid", "size"),
    [("0609608648016503040201", 32), ("0609608648016503040202", 48), ("0609608648016503040203", 64)],
)
def test_the_digest_and_the_nonce_come_back(authority: Authority, oid: str, size: int) -> None:
    digest = hashlib.shake_256(b"x").digest(size)
    reply = answer(request(digest, oid=oid, nonce="02080a0b0c0d01020304"), authority)
    assert digest in reply
    assert bytes.fromhex("02080a0b0c0d01020304") in reply


def test_certificates_come_only_when_asked_for(authority: Authority) -> None:
    with_chain, without = (answer(request(bytes(32), tail=tail), authority) for tail in ("0101ff", ""))
    assert len(with_chain) > len(without) + 800


@pytest.mark.parametrize(
    ("bad", "bit"),
    [
        (b"", 5),
        (b"junk", 5),
        (bytes(5_000), 5),
        (request(bytes(32)) + b"\0", 5),
        (request(bytes(20)), 0),
        (request(bytes(20), oid="06052b0e03021a"), 0),  # SHA-1
        (request(bytes(32)).replace(b"\x02\x01\x01", b"\x02\x01\x02", 1), 2),
        (request(bytes(32), nonce="06022a03" + "020105"), 15),  # a policy of one's own
    ],
)
def test_what_is_refused_says_why(authority: Authority, bad: bytes, bit: int) -> None:
    status = timestamp._children(timestamp._children(answer(bad, authority))[0])
    assert status[0] == b"\x02\x01\x02"  # rejection
    bits = status[1][3:]
    assert [n for n in range(8 * len(bits)) if bits[n // 8] & (0x80 >> n % 8)] == [bit]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100))
def test_random_requests_never_crash_it(noise: bytes) -> None:
    assert answer(noise, AUTHORITY).startswith(b"\x30")
    assert not timestamp.genuine(noise, AUTHORITY.anchors_pem)
