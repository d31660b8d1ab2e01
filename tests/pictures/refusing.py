"""What a picture that is refused has to say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sosie.errors import PictureError
from sosie.pictures import read_picture


def refuse(path: Path, code: str, **options: Any) -> PictureError:
    """The error of reading `path`: with a code, numbers or names in the message, and a remedy."""
    with pytest.raises(PictureError) as caught:
        read_picture(path, **options)
    assert caught.value.code == code
    assert path.name in caught.value.message
    assert caught.value.remedy
    return caught.value
