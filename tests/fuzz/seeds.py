"""Writes `corpus/`: one valid input or more for each parser, small. `python -m tests.fuzz.seeds`."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import numpy as np
from PIL import Image
from tests.fuzz.targets import NOW, PACK_KEY, signing
from tests.licence import conftest as papers

from sosie import codec, messages
from sosie.licence import jws, keys, root
from sosie.licence.documents import JournalEntry
from sosie.provenance import c2pa
from sosie.provenance.certificates import make_authority
from sosie.twin.pack import TwinHeader, write_pack

_BUNDLE = dict.fromkeys(("lease", "licence", "consent", "checkpoint", "status"), "eyJ9")
_FIGURES = {"views": ["front"], "residual": 1.5, "valid": 0.9, "eye_pixels": 60.0}
#: RFC 3161, 2.4.1: version 1, the SHA-256 of something, and a certificate is asked for.
_STAMP_REQUEST = (
    bytes.fromhex("30390201013031300d060960864801650304020105000420") + bytes(32) + b"\x01\x01\xff"
)
CORPUS = Path(__file__).parent / "corpus"


def main() -> None:
    """Make every seed again; findings that were added by hand stay."""
    consent = papers.make_consent()
    terms = papers.make_terms(consent)
    licence = papers.make_licence(terms)
    first = JournalEntry(
        n=1,
        prev="0" * 64,
        device="dev_000001",
        op="render",
        licence="lic_000001",
        twin="twn_000001",
        wall=NOW,
        mono_ms=1,
    )
    second = first.model_copy(update={"n": 2, "prev": first.sha256()})
    request = messages.RenderRequest(
        plate=messages.Pixels("p", 2, 2, "u8", "RGBA"), twin="twn_000001", use=messages.Use()
    )
    seeds = {
        "token.licence": jws.sign(licence, signing("licence")).encode(),
        "token.consent": jws.sign(consent, signing("talent")).encode(),
        "document.consent": consent.canonical(),
        "document.licence": licence.canonical(),
        "document.lease": papers.make_lease(licence).canonical(),
        "checkpoint.note": papers.make_note().encode(),
        "root.json": root.sign(papers.make_root(), [signing("root")]),
        "journal.jws": b"".join(jws.sign(one, signing("device")).encode() + b"\n" for one in (first, second)),
        "key.body": keys.private_pem(signing("device")).splitlines()[1],
        "wire.json": json.dumps(codec.encode(request)).encode(),
        "figures.deep": b"[" * 20_000,
        "figures.json": json.dumps(_FIGURES).encode(),
        "figures.endless": json.dumps({**_FIGURES, "residual": 10**400}).encode(),
        "answer.json": json.dumps({"items": [{"id": "x"}], "detail": "d", "code": "c"}).encode(),
        "pack.sosie": _pack(),
        **{f"picture.{kind}": _picture(kind) for kind in ("png", "jpeg", "webp", "tiff")},
        "signed.jpeg": _signed(),
        "kept.deep": b"[" * 20_000,
        "kept.lease": json.dumps(_BUNDLE).encode(),
        "kept.lease-of-numbers": json.dumps(dict.fromkeys(_BUNDLE, 1)).encode(),
        "kept.roots": json.dumps(["{}"]).encode(),
        "kept.running": json.dumps({"at": 1.0, "client": "c", "provider": "p", "crashes": 1}).encode(),
        "kept.time": json.dumps({"signed": NOW, "boot": "b", "mono": 1.5}).encode(),
        "kept.time-without-end": b'{"signed": 1e999, "boot": "b", "mono": NaN}',
        "cursor.licences": keys.b64encode(json.dumps([NOW, "lic_000001"]).encode()).encode(),
        "stamp.request": _STAMP_REQUEST,
    }
    CORPUS.mkdir(exist_ok=True)
    for name, data in seeds.items():
        (CORPUS / name).write_bytes(data)


def _picture(kind: str) -> bytes:
    pixels = np.arange(16 * 12 * 3, dtype=np.uint8).reshape(12, 16, 3)
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, kind)
    return target.getvalue()


def _pack() -> bytes:
    path = CORPUS / "pack.sosie"
    header = TwinHeader("twin-1", "talent-1", 1, "ab" * 32, NOW, 16, ("front",))
    sections = {"shape": np.arange(12, dtype=np.float32).reshape(4, 3), "notes": b"any"}
    write_pack(path, header, sections, key=PACK_KEY, thumbnail=_picture("png"), nonce_source=bytes)
    return path.read_bytes()


def _signed() -> bytes:
    now = int(time.time())
    authority = make_authority(now)
    claim = c2pa.DeliveryClaim("lic-1", "rcp-1", "twn-1", 7, "ab" * 32, "eu_icon_modified", "Test", now)
    return c2pa.sign(_picture("jpeg"), "image/jpeg", signer=authority.claim_signer(), claim=claim)


if __name__ == "__main__":
    main()
