"""What each TFLite operator is in ONNX.

Source: TensorFlow Lite's `schema.fbs` (options) and its reference kernels (padding). `Operation` gives a rule its
inputs as ONNX values or constants; the rule returns the ONNX value it made.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import tflite
from numpy.typing import NDArray

from sosie.errors import ModelError
from sosie.models.convert.graph import GraphBuilder

if TYPE_CHECKING:
    from sosie.models.convert.tflite import Tensors

PADDING_VALID = 1
RELU, RELU6, TANH = 1, 3, 4


@dataclass(frozen=True)
class Operation:
    """One operator of the subgraph."""

    operator: Any
    inputs: list[int]
    output: int
    tensors: Tensors

    @property
    def builder(self) -> GraphBuilder:
        return self.tensors.builder

    def options(self, kind: type[Any]) -> Any:
        """The operator's options, read as `kind`."""
        table = self.operator.BuiltinOptions()
        options = kind()
        options.Init(table.Bytes, table.Pos)
        return options

    def value(self, position: int = 0) -> str:
        return self.tensors.value(self.inputs[position])

    def constant(self, position: int) -> NDArray[Any]:
        return self.tensors.constants[self.inputs[position]]

    def shape(self, position: int = 0) -> list[int]:
        return self.tensors.shape(self.inputs[position])

    def emit(self, op: str, *inputs: str, **attributes: Any) -> str:
        return self.builder.emit(op, inputs, **attributes)

    def channels_first(self, value: str) -> str:
        return self.emit("Transpose", value, perm=[0, 3, 1, 2])

    def channels_last(self, value: str) -> str:
        return self.emit("Transpose", value, perm=[0, 2, 3, 1])

    def weights(self, position: int, axes: tuple[int, ...]) -> str:
        return self.builder.constant(self.constant(position).astype(np.float32).transpose(axes))

    def bias(self) -> list[str]:
        if len(self.inputs) < 3 or self.inputs[2] < 0:
            return []
        return [self.builder.constant(self.constant(2).astype(np.float32))]

    def activate(self, value: str, activation: int) -> str:
        if activation == 0:
            return value
        if activation == RELU:
            return self.emit("Relu", value)
        if activation == RELU6:
            low, high = (self.builder.constant(np.float32(limit)) for limit in (0, 6))
            return self.emit("Clip", value, low, high)
        if activation == TANH:
            return self.emit("Tanh", value)
        raise ModelError(
            f"The converter does not know TFLite's activation {activation}.", code="model_corrupt"
        )


Rule = Callable[[Operation], str]


def _convolution(axes: tuple[int, int, int, int], options_kind: type[Any]) -> Rule:
    """CONV_2D (kernel OHWI) and DEPTHWISE_CONV_2D (kernel 1HWO, one group for each channel)."""

    def rule(op: Operation) -> str:
        options = op.options(options_kind)
        kernel = op.constant(1).shape[1:3]
        strides = (options.StrideH(), options.StrideW())
        dilations = (options.DilationHFactor(), options.DilationWFactor())
        made = op.emit(
            "Conv",
            op.channels_first(op.value()),
            op.weights(1, axes),
            *op.bias(),
            group=op.shape()[3] if axes[0] == 3 else 1,
            kernel_shape=kernel,
            strides=strides,
            dilations=dilations,
            pads=_pads(options.Padding(), op.shape()[1:3], kernel, strides, dilations),
        )
        return op.channels_last(op.activate(made, options.FusedActivationFunction()))

    return rule


def _transposed_convolution(op: Operation) -> str:
    """MediaPipe's custom operator: padding kind and strides as three little-endian ints, kernel OHWI, bias."""
    _, stride_w, stride_h = struct.unpack("<3i", op.operator.CustomOptionsAsNumpy().tobytes()[:12])
    height, width = op.shape()[1:3]
    kernel = op.constant(1).shape[1:3]
    out_h, out_w = op.tensors.shape(op.output)[1:3] or (height * stride_h, width * stride_w)
    cut_h = max(0, (height - 1) * stride_h + kernel[0] - out_h)
    cut_w = max(0, (width - 1) * stride_w + kernel[1] - out_w)
    made = op.emit(
        "ConvTranspose",
        op.channels_first(op.value()),
        op.weights(1, (3, 0, 1, 2)),
        *op.bias(),
        kernel_shape=kernel,
        strides=[stride_h, stride_w],
        pads=[cut_h // 2, cut_w // 2, cut_h - cut_h // 2, cut_w - cut_w // 2],
    )
    return op.channels_last(made)


def _pool(kind: str) -> Rule:
    def rule(op: Operation) -> str:
        options = op.options(tflite.Pool2DOptions)
        kernel = (options.FilterHeight(), options.FilterWidth())
        strides = (options.StrideH(), options.StrideW())
        pads = _pads(options.Padding(), op.shape()[1:3], kernel, strides, (1, 1))
        made = op.emit(kind, op.channels_first(op.value()), kernel_shape=kernel, strides=strides, pads=pads)
        return op.channels_last(made)

    return rule


def _pads(
    padding: int,
    size: list[int],
    kernel: tuple[int, ...],
    strides: tuple[int, int],
    dilations: tuple[int, int],
) -> list[int]:
    """TFLite's SAME puts the odd pixel at the end; ONNX wants all begins, then all ends."""
    if padding == PADDING_VALID:
        return [0, 0, 0, 0]
    total = [
        max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n)
        for n, k, s, d in zip(size, kernel, strides, dilations, strict=True)
    ]
    return [n // 2 for n in total] + [n - n // 2 for n in total]


def _binary(kind: str, options_kind: type[Any]) -> Rule:
    def rule(op: Operation) -> str:
        made = op.emit(kind, op.value(0), op.value(1))
        if not op.operator.BuiltinOptions():
            return made
        return op.activate(made, op.options(options_kind).FusedActivationFunction())

    return rule


def _unary(kind: str) -> Rule:
    return lambda op: op.emit(kind, op.value())


def _squared_difference(op: Operation) -> str:
    difference = op.emit("Sub", op.value(0), op.value(1))
    return op.emit("Mul", difference, difference)


def _prelu(op: Operation) -> str:
    """max(x, 0) + slope min(x, 0), spelled out: ONNX Runtime's own PRelu takes twice as long on a CPU."""
    x = op.value()
    negative = op.emit("Relu", op.emit("Neg", x))
    slope = op.builder.constant(-op.constant(1).astype(np.float32))
    return op.emit("Add", op.emit("Relu", x), op.emit("Mul", negative, slope))


def _pad(op: Operation) -> str:
    pads = op.constant(1).astype(np.int64)
    return op.emit("Pad", op.value(), op.builder.constant(np.concatenate([pads[:, 0], pads[:, 1]])))


def _reshape(op: Operation) -> str:
    return op.emit(
        "Reshape", op.value(), op.builder.constant(np.array(op.tensors.shape(op.output), np.int64))
    )


def _concatenate(op: Operation) -> str:
    values = [op.value(position) for position in range(len(op.inputs))]
    return op.emit("Concat", *values, axis=op.options(tflite.ConcatenationOptions).Axis())


def _mean(op: Operation) -> str:
    axes = np.atleast_1d(op.constant(1)).tolist()
    return op.emit("ReduceMean", op.value(), axes=axes, keepdims=_keep(op))


def _sum(op: Operation) -> str:
    axes = op.builder.constant(np.atleast_1d(op.constant(1)).astype(np.int64))
    return op.emit("ReduceSum", op.value(), axes, keepdims=_keep(op))


def _keep(op: Operation) -> int:
    return int(op.options(tflite.ReducerOptions).KeepDims())


def _resize(op: Operation) -> str:
    options = op.options(tflite.ResizeBilinearOptions)
    height, width = op.constant(1).tolist()
    batch, _, _, channels = op.shape()
    mode = "half_pixel" if options.HalfPixelCenters() else "asymmetric"
    made = op.emit(
        "Resize",
        op.channels_first(op.value()),
        "",
        "",
        op.builder.constant(np.array([batch, channels, height, width], np.int64)),
        mode="linear",
        coordinate_transformation_mode="align_corners" if options.AlignCorners() else mode,
    )
    return op.channels_last(made)


def _strided_slice(op: Operation) -> str:
    options = op.options(tflite.StridedSliceOptions)
    begin, end, step = (op.constant(position).astype(np.int64) for position in (1, 2, 3))
    axes = np.arange(len(begin))
    begin = np.where(options.BeginMask() >> axes & 1, 0, begin)
    end = np.where(options.EndMask() >> axes & 1, op.shape(), end)
    single = (options.ShrinkAxisMask() >> axes & 1).astype(bool)
    end = np.where(single, begin + 1, end)
    made = op.emit("Slice", op.value(), *(op.builder.constant(a) for a in (begin, end, axes, step)))
    return op.emit("Squeeze", made, op.builder.constant(axes[single])) if single.any() else made


OPS: Mapping[str, Rule] = MappingProxyType(
    {
        "ADD": _binary("Add", tflite.AddOptions),
        "AVERAGE_POOL_2D": _pool("AveragePool"),
        "CONCATENATION": _concatenate,
        "CONV_2D": _convolution((0, 3, 1, 2), tflite.Conv2DOptions),
        "Convolution2DTransposeBias": _transposed_convolution,
        "DEPTHWISE_CONV_2D": _convolution((3, 0, 1, 2), tflite.DepthwiseConv2DOptions),
        "DIV": _binary("Div", tflite.DivOptions),
        "HARD_SWISH": _unary("HardSwish"),
        "LOGISTIC": _unary("Sigmoid"),
        "MAX_POOL_2D": _pool("MaxPool"),
        "MEAN": _mean,
        "MUL": _binary("Mul", tflite.MulOptions),
        "NEG": _unary("Neg"),
        "PAD": _pad,
        "PRELU": _prelu,
        "RELU": _unary("Relu"),
        "RESHAPE": _reshape,
        "RESIZE_BILINEAR": _resize,
        "RSQRT": lambda op: op.emit("Reciprocal", op.emit("Sqrt", op.value())),
        "SQRT": _unary("Sqrt"),
        "SQUARED_DIFFERENCE": _squared_difference,
        "STRIDED_SLICE": _strided_slice,
        "SUB": _binary("Sub", tflite.SubOptions),
        "SUM": _sum,
        "TRANSPOSE": lambda op: op.emit("Transpose", op.value(), perm=op.constant(1).tolist()),
    }
)
