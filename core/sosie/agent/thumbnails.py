"""Twins' thumbnails: from the open part of a pack, fetched once, kept as small JPEG files.

Only the first bytes of a pack are fetched; its ciphertext and its key are no part of this. What arrives is
decoded, checked to be of that twin and encoded anew, so that a host never opens a stranger's file.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import cv2
import numpy as np

from sosie.errors import PackError, SosieError
from sosie.pictures import Picture, read_picture, write_picture
from sosie.remote.registry import Registry
from sosie.storage import beside
from sosie.twin import pack_format

#: Longest side of a thumbnail, in pixels.
SIDE = 256
#: The longest open part a pack can have.
OPEN_BYTES = pack_format.PREAMBLE.size + pack_format.MAX_HEADER + pack_format.MAX_THUMBNAIL
MAX_PIXELS = 16_000_000


class Thumbnails:
    """JPEG files of twins below `folder`."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self._folder, self._registry = folder, registry
        self._without: set[Path] = set()  # not asked for again while this agent runs

    def fetch(self, twin: str, revision: int) -> None:
        """Have the thumbnail here when the registry gives one; without one a list is still a list."""
        path = self._path(twin, revision)
        if path.exists() or path in self._without:
            return
        try:
            self._make(twin, revision, path)
        except SosieError:
            self._without.add(path)

    def put(self, twin: str, revision: int, folder: Path) -> str:
        """The thumbnail's copy in a session's pixel folder, or "" where none is at hand."""
        path = self._path(twin, revision)
        if not path.exists():
            return ""
        copy = folder / path.name
        if not copy.exists():
            with beside(copy, private=True) as partial:
                shutil.copyfile(path, partial)
        return str(copy)

    def _make(self, twin: str, revision: int, path: Path) -> None:
        data = self._registry.pack_start(twin, revision, OPEN_BYTES)
        header, thumbnail, digest = pack_format.decode_preamble(data[: pack_format.PREAMBLE.size])
        body = data[pack_format.PREAMBLE.size :][: header + thumbnail]
        part = pack_format.decode_open(body[:header], body[header:], digest)
        if (part.header.twin, part.header.revision) != (twin, revision) or not thumbnail:
            raise PackError(f"The pack of twin {twin} has no thumbnail.", remedy="Go on without one.")
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            raw = Path(folder) / "thumbnail"
            raw.write_bytes(body[header:])
            picture = read_picture(raw, max_pixels=MAX_PIXELS)
        if picture.pixels.dtype != np.uint8:
            raise PackError(f"The thumbnail of twin {twin} is not of 8 bits.", remedy="Go on without one.")
        write_picture(path, _small(picture))

    def _path(self, twin: str, revision: int) -> Path:
        """Named by a hash: a registry does not choose file names on this machine."""
        return self._folder / f"{hashlib.sha256(f'{twin} {revision}'.encode()).hexdigest()[:32]}.jpg"


def _small(picture: Picture) -> Picture:
    scale = min(1.0, SIDE / max(picture.width, picture.height))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = cv2.resize(picture.pixels[..., :3], size, interpolation=cv2.INTER_AREA)
    return Picture(np.asarray(small, np.uint8), picture.colour, picture.icc)
