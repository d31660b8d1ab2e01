"""TIFF of every depth, with profile and straight alpha: Pillow writes no 16-bit RGB, OpenCV neither of the two."""

from __future__ import annotations

import io

import tifffile

from sosie.pictures.picture import Picture

ROWS_PER_STRIP = 64
#: Fast rather than small: a 45 megapixel layer is written while somebody waits.
LEVEL = 1


def encode_tiff(picture: Picture) -> bytes:
    """The bytes of a deflated TIFF file with `picture`'s pixels, exactly."""
    sink = io.BytesIO()
    tifffile.imwrite(
        sink,
        picture.pixels,
        photometric="rgb",
        planarconfig="contig",
        extrasamples=["unassalpha"] if picture.pixels.shape[2] == 4 else None,
        compression="zlib",
        compressionargs={"level": LEVEL},
        rowsperstrip=ROWS_PER_STRIP,
        iccprofile=picture.icc,
        metadata=None,
        software=False,
    )
    return sink.getvalue()
