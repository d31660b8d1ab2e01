"""What an artist reads when something is refused or missing: what happened, and what to do now."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ._sosie.errors import AgentError, SosieError
from .texts import say, tr

#: Faults of the agent that starting it, or starting a newer one, mends.
STARTABLE = {"agent_not_running", "agent_failed", "agent_gone", "agent_version"}
START = "The Sosie panel in the side bar starts it; `sosie doctor` in a terminal says what is wrong."


class SosieNodeError(Exception):
    """A refusal or a fault in words. ComfyUI shows them and marks the node."""


def told(error: SosieError) -> tuple[str, str]:
    """Message and remedy in the artist's language."""
    remedy = say(error.remedy)
    if isinstance(error, AgentError) and error.code in STARTABLE:
        remedy = f"{remedy} {tr(START)}".strip()
    return say(error.message), remedy


def explain(error: SosieError) -> str:
    """The message, the remedy, and the code for whoever helps."""
    return "\n".join(part for part in (*told(error), f"[{error.code}]") if part)


@contextlib.contextmanager
def spoken() -> Iterator[None]:
    """Turn Sosie's errors into the one that ComfyUI shows well.

    Raises:
        SosieNodeError: a Sosie error came out of the block.
    """
    try:
        yield
    except SosieError as error:
        raise SosieNodeError(explain(error)) from None
