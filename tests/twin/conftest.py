"""One capture of the committed people, shared by the tests of this room."""

from pathlib import Path

import pytest

from sosie.faces import Faces
from sosie.twin.capture import Capture, capture


@pytest.fixture(scope="session")
def captured(people: Path, faces: Faces) -> Capture:
    return capture(sorted((people / "captures" / "p04").glob("*.jpg")), faces=faces)
