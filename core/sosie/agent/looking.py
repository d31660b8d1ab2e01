"""Looking at pictures without drawing: which faces there are, and whether two of them are one person.

No licence is needed to look at one's own picture. Comparing with a twin opens that twin's pack, so the gate is
asked first, as for a render; nothing is journalled because nothing is handed out but a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sosie.agent.jobs import Job
from sosie.agent.plates import read_mask, read_plate
from sosie.client.pixels import size_of
from sosie.errors import OptionError
from sosie.messages import CompareRequest, FaceChoice, FaceInfo, Pixels, Similarity
from sosie.pictures import to_8_bit

if TYPE_CHECKING:
    from sosie.agent.leases import Leases
    from sosie.agent.packs import Packs
    from sosie.faces import Face, Faces

Embedding = NDArray[np.float32]


def list_faces(faces: Faces, picture: Pixels, job: Job) -> list[FaceInfo]:
    """The faces of `picture`, from left to right.

    Raises:
        OptionError: it is no picture of those sides, depth and channels. AgentError: `pixels_invalid`.
    """
    return [_info(face) for face in faces.find(look_at(picture, job))]


def compare(
    request: CompareRequest, job: Job, faces: Faces, licensed: tuple[Leases, Packs] | None
) -> Similarity:
    """How alike two faces are: the L2 distance of their embeddings.

    Args:
        request: exactly one of `other` and `twin` is set.
        job: whose pictures they are.
        faces: the perception pipeline.
        licensed: leases and packs of an enrolled machine; only needed for a twin.

    Raises:
        OptionError: neither or both of `other` and `twin`. FaceNotFoundError: no face where one was chosen.
        RefusedError: the twin is not licensed to this seat.
    """
    from sosie.faces.identity import SAME_PERSON

    if (request.other is None) == (not request.twin):
        raise OptionError(
            "A comparison needs either a second picture or a twin.",
            remedy="Update the host's Sosie package.",
        )
    if request.other is not None:
        second = embedding(faces, request.other, request.other_face, job)
    else:
        assert licensed is not None  # the caller opens them for a twin
        leases, packs = licensed
        second = packs.twin(leases.allow(request.twin, None, 0).verified).identity
    first = embedding(faces, request.picture, request.face, job)
    distance = float(np.linalg.norm(first - second))
    return Similarity(distance, 1 - distance / 2, distance < SAME_PERSON)


def embedding(faces: Faces, picture: Pixels, choice: FaceChoice, job: Job) -> Embedding:
    """(128,) float32: who the chosen face of `picture` is."""
    from sosie.faces import find_one

    rgb = look_at(picture, job)
    mask, like = references(faces, choice, job)
    return faces.embed(rgb, find_one(faces, rgb, choice, mask=mask, like=like))


def references(
    faces: Faces, choice: FaceChoice, job: Job
) -> tuple[NDArray[np.float32] | None, Embedding | None]:
    """The pixels that `choice` names: its mask (H, W) 0 to 1, and who its picture of a person shows (128,)."""
    mask = read_mask(job.pixels, choice.mask) if choice.mask else None
    like = embedding(faces, choice.like, FaceChoice(), job) if choice.like else None
    return mask, like


def look_at(picture: Pixels, job: Job) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 sRGB: what perception sees of a client's picture."""
    size_of(picture)
    return to_8_bit(read_plate(job.pixels, picture))


def _info(face: Face) -> FaceInfo:
    return FaceInfo(
        box=face.box,
        score=face.score,
        yaw=face.pose.yaw,
        pitch=face.pose.pitch,
        roll=face.pose.roll,
        landmarks=tuple((float(x), float(y)) for x, y in face.landmarks[:, :2]),
    )
