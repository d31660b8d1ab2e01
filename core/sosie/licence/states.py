"""The life of a licence: which event leads from which state to which.

    draft -> requested -> agency_ok -> talent_ok -> paid_or_credit -> active <-> suspended
    active, suspended -> expired, revoked, completed;  anything before active -> declined (talent), cancelled (brand)

Where the terms ask for no more than the consent (`auto_in_scope`), the agency's yes brings the talent's with it.
A registry without payment providers joins the last two steps: `pay` records the payment or the credit and
`activate` issues the document. Only `active` gives leases and deliveries.
"""

from __future__ import annotations

from typing import Final

from sosie.errors import RefusedError

ACTIVE: Final = "active"
_MOVES: Final = {
    ("draft", "request"): "requested",
    ("requested", "agency_approve"): "agency_ok",
    ("agency_ok", "talent_approve"): "talent_ok",
    ("talent_ok", "pay"): "paid_or_credit",
    ("paid_or_credit", "activate"): "active",
    ("active", "suspend"): "suspended",
    ("suspended", "resume"): "active",
    ("requested", "decline"): "declined",
    ("agency_ok", "decline"): "declined",
    ("talent_ok", "decline"): "declined",
    ("requested", "cancel"): "cancelled",
    ("agency_ok", "cancel"): "cancelled",
    ("talent_ok", "cancel"): "cancelled",
    ("active", "complete"): "completed",
    ("active", "expire"): "expired",
    ("suspended", "expire"): "expired",
    ("talent_ok", "revoke"): "revoked",
    ("paid_or_credit", "revoke"): "revoked",
    ("active", "revoke"): "revoked",
    ("suspended", "revoke"): "revoked",
}
STATES: Final = frozenset({"draft"} | set(_MOVES.values()))
EVENTS: Final = frozenset(event for _, event in _MOVES)
#: States a licence never leaves.
FINAL: Final = STATES - {state for state, _ in _MOVES}


def move(state: str, event: str) -> str:
    """The state after `event`.

    Raises:
        RefusedError: `licence_state`, with what would be possible now.
    """
    after = _MOVES.get((state, event))
    if after is None:
        possible = sorted(name for before, name in _MOVES if before == state)
        raise RefusedError(
            f"A licence that is {state} cannot {event.replace('_', ' ')}.",
            remedy=f"Possible now: {', '.join(possible)}."
            if possible
            else "This licence is closed; ask for a new one.",
            code="licence_state",
        )
    return after
