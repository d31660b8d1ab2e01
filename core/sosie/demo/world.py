"""A small world to act in: a registry process, its people, and one machine with an agent.

Everything lies in one folder and speaks over real HTTP and a real local socket. Used by the demo and by the tests
inside the hosts. Closing it stops both processes, whatever happened before.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from sosie.accounts import Account, Accounts
from sosie.client.session import Session
from sosie.errors import AgentError, SetupError
from sosie.faces import Faces
from sosie.licence import exchange, jws
from sosie.licence import vocabulary as words
from sosie.licence.clauses import Quota, Rate
from sosie.licence.documents import DAY, Consent, Revocation, TermsApproval
from sosie.licence.people import to_revoke
from sosie.licence.root import TrustedRoot
from sosie.studio import Commission, PackedTwin, make_twin

REGISTRY_SECONDS = 60
INTENDED_USE = (
    "Portraits for the spring catalogue of a fashion label's own web shop: the talent's face and skin on pictures "
    "photographed with a stand-in, in the label's garments, unaltered in body and age."
)


class World:
    """Registry, people and machine below `folder`. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "machine"
        self.people = Accounts(folder)
        self.url = ""
        self.consent = ""
        self._registry: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the agent and the registry; either may be gone already."""
        with contextlib.suppress(AgentError), Session.connect("demo", start=False, home=self.home) as session:
            session.stop()
        if self._registry is not None:
            self._registry.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._registry.wait(20)
            self._registry.kill()
            self._registry.wait()
            if self._registry.stdout is not None:
                self._registry.stdout.close()

    def start_registry(self) -> str:
        """A registry of its own process; its address.

        Raises:
            SetupError: `registry_failed`, with its last words.
        """
        log = self.folder / "registry.log"
        command = [sys.executable, "-m", "sosie", "registry", "serve", "--port", "0", "--json"]
        with log.open("w", encoding="utf-8") as errors:
            self._registry = subprocess.Popen(  # noqa: S603 - our own command
                [*command, "--data", str(self.folder / "registry")],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self._registry.stdout is not None
        line = self._registry.stdout.readline()
        if not line:
            raise SetupError(
                f"The registry did not start: {log.read_text(encoding='utf-8').strip()[-500:]}",
                remedy="Run `sosie registry serve --debug` to see why.",
                code="registry_failed",
            )
        self.url = str(json.loads(line)["url"])
        return self.url

    def enrol_people(self) -> dict[str, str]:
        """Operator, agency, talent and brand, each with an account of her own; their ids."""
        token = (self.folder / "registry" / "operator.token").read_text(encoding="ascii").strip()
        operator = self.people.registry(self.people.adopt("operator", url=self.url, token=token))

        def join(role: str, name: str, **more: object) -> Account:
            ask = exchange.NewParty.model_validate({"role": role, "name": name, **more})
            code = operator.create_party(ask).code
            return self.people.enrol(role, url=self.url, code=code, talent=role == "talent")

        agency = join("agency", "Agence Miroir")
        talent = join("talent", "Damilola (synthetic)", agency=agency.id)
        brand = join("brand", "Maison Exemple", credit=True)
        return {"agency": agency.id, "talent": talent.id, "brand": brand.id}

    def sign_consent(self) -> exchange.Recorded:
        """The talent's consent, signed with her own key, recorded in the log."""
        talent = self.people.get("talent")
        document = Consent(
            id=f"con_{secrets.token_urlsafe(12)}",
            talent=talent.id,
            territory_max=("EU",),
            approval="per_campaign",
            representation="agency_only",
            signed_at=int(time.time()),
        )
        self.consent = jws.sign(document, self.people.signing_key(talent))
        return self.people.registry(talent).record_consent(self.consent)

    def make_twin(
        self, photographs: Sequence[Path], *, faces: Faces, progress: Callable[[float, str], None]
    ) -> PackedTwin:
        """Photographs become a pack, bound to the consent."""
        talent = self.people.get("talent")
        commission = Commission(
            twin=f"twn_{secrets.token_urlsafe(9)}",
            revision=1,
            consent=self.consent,
            talent_key=self.people.signing_key(talent).public_key(),
            root=self.root(),
            now=int(time.time()),
        )
        return make_twin(photographs, self.folder / "twin.sosie", commission, faces=faces, progress=progress)

    def upload(self, packed: PackedTwin) -> exchange.TwinRecord:
        """The pack at the registry, its key sealed to it."""
        return self.people.registry(self.people.get("talent")).upload_pack(
            packed.path, twin=packed.header.twin, pack_sha256=packed.sha256, wrapped_key=packed.sealed_key
        )

    def license(
        self,
        twin: str,
        *,
        quota: Quota | None = None,
        approval: words.Approval | None = None,
        seconds: int = 90 * DAY,
    ) -> exchange.LicenceRecord:
        """Asked for by the brand, approved by agency and talent, on credit: active, for `seconds` from now."""
        now = int(time.time())
        brand, talent = self.people.get("brand"), self.people.get("talent")
        asked = self.people.registry(brand).request_licence(
            exchange.LicenceRequest(
                twin=twin,
                advertiser="Maison Exemple",
                product_lines=("womenswear",),
                intended_use=INTENDED_USE,
                media=("web_owned", "social_organic"),
                territory=("FR", "BE"),
                not_before=now,
                not_after=now + seconds,
                quota=quota or Quota(renders=200, delivered=5),
                rate=Rate(currency="EUR", per_asset=12_000),
                approval=approval,
            )
        )
        self.people.registry(self.people.get("agency")).approve_licence(asked.id)
        yes = TermsApproval(
            licence=asked.id, terms_sha256=asked.terms_sha256, talent=talent.id, decided_at=now
        )
        self.people.registry(talent).approve_licence(asked.id, jws.sign(yes, self.people.signing_key(talent)))
        return self.people.registry(brand).pay_licence(asked.id, exchange.Payment(method="credit"))

    def enrol_machine(self) -> Session:
        """The agent, started as hosts start it, enrolled with a new seat's code; a session with it."""
        brand = self.people.registry(self.people.get("brand"))
        seat = brand.create_seat(exchange.NewSeat(name="Retoucher 1"))
        session = Session.connect("demo", home=self.home)
        session.enrol(self.url, seat.code)
        return session

    def revoke(self) -> tuple[exchange.Recorded, ...]:
        """The talent takes every consent of hers back, at once."""
        talent = self.people.get("talent")
        caller = self.people.registry(talent)
        now, key = int(time.time()), self.people.signing_key(talent)
        documents = (
            Revocation(talent=talent.id, consent_sha256=consent, reason="safety", signed_at=now)
            for consent in to_revoke(caller.consents(), "safety", now)
        )
        return caller.revoke_together([jws.sign(document, key) for document in documents])

    def root(self) -> TrustedRoot:
        """The registry's root, as the talent's account pinned it."""
        return self.people.root(self.people.get("talent"), int(time.time()))
