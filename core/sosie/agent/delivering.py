"""Delivering: the final picture goes to the registry, the signed file comes back into the client's folder.

The registry decides; nothing is checked twice here. Pixels are encoded as the kind of file that is asked for;
a file the artist already made goes as it is. A licence that asks for approval of each picture answers
`approval_pending`; delivering the same picture again after the approval completes it, and after a no is
`approval_declined` with the talent's reason.
"""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sosie.agent.account import Member
from sosie.agent.evidence import use_sha256
from sosie.agent.jobs import Job
from sosie.agent.journal import Journal
from sosie.agent.plates import read_plate
from sosie.agent.standing import foremost
from sosie.errors import (
    OptionError,
    PictureError,
    RefusedError,
    RegistryError,
    RegistryUnreachableError,
    SosieError,
)
from sosie.licence import canonical, exchange
from sosie.messages import DeliverRequest, Delivery
from sosie.pictures import write_picture
from sosie.remote.registry import Delivered

#: The registry labels the picture and encodes it once more; this first time must not show.
JPEG_QUALITY = 98
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}


#: What was handed in before and is not handed in anew: the registry goes on with it, or says again why not.
RESUMED = {"pending", "approved", "declined", "recorded"}


class Delivering:
    """Delivers for one enrolled machine."""

    def __init__(self, member: Member, journal: Journal) -> None:
        self._member, self._journal = member, journal

    def deliver(self, request: DeliverRequest, job: Job) -> Delivery:
        """Hand in one picture.

        Raises:
            RefusedError: `approval_pending`, or there is no licence for this twin.
            RegistryError: the registry refuses, with its own reason, or cannot be reached.
            OptionError, PictureError: the picture cannot be sent.
        """
        job.progress(0.0, "Preparing the picture")
        licence = self._licence(request.twin)
        picture = self._picture(request, job)
        target = job.pixels.folder / f"{uuid.uuid4().hex}{SUFFIXES[request.mime]}"
        job.progress(0.2, "Sending it to the registry")
        try:
            delivered = self._send(request, licence, picture, target)
        except RegistryUnreachableError:
            raise  # nothing was decided, so there is nothing to write down
        except SosieError as error:
            self._note(request, licence.id, "refused", error.code)
            raise
        record = delivered.record
        if delivered.path is None or record.receipt is None:
            raise RefusedError(
                f"Under this licence the talent approves each picture; this one ({record.id}) now waits for her.",
                remedy="Once she has approved it, deliver the same picture again, unchanged.",
                code="approval_pending",
            )
        job.progress(0.9, "Recording the receipt")
        output = hashlib.sha256(delivered.path.read_bytes()).hexdigest()
        self._note(request, licence.id, "delivered", record.receipt, output)
        return Delivery(
            file=str(delivered.path),
            receipt=record.receipt,
            licence=licence.id,
            twin=request.twin,
            leaf_index=self._member.registry.receipt(record.receipt).leaf_index,
            sha256=output,
            delivered_left=self._member.registry.licence(licence.id).delivered_left,
        )

    def _licence(self, twin: str) -> exchange.LicenceRecord:
        """The `foremost` licence for `twin`: where it is not active, the registry says itself why not."""
        licences = self._member.registry.licences(twin)
        if not licences:
            raise RefusedError(
                f"Your brand has no licence for twin {twin}.",
                remedy="Ask for one: `sosie agent twins` lists the twins you may use.",
                code="licence_missing",
            )
        return foremost(licences)

    def _picture(self, request: DeliverRequest, job: Job) -> Path:
        if (request.picture is None) == (request.file is None) or request.mime not in SUFFIXES:
            raise OptionError(
                "A delivery needs either pixels or a file, and image/jpeg or image/png as its kind.",
                remedy="Update the host's Sosie package.",
            )
        if request.picture is not None:
            path = job.pixels.folder / f"{uuid.uuid4().hex}{SUFFIXES[request.mime]}"
            write_picture(path, read_plate(job.pixels, request.picture), quality=JPEG_QUALITY)
            return path
        path = Path(str(request.file))
        if path.parent != job.pixels.folder or path.is_symlink() or not path.is_file():
            raise PictureError(
                "The picture to deliver does not lie in this session's folder.",
                remedy="Copy it into the session's pixel folder first.",
            )
        return path

    def _send(
        self, request: DeliverRequest, licence: exchange.LicenceRecord, picture: Path, target: Path
    ) -> Delivered:
        registry = self._member.registry
        sent = hashlib.sha256(picture.read_bytes()).hexdigest()
        asked = (licence.id, sent, use_sha256(request.use))
        same = [
            delivery
            for delivery in registry.deliveries()
            if (delivery.licence, delivery.input_sha256, _sha256(delivery.use)) == asked
        ]
        # `signed`: it was delivered, and the answer was lost on the way. It is not paid for twice, and a licence
        # that has ended meanwhile refuses it like a new one.
        resumed = RESUMED | ({"signed"} if licence.state == "active" else set())
        if waiting := [delivery for delivery in same if delivery.state in resumed]:
            return registry.complete_delivery(waiting[0].id, target)
        # The key says which attempt this is, so that one that was held up on the way is no second purchase.
        key = f"deliver-{len(same)}-{canonical.sha256_hex(canonical.canonical(list(asked)))}"
        return registry.deliver(
            picture, licence=licence.id, use=request.use, mime=request.mime, target=target, key=key
        )

    def _note(
        self, request: DeliverRequest, licence: str, op: str, detail: str, output: str | None = None
    ) -> None:
        self._journal.append(
            "delivered" if op == "delivered" else "refused",
            licence=licence,
            twin=request.twin,
            use_sha256=use_sha256(request.use),
            output_sha256=output,
            detail=detail[:200],
        )
        with contextlib.suppress(RegistryError):  # the next contact sends the entries
            self._journal.reconcile(self._member.registry)


def _sha256(use: Mapping[str, Any]) -> str:
    return canonical.sha256_hex(canonical.canonical(use))
