"""The agent's methods: what a request on the wire leads to.

An agent that is not enrolled still answers `status`, `faces` and the ways to sign in; everything else needs
the account.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sosie
from sosie.agent import account
from sosie.agent.account import Member
from sosie.agent.clock import Clock
from sosie.agent.delivering import Delivering
from sosie.agent.heads import Heads
from sosie.agent.home import Home
from sosie.agent.jobs import Answer, Job
from sosie.agent.journal import Journal
from sosie.agent.leases import Leases
from sosie.agent.log import Log
from sosie.agent.looking import compare, list_faces
from sosie.agent.packs import Packs
from sosie.agent.rendering import Rendering
from sosie.agent.renewal import Renewal
from sosie.agent.running import Running
from sosie.agent.service import Service
from sosie.agent.signing_in import SigningIn
from sosie.agent.studio import Studio
from sosie.agent.twins import Twins
from sosie.agent.vault import Keyring
from sosie.codec import decode, encode
from sosie.errors import AgentError, OptionError, RegistryError, SosieError
from sosie.messages import AgentStatus, CompareRequest, DeliverRequest, HeadRequest, Pixels, RenderRequest
from sosie.plugins import Plugins

#: How long a registry may take when the agent is about to go.
LAST_SECONDS = 3.0
IN_FILES = (
    "This machine's keys lie in files that only you can read: no system keyring took them. Start one (GNOME Keyring,"
    " KWallet), then run `sosie agent stop`."
)


@dataclass(frozen=True)
class Desk:
    """Everything an enrolled agent works with."""

    member: Member
    journal: Journal
    leases: Leases
    packs: Packs
    rendering: Rendering
    heads: Heads
    delivering: Delivering
    twins: Twins
    renewal: Renewal


class Work:
    """Answers requests. Thread-safe."""

    def __init__(
        self, home: Home, log: Log, plugins: Plugins | None = None, keyring: Keyring | None = None
    ) -> None:
        self._home, self._log, self._keyring = home, log, keyring or Keyring()
        self._plugins = plugins or built_in_plugins()
        self._running = Running(home.running)
        self._studio = Studio(self._plugins, log, avoid=self._running.avoid)
        self._lock = threading.Lock()
        self._desk: Desk | None = None
        self._signing_in = SigningIn(home, self._plugins, self._keyring)
        self._counts: Callable[[], tuple[int, int, int]] = lambda: (0, 0, 0)
        self._started = int(time.time())

    def handlers(self) -> dict[str, Callable[[Job], Answer]]:
        """Method name -> handler."""
        return {
            "status": self.status,
            "enrol": self.enrol,
            "sign_in": self.sign_in,
            "sign_in_state": self.sign_in_state,
            "sign_out": self.sign_out,
            "twins": self.twins,
            "faces": self.faces,
            "compare": self.compare,
            "render": self.render,
            "head": self.head,
            "deliver": self.deliver,
        }

    def observe(self, service: Service) -> None:
        """Let `status` say how busy the service is."""
        self._counts = lambda: (service.clients, *service.jobs.counts())

    def close(self) -> None:
        """Send what the registry does not know yet, when it answers soon; else the next start does."""
        desk = self._desk
        if desk is not None:
            desk.renewal.stop()
        if desk is not None and len(desk.journal) > desk.journal.acknowledged:
            sending = threading.Thread(target=self._reconcile, args=(desk,), daemon=True)
            sending.start()
            sending.join(LAST_SECONDS)

    def enrol(self, job: Job) -> Answer:
        """Redeem a one-time code."""
        with self._lock:
            url, code = _text(job, "url"), _text(job, "token")
            member = account.enrol(self._home, self._plugins, url=url, code=code, keyring=self._keyring)
            self._desk = self._open(member)
        found = member.account
        return {
            "registry": member.root.registry,
            "url": found.url,
            "device": found.device,
            "seat": found.seat,
        }

    def sign_in(self, job: Job) -> Answer:
        """Begin a sign-in by a short code."""
        with self._lock:
            return encode(self._signing_in.begin(_text(job, "url")))

    def sign_in_state(self, _job: Job) -> Answer:
        """How the sign-in stands."""
        with self._lock:
            state, member = self._signing_in.state()
            if member is not None:
                self._desk = self._open(member)
        return encode(state)

    def sign_out(self, _job: Job) -> Answer:
        """Hand back what is left, and forget the account."""
        with self._lock:
            desk, self._desk = self._desk, None
            if desk is None and self._home.account.exists():
                desk = self._open(self._load())
            if desk is not None:
                self._leave(desk)
            account.forget(self._home, self._keyring)
        return {}

    def twins(self, job: Job) -> Answer:
        """The twins of this seat."""
        refresh = bool(job.params.get("refresh", True))
        return {"twins": [encode(twin) for twin in self._ready().twins.all(job.pixels, refresh=refresh)]}

    def faces(self, job: Job) -> Answer:
        """The faces of a picture; needs no account."""
        picture = _request(Pixels, job, "picture")
        return {"faces": [encode(face) for face in list_faces(self._studio.faces(), picture, job)]}

    def compare(self, job: Job) -> Answer:
        """How alike two faces are; needs an account for a twin only."""
        asked = _request(CompareRequest, job)
        desk = self._ready() if asked.twin else None
        licensed = (desk.leases, desk.packs) if desk else None
        return encode(compare(asked, job, self._studio.faces(), licensed))

    def render(self, job: Job) -> Answer:
        """Render a likeness."""
        desk = self._ready()
        return encode(desk.rendering.render(_request(RenderRequest, job), job))

    def head(self, job: Job) -> Answer:
        """A twin as a head for a 3D program."""
        desk = self._ready()
        return encode(desk.heads.make(_request(HeadRequest, job), job))

    def deliver(self, job: Job) -> Answer:
        """Deliver a picture."""
        desk = self._ready()
        return encode(desk.delivering.deliver(_request(DeliverRequest, job), job))

    def status(self, _job: Job) -> Answer:
        """How the agent is; never fails for want of an account or a registry."""
        warnings = [warning for warning in (self._running.warning, self._studio.warning) if warning]
        try:
            desk: Desk | None = self._ready()
        except SosieError as error:
            desk = None
            warnings.append(str(error))
        if desk is not None and desk.member.keys_in_files:
            warnings.append(IN_FILES)
        reachable = False
        if desk is not None:
            try:
                desk.member.registry.health()
                reachable = True
            except RegistryError as error:
                warnings.append(str(error))
        clients, running, waiting = self._counts()
        return encode(
            AgentStatus(
                version=sosie.__version__,
                pid=os.getpid(),
                started_at=self._started,
                registry=desk.member.account.url if desk else "",
                reachable=reachable,
                seat=desk.member.account.seat if desk else "",
                device=desk.member.account.device if desk else "",
                provider=self._studio.provider,
                clients=clients,
                running=running,
                waiting=waiting,
                leases=desk.leases.info() if desk else (),
                journal_entries=len(desk.journal) if desk else 0,
                journal_unsent=len(desk.journal) - desk.journal.acknowledged if desk else 0,
                warnings=tuple(warnings),
            )
        )

    def _reconcile(self, desk: Desk) -> None:
        try:
            desk.journal.reconcile(desk.member.registry)
        except SosieError as error:
            self._log.write("reconcile", code=error.code)

    def _leave(self, desk: Desk) -> None:
        """Tell the registry, where it answers; what is not returned stays billed."""
        desk.renewal.stop()
        try:
            desk.leases.close()
            desk.journal.reconcile(desk.member.registry)
            desk.member.registry.leave()
        except SosieError as error:
            self._log.write("sign_out", code=error.code)
        desk.journal.close()

    def _ready(self) -> Desk:
        with self._lock:
            if self._desk is None:
                self._desk = self._open(self._load())
            return self._desk

    def _load(self) -> Member:
        return account.load(self._home, self._plugins, self._keyring, move=True)

    def _open(self, member: Member) -> Desk:
        clock = Clock(self._home.clock)
        journal = Journal(self._home.journal, device=member.account.device, key=member.signing, clock=clock)
        leases = Leases(self._home, member, clock, journal)
        packs = Packs(self._home, member)
        rendering = Rendering(leases, packs, journal, self._plugins, self._studio, self._running)
        heads = Heads(leases, packs, journal, self._plugins)
        delivering = Delivering(member, journal)
        twins = Twins(self._home, member, leases, clock)
        renewal = Renewal(leases, clock, self._log, chance=secrets.SystemRandom().random)
        renewal.start()
        return Desk(member, journal, leases, packs, rendering, heads, delivering, twins, renewal)


def built_in_plugins() -> Plugins:
    """The plugins that come with Sosie, and those of installed packages."""
    from sosie.remote.transport import HttpsPlugin
    from sosie.render.kernel import KernelPlugin

    return Plugins([HttpsPlugin(), KernelPlugin()])


def _text(job: Job, name: str) -> str:
    value = job.params.get(name)
    if not isinstance(value, str) or not value:
        raise OptionError(
            f"{name} is missing.",
            remedy="Give the registry's address, and the one-time code where there is one.",
        )
    return value


def _request(kind: type[Any], job: Job, part: str = "") -> Any:
    """The request, or the part of it that is named, as a `kind`."""
    try:
        return decode(kind, dict(job.params[part] if part else job.params))
    except (TypeError, AttributeError, ValueError, KeyError) as error:
        raise AgentError(
            f"This request cannot be read: {error}.",
            remedy="Update the host's Sosie package.",
            code="message_invalid",
        ) from error
