"""What stays on a device: textures are sent once, tiles of a known shape go where the last one went, and nothing is mixed up.

The device is the CPU, where recordings mean nothing; the numbers that CUDA would replay are read off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from sosie.errors import ModelError
from sosie.models import ModelStore
from sosie.render import kernel as kernels
from sosie.render import reference
from sosie.render.device import NONE, RECORDINGS, SHAPES, Device
from sosie.render.kernel_cpu import CpuKernel
from sosie.render.kernel_onnx import CPU, CUDA, GRAPH, PLAIN, REPLAYING, OnnxKernel, inputs
from sosie.render.proof import draws_right, made_up
from sosie.render.reference import Array, Feeds

COMMITTED = ModelStore.default().root / GRAPH


class Watched:
    """A real session that notes by which number each run would be replayed."""

    def __init__(self) -> None:
        self.session = onnxruntime.InferenceSession(str(COMMITTED), providers=[CPU])
        self.numbers: list[str] = []

    def io_binding(self) -> Any:
        return self.session.io_binding()

    def run_with_iobinding(self, binding: Any, options: Any) -> None:
        self.numbers.append(options.get_run_config_entry("gpu_graph_id"))
        self.session.run_with_iobinding(binding, options)


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def draw(watched: Watched) -> Callable[[Feeds], Array]:
    device = Device(onnxruntime, watched, "cpu")
    return lambda feeds: device.draw(inputs(feeds), feeds.texture, feeds.size)


def test_the_texture_is_sent_once_for_all_tiles(
    draw: Callable[[Feeds], Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, send = [], onnxruntime.OrtValue.ortvalue_from_numpy
    monkeypatch.setattr(
        onnxruntime.OrtValue,
        "ortvalue_from_numpy",
        lambda array, *where: (sent.append(array), send(array, *where))[1],
    )
    one, other = made_up(32, 32), made_up(32, 48)
    for fed in (one, one, other, one, other):
        np.testing.assert_allclose(draw(fed), reference.run(fed), atol=1e-4)
    assert len(sent) == 2


def test_a_shape_is_recorded_when_it_comes_again(draw: Callable[[Feeds], Array], watched: Watched) -> None:
    one, other = made_up(32, 32), made_up(32, 48)
    first = draw(one)
    before = first.copy()
    for fed in (other, one, one, other):
        draw(fed)
    assert watched.numbers == [NONE, NONE, "1", "1", "2"]
    np.testing.assert_array_equal(first, before)  # a picture that was handed out is nobody's memory


def test_another_texture_is_another_recording(draw: Callable[[Feeds], Array], watched: Watched) -> None:
    one, other = made_up(32, 32, seed=1), made_up(32, 32, seed=2)
    for fed in (one, one, other, other):
        np.testing.assert_allclose(draw(fed), reference.run(fed), atol=1e-4)
    assert watched.numbers == [NONE, "1", NONE, "2"]


def test_memory_and_recordings_are_bounded(draw: Callable[[Feeds], Array], watched: Watched) -> None:
    one = made_up(32, 32)
    shapes = [made_up(32, 32 + 8 * more) for more in range(1, SHAPES + 1)]
    draw(one)
    for fed in shapes:  # each has a texture of its own: the first one's memory is given back
        draw(fed)
    assert draw(one).shape == (32, 32, 3)
    assert set(watched.numbers) == {NONE}
    for _ in range(RECORDINGS + 2):
        for fed in (made_up(32, 32), made_up(32, 40)):
            draw(fed), draw(fed)
    assert max(map(int, watched.numbers)) == RECORDINGS


def test_tiles_of_several_threads_are_not_mixed_up() -> None:
    kernel = OnnxKernel(COMMITTED, CPU)
    tiles = [made_up(64, 64, seed=seed) for seed in range(4)]
    right = [reference.run(fed) for fed in tiles]
    with ThreadPoolExecutor(4) as hands:
        for fed, found in zip(
            range(32), hands.map(lambda n: kernel.run(tiles[n % 4]), range(32)), strict=True
        ):
            np.testing.assert_allclose(found, right[fed % 4], atol=1e-4)


def test_the_proof_replays_what_it_recorded(draw: Callable[[Feeds], Array], watched: Watched) -> None:
    """Else a device's replays would be drawn for people before anything was held against them."""
    assert draws_right(draw)
    assert watched.numbers == [NONE, "1", NONE, "1", "1", NONE]


def test_a_kernel_is_held_against_the_reference() -> None:
    assert draws_right(OnnxKernel(COMMITTED, CPU).run)
    assert draws_right(CpuKernel().run)
    assert not draws_right(lambda feeds: reference.run(feeds) + np.float32(0.01))
    kept: list[Array] = []  # as of a replay that reads the first tile's inputs for ever

    def stale(feeds: Feeds) -> Array:
        kept.append(reference.run(feeds))
        return kept[0] if kept[0].shape == kept[-1].shape else kept[-1]

    assert not draws_right(stale)


@pytest.mark.parametrize(
    ("replayed", "plain", "options"),
    [
        ("right", "right", REPLAYING),
        ("wrong", "right", PLAIN),
        ("breaks", "right", PLAIN),
        ("wrong", "wrong", None),
    ],
)
def test_a_device_that_draws_wrong_is_not_used(
    monkeypatch: pytest.MonkeyPatch, replayed: str, plain: str, options: Mapping[str, str] | None
) -> None:
    class OnCuda:
        name, priority, provider, side = "cuda", 100, CUDA, 1008

        def __init__(self, _: Path, __: str, options: Mapping[str, str]) -> None:
            self.options = options

        def run(self, feeds: Feeds) -> Array:
            manner = replayed if self.options is REPLAYING else plain
            if manner == "breaks":
                raise RuntimeError("operation not permitted when stream is capturing")
            return reference.run(feeds) * np.float32(1 if manner == "right" else 1.1)

    monkeypatch.setattr(kernels, "OnnxKernel", OnCuda)
    best = kernels.KernelPlugin().sosie_kernels(frozenset())[0]
    assert getattr(best, "options", None) is options
    assert kernels.KernelPlugin().sosie_kernels(frozenset({CUDA}))[0].provider == "OpenCV"


def test_what_a_driver_throws_at_the_plain_kernel_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("CUDA failure 700")

    monkeypatch.setattr(kernels, "OnnxKernel", broken)
    with pytest.raises(RuntimeError, match="700"):
        kernels.KernelPlugin().sosie_kernels(frozenset())

    def missing(*_: object) -> None:
        raise ModelError("gone", remedy="Install Sosie again.")

    monkeypatch.setattr(kernels, "OnnxKernel", missing)
    assert kernels.KernelPlugin().sosie_kernels(frozenset())[0].provider == "OpenCV"
