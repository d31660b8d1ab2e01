"""What should be allowed, decided by a second, small set of rules that shares no code with the ones under test.

The model knows what the people agreed (it wrote the terms down itself), sees every answer the registry gave, and
is told of every render. It raises `Break` at the first thing that must not be.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.simulation.agreements import Consent, Deal, Lease, require
from tests.simulation.network import Request

from sosie.messages import Use
from sosie.remote.transport import Response

#: An online machine may go on for so long after a revocation: a minute between two looks, five of clock error.
ONLINE_BOUND_S = 360
LONGEST_LEASE_S = 900


class Model:
    """The agreements, the promises, and what was made of them."""

    def __init__(self) -> None:
        self.now = 0
        self.deals: dict[str, Deal] = {}
        self.consents: dict[str, Consent] = {}
        self.leases: dict[str, Lease] = {}
        self.seats: dict[str, str] = {}  # device -> seat
        self.tokens: dict[str, str] = {}  # bearer token -> device
        self.heads: dict[str, list[str]] = {}  # device -> hashes of acknowledged entries
        self.suspended: set[str] = set()
        self.receipts: dict[str, str] = {}  # receipt -> deal
        self.decided: dict[str, str] = {}  # delivery -> the talent's decision
        #: What was paid for: (deal, picture) -> deal. Whoever delivers the same twice pays once.
        self.bought: dict[tuple[str, str], str] = {}
        self.leaves = 0
        self.owed = 0
        self.answers: Counter[str] = Counter()
        self._first: dict[str, str] = {}  # idempotency key -> the id it was answered with

    # -- what the registry answers ----------------------------------------------------------------------

    def observe(self, request: Request, response: Response) -> None:
        """One request, answered."""
        require(response.status != 500, f"{request.method} {request.path}: the registry failed")
        headers = dict(request.headers)
        if response.status >= 400:
            self._refused(request, response, headers)
        elif request.method == "POST":
            self._done(request, response, headers)
        elif request.path == "/v1/deliveries":
            for delivery in json.loads(response.content)["items"]:
                self._delivered(delivery)

    def _done(self, request: Request, response: Response, headers: dict[str, str]) -> None:
        parts = request.path.split("/")[2:]
        answer = json.loads(response.content) if response.content else {}
        device = self.tokens.get(headers.get("authorization", "").removeprefix("Bearer "), "")
        key = headers.get("idempotency-key", "")
        if parts[0] in {"leases", "revocations"} and key:
            again = self._first.setdefault(key, answer["id"])
            require(again == answer["id"], f"{request.path}: the repeated request had a second effect")
        if parts[0] == "leases":
            self._leased(answer, device)
        elif parts[0] == "journal":
            self._reconciled(json.loads(request.body)["entries"], device)
        elif parts[0] == "deliveries":
            self._decided(answer, device)
            self._delivered(answer)
        elif parts[0] == "licences" and len(parts) == 3:
            self._moved(answer)

    def _refused(self, request: Request, response: Response, headers: dict[str, str]) -> None:
        code = json.loads(response.content).get("code", "")
        if code == "journal_fork":
            self.suspended.add(self.tokens[headers["authorization"].removeprefix("Bearer ")])

    def _leased(self, answer: dict[str, Any], device: str) -> None:
        if answer["id"] in self.leases:
            return
        said = payload(answer["lease"])
        deal = self.deals[said["licence"]]
        dead = deal.dead_since(self.now)
        require(
            dead is None, f"a lease was given under {deal.id}, which ended {self.now - (dead or 0)} s ago"
        )
        require(device not in self.suspended, "a suspended machine got a lease")
        require(said["device"] == device, "a lease of another machine was given")
        end = min(
            at for at in (self.now + LONGEST_LEASE_S, deal.terms["not_after"], deal.revoked_at, deal.consent.revoked_at)
            if at is not None
        )  # fmt: skip
        require(said["scope"]["not_after"] <= end, "a lease outlives what it stands under")
        lease = Lease(said["id"], deal, device, said["renders"], self.now, said["scope"]["not_after"])
        self.leases[lease.id] = lease
        deal.leases.append(lease)
        self.answers["leases given"] += 1

    def _reconciled(self, tokens: list[str], device: str) -> None:
        head = self.heads[device]
        for token in tokens:
            body = raw_payload(token)
            entry = json.loads(body)
            if entry["n"] <= len(head):
                known = head[entry["n"] - 1] == hashlib.sha256(body).hexdigest()
                require(known, "the registry took a second history of one machine")
                continue
            require(entry["n"] == len(head) + 1, "the registry took a journal with a gap")
            require(entry["prev"] == (head[-1] if head else "0" * 64), "the registry took a broken chain")
            head.append(hashlib.sha256(body).hexdigest())
            lease = self.leases.get(entry["lease"] or "")
            if lease is not None and lease.device == device:
                lease.known += entry["op"] == "render"
                lease.returned |= entry["op"] == "returned"

    def _decided(self, answer: dict[str, Any], device: str) -> None:
        if answer["state"] in {"approved", "declined"} and not device and answer["id"] not in self.decided:
            self.decided[answer["id"]] = answer["state"]
            self.leaves += 1

    def _delivered(self, answer: dict[str, Any]) -> None:
        if answer["receipt"] is None or answer["receipt"] in self.receipts:
            return
        deal = self.deals[answer["licence"]]
        dead = deal.dead_since(self.now)
        require(dead is None, f"delivered under {deal.id}, which ended {self.now - (dead or 0)} s ago")
        use = Use(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in answer["use"].items()
            }
        )
        outside = deal.outside(use, answer["width"] * answer["height"])
        require(not outside, f"delivered outside the agreed {outside}")
        require(
            not deal.per_image or self.decided.get(answer["id"]) == "approved",
            "delivered without the talent's approval",
        )
        bought = (deal.id, answer["input_sha256"])
        require(bought not in self.bought, "one picture was paid for twice")
        self.receipts[answer["receipt"]] = self.bought[bought] = deal.id
        deal.delivered += 1
        self.leaves += 1
        self.owed += deal.terms["rate"]["per_asset"]

    def _moved(self, answer: dict[str, Any]) -> None:
        deal = self.deals[answer["id"]]
        state = answer["state"]
        if state == deal.state:
            return
        if state in {"talent_ok", "active"} and deal.state in {"requested", "agency_ok", "talent_ok"}:
            self.leaves += 1
        if state == "active" and deal.state == "talent_ok":
            self.owed += deal.terms["rate"]["usage_fee"]
        deal.state, deal.since = state, self.now

    def revoke(self, *, deal: Deal | None, consent: Consent, effective_at: int) -> None:
        """A revocation was recorded: of one deal, or of all under the consent."""
        target: Deal | Consent = deal or consent
        target.revoked_at = min(effective_at, target.revoked_at or effective_at)
        self.leaves += 1

    # -- what a machine does ----------------------------------------------------------------------------

    def rendered(self, use: Use, pixels: int, lease: Lease, said: Circumstances) -> None:
        """A picture was made on `lease` now."""
        deal, now = lease.deal, self.now
        outside = deal.outside(use, pixels)
        require(not outside, f"rendered outside the agreed {outside}")
        require(said.device == lease.device, "rendered on a lease of another machine")
        lease.made += 1
        if said.tampered:
            return  # its past is gone: what it does is evidence, found when it reconciles
        require(not lease.returned, "rendered on a lease whose rest was given back")
        require(lease.made <= lease.renders, f"{lease.made} renders on a lease of {lease.renders}")
        late = now - lease.not_after
        require(
            late < min(said.behind, said.uncounted) or late < 0, f"rendered {late} s after the lease ended"
        )
        dead = deal.dead_since(now)
        if dead is None:
            return
        require(deal.id not in said.told, "rendered though this machine had heard of the revocation")
        if said.online:
            slack = min(said.behind, said.uncounted)
            require(
                now - dead <= ONLINE_BOUND_S + slack, f"rendered {now - dead} s after a revocation, online"
            )

    def quotas(self) -> None:
        """No deal is ever overdrawn."""
        for deal in self.deals.values():
            require(deal.taken <= deal.terms["quota"]["renders"], f"{deal.id}: {deal.taken} renders taken")
            require(
                deal.delivered <= deal.terms["quota"]["delivered"], f"{deal.id}: {deal.delivered} delivered"
            )


@dataclass(frozen=True)
class Circumstances:
    """A machine at the moment of a render, as only the simulation knows it."""

    device: str
    online: bool
    behind: float  # seconds its wall clock is behind the true time
    uncounted: float  # seconds since the lease that its running clock has not seen
    tampered: bool
    told: frozenset[str]


def raw_payload(token: str) -> bytes:
    """The bytes inside a JWS."""
    middle = token.split(".")[1]
    return base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4))


def payload(token: str) -> dict[str, Any]:
    """The JSON inside a JWS."""
    found: dict[str, Any] = json.loads(raw_payload(token))
    return found
