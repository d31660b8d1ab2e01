"""Which frames belong together, and for how long."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sosie.agent.sequences import FORGET_SECONDS, KEPT, Sequences
from sosie.messages import FaceChoice, Pixels, RenderRequest, Use


def job(folder: str = "one") -> Any:
    return SimpleNamespace(pixels=SimpleNamespace(folder=Path(folder)))


def frame(sequence: str, twin: str = "twn_1", **choice: Any) -> RenderRequest:
    plate = Pixels("frame", 4, 4, "u8", "RGB")
    return RenderRequest(plate=plate, twin=twin, use=Use(), face=FaceChoice(**choice), sequence=sequence)


def test_frames_of_one_sequence_share_a_memory() -> None:
    sequences = Sequences()
    first = sequences.of(job(), frame("shot", mask=Pixels("mask1", 4, 4, "u8", "L")))
    assert first is not None
    assert first is sequences.of(job(), frame("shot", mask=Pixels("mask2", 4, 4, "u8", "L")))
    others = (
        sequences.of(job(), frame("other")),
        sequences.of(job("two"), frame("shot")),
        sequences.of(job(), frame("shot", twin="twn_2")),
        sequences.of(job(), frame("shot", index=1)),
    )
    assert all(other is not first for other in others)


def test_a_picture_remembers_nothing() -> None:
    assert Sequences().of(job(), frame("")) is None


def test_only_so_many_are_kept_and_not_for_ever() -> None:
    now = [0.0]
    sequences = Sequences(lambda: now[0])
    first = sequences.of(job(), frame("0"))
    for number in range(1, KEPT):
        sequences.of(job(), frame(str(number)))
    assert sequences.of(job(), frame("0")) is first  # used again: not the oldest any more
    sequences.of(job(), frame("one more"))
    assert sequences.of(job(), frame("0")) is first
    now[0] += FORGET_SECONDS + 1
    assert sequences.of(job(), frame("0")) is not first
