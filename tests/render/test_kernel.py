"""The graph says what the reference says, and is the one that its builder builds."""

from pathlib import Path

import numpy as np
import pytest

from sosie.errors import ModelError, SetupError
from sosie.graphs.likeness import NAME, write
from sosie.models import ModelStore
from sosie.render import reference
from sosie.render.kernel import CPU, CUDA, OnnxKernel, ReferenceKernel

GRAPH = ModelStore.default().root / "graphs" / NAME


def feeds(height: int, width: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    shapes = {"plate": 3, "tone": 3, "light": 3, "gloss": 3, "grain": 1, "matte": 1}
    made = {name: random.random((1, c, height, width), np.float32) for name, c in shapes.items()}
    made["relief"] = random.uniform(-1.1, 1.1, (1, height, width, 2)).astype(np.float32)
    made["uv"] = random.uniform(-1.1, 1.1, (1, height, width, 2)).astype(np.float32)
    made["texture"] = random.random((1, 3, 64, 48), np.float32)
    made["strength"] = np.ones(1, np.float32)
    return made


@pytest.mark.parametrize("size", [(64, 64), (120, 88)])
def test_cpu_graph_equals_the_reference(size: tuple[int, int]) -> None:
    fed = feeds(*size)
    kernel = OnnxKernel(GRAPH, CPU)
    assert kernel.provider == CPU
    truth, found = reference.run(fed), kernel.run(fed)
    for name in truth:
        np.testing.assert_allclose(found[name], truth[name], atol=2e-5)


def test_committed_graph_is_the_builders(tmp_path: Path) -> None:
    assert write(tmp_path).read_bytes() == GRAPH.read_bytes()


def test_strength_zero_is_the_plate() -> None:
    fed = {**feeds(32, 32), "strength": np.zeros(1, np.float32)}
    np.testing.assert_array_equal(ReferenceKernel().run(fed)["composite"], fed["plate"])


def test_without_matte_relief_and_tone_nothing_changes() -> None:
    fed = feeds(32, 40)
    rows, columns = np.mgrid[:32, :40].astype(np.float32) + 0.5
    fed["relief"] = np.stack([columns / 40 * 2 - 1, rows / 32 * 2 - 1], -1)[None].astype(np.float32)
    fed["tone"] = np.ones_like(fed["tone"])
    fed["matte"] = np.zeros_like(fed["matte"])
    np.testing.assert_allclose(reference.run(fed)["composite"], fed["plate"], atol=1e-5)


def test_a_provider_that_is_not_there_is_said() -> None:
    import onnxruntime

    if CUDA in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    with pytest.raises(SetupError, match="CUDA"):
        OnnxKernel(GRAPH, CUDA)
    with pytest.raises(ModelError):
        OnnxKernel(Path("nowhere.onnx"), CPU)
