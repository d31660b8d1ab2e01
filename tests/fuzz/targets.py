"""Every parser that takes bytes from outside, each as one function of bytes: it returns, or raises a SosieError."""

from __future__ import annotations

import functools
import hashlib
import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sosie import codec, messages
from sosie.agent import bundles, clock, trust
from sosie.agent.journal import Journal
from sosie.agent.journal_mark import read_mark
from sosie.agent.running import Running
from sosie.client import transport
from sosie.errors import SosieError
from sosie.licence import checkpoint, exchange, journal, jws, keys, root, status
from sosie.licence.documents import Consent, JournalEntry, Lease, Licence, Terms
from sosie.pictures import read_picture
from sosie.provenance import c2pa, seams, timestamp
from sosie.provenance.certificates import Authority, make_authority
from sosie.registry import incoming, paging
from sosie.registry.tables import LicenceRow
from sosie.remote import answers
from sosie.remote.transport import Response
from sosie.twin import twin
from sosie.twin.pack_read import inspect_pack, read_pack

NOW = 1_800_000_000
PACK_KEY = bytes(range(32))
Parse = Callable[[bytes, Path], object]


def signing(name: str) -> Ed25519PrivateKey:
    """The key the corpus was signed with."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _token(data: bytes, _: Path) -> object:
    return jws.verify(_text(data), Licence, [signing("licence").public_key()])


def _header(data: bytes, _: Path) -> object:
    return jws.read_header(_text(data), Consent)


def _documents(data: bytes, _: Path) -> object:
    for kind in (Consent, Terms, Licence, Lease, JournalEntry):
        try:
            kind.parse(data)
        except SosieError as error:
            last = error
    raise last


def _checkpoint(data: bytes, _: Path) -> object:
    return checkpoint.verify(_text(data), origin="test-registry", key=signing("checkpoint").public_key())


def _status(data: bytes, _: Path) -> object:
    return [status.is_set(data, index) for index in (-1, 0, 7, 131_071, 2**40)]


def _root(data: bytes, _: Path) -> object:
    return root.TrustedRoot.load(data, now=NOW)


def _journal(data: bytes, _: Path) -> object:
    return journal.verify_chain(_text(data).splitlines(), signing("device").public_key(), device="dev_000001")


def _journal_file(data: bytes, folder: Path) -> object:
    path = folder / "journal.jws"
    path.write_bytes(data)
    return Journal(path, device="dev_000001", key=signing("device"), clock=cast("clock.Clock", None))


def _keys(data: bytes, _: Path) -> object:
    return keys.signing_private(b"-----BEGIN PRIVATE KEY-----\n" + data + b"\n-----END PRIVATE KEY-----\n")


def _pack(data: bytes, folder: Path) -> object:
    path = folder / "fuzz.sosie"
    path.write_bytes(data)
    inspect_pack(path)
    return read_pack(path, key=PACK_KEY)


def _figures(data: bytes, _: Path) -> object:
    """What a pack says in words beside its arrays: whoever made the pack wrote it."""
    arrays = {
        name: np.zeros([size or 1 for size in shape], kind) for name, (kind, shape) in twin.ARRAYS.items()
    }
    return twin.Twin.from_sections({**arrays, "thumbnail": b"", "figures": data})


def _wire(data: bytes, _: Path) -> object:
    message = transport.parse(data)
    try:
        return codec.decode(messages.RenderRequest, message)
    except (TypeError, ValueError):  # what the agent answers as `message_invalid`
        return None


def _answer(data: bytes, _: Path) -> object:
    answer = Response(422, {}, data)
    answers.problem(answer)
    return answers.models(answer, exchange.LicenceRecord)


def _picture(data: bytes, folder: Path) -> object:
    path = folder / "fuzz.picture"
    path.write_bytes(data)
    return read_picture(path, max_pixels=1_000_000)


def _incoming(data: bytes, folder: Path) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of damage before it raises
        return incoming.picture(io.BytesIO(data), folder / "incoming")


def _credentials(data: bytes, _: Path) -> object:
    seams.whole(data, c2pa.mime_of(data) or "image/jpeg", "")
    return c2pa.read(data, b"")


def _kept(data: bytes, folder: Path) -> object:
    """What lies on the agent's disk besides the journal; somebody else may have written there."""
    path = folder / "kept"
    path.write_bytes(data)
    harmless = (
        clock.read_mark(path),
        read_mark(path, signing("device").public_key(), device="dev_000001"),
        Running(path).warning,
    )
    try:
        return trust.read_roots(data)
    except SosieError:
        bundle = bundles.read_bundle(data)
    assert all(
        isinstance(token, str) for token in (bundle.consent, bundle.licence, bundle.lease, bundle.checkpoint)
    )
    return harmless, bundle


def _cursor(data: bytes, _: Path) -> object:
    return paging._read(_text(data), (LicenceRow.created_at, LicenceRow.id))


@functools.cache
def _authority() -> Authority:
    return make_authority(NOW)


def _stamp(data: bytes, _: Path) -> object:
    signer = _authority().timestamp_signer()
    return timestamp.respond(data, signer, NOW, serial=lambda: 1), timestamp.genuine(
        data, _authority().anchors_pem
    )


#: Target -> its parser, and the seeds it starts from (names in `corpus/` begin so).
TARGETS: dict[str, tuple[Parse, str]] = {
    "token": (_token, "token"),
    "header": (_header, "token"),
    "documents": (_documents, "document"),
    "checkpoint": (_checkpoint, "checkpoint"),
    "status": (_status, "checkpoint"),
    "root": (_root, "root"),
    "journal": (_journal, "journal"),
    "journal file": (_journal_file, "journal"),
    "keys": (_keys, "key"),
    "pack": (_pack, "pack"),
    "twin's figures": (_figures, "figures"),
    "wire": (_wire, "wire"),
    "answer": (_answer, "answer"),
    "picture": (_picture, "picture"),
    "picture handed in": (_incoming, "picture"),
    "credentials": (_credentials, "signed"),
    "kept by the agent": (_kept, "kept"),
    "cursor": (_cursor, "cursor"),
    "timestamp": (_stamp, "stamp"),
}
