"""What registry and callers say while an artist signs a machine in by a short code (RFC 8628).

The machine sends its public keys and gets two codes: one to ask with, which it keeps, and a short one that
somebody of the brand approves for a seat. Nobody types a password into a host.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sosie.licence.document import Id, Name
from sosie.licence.exchange import Answer, Ask, Enrolled, PublicKeyText


class StartSignIn(Ask):
    """Machine: its public keys, and what somebody may recognise it by."""

    signing_key: PublicKeyText
    sealing_key: PublicKeyText
    name: Annotated[str, Field(max_length=200)] = ""


class SignInStarted(Answer):
    """`path` is the page at this registry where the code is approved; `device_code` is shown to nobody."""

    device_code: str
    user_code: str
    path: str
    expires_in: int
    interval: int


class PollSignIn(Ask):
    """Machine: has somebody decided? Answers `SignedIn`, or a problem with RFC 8628's own codes:
    `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, `invalid_grant`.
    """

    device_code: Annotated[str, Field(min_length=8, max_length=100)]


class SignedIn(Enrolled):
    """Machine: its account, with the words a person knows seat and brand by."""

    seat_name: str = ""
    party_name: str = ""


class DecideSignIn(Ask):
    """Brand: approve for a seat, by its id or as a new one with this name; neither is needed to deny."""

    seat: Id | None = None
    new_seat: Name | None = None


class SignInInfo(Answer):
    """Brand: the machine that waits behind a code."""

    name: str
    state: Literal["waiting", "approved", "denied", "used"]
    created_at: int
    expires_at: int


class SeatInfo(Answer):
    """Brand: one of its seats."""

    id: str
    name: str
    created_at: int
