"""What happens to a licence that is agreed: suspended and resumed, completed, called off.

Talent and agency are one side, the brand another, the operator a third. Each side lifts its own suspension and nobody
else's; the licence is active again when no side holds it. Who may suspend stands in the terms (`Morals`); the operator
may in a dispute. A brand that calls off what the talent has agreed to owes the kill fee of the terms.
"""

from __future__ import annotations

from typing import Final, Literal

from sqlalchemy.orm import Session

from sosie.errors import SosieError
from sosie.licence import exchange, money, states
from sosie.licence.documents import Terms
from sosie.registry import ledger
from sosie.registry.access import Context, Principal, licence_of
from sosie.registry.licences import record, state_of, terms_of
from sosie.registry.problems import problem
from sosie.registry.tables import LicenceRow

Event = Literal["suspend", "resume", "complete", "cancel"]
_ROLES: Final[dict[Event, tuple[exchange.Role, ...]]] = {
    "suspend": ("talent", "agency", "brand", "operator"),
    "resume": ("talent", "agency", "brand", "operator"),
    "complete": ("brand",),
    "cancel": ("brand",),
}


def change(
    context: Context, session: Session, principal: Principal, licence: str, event: Event
) -> exchange.LicenceRecord:
    """One of the events, by somebody who may.

    Raises:
        RefusedError: `licence_state`, with what would be possible now.
        RegistryError: 403 `role_refused`, `suspension_not_agreed`, `suspended_by_other`.
    """
    row = licence_of(session, principal, licence)
    state, terms = state_of(context, session, row), terms_of(row)
    row.state, row.suspended_by = _after(principal, row, state, terms, event)
    if event == "cancel" and state == "talent_ok":
        _kill_fee(context, session, row, terms)
    return record(context, session, row)


def possible(context: Context, session: Session, principal: Principal, licence: str) -> tuple[Event, ...]:
    """What this caller may do with a licence now."""
    row = licence_of(session, principal, licence)
    state, terms = state_of(context, session, row), terms_of(row)

    def may(event: Event) -> bool:
        try:
            _after(principal, row, state, terms, event)
        except SosieError:
            return False
        return True

    return tuple(event for event in _ROLES if may(event))


def sides(row: LicenceRow) -> tuple[str, ...]:
    """Who holds the licence suspended: `brand`, `operator`, `talent`, in this order."""
    return tuple(row.suspended_by.split(",")) if row.suspended_by else ()


def kill_fee(terms: Terms) -> int:
    """What calling it off costs, in minor units: the share the terms name of all fees that do not depend on use."""
    alone = terms.exclusivity.fee if terms.exclusivity else 0
    fees = terms.rate.usage_fee + terms.rate.day_rate + alone
    return money.split(fees, {"kill": terms.kill_fee_bp, "rest": money.WHOLE_BP - terms.kill_fee_bp})["kill"]


def _after(principal: Principal, row: LicenceRow, state: str, terms: Terms, event: Event) -> tuple[str, str]:
    """State and sides that hold it suspended, after `event`."""
    principal.require(*_ROLES[event])
    if event == "suspend":
        return _suspended(row, state, terms, _side(principal))
    if event == "resume":
        return _resumed(row, state, _side(principal))
    return states.move(state, event), row.suspended_by


def _suspended(row: LicenceRow, state: str, terms: Terms, side: str) -> tuple[str, str]:
    agreed = {"talent": terms.morals.talent_may_suspend, "brand": terms.morals.brand_may_suspend}
    if not agreed.get(side, True):
        raise problem(
            403,
            "suspension_not_agreed",
            f"The terms do not let the {side} suspend this licence.",
            "A talent may revoke it instead; a brand may complete it.",
        )
    after = row.state if state == "suspended" else states.move(state, "suspend")
    return after, ",".join(sorted({*sides(row), side}))


def _resumed(row: LicenceRow, state: str, side: str) -> tuple[str, str]:
    after = states.move(state, "resume")
    if side not in sides(row):
        raise problem(
            403,
            "suspended_by_other",
            f"The licence is suspended by the {' and the '.join(sides(row))}, not by you.",
            "Whoever suspended it lifts it.",
        )
    left = [other for other in sides(row) if other != side]
    return (row.state if left else after), ",".join(left)


def _kill_fee(context: Context, session: Session, row: LicenceRow, terms: Terms) -> None:
    fee = kill_fee(terms)
    if fee:
        ledger.charge(
            session,
            context.settings,
            kind="kill_fee",
            licence=row.id,
            terms=terms,
            minor=fee,
            receipt=None,
        )


def _side(principal: Principal) -> str:
    return "talent" if principal.role == "agency" else principal.role
