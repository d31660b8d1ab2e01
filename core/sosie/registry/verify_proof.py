"""Check a proof from a Sosie registry with Python alone: no package, no network, nobody to trust.

    python3 verify_proof.py proof.json [KEY]

It checks that the document in the proof is the one whose salted hash is a leaf of the log (RFC 6962), that this leaf is
under the root of the checkpoint, and that the checkpoint is signed (Ed25519, RFC 8032) by the log's key. Without KEY it
trusts the key in the proof and prints it: compare it with the one you noted earlier, or that somebody else was shown.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
#: A point of the curve in extended coordinates (X, Y, Z, T), with x = X/Z, y = Y/Z, xy = T/Z.
_Point = tuple[int, int, int, int]
_ZERO: _Point = (0, 1, 1, 0)


class NotProvenError(Exception):
    """The proof does not hold; the message says where."""


def main(arguments: list[str]) -> int:
    """Exit status 0 only when the proof holds."""
    if len(arguments) not in {1, 2}:
        sys.stderr.write(__doc__ or "")
        return 2
    proof = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    try:
        sys.stdout.write(check(proof, *arguments[1:]))
    except (NotProvenError, KeyError, ValueError, TypeError) as error:
        sys.stderr.write(f"NOT PROVEN: {error}\n")
        return 1
    return 0


def check(proof: dict[str, Any], key: str | None = None) -> str:
    """What the proof shows, for a person to read.

    Raises:
        NotProvenError: a hash or a signature is not what it should be.
    """
    key = key or proof["key"]
    size, root = signed_root(proof["checkpoint"], _bytes(key))
    document, index = _bytes(proof["document"]), int(proof["leaf_index"])
    leaf = _hash(b"\x00", hashlib.sha256(_bytes(proof["salt"]) + document).digest())
    if not 0 <= index < size or climb(leaf, index, size, [_bytes(step) for step in proof["path"]]) != root:
        raise NotProvenError("the document is not the leaf of the log that the proof names")
    time = next(
        line.split()[1] for line in proof["checkpoint"].splitlines() if line.startswith("sosie-time ")
    )
    return (
        f"PROVEN: this {proof['kind']} is leaf {index} of {size} in the log, at Unix time {time}.\n"
        f"Signed by the log's key {key}\n{document.decode()}\n"
    )


def climb(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that `path` leads to from a leaf (RFC 9162, 2.1.3.2)."""
    last, value = size - 1, leaf
    for sibling in path:
        if last == 0:
            raise NotProvenError("the path is too long")
        if index % 2 or index == last:
            value = _hash(b"\x01", sibling, value)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            value = _hash(b"\x01", value, sibling)
        index, last = index // 2, last // 2
    if last:
        raise NotProvenError("the path is too short")
    return value


def signed_root(note: str, key: bytes) -> tuple[int, bytes]:
    """Size and root of a checkpoint (a C2SP signed note) that `key` has signed."""
    body, _, signatures = note.partition("\n\n")
    body += "\n"
    origin, size, root = body.splitlines()[:3]
    for line in signatures.splitlines():
        blob = base64.b64decode(line.rpartition(" ")[2])
        if line.startswith(f"\u2014 {origin} ") and signature_holds(blob[4:], body.encode(), key):
            return int(size), base64.b64decode(root)
    raise NotProvenError("the checkpoint is not signed by this key")


def signature_holds(signature: bytes, message: bytes, key: bytes) -> bool:
    """Ed25519 (RFC 8032, 5.1.7): whether s B = R + h A."""
    nonce, public = _point(signature[:32]), _point(key)
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or len(key) != 32 or nonce is None or public is None or s >= _ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _ORDER
    base = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
    assert base is not None
    left, right = _times(s, base), _add(nonce, _times(h, public))
    return not (
        (left[0] * right[2] - right[0] * left[2]) % _P or (left[1] * right[2] - right[1] * left[2]) % _P
    )


def _point(data: bytes) -> _Point | None:
    """The point with this y and this sign of x (RFC 8032, 5.1.3); None where there is none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x % 2 != sign else x
    return x, y, 1, x * y % _P


def _add(a: _Point, b: _Point) -> _Point:
    """RFC 8032, 5.1.4."""
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    t, z = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, f, g, h = n - m, z - t, z + t, n + m
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(factor: int, point: _Point) -> _Point:
    total = _ZERO
    while factor:
        if factor & 1:
            total = _add(total, point)
        point, factor = _add(point, point), factor >> 1
    return total


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _bytes(text: str) -> bytes:
    """Base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
