"""dlib's `dlib_face_recognition_resnet_model_v1.dat` -> ONNX, without dlib.

Architecture: dlib's `dnn_face_recognition_ex.cpp` (ResNet-29: 7x7 convolution, max pooling, 14 residual blocks,
global average, 128 outputs without bias). The weights lie in the file in network order, each as a serialised
tensor: a version (2), four dimensions, then little-endian floats; integers are a length byte (top bit: sign) and
that many bytes. Frozen batch normalisation follows each convolution and is folded into it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sosie.errors import ModelError
from sosie.models.convert.graph import GraphBuilder, value

#: Residual groups: filters, blocks, and whether the first block halves the picture.
GROUPS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
INPUT_SIZE = 150
OUTPUTS = 128
#: dlib's `input_rgb_image_sized` subtracts these means and divides by 256.
MEANS = (122.782, 117.001, 104.298)
TENSOR_VERSION = 2


def convert_dlib(source: bytes) -> bytes:
    """The embedder: `image` (N, 3, 150, 150) RGB 0..255 -> `embedding` (N, 128)."""
    weights = _Weights(source)
    net = _Network(GraphBuilder(), weights)
    net.stem()
    for filters, blocks, halves in GROUPS:
        for block in range(blocks):
            net.residual(filters, halve=halves and block == 0)
    return net.head()


@dataclass
class _Network:
    """The graph so far: the current value, its channels and its size in pixels."""

    builder: GraphBuilder
    weights: _Weights
    x: str = "image"
    channels: int = 3
    size: int = INPUT_SIZE

    def stem(self) -> None:
        mean = self.builder.constant(np.array(MEANS, np.float32).reshape(1, 3, 1, 1))
        scale = self.builder.constant(np.float32(256))
        self.x = self.builder.emit("Div", [self.builder.emit("Sub", ["image", mean]), scale])
        self.x, self.channels, self.size = self._convolve(self, 32, kernel=7, stride=2)
        self.x = self.builder.emit("Relu", [self.x])
        self.x = self.builder.emit("MaxPool", [self.x], kernel_shape=[3, 3], strides=[2, 2])
        self.size = (self.size - 3) // 2 + 1

    def residual(self, filters: int, *, halve: bool) -> None:
        first = _Network(self.builder, self.weights, *self._convolve(self, filters, 3, 2 if halve else 1))
        first.x = self.builder.emit("Relu", [first.x])
        second = _Network(self.builder, self.weights, *self._convolve(first, filters, 3, 1))
        skip = _Network(self.builder, self.weights, self.x, self.channels, self.size)
        if halve:
            skip.x = self.builder.emit("AveragePool", [self.x], kernel_shape=[2, 2], strides=[2, 2])
            skip.size = (self.size - 2) // 2 + 1
        # dlib adds tensors of different shapes by taking what is missing as zero.
        self.channels, self.size = max(second.channels, skip.channels), max(second.size, skip.size)
        branches = [branch.padded(self.channels, self.size) for branch in (second, skip)]
        self.x = self.builder.emit("Relu", [self.builder.emit("Add", branches)])

    def padded(self, channels: int, size: int) -> str:
        if (self.channels, self.size) == (channels, size):
            return self.x
        more = size - self.size
        ends = np.array([0, 0, 0, 0, 0, channels - self.channels, more, more], np.int64)
        return self.builder.emit("Pad", [self.x, self.builder.constant(ends)])

    def head(self) -> bytes:
        mean = self.builder.emit("ReduceMean", [self.x], axes=[2, 3], keepdims=0)
        matrix = self.builder.constant(self.weights.take(self.channels * OUTPUTS).reshape(-1, OUTPUTS))
        self.builder.emit("MatMul", [mean, matrix], output="embedding")
        return self.builder.model(
            "dlib_face_recognition_resnet_v1",
            [value("image", ["N", 3, INPUT_SIZE, INPUT_SIZE])],
            [value("embedding", ["N", OUTPUTS])],
        )

    def _convolve(self, source: _Network, filters: int, kernel: int, stride: int) -> tuple[str, int, int]:
        """A convolution with its normalisation folded in; dlib pads only where the stride is 1."""
        count = filters * source.channels * kernel * kernel
        tensor, affine = self.weights.take(count + filters), self.weights.take(2 * filters)
        gain, offset = affine[:filters], affine[filters:]
        kernels = tensor[:count].reshape(filters, source.channels, kernel, kernel) * gain[:, None, None, None]
        pad = kernel // 2 if stride == 1 else 0
        x = self.builder.emit(
            "Conv",
            [source.x, self.builder.constant(kernels), self.builder.constant(tensor[count:] * gain + offset)],
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[pad] * 4,
        )
        return x, filters, (source.size + 2 * pad - kernel) // stride + 1


class _Weights:
    """The file's tensors in order, each found by its header and its known number of values."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._at = 0

    def take(self, count: int) -> NDArray[np.float32]:
        """The next tensor with `count` values, flat."""
        for start in range(self._at, len(self._source) - 4 * count):
            begin = self._tensor_data(start, count)
            if begin is None:
                continue
            values = np.frombuffer(self._source, "<f4", count, begin)
            if np.isfinite(values).all() and 1e-6 < np.abs(values).max() < 1e4:
                self._at = begin + 4 * count
                return values
        raise ModelError(
            f"The dlib network has no tensor of {count} values where one belongs.", code="model_corrupt"
        )

    def _tensor_data(self, start: int, count: int) -> int | None:
        """Where the values begin, when a tensor of `count` values starts at `start`."""
        header = self._integers(start)
        version = next(header, None)
        if version is None or version[0] != TENSOR_VERSION:
            return None
        dimensions = [item for _, item in zip(range(4), header, strict=False)]
        sizes = [n for n, _ in dimensions]
        if len(sizes) == 4 and min(sizes) > 0 and math.prod(sizes) == count:
            return dimensions[-1][1]
        return None

    def _integers(self, at: int) -> Iterator[tuple[int, int]]:
        """Dlib's serialised integers from `at` on, each with the position behind it, until one is malformed."""
        while True:
            head = self._source[at]
            length = head & 0x0F
            if head & 0x70 or not 1 <= length <= 8:
                return
            number = int.from_bytes(self._source[at + 1 : at + 1 + length], "little")
            at += 1 + length
            yield (-number if head & 0x80 else number), at
