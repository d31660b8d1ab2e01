"""What happened, step by step: names, seconds, and the first error, kept whatever comes after."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sosie.errors import RegistryError, SosieError


class Recorder:
    """Times steps and says them; `steps` is the report's list."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.steps: list[dict[str, Any]] = []

    @contextmanager
    def step(self, name: str, words: str) -> Iterator[dict[str, Any]]:
        """One step; what is put into the yielded dictionary stands beside it in the report."""
        started = time.perf_counter()
        step: dict[str, Any] = {"name": name, "words": words, "ok": False}
        self.steps.append(step)
        try:
            yield step
            step["ok"] = True
        except SosieError as error:
            step["error"] = error.as_dict()
            raise
        finally:
            step["seconds"] = round(time.perf_counter() - started, 3)
            mark = "ok  " if step["ok"] else "FAIL"
            self._say(f"  {mark}  {words:<66} {step['seconds']:6.2f} s")


def refused(act: Callable[[], Any], *codes: str) -> dict[str, str]:
    """The refusal that `act` meets, as words; it must be one of `codes`.

    Raises:
        SosieError: another error than the expected refusal, or none at all (`not_refused`).
    """
    try:
        act()
    except SosieError as error:
        if error.code in codes:
            return error.as_dict()
        raise
    raise RegistryError(
        f"This should have been refused with {' or '.join(codes)}, and was allowed.",
        remedy="Do not use this installation: its gate is open.",
        code="not_refused",
    )
