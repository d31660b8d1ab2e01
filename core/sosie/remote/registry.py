"""The registry's API as typed methods, one for each call; used by agent, command line, demo and tests.

Answers are read strictly into `licence.exchange` models; what is none is a RegistryError (`remote.answers`), and no
answer at all a RegistryUnreachableError. Writes carry an `Idempotency-Key`, so that a caller who passes the same key
may repeat them safely.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from sosie.codec import encode
from sosie.licence import billing, exchange, keys
from sosie.licence.chain import LeaseBundle
from sosie.licence.people import SignedDocuments
from sosie.messages import Use
from sosie.remote import answers
from sosie.remote.people import People


@dataclass(frozen=True)
class Delivered:
    """A delivery's record, and its signed picture's path when it was fetched."""

    record: exchange.DeliveryRecord
    path: Path | None = None


class Registry(People):
    """One caller's view of a registry; the transport carries the caller's token."""

    # -- talent -----------------------------------------------------------------------------------------

    def record_consent(self, token: str, *, key: str | None = None) -> exchange.Recorded:
        """Talent: a consent, signed by her own key."""
        return self._post("/v1/consents", exchange.SignedDocument(token=token), exchange.Recorded, key)

    def consents(self) -> list[exchange.ConsentInfo]:
        """Talent: her consents; agency: those of its talents."""
        return self._list("/v1/consents", exchange.ConsentInfo)

    def revoke(self, token: str, *, key: str | None = None) -> exchange.Recorded:
        """Talent: a Revocation, signed by her own key."""
        return self._post("/v1/revocations", exchange.SignedDocument(token=token), exchange.Recorded, key)

    def revoke_together(
        self, tokens: Sequence[str], *, key: str | None = None
    ) -> tuple[exchange.Recorded, ...]:
        """Talent: several Revocations in one transaction, all of them or none."""
        ask = SignedDocuments(tokens=tuple(tokens))
        return self._post("/v1/revocations/batch", ask, exchange.Listed[exchange.Recorded], key).items

    def upload_pack(
        self, pack: Path, *, twin: str, pack_sha256: str, wrapped_key: str
    ) -> exchange.TwinRecord:
        """Talent or agency: a twin's pack, its key sealed to the root's `pack_key` with `keys.pack_info`."""
        headers = {
            "Content-Type": "application/octet-stream",
            "Sosie-Pack-Sha256": pack_sha256,
            "Sosie-Pack-Key": wrapped_key,
        }
        with pack.open("rb") as source:
            answer = self._call("PUT", f"/v1/twins/{twin}/pack", headers=headers, content=source)
        return answers.model(answer, exchange.TwinRecord)

    def twins(self) -> list[exchange.TwinRecord]:
        """The twins this caller may know of."""
        return self._list("/v1/twins", exchange.TwinRecord)

    def download_pack(self, twin: str, revision: int, target: Path) -> None:
        """Device with an active licence (or the talent): the encrypted pack, into `target`."""
        self._call("GET", f"/v1/twins/{twin}/pack?revision={revision}", save_to=target)

    def pack_start(self, twin: str, revision: int, size: int) -> bytes:
        """As `download_pack`, its first `size` bytes at most: the open part, for a thumbnail."""
        headers = {"Range": f"bytes=0-{size - 1}"}
        answer = self._call("GET", f"/v1/twins/{twin}/pack?revision={revision}", headers=headers)
        return answer.content[:size]

    # -- licences ---------------------------------------------------------------------------------------

    def request_licence(
        self, ask: exchange.LicenceRequest, *, key: str | None = None
    ) -> exchange.LicenceRecord:
        """Brand: ask for a licence."""
        return self._post("/v1/licences", ask, exchange.LicenceRecord, key)

    def licences(self, twin: str | None = None) -> list[exchange.LicenceRecord]:
        """The licences this caller is part of, or those of one `twin`."""
        return self._list("/v1/licences", exchange.LicenceRecord, twin=twin)

    def licence(self, licence: str) -> exchange.LicenceRecord:
        """One of them."""
        return self._get(f"/v1/licences/{licence}", exchange.LicenceRecord)

    def approve_licence(
        self, licence: str, token: str | None = None, *, key: str | None = None
    ) -> exchange.LicenceRecord:
        """Agency (no token) or talent (her TermsApproval as a JWS)."""
        ask = exchange.Decision(token=token)
        return self._post(f"/v1/licences/{licence}/approve", ask, exchange.LicenceRecord, key)

    def decline_licence(self, licence: str, reason: str = "") -> exchange.LicenceRecord:
        """Agency or talent."""
        ask = exchange.Decision(reason=reason)
        return self._post(f"/v1/licences/{licence}/decline", ask, exchange.LicenceRecord)

    def pay_licence(
        self, licence: str, ask: exchange.Payment, *, key: str | None = None
    ) -> exchange.LicenceRecord:
        """Operator (`paid`) or a brand with credit (`credit`): the licence is active afterwards."""
        return self._post(f"/v1/licences/{licence}/pay", ask, exchange.LicenceRecord, key)

    def change_licence(self, licence: str, event: str) -> exchange.LicenceRecord:
        """`suspend` or `resume` (talent with agency, brand, operator), `complete` or `cancel` (brand)."""
        return self._post(f"/v1/licences/{licence}/{event}", None, exchange.LicenceRecord)

    # -- device -----------------------------------------------------------------------------------------

    def lease(
        self, ask: exchange.LeaseRequest, *, key: str | None = None
    ) -> tuple[exchange.LeaseAnswer, LeaseBundle]:
        """Device: a lease, and the bundle for `licence.chain.verify`."""
        answer = self._post("/v1/leases", ask, exchange.LeaseAnswer, key)
        bundle = LeaseBundle(
            consent=answer.consent,
            licence=answer.licence,
            lease=answer.lease,
            checkpoint=answer.checkpoint,
            status=keys.b64decode(answer.status),
        )
        return answer, bundle

    def post_journal(self, entries: list[str], *, key: str | None = None) -> exchange.JournalHead:
        """Device: reconcile the journal."""
        return self._post(
            "/v1/journal", exchange.JournalPost(entries=tuple(entries)), exchange.JournalHead, key
        )

    def journal_head(self) -> exchange.JournalHead:
        """Device: the last entry the registry has acknowledged."""
        return self._get("/v1/journal", exchange.JournalHead)

    def deliver(
        self, picture: Path, *, licence: str, use: Use, mime: str, target: Path, key: str | None = None
    ) -> Delivered:
        """Device or brand: hand in the final picture; the signed file lands in `target`.

        A licence with approval for each picture answers with state `pending` and no file: once the talent
        has approved, call `complete_delivery`.
        """
        fields = {"licence": licence, "use": json.dumps(encode(use))}
        with picture.open("rb") as source:
            answer = self._call(
                "POST",
                "/v1/deliveries",
                data=fields,
                files={"picture": (f"picture{picture.suffix}", source, mime)},
                headers={"Idempotency-Key": key or self._new_key()},
            )
        return self._fetched(answers.model(answer, exchange.DeliveryRecord), target)

    def complete_delivery(self, delivery: str, target: Path) -> Delivered:
        """Device or brand: what is left to do after the talent's approval; then the signed file."""
        record = self._post(f"/v1/deliveries/{delivery}/complete", None, exchange.DeliveryRecord)
        return self._fetched(record, target)

    def deliveries(self) -> list[exchange.DeliveryRecord]:
        """The deliveries this caller is part of, newest first."""
        return self._list("/v1/deliveries", exchange.DeliveryRecord)

    def delivery(self, delivery: str) -> exchange.DeliveryRecord:
        """One of them."""
        return self._get(f"/v1/deliveries/{delivery}", exchange.DeliveryRecord)

    def decide_delivery(self, delivery: str, *, approve: bool, reason: str = "") -> exchange.DeliveryRecord:
        """Talent, or the agency she lets: approve or decline one picture."""
        path = f"/v1/deliveries/{delivery}/{'approve' if approve else 'decline'}"
        return self._post(path, exchange.Decision(reason=reason), exchange.DeliveryRecord)

    def delivered_picture(self, delivery: str, target: Path) -> None:
        """The signed picture; for talent and agency, before it is signed, the picture handed in."""
        self._call("GET", f"/v1/deliveries/{delivery}/picture", save_to=target)

    # -- proof and money --------------------------------------------------------------------------------

    def checkpoint(self) -> str:
        """The newest signed note; verify it with `licence.chain.verify_status`."""
        return self._call("GET", "/v1/checkpoint").content.decode("utf-8", "replace")

    def status(self) -> bytes:
        """The status list the newest checkpoint names."""
        return self._call("GET", "/v1/status").content

    def log_proof(self, index: int, size: int) -> exchange.LogProof:
        """That leaf `index` stands in the log of `size` leaves."""
        return self._get(f"/v1/log/proof?{urlencode({'index': index, 'size': size})}", exchange.LogProof)

    def log_consistency(self, old: int, size: int) -> exchange.LogProof:
        """That the log of `size` leaves continues the log of `old`."""
        return self._get(f"/v1/log/consistency?{urlencode({'old': old, 'size': size})}", exchange.LogProof)

    def receipt(self, receipt: str) -> exchange.ReceiptRecord:
        """A receipt this caller is part of."""
        return self._get(f"/v1/receipts/{receipt}", exchange.ReceiptRecord)

    def verify(self, *, receipt: str | None = None, sha256: str | None = None) -> exchange.Verdict:
        """What the registry knows of a delivered file; no account needed."""
        asked = {name: value for name, value in (("receipt", receipt), ("sha256", sha256)) if value}
        return self._get(f"/v1/verify?{urlencode(asked)}", exchange.Verdict)

    def record_payment(
        self, licence: str, ask: billing.PaymentReceived, *, key: str | None = None
    ) -> billing.Settled:
        """Operator: money of a licence's brand has arrived."""
        return self._post(f"/v1/licences/{licence}/payments", ask, billing.Settled, key)

    def invoices(self) -> list[billing.Invoice]:
        """What is still owed under this caller's licences, and what is overdue."""
        return self._list("/v1/invoices", billing.Invoice)

    def keep_bank_account(self, ask: billing.BankDetails) -> billing.BankDetails:
        """Talent, agency: where one's money goes; operator: where payouts come from."""
        return self._put("/v1/bank-account", ask, billing.BankDetails)

    def pay_out(self, *, key: str | None = None) -> billing.PayoutRecord:
        """Operator: everything that has arrived, to everybody who has told an account."""
        return self._post("/v1/payouts", None, billing.PayoutRecord, key)

    def payouts(self) -> list[billing.PayoutRecord]:
        """All payouts, or the caller's own transfers in them."""
        return self._list("/v1/payouts", billing.PayoutRecord)

    def transfers(self, payout: str, form: Literal["transfers.csv", "pain.001.xml"]) -> bytes:
        """Operator: a payout as a file for a spreadsheet or for the bank."""
        return self._call("GET", f"/v1/payouts/{payout}/{form}").content

    def close_licences(self) -> billing.Closed:
        """Operator: the last charges of licences whose wind-down is over."""
        return self._post("/v1/closings", None, billing.Closed)

    def statement_csv(self) -> bytes:
        """`statement`, for a spreadsheet."""
        return self._call("GET", "/v1/statement.csv").content

    def statement(self) -> exchange.Statement:
        """Every posting that concerns this caller."""
        found = self._get("/v1/statement?limit=500", exchange.Statement)
        while found.next:
            more = self._get(
                f"/v1/statement?limit=500&{urlencode({'after': found.next})}", exchange.Statement
            )
            found = more.model_copy(update={"lines": found.lines + more.lines})
        return found

    # -- carrying ---------------------------------------------------------------------------------------

    def _fetched(self, record: exchange.DeliveryRecord, target: Path) -> Delivered:
        if record.state != "signed":
            return Delivered(record)
        self.delivered_picture(record.id, target)
        return Delivered(record, target)
