"""`/v1` for signing machines in and out: paths, throttles, and which function answers. No rule lives here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from sqlalchemy.orm import Session

from sosie.errors import RegistryError
from sosie.licence import exchange, sign_in
from sosie.registry import sign_ins
from sosie.registry.access import Context
from sosie.registry.asking import Caller, House, Key, address_of
from sosie.registry.idempotency import once
from sosie.registry.paging import Paging

router = APIRouter(prefix="/v1")
WINDOW_S = 600
#: From one address: a studio behind one router still gets in.
MOST_STARTS = 120
#: By one account: somebody who mistypes, not somebody who guesses.
MOST_CODES = 30

UserCode = Annotated[str, Path(max_length=40)]


@router.post("/sign-ins", status_code=201)
def start(
    house: House, address: Annotated[str, Depends(address_of)], ask: sign_in.StartSignIn
) -> sign_in.SignInStarted:
    house.throttle.spend("sign-in", address, at_most=MOST_STARTS, seconds=WINDOW_S)
    return house.database.write(lambda session: sign_ins.start(house, session, ask))


@router.post("/sign-ins/poll")
def poll(house: House, ask: sign_in.PollSignIn) -> sign_in.SignedIn:
    result = house.database.write(lambda session: sign_ins.poll(house, session, ask))
    if isinstance(result, RegistryError):
        raise result
    return result


@router.get("/sign-ins/{user_code}")
def look(house: House, caller: Caller, user_code: UserCode) -> sign_in.SignInInfo:
    _slowly(house, caller.credential)
    return house.database.read(lambda session: sign_ins.look(house, session, caller, user_code))


@router.post("/sign-ins/{user_code}/{decision}")
def decide(
    house: House,
    caller: Caller,
    user_code: UserCode,
    decision: Annotated[str, Path(pattern="^(approve|deny)$")],
    ask: sign_in.DecideSignIn,
    key: Key = None,
) -> sign_in.SignInInfo:
    _slowly(house, caller.credential)

    def work(session: Session) -> sign_in.SignInInfo:
        return sign_ins.decide(house, session, caller, user_code, ask, approve=decision == "approve")

    path = f"/sign-ins/{user_code}/{decision}"
    return once(house, caller.credential, key, (path, ask), sign_in.SignInInfo, work)


@router.get("/seats")
def list_seats(house: House, caller: Caller, page: Paging) -> exchange.Listed[sign_in.SeatInfo]:
    caller.require("brand")
    return house.database.read(lambda session: sign_ins.seats(session, caller.party, page))


@router.post("/sign-out", status_code=204)
def leave(house: House, caller: Caller) -> None:
    house.database.write(lambda session: sign_ins.leave(session, caller))


def _slowly(house: Context, caller: str) -> None:
    house.throttle.spend("user code", caller, at_most=MOST_CODES, seconds=WINDOW_S)
