"""Pictures on disk: reading, writing, and the way to linear light and back.

What a file is, its bytes say, not its suffix. Its size is checked in the header before memory is taken. Depth,
alpha and colour profile survive a round trip; nothing is converted in silence.
"""

from __future__ import annotations

from sosie.pictures.colour import from_linear, to_8_bit, to_linear
from sosie.pictures.picture import Picture, colours_of
from sosie.pictures.reading import read_picture
from sosie.pictures.writing import write_picture

__all__ = ["Picture", "colours_of", "from_linear", "read_picture", "to_8_bit", "to_linear", "write_picture"]
