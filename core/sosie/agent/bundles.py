"""A lease on the disk: its signed documents as one JSON object. Nothing here is trusted; `licence.chain` verifies it."""

from __future__ import annotations

import json
from dataclasses import asdict

from sosie.errors import VerificationError
from sosie.licence import keys
from sosie.licence.chain import LeaseBundle


def write_bundle(bundle: LeaseBundle) -> bytes:
    """What `read_bundle` reads."""
    return json.dumps({**asdict(bundle), "status": keys.b64encode(bundle.status)}).encode()


def read_bundle(data: bytes) -> LeaseBundle:
    """A lease as it lies on the disk; raises VerificationError (`document_malformed`)."""
    try:
        value = json.loads(data)
        "".join(value.values())  # every part is text
        return LeaseBundle(**{**value, "status": keys.b64decode(value["status"])})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise VerificationError(
            "This lease cannot be read.",
            remedy="Connect to the registry: a new one is asked for by itself.",
            code="document_malformed",
        ) from error
