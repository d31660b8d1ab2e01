"""Signing this machine in by a short code (RFC 8628): begin, show code and link, ask until somebody has decided.

The keys are made before the registry hears of this machine, and neither they nor the secret code are written
down before it is let in. Hosts may ask as often as they like: the registry is asked no more often than it allows.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sosie.agent import account
from sosie.agent.account import Account, Member
from sosie.agent.home import Home
from sosie.agent.vault import DeviceKeys, Keyring
from sosie.errors import AgentError, RegistryError, RegistryUnreachableError
from sosie.licence import sign_in
from sosie.messages import SignIn, SignInState
from sosie.plugins import Plugins
from sosie.remote.registry import Registry
from sosie.remote.transport import RegistryConfig

WAIT = frozenset({"authorization_pending", "slow_down"})
#: RFC 8628 section 3.5.
SLOWER_S = 5


@dataclass(frozen=True)
class Pending:
    """A sign-in nobody has decided yet; times are the monotonic clock's."""

    url: str
    made: DeviceKeys
    device_code: str
    shown: SignIn
    interval: int
    ask_after: float
    ends: float


class SigningIn:
    """The one sign-in that may be under way on this machine. The caller keeps threads apart."""

    def __init__(
        self,
        home: Home,
        plugins: Plugins,
        keyring: Keyring,
        *,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self._home, self._plugins, self._keyring = home, plugins, keyring
        self._wall, self._mono = wall, mono
        self._pending: Pending | None = None
        self._last: SignInState | None = None

    def begin(self, url: str) -> SignIn:
        """Code and link; the same again while they hold, so that two hosts show one code.

        Raises:
            AgentError: `enrolled_already`.
            RegistryError: the registry cannot be reached or refuses.
        """
        account.require_none(self._home)
        pending = self._pending
        if pending is not None and pending.url == url and self._mono() < pending.ends:
            return pending.shown
        made = DeviceKeys.new()
        name = f"{platform.node()} ({platform.system()})"[:200]
        started = self._registry(url).start_sign_in(sign_in.StartSignIn(name=name, **made.public))
        if not started.path.startswith("/"):
            raise RegistryError(
                "The registry's answer cannot be read: its page is elsewhere.",
                remedy="Check the address and the registry's version.",
                code="answer_malformed",
            )
        shown = SignIn(
            code=started.user_code,
            link=url.rstrip("/") + started.path,
            expires_at=int(self._wall()) + started.expires_in,
            interval=started.interval,
        )
        now = self._mono()
        self._pending = Pending(
            url,
            made,
            started.device_code,
            shown,
            started.interval,
            ask_after=now,
            ends=now + started.expires_in,
        )
        return shown

    def state(self) -> tuple[SignInState, Member | None]:
        """How it stands, and the account when this question brought it.

        Raises:
            AgentError: `sign_in_unknown`: none has begun.
        """
        pending = self._pending
        if pending is None:
            if self._home.account.exists():
                return signed_in(account.load(self._home, self._plugins, self._keyring).account), None
            if self._last is None:
                raise AgentError(
                    "No sign-in is under way.",
                    remedy="Begin one, with the registry's address.",
                    code="sign_in_unknown",
                )
            return self._last, None
        now = self._mono()
        if now >= pending.ends:
            return self._end(SignInState("expired")), None
        if now < pending.ask_after:
            return SignInState("waiting", registry=pending.url), None
        return self._ask(pending)

    def _ask(self, pending: Pending) -> tuple[SignInState, Member | None]:
        interval = pending.interval
        try:
            enrolled = self._registry(pending.url).poll_sign_in(pending.device_code)
        except RegistryUnreachableError:
            pass  # a network that comes and goes does not end a sign-in; its time does
        except RegistryError as error:
            if error.code not in WAIT:
                return self._end(SignInState("denied" if error.code == "access_denied" else "expired")), None
            interval += SLOWER_S if error.code == "slow_down" else 0
        else:
            member = account.keep(
                self._home,
                self._plugins,
                url=pending.url,
                enrolled=enrolled,
                made=pending.made,
                keyring=self._keyring,
            )
            return self._end(signed_in(member.account)), member
        self._pending = replace(pending, interval=interval, ask_after=self._mono() + interval)
        return SignInState("waiting", registry=pending.url), None

    def _end(self, state: SignInState) -> SignInState:
        self._pending, self._last = None, state
        return state

    def _registry(self, url: str) -> Registry:
        return Registry(self._plugins.registry(RegistryConfig(url)))


def signed_in(found: Account) -> SignInState:
    """Who is signed in, in the words people know."""
    return SignInState(
        "signed_in", registry=found.url, seat=found.seat_name or found.seat, device=found.device
    )
