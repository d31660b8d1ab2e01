"""What stays on a device between tiles: textures, and for each shape of tile the memory of its inputs and its picture.

A tile whose shape is known is copied into the memory that the last such tile had. ONNX Runtime can then record its work on CUDA
as one graph and replay that, instead of launching a hundred kernels one by one; a recording is replayed by its number
(`gpu_graph_id`), reads and writes where it did when it was made, and is never forgotten. So a shape is recorded when it
comes for the second time, and only so many are. On other devices the numbers mean nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np

from sosie.render.reference import Array
from sosie.render.texture import Texture, reflectance_of

#: Textures and shapes of tiles whose memory is kept.
TEXTURES, SHAPES = 2, 6
#: Recordings that one session makes at most, and the number that means none.
RECORDINGS, NONE = 48, "-1"


class Device:
    """Runs one session's tiles, one at a time: neither the memory nor a recording can be shared.

    `session` is ONNX Runtime's, `name` the device's as it names it: "cuda" or "cpu".
    """

    def __init__(self, runtime: Any, session: Any, name: str) -> None:
        self._runtime, self._session, self._name = runtime, session, name
        self._lock = Lock()
        self._textures: list[tuple[Texture, Any]] = []
        self._slots: dict[tuple[object, ...], _Slot] = {}  # the last used one last
        self._recordings = 0

    def draw(self, inputs: dict[str, Array], texture: Texture, size: tuple[int, int]) -> Array:
        """The composite (H, W, 3) of a tile of `size` (H, W), whose `inputs` are the graph's but for the texture."""
        with self._lock:
            slot = self._slot(inputs, texture, size)
            for name, value in inputs.items():
                slot.inputs[name].update_inplace(np.ascontiguousarray(value, np.float32))
            options = self._runtime.RunOptions()
            options.add_run_config_entry("gpu_graph_id", slot.recording)
            self._session.run_with_iobinding(slot.binding, options)
            return np.asarray(slot.binding.copy_outputs_to_cpu()[0], np.float32)

    def _slot(self, inputs: dict[str, Array], texture: Texture, size: tuple[int, int]) -> _Slot:
        held = self._texture(texture)
        key = (id(held), size, *(value.shape for value in inputs.values()))
        slot = self._slots.pop(key, None)
        if slot is None:
            slot = self._new_slot(inputs, held, size)
            for old in list(self._slots)[: max(len(self._slots) - SHAPES + 1, 0)]:
                del self._slots[old]
        elif slot.recording == NONE and self._recordings < RECORDINGS:
            self._recordings += 1
            slot.recording = str(self._recordings)
        self._slots[key] = slot
        return slot

    def _new_slot(self, inputs: dict[str, Array], texture: Any, size: tuple[int, int]) -> _Slot:
        make, binding = self._runtime.OrtValue.ortvalue_from_shape_and_type, self._session.io_binding()
        held = {name: make(value.shape, np.float32, self._name, 0) for name, value in inputs.items()}
        for name, value in (held | {"texture": texture}).items():
            binding.bind_ortvalue_input(name, value)
        picture = make((*size, 3), np.float32, self._name, 0)
        binding.bind_ortvalue_output("composite", picture)
        return _Slot(binding, held, (texture, picture))

    def _texture(self, texture: Texture) -> Any:
        """`texture` on the device: sent once for all tiles, and for all renders that share it."""
        for known, value in self._textures:
            if known is texture:
                return value
        value = self._runtime.OrtValue.ortvalue_from_numpy(reflectance_of(texture), self._name, 0)
        self._textures = [*self._textures[1 - TEXTURES :], (texture, value)]
        return value


@dataclass(eq=False)
class _Slot:
    """The memory of tiles of one shape, bound to the session; `kept` is what else the binding points to."""

    binding: Any
    inputs: dict[str, Any]
    kept: tuple[Any, ...]
    recording: str = NONE
