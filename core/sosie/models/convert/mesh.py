"""MediaPipe's `geometry_pipeline_metadata_landmarks.binarypb` -> `face_mesh.npz`.

The file is a `mediapipe.face_geometry.GeometryPipelineMetadata`: field 1 the canonical mesh (3: vertex floats
x, y, z, u, v; 4: triangle indices), field 2 repeated: 1 landmark, 2 weight for the Procrustes fit.
Sixty lines of protobuf's wire format spare a dependency on generated code.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

VERTICES = 468
MESH, WEIGHT = 1, 2


def convert_mesh(source: bytes) -> bytes:
    """An npz with V (468, 5) float32 x, y, z (cm, y up, towards the viewer) and u, v (v down); F (898, 3) int32
    triangles; W (468,) float32 Procrustes weights.
    """
    floats: list[float] = []
    triangles: list[int] = []
    weights = np.zeros(VERTICES, np.float32)
    for field, content in _fields(source):
        if field == MESH and isinstance(content, bytes):
            for part, item in _fields(content):
                if part == 3 and isinstance(item, float):
                    floats.append(item)
                elif part == 4 and isinstance(item, int):
                    triangles.append(item)
        elif field == WEIGHT and isinstance(content, bytes):
            entry = dict(_fields(content))
            landmark = entry[1]
            assert isinstance(landmark, int)
            weights[landmark] = entry[2]
    return write_npz(
        {
            "V": np.array(floats, np.float32).reshape(VERTICES, 5),
            "F": np.array(triangles, np.int32).reshape(-1, 3),
            "W": weights,
        }
    )


def write_npz(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """An npz whose bytes depend on nothing but its arrays: fixed date, fixed system, stored."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.create_system = 3
            data = io.BytesIO()
            np.lib.format.write_array(data, array, version=(1, 0), allow_pickle=False)
            archive.writestr(entry, data.getvalue())
    return target.getvalue()


def _fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Field numbers and values: varints as int, 32-bit as float, length-delimited as bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        field, kind = key >> 3, key & 7
        if kind == 0:
            number, at = _varint(message, at)
            yield field, number
        elif kind == 5:
            yield field, struct.unpack_from("<f", message, at)[0]
            at += 4
        else:
            length, at = _varint(message, at)
            yield field, message[at : at + length]
            at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
