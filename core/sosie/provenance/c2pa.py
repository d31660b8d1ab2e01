"""Content Credentials (C2PA 2): what the registry signs into a delivered file, and reading it back.

Rules:
- Only `Trusted` counts. `Valid` is C2PA's word for "intact, signed by anybody": a stranger reaches it with a
  home-made certificate.
- The first action is `c2pa.opened` with the plate as parent, or `c2pa.created` where no plate came along;
  `c2pa.placed` names the twin, `c2pa.edited` declares `compositeWithTrainedAlgorithmicMedia` (IPTC).
- The twin is named by its id alone: no photograph, thumbnail or personal name of the talent enters the file.
- Training and mining are refused in the file itself (`cawg.training-mining`, CAWG 1.0).
- Nothing is fetched: no remote manifests, no OCSP, no hosts; only a signer's own timestamp address is called.

Everything about c2pa-python's settings is in `_settings`: newer releases rename them.
"""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_type_hints
from urllib.parse import urlsplit

import c2pa

from sosie.errors import InputError, SetupError
from sosie.provenance.certificates import ClaimSigner
from sosie.provenance.findings import Finding, plain

LICENCE_ASSERTION = "org.sosie.likeness-licence"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
MAX_FILE = 1 << 30

State = Literal["Trusted", "Valid", "Invalid", "Absent"]

_USES = ("cawg.data_mining", "cawg.ai_inference", "cawg.ai_training", "cawg.ai_generative_training")


@dataclass(frozen=True)
class DeliveryClaim:
    """What a delivered file says about its licence. Opaque ids and hashes: no personal names."""

    licence: str
    receipt: str
    twin: str
    leaf_index: int  # of the receipt in the registry's log
    consent_sha256: str
    disclosure: str  # as in the licence: eu_icon_modified, eu_icon_generated, text, waived_editorial
    registry: str  # its name, not a host
    delivered_at: int  # Unix seconds, UTC


@dataclass(frozen=True)
class ContentCredentials:
    """What a file's credentials are worth under the given anchors."""

    state: State
    reasons: tuple[Finding, ...]  # empty for a file that is Trusted and names its licence
    claim: DeliveryClaim | None
    signer: str = ""  # organisation in the signing certificate
    signed_at: str = ""  # RFC 3339, from the timestamp; empty without one


def mime_of(data: bytes) -> str | None:
    """Media type by content, never by name: JPEG, PNG, TIFF, WebP, or None."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith((b"II*\0", b"MM\0*")):
        return "image/tiff"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def sign(
    data: bytes, mime: str, *, signer: ClaimSigner, claim: DeliveryClaim, plate: bytes | None = None
) -> bytes:
    """The file with Content Credentials; pixels and other metadata stay as they are.

    Args:
        data: an encoded picture.
        mime: image/jpeg, image/png, image/tiff or image/webp; must be what `data` is.
        signer: chain and key; with a timestamp address, that is called over HTTP.
        claim: goes in as the assertion `org.sosie.likeness-licence`.
        plate: the encoded picture the likeness was placed into; only its hash and its own credentials go in.

    Raises:
        InputError: `data` or `plate` is not a picture of a supported type.
        SetupError: `signing_failed`: an expired certificate, a timestamp service that does not answer, ...
    """
    if mime_of(data) != mime:
        raise InputError(
            f"The file is {mime_of(data) or 'no picture that can be signed'}, not {mime}.",
            remedy="Deliver a JPEG, PNG, TIFF or WebP file under its own media type.",
            code="picture_unreadable",
        )
    hosts = [urlsplit(signer.timestamp_url).hostname] if signer.timestamp_url else []
    target = io.BytesIO()
    try:
        with (
            c2pa.Context.from_dict(_settings(hosts=hosts)) as context,
            c2pa.Builder(json.dumps(_manifest(mime, claim, plate is not None)), context) as builder,
            c2pa.Signer.from_info(
                c2pa.C2paSignerInfo("es256", signer.chain_pem, signer.key_pem, signer.timestamp_url)
            ) as native,
        ):
            if plate is not None:
                _add_plate(builder, plate)
            builder.sign(native, mime, io.BytesIO(data), target)
    except c2pa.C2paError as error:
        raise SetupError(
            f"The file could not be signed: {error}.",
            remedy="Check the registry's certificates, clock and timestamp service, then deliver again.",
            code="signing_failed",
        ) from error
    return target.getvalue()


def read(source: Path | bytes, anchors_pem: bytes) -> ContentCredentials:
    """A file's credentials under `anchors_pem` (root certificates, PEM), without any network.

    Raises:
        InputError: the file cannot be opened or is larger than 1 GiB.
    """
    data = source if isinstance(source, bytes) else load(source)
    mime = mime_of(data)
    if mime is None:
        return ContentCredentials("Absent", (plain("file.unsupported"),), None)
    try:
        with (
            c2pa.Context.from_dict(_settings(anchors_pem)) as context,
            c2pa.Reader(mime, io.BytesIO(data), context=context) as reader,
        ):
            report = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:
        return ContentCredentials("Absent", (plain("manifest.absent"),), None)
    except (c2pa.C2paError, ValueError) as error:
        return ContentCredentials("Invalid", (plain("manifest.unreadable", str(error)),), None)
    return _interpret(report)


def load(path: Path) -> bytes:
    """A file to be checked, whole.

    Raises:
        InputError: it cannot be opened or is larger than 1 GiB.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise InputError(
            f"{path} cannot be opened: {error.strerror}.", remedy="Check the path and its permissions."
        ) from error
    if len(data) > MAX_FILE:
        raise InputError(f"{path} is larger than {MAX_FILE} bytes.", remedy="Check a smaller file.")
    return data


def _settings(anchors_pem: bytes | None = None, hosts: list[str | None] | None = None) -> dict[str, Any]:
    return {
        "version": 1,
        "trust": {"trust_anchors": anchors_pem.decode("ascii", "replace")} if anchors_pem else {},
        # Defaults fetch what a stranger's file names: a way into the network behind a registry.
        "verify": {
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
            "verify_trust": anchors_pem is not None,
        },
        "core": {"allowed_network_hosts": hosts or []},
        # Thumbnails cost 0.3 s and 180 kB on 24 MP and show people who did not ask for it.
        "builder": {"thumbnail": {"enabled": False}},
    }


def _manifest(mime: str, claim: DeliveryClaim, has_plate: bool) -> dict[str, Any]:
    first: dict[str, Any] = (
        {"action": "c2pa.opened", "parameters": {"ingredientIds": ["plate"]}}
        if has_plate
        else {"action": "c2pa.created", "digitalSourceType": COMPOSITE}
    )
    actions = [
        first,
        {"action": "c2pa.placed", "parameters": {"ingredientIds": ["twin"]}},
        {"action": "c2pa.edited", "digitalSourceType": COMPOSITE},
    ]
    return {
        "claim_generator_info": [{"name": "Sosie"}],
        "format": mime,
        "title": claim.receipt,
        "ingredients": [
            {
                "title": claim.twin,
                "format": "application/octet-stream",
                "instance_id": "twin",
                "label": "twin",
                "relationship": "componentOf",
            }
        ],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": actions}},
            {"label": LICENCE_ASSERTION, "data": dataclasses.asdict(claim)},
            {
                "label": "cawg.training-mining",
                "data": {"entries": {use: {"use": "notAllowed"} for use in _USES}},
            },
        ],
    }


def _add_plate(builder: c2pa.Builder, plate: bytes) -> None:
    mime = mime_of(plate)
    if mime is None:
        raise InputError(
            "The plate is no JPEG, PNG, TIFF or WebP file.",
            remedy="Deliver with the plate in one of these formats, or without it.",
            code="picture_unreadable",
        )
    ingredient = {"title": "plate", "instance_id": "plate", "label": "plate", "relationship": "parentOf"}
    builder.add_ingredient(ingredient, mime, io.BytesIO(plate))


def _interpret(report: dict[str, Any]) -> ContentCredentials:
    active = report.get("manifests", {}).get(report.get("active_manifest"), {})
    checks = report.get("validation_results", {}).get("activeManifest", {})
    state = _state(report.get("validation_state"), checks)
    reasons = [] if state == "Trusted" else list(dict.fromkeys(_failures(checks)))
    if state == "Trusted":  # a timestamp that does not hold is no failure to C2PA while the certificate lives
        told = [entry["code"] for entry in checks.get("informational", [])]
        reasons += [plain(code) for code in dict.fromkeys(told) if code.startswith("timeStamp.")]
    claim = _claim(active)
    if claim is None:
        reasons.append(plain("licence.missing"))
    signature = active.get("signature_info", {})
    return ContentCredentials(
        state, tuple(reasons), claim, str(signature.get("issuer", "")), str(signature.get("time", ""))
    )


def _state(overall: object, checks: dict[str, Any]) -> State:
    """The state of what *this registry* signed.

    The library's overall state falls to `Valid` when the plate came with credentials of its own, say a camera's,
    under another root. Those are kept and shown, and take nothing from ours: every check of the active
    manifest still has to hold, the signer's trust included.
    """
    if overall == "Trusted":
        return "Trusted"
    held = {entry["code"] for entry in checks.get("success", [])}
    if overall != "Valid":
        return "Invalid"
    own = not checks.get("failure") and held >= {"signingCredential.trusted", "claimSignature.validated"}
    return "Trusted" if own and held & {"assertion.dataHash.match", "assertion.boxesHash.match"} else "Valid"


def _failures(checks: dict[str, Any]) -> Iterator[Finding]:
    """What keeps a file from being Trusted, in C2PA's order."""
    failures = checks.get("failure", [])
    for entry in failures:
        yield plain(entry["code"], entry.get("explanation", ""))
    if not failures:
        yield plain("signingCredential.untrusted")


def _claim(active: dict[str, Any]) -> DeliveryClaim | None:
    """The licence assertion of the active manifest: exactly one, with exactly its fields and types."""
    found = [
        item["data"] for item in active.get("assertions", []) if item["label"].startswith(LICENCE_ASSERTION)
    ]
    if len(found) != 1 or not isinstance(found[0], dict):
        return None
    kinds = get_type_hints(DeliveryClaim)
    if found[0].keys() != kinds.keys() or any(
        type(found[0][name]) is not kind for name, kind in kinds.items()
    ):
        return None
    return DeliveryClaim(**found[0])
