"""A twin, a plate and kernels, shared by the tests of this room."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Faces, Mesh, face_mesh
from sosie.messages import FaceChoice, RenderOptions
from sosie.models import ModelStore
from sosie.pictures import Picture, read_picture
from sosie.render import Layers, render
from sosie.render.kernel import Kernel, KernelPlugin
from sosie.twin import Twin
from sosie.twin.capture import capture


@pytest.fixture(scope="session")
def twin(people: Path, faces: Faces) -> Twin:
    return capture(sorted((people / "captures" / "p04").glob("*.jpg")), faces=faces).twin


@pytest.fixture(scope="session")
def mesh(store: ModelStore) -> Mesh:
    return face_mesh(store)


@pytest.fixture(scope="session")
def plate(people: Path) -> Picture:
    return read_picture(people / "plates" / "s01" / "plate_p01.webp")


@pytest.fixture(scope="session")
def kernel() -> Kernel:
    return max(KernelPlugin().sosie_kernels(frozenset()), key=lambda one: one.priority)


@pytest.fixture(scope="session")
def onto(twin: Twin, faces: Faces, kernel: Kernel) -> Callable[..., Layers]:
    """Puts the twin onto pixels (H, W, 3): with `options`, and with what else `render` takes."""

    def put(pixels: NDArray[np.uint8], options: RenderOptions | None = None, **more: Any) -> Layers:
        return render(
            Picture(pixels),
            twin,
            faces=faces,
            kernel=kernel,
            choice=FaceChoice(),
            options=options or RenderOptions(),
            **more,
        )

    return put
