"""Accounts, seats and machines at a registry: who one is, who is invited, who is let in."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from sosie.errors import RegistryError
from sosie.licence import exchange, sign_in
from sosie.licence.directory import PartyInfo
from sosie.licence.people import Blend, Challenge, Delegated, Delegation, Erasure, Review
from sosie.licence.talents import Attributes, TalentRecord
from sosie.remote import answers
from sosie.remote.calls import Calls


class People(Calls):
    """The part of `Registry` that is about accounts."""

    def parties(self) -> list[PartyInfo]:
        """Operator, auditor: everybody here; agency: its talents."""
        return self._list("/v1/parties", PartyInfo)

    def console_code(self) -> exchange.Invitation:
        """Operator, auditor, agency, brand: a code for an account of one's own at the console."""
        return self._post("/v1/me/console", None, exchange.Invitation)

    def health(self) -> dict[str, Any]:
        """The registry's name, version and time; no account needed."""
        return answers.mapping(self._call("GET", "/v1/health"))

    def me(self) -> exchange.Me:
        """Whom the registry takes this caller for."""
        return self._get("/v1/me", exchange.Me)

    def root(self) -> bytes:
        """`root.json` as it is signed; verify it with `licence.root.TrustedRoot`."""
        return self._call("GET", "/v1/root").content

    def root_version(self, version: int) -> bytes | None:
        """One of the versions of `root.json`, for `TrustedRoot.newest` and `since`; None where there is none."""
        try:
            return self._call("GET", f"/v1/roots/{version}").content
        except RegistryError as error:
            if error.status == 404:
                return None
            raise

    def create_party(self, ask: exchange.NewParty, *, key: str | None = None) -> exchange.Invitation:
        """Operator: open an account."""
        return self._post("/v1/parties", ask, exchange.Invitation, key)

    def create_seat(self, ask: exchange.NewSeat, *, key: str | None = None) -> exchange.Invitation:
        """Brand: a seat and the code for its first machine."""
        return self._post("/v1/seats", ask, exchange.Invitation, key)

    def invite_device(self, seat: str) -> exchange.Invitation:
        """Brand: a code for another machine of a seat."""
        return self._post(f"/v1/seats/{seat}/codes", None, exchange.Invitation)

    def enrol(self, ask: exchange.Enrolment, *, key: str | None = None) -> exchange.Enrolled:
        """Redeem a code; no account needed."""
        return self._post("/v1/enrol", ask, exchange.Enrolled, key)

    def delegate(self, *, pictures: bool) -> Delegated:
        """Talent: let her agency decide on single pictures, or no longer."""
        return self._put("/v1/me/delegation", Delegation(pictures=pictures), Delegated)

    def delegation(self) -> Delegated:
        """Talent: whether her agency decides on single pictures."""
        return self._get("/v1/me/delegation", Delegated)

    def declare_attributes(self, ask: Attributes) -> Attributes:
        """Talent: what she says of herself, for those who search."""
        return self._put("/v1/me/attributes", ask, Attributes)

    def attributes(self) -> Attributes:
        """Talent: what she has declared."""
        return self._get("/v1/me/attributes", Attributes)

    def find_talents(self, **wanted: Any) -> list[TalentRecord]:
        """Brand: who allows this, by the names of `registry.talents.Wanted`; lists repeat their name."""
        return self._list("/v1/talents", TalentRecord, **wanted)

    def declare_blend(self, blend: str, ask: Blend) -> exchange.Recorded:
        """Operator: who a blended likeness is made of, and each one's share."""
        return self._post(f"/v1/blends/{blend}", ask, exchange.Recorded)

    def contribute(self, token: str, *, key: str | None = None) -> exchange.Recorded:
        """Talent: her signed `licence.people.Contribution`."""
        return self._post("/v1/contributions", exchange.SignedDocument(token=token), exchange.Recorded, key)

    def challenge(self, twin: str) -> Challenge:
        """Talent: what to do before the camera, to prove that this twin's newest revision shows her."""
        return self._post(f"/v1/twins/{twin}/challenges", None, Challenge)

    def answer_challenge(self, challenge: str, picture: Path) -> Challenge:
        """Talent: the photograph with the code held up."""
        with picture.open("rb") as source:
            answer = self._call("PUT", f"/v1/challenges/{challenge}/picture", content=source)
        return answers.model(answer, Challenge)

    def challenges(self) -> list[Challenge]:
        """Talent: hers; operator, auditor: all; newest first."""
        return self._list("/v1/challenges", Challenge)

    def challenge_picture(self, challenge: str, target: Path) -> None:
        """Operator, auditor: the photograph under review, into `target`."""
        self._call("GET", f"/v1/challenges/{challenge}/picture", save_to=target)

    def review_challenge(self, challenge: str, *, passed: bool, reason: str = "") -> Challenge:
        """Operator, auditor: the code can be read and this is one live person, or not."""
        path = f"/v1/challenges/{challenge}/{'pass' if passed else 'refuse'}"
        return self._post(path, Review(reason=reason), Challenge)

    def export(self) -> bytes:
        """Talent: a ZIP of all that the registry holds about her."""
        return self._call("GET", "/v1/me/export").content

    def erase(self, talent: str) -> exchange.Recorded:
        """Talent: everything about her that nobody else needs goes, and her account with it."""
        return self._post("/v1/me/erasure", Erasure(talent=talent), exchange.Recorded)

    def leave(self) -> None:
        """Device: its account here ends."""
        self._call("POST", "/v1/sign-out")

    # -- signing a machine in by a short code --------------------------------------------------------------

    def start_sign_in(self, ask: sign_in.StartSignIn) -> sign_in.SignInStarted:
        """Machine: its codes; no account needed."""
        return self._post("/v1/sign-ins", ask, sign_in.SignInStarted)

    def poll_sign_in(self, device_code: str) -> sign_in.SignedIn:
        """Machine: the account, once somebody has approved.

        Raises:
            RegistryError: `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, `invalid_grant`.
        """
        ask = sign_in.PollSignIn(device_code=device_code)
        return self._post("/v1/sign-ins/poll", ask, sign_in.SignedIn)

    def waiting_sign_in(self, user_code: str) -> sign_in.SignInInfo:
        """Brand: the machine behind a short code."""
        return self._get(f"/v1/sign-ins/{quote(user_code, safe='')}", sign_in.SignInInfo)

    def decide_sign_in(
        self, user_code: str, ask: sign_in.DecideSignIn, *, approve: bool
    ) -> sign_in.SignInInfo:
        """Brand: let the machine in for a seat, or not."""
        path = f"/v1/sign-ins/{quote(user_code, safe='')}/{'approve' if approve else 'deny'}"
        return self._post(path, ask, sign_in.SignInInfo)

    def seats(self) -> list[sign_in.SeatInfo]:
        """Brand: its seats, by name."""
        return self._list("/v1/seats", sign_in.SeatInfo)
