"""Every kernel says what the reference says, and the graph is the one that its builder builds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from sosie.errors import ModelError, SetupError
from sosie.graphs.likeness import write
from sosie.models import ModelStore
from sosie.render import reference
from sosie.render.kernel import Kernel, KernelPlugin, ReferenceKernel
from sosie.render.kernel_cpu import CpuKernel
from sosie.render.kernel_onnx import CPU, CUDA, GRAPH, OnnxKernel
from sosie.render.proof import made_up
from sosie.render.scale import RATIOS

COMMITTED = ModelStore.default().root / GRAPH


@pytest.mark.parametrize("ratio", RATIOS[:7])
def test_the_cpu_s_kernel_equals_the_reference(ratio: Fraction) -> None:
    fed = made_up(96, 144, ratio)
    np.testing.assert_allclose(CpuKernel().run(fed), reference.run(fed), atol=2e-5)


@pytest.mark.parametrize("ratio", RATIOS[1:5])
@pytest.mark.parametrize("kernel", [CpuKernel(), OnnxKernel(COMMITTED, CPU)], ids=["cpu", "graph"])
def test_a_tile_may_begin_within_a_coarse_pixel(ratio: Fraction, kernel: Kernel) -> None:
    fed = made_up(96, 144, ratio, inset=(1, 2))
    np.testing.assert_allclose(kernel.run(fed), reference.run(fed), atol=1e-4)


@pytest.mark.parametrize("ratio", RATIOS[:4])
@pytest.mark.parametrize("place", [(0.1, 0.2), (0.5, 0.4), (0.95, 0.9)])
def test_a_small_matte_acts_as_far_as_in_the_reference(ratio: Fraction, place: tuple[float, float]) -> None:
    """The likeness is made near its matte only; its bands reach further than it does."""
    fed = made_up(240, 288, ratio, inset=(2 % ratio.numerator, 1 % ratio.numerator))
    matte = np.zeros_like(fed.matte)
    y, x = (int(part * side) for part, side in zip(place, matte.shape, strict=True))
    matte[y : y + 5, x : x + 4] = 1
    fed = replace(fed, matte=matte)
    # A place 300 pixels away is known to 3e-5 of a pixel in float32, and the plate is noise.
    np.testing.assert_allclose(CpuKernel().run(fed), reference.run(fed), atol=1e-4)


@pytest.mark.parametrize("still", ["shift", "matte", "tone", "grain"])
def test_passes_that_are_left_out_would_have_changed_nothing(still: str) -> None:
    fed = made_up(64, 88)
    idle = {"tone": np.ones_like(fed.tone), "grain": np.zeros((1, 1), np.float32)}
    fed = replace(fed, strength=1.0, **{still: idle.get(still, np.zeros_like(getattr(fed, still)))})
    before = fed.plate.copy()
    np.testing.assert_allclose(CpuKernel().run(fed), reference.run(fed), atol=2e-5)
    np.testing.assert_array_equal(fed.plate, before)


@pytest.mark.parametrize("ratio", RATIOS[:4])
def test_the_graph_equals_the_reference(ratio: Fraction) -> None:
    fed = made_up(96, 144, ratio)
    kernel = OnnxKernel(COMMITTED, CPU)
    assert kernel.provider == CPU
    np.testing.assert_allclose(kernel.run(fed), reference.run(fed), atol=1e-4)


def test_committed_graph_is_the_builders(tmp_path: Path) -> None:
    for built in write(tmp_path):
        assert built.read_bytes() == COMMITTED.with_name(built.name).read_bytes()


def test_strength_zero_is_the_plate() -> None:
    fed = replace(made_up(32, 32), strength=0.0)
    np.testing.assert_array_equal(ReferenceKernel().run(fed), fed.under)


def test_without_matte_relief_and_tone_nothing_changes() -> None:
    fed = made_up(32, 40)
    idle = {"shift": 0, "matte": 0, "tone": 1}
    fed = replace(fed, **{name: np.full_like(getattr(fed, name), value) for name, value in idle.items()})
    np.testing.assert_allclose(reference.run(fed), fed.under, atol=1e-5)


def test_a_provider_that_is_not_there_is_said() -> None:
    import onnxruntime

    if CUDA in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    with pytest.raises(SetupError, match="CUDA"):
        OnnxKernel(COMMITTED, CUDA)
    with pytest.raises(ModelError):
        OnnxKernel(Path("nowhere.onnx"), CPU)


def test_the_best_kernel_of_this_machine_comes_with_sosie() -> None:
    kernels = sorted(KernelPlugin().sosie_kernels(frozenset()), key=lambda one: -one.priority)
    assert [one.provider for one in kernels[-2:]] == ["OpenCV", "numpy"]
