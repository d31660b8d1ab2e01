"""What an artist reads when something is refused or missing: what happened, and what to do now."""

from __future__ import annotations

from dataclasses import dataclass

from .._sosie.errors import AgentError, CancelledError, RefusedError, RegistryError, SosieError
from .texts import say, tr

#: Faults of the agent that starting it, or starting a newer one, mends.
STARTABLE = {"agent_not_running", "agent_not_installed", "agent_failed", "agent_gone", "agent_version"}


@dataclass(frozen=True)
class Notice:
    """A message in the docker. `kind`: "note" for what is good to know, "refusal" of a licence, "fault"."""

    kind: str
    text: str
    remedy: str = ""
    code: str = ""


def notice_of(error: BaseException) -> Notice | None:
    """An error in words; None for one the artist asked for (a cancelled render)."""
    if isinstance(error, CancelledError):
        return None
    if isinstance(error, SosieError):
        refused = isinstance(error, RefusedError) or (
            isinstance(error, RegistryError) and error.code != "registry_unreachable"
        )
        remedy = say(error.remedy)
        if isinstance(error, AgentError) and error.code in STARTABLE:
            remedy = f"{remedy} {tr('In a terminal, `sosie doctor` says what is wrong.')}".strip()
        return Notice("refusal" if refused else "fault", say(error.message), remedy, error.code)
    return Notice(
        "fault",
        f"{type(error).__name__}: {error}",
        tr("Try again; if it stays so, run `sosie doctor` and report it."),
        "internal",
    )
