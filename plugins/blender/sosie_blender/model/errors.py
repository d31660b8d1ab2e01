"""What an artist reads when something is refused or missing: what happened, what to do, and a button that helps."""

from __future__ import annotations

from dataclasses import dataclass

from .._sosie.errors import AgentError, CancelledError, RefusedError, SosieError

#: Faults of the agent that starting it, or starting a newer one, mends.
STARTABLE = {"agent_not_running", "agent_failed", "agent_gone", "agent_version"}
#: What is not a question of the licence, although it is refused.
OURS = {"twin_unknown", "nothing_to_deliver"}
#: What signing in mends.
UNSIGNED = {"not_enrolled", "session_expired", "device_unknown"}
#: What asking the registry again may mend.
RETRIABLE = {"registry_unreachable", "lease_expired", "offline_too_long", "lease_missing"}


@dataclass(frozen=True)
class Notice:
    """A message in the panel. `button` is the operator that helps, or ""."""

    text: str
    remedy: str = ""
    code: str = ""
    button: str = ""
    kind: str = "fault"  # "note": good to know

    def __str__(self) -> str:
        """For reports and consoles: the message, the remedy, and the code for whoever helps."""
        return " ".join(part for part in (self.text, self.remedy, self.code and f"[{self.code}]") if part)


def notice_of(error: BaseException) -> Notice | None:
    """An error in words; None for one the artist asked for (a cancelled request)."""
    if isinstance(error, CancelledError):
        return None
    if isinstance(error, SosieError):
        return Notice(error.message, error.remedy, error.code, _button(error))
    return Notice(
        f"{type(error).__name__}: {error}",
        "Try again; if it stays so, run `sosie doctor` and report it.",
        "internal",
    )


def _button(error: SosieError) -> str:
    if error.code == "agent_not_installed":
        return "sosie.copy_install"
    if error.code == "offline":
        return "sosie.go_online"
    if isinstance(error, AgentError) and error.code in STARTABLE:
        return "sosie.refresh"  # it starts the agent
    if error.code in UNSIGNED:
        return "sosie.sign_in"
    if error.code in RETRIABLE | {"twin_unknown"}:
        return "sosie.refresh"
    asks = isinstance(error, RefusedError) and error.code not in OURS
    return "sosie.open_registry" if asks else ""  # where a licence is asked for, or prolonged
