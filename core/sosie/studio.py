"""What a capture studio does: photographs and a signed consent become a locked pack and its sealed key.

There is no twin without consent: the consent's signature is checked before the first photograph is opened, and
the pack is bound to the consent's hash. The pack's key is random, is sealed to the registry at once, and is kept
nowhere else.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sosie.faces import Faces
from sosie.licence import jws, keys
from sosie.licence.documents import Consent
from sosie.licence.root import TrustedRoot
from sosie.storage import write_file
from sosie.twin.capture import Capture, capture
from sosie.twin.pack import TwinHeader, write_pack

PHOTOGRAPHS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class Commission:
    """What a twin is made for: whose, under which consent, for which registry."""

    twin: str
    revision: int
    consent: str  # the signed consent, a JWS
    talent_key: Ed25519PublicKey
    root: TrustedRoot
    now: int  # Unix seconds


@dataclass(frozen=True)
class PackedTwin:
    """A pack on disk, and everything its upload needs."""

    path: Path
    header: TwinHeader
    sha256: str
    sealed_key: str
    capture: Capture


def make_twin(
    photographs: Sequence[Path],
    out: Path,
    commission: Commission,
    *,
    faces: Faces,
    progress: Callable[[float, str], None],
) -> PackedTwin:
    """Build the twin, write the pack to `out` and the sealed key beside it (`<out>.key`).

    Raises:
        VerificationError: the consent is not signed by this talent.
        CaptureError: the photographs cannot become a twin; it names each rejected one and why.
        SetupError: no room on the disk.
    """
    consent = jws.verify(commission.consent, Consent, [commission.talent_key])
    made = capture(photographs, faces=faces, progress=progress)
    header = TwinHeader(
        twin=commission.twin,
        talent=consent.talent,
        revision=commission.revision,
        consent_sha256=consent.sha256(),
        created_at=commission.now,
        texture_px=made.twin.texture_px,
        views=made.report.views,
    )
    key = secrets.token_bytes(32)
    digest = write_pack(
        out,
        header,
        made.twin.to_sections(),
        key=key,
        thumbnail=made.thumbnail,
        nonce_source=secrets.token_bytes,
    )
    info = keys.pack_info(pack_sha256=digest, consent_sha256=header.consent_sha256)
    sealed = keys.wrap(key, commission.root.pack_key, info=info)
    write_file(sealed_key_path(out), sealed.encode("ascii"))
    return PackedTwin(out, header, digest, sealed, made)


def sealed_key_path(pack: Path) -> Path:
    """Where a pack's sealed key lies; only the registry can open it."""
    return pack.with_name(pack.name + ".key")


def photographs_in(folder: Path) -> list[Path]:
    """The photographs of a folder, by name; a view is recognised by the face's pose, never by the file's name.

    `frontal.uv.png` and the like are ground-truth maps beside a photograph, and are left out.
    """
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in PHOTOGRAPHS and "." not in p.stem)
