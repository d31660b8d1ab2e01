"""The people of one world: a talent agency's two talents and a brand, with what they agree and take back.

They call over a line that doubles messages and loses answers, and repeat with the same key until they hear one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.simulation.agreements import Consent, Deal
from tests.simulation.model import Model
from tests.simulation.network import Line, Server, Weather

from sosie.errors import RegistryUnreachableError
from sosie.licence import documents, exchange, jws, keys
from sosie.licence.root import TrustedRoot
from sosie.remote.registry import Registry
from sosie.twin.header import TwinHeader
from sosie.twin.pack import write_pack

T = TypeVar("T")
DAY = 86_400
INTENDED_USE = (
    "Product pages and newsletters of the autumn collection: coats and knitwear, studio background."
)
LIMITS = ("lingerie", "nudity", "implied_nudity", "tobacco", "alcohol", "gambling", "weapons", "political")
MORE_LIMITS = ("religious", "pharma", "weight_loss", "fur", "adult")


class People:
    """Everybody who is not a machine."""

    def __init__(
        self, server: Server, model: Model, rng: random.Random, counts: Counter[str], folder: Path
    ) -> None:
        self._server, self._model, self._rng, self._counts, self._folder = server, model, rng, counts, folder
        self._keys = 0
        token = (folder / "registry" / "operator.token").read_text()
        self._operator = self._account(token)
        self.agency, agency = self._join("agency")
        self.brand, _ = self._join("brand", credit=True)
        self.talents: list[tuple[Registry, str, Ed25519PrivateKey]] = []
        self.twins: dict[str, Consent] = {}
        self._documents: dict[str, documents.Consent] = {}
        for _ in range(2):
            key = Ed25519PrivateKey.generate()
            talent, name = self._join("talent", agency=agency, key=key)
            self.talents.append((talent, name, key))
        for index in (0, 1):
            self.consent(index)

    # -- agreeing ---------------------------------------------------------------------------------------

    def consent(self, index: int) -> None:
        """A fresh consent of one talent, and a twin under it."""
        talent, name, key = self.talents[index]
        word = self._rng.randbytes(8).hex()
        notice_h = self._rng.choice((0, 24, 72))
        document = documents.Consent.of(
            {
                "id": f"con_{word}",
                "talent": name,
                "approval": self._rng.choice(("auto_in_scope", "per_campaign")),
                "revocation_notice_h": notice_h,
                "offline_max_s": self._rng.choice((300, 900, 28_800)),
                "representation": "agency_only",
                "signed_at": self._model.now,
            }
        )
        token = jws.sign(document, key)
        self._insist(lambda idem: talent.record_consent(token, key=idem))
        consent = Consent(document.sha256(), name, notice_h * 3600)
        self._model.consents[consent.id] = consent
        self._documents[consent.id] = document
        twin = f"twn_{word}"
        self._upload(talent, twin, name, consent.id)
        self.twins[twin] = consent

    def agree(self) -> None:
        """A new licence, from the brand's request to the document."""
        living = [twin for twin, consent in self.twins.items() if consent.revoked_at is None]
        if not living:
            self.consent(self._rng.randrange(2))
            self._model.leaves += 1
            return
        twin, rng, now = self._rng.choice(living), self._rng, self._model.now
        consent = self.twins[twin]
        per_image = rng.random() < 0.3
        terms: dict[str, Any] = {
            "territory": rng.choice((("FR", "DE"), ("EU",), ("FR", "US", "JP"))),
            "media": rng.choice((("web_owned", "email"), ("web_owned", "print", "social_paid"))),
            "operations": rng.choice((("restage", "relight"), ("restage",))),
            "purpose": ("ecommerce", "lookbook"),
            "prohibited_categories": LIMITS + MORE_LIMITS,
            "not_before": now,
            "not_after": now + rng.choice((3, 20, 80)) * DAY,
            "quota": {
                "renders": rng.choice((60, 1_000, 5_000)),
                "delivered": rng.choice((3, 20)),
                "seats": 20,
                "devices_per_seat": 10,
                "max_px": 1_000_000,
            },
            "rate": {"currency": "EUR", "per_asset": rng.choice((0, 10_001)), "usage_fee": 50_000},
        }
        ask = exchange.LicenceRequest.model_validate(
            {
                "twin": twin,
                "advertiser": "Maison Example",
                "product_lines": ("coats",),
                "intended_use": INTENDED_USE,
                "approval": "per_image" if per_image else "per_campaign",
                **terms,
            }
        )
        record = self._insist(lambda idem: self.brand.request_licence(ask, key=idem))
        deal = Deal(record.id, twin, consent, terms, per_image, since=now)
        self._model.deals[deal.id] = deal
        talent, name, key = next(item for item in self.talents if item[1] == consent.talent)
        self._insist(lambda idem: self.agency.approve_licence(deal.id, key=idem))
        approval = documents.TermsApproval(
            licence=deal.id, terms_sha256=record.terms_sha256, talent=name, decided_at=now
        )
        token = jws.sign(approval, key)
        self._insist(lambda idem: talent.approve_licence(deal.id, token, key=idem))
        credit = exchange.Payment(method="credit")
        self._insist(lambda idem: self.brand.pay_licence(deal.id, credit, key=idem))
        self._counts["licences issued"] += 1

    # -- taking back ------------------------------------------------------------------------------------

    def revoke(self, deal: Deal, *, whole: bool, reason: str) -> None:
        """One licence, or (`whole`) the consent above it."""
        consent = deal.consent
        talent, name, key = next(item for item in self.talents if item[1] == consent.talent)
        document = documents.Revocation.of(
            {
                "talent": name,
                "consent_sha256": consent.id if whole else None,
                "licence": None if whole else deal.id,
                "reason": reason,
                "signed_at": self._model.now,
            }
        )
        token = jws.sign(document, key)
        self._insist(lambda idem: talent.revoke(token, key=idem))
        wait = consent.notice_s if reason == "notice" else 0
        self._model.revoke(deal=None if whole else deal, consent=consent, effective_at=self._model.now + wait)
        self._counts[f"{'consents' if whole else 'licences'} revoked, {reason}"] += 1

    def suspend_or_resume(self, deal: Deal) -> None:
        """Suspend what is active, resume what is suspended."""
        event = "resume" if deal.state == "suspended" else "suspend"
        self.agency.change_licence(deal.id, event)
        self._counts[f"licences {event}{'d' if event[-1] == 'e' else 'ed'}"] += 1

    def decide(self) -> None:
        """The talents look at what waits for them."""
        for talent, _, _ in self.talents:
            for delivery in talent.deliveries():
                if delivery.state == "pending":
                    approve = self._rng.random() < 0.7
                    talent.decide_delivery(delivery.id, approve=approve)
                    self._counts[f"pictures {'approved' if approve else 'declined'}"] += 1

    # -- within -----------------------------------------------------------------------------------------

    def _insist(self, call: Callable[[str], T]) -> T:
        """The answer to `call`, which is repeated with one key until there is one."""
        self._keys += 1
        while True:
            try:
                return call(f"people-{self._keys}")
            except RegistryUnreachableError:
                self._counts["retries with the same key"] += 1

    def _account(self, token: str | None) -> Registry:
        weather = Weather(doubled=0.1 if token else 0, deaf=0.1 if token else 0)
        return Registry(Careful(self._server, self._rng, self._counts, weather, token))

    def _join(self, role: str, *, key: Ed25519PrivateKey | None = None, **more: Any) -> tuple[Registry, str]:
        ask = exchange.NewParty.model_validate({"role": role, "name": f"the {role}", **more})
        invitation = self._operator.create_party(ask)
        public = keys.public_text(key.public_key()) if key else None
        account = self._account(None).enrol(exchange.Enrolment(code=invitation.code, signing_key=public))
        return self._account(account.token), account.id

    def _upload(self, talent: Registry, twin: str, name: str, consent: str) -> None:
        path, secret = self._folder / f"{twin}.pack", self._rng.randbytes(32)
        header = TwinHeader(twin, name, 1, consent, self._model.now, 16)
        sections = {"texture": np.zeros((16, 16, 3), np.float32)}
        digest = write_pack(
            path, header, sections, key=secret, thumbnail=b"", nonce_source=self._rng.randbytes
        )
        info = keys.pack_info(pack_sha256=digest, consent_sha256=consent)
        root = TrustedRoot.load(talent.root(), now=self._model.now)
        sealed = keys.wrap(secret, root.pack_key, info=info)
        talent.upload_pack(path, twin=twin, pack_sha256=digest, wrapped_key=sealed)
        path.unlink()


class Careful(Line):
    """A line whose faults only touch what may be repeated: writes that carry a key of the caller's own."""

    def request(self, method: str, path: str, **parts: Any) -> Any:
        """See `Line.request`."""
        kept = self.weather
        if not (parts.get("headers") or {}).get("Idempotency-Key", "").startswith("people-"):
            self.weather = Weather()
        try:
            return super().request(method, path, **parts)
        finally:
            self.weather = kept
