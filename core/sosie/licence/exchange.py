"""What registry and its callers say to each other: one definition for both ends of `/v1`.

Requests are closed (an unknown field is an error); answers are open (a newer registry may say more). The
documents themselves travel as the tokens they were signed as.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from sosie.licence import vocabulary as words
from sosie.licence.clauses import Exclusivity, Morals, Quota, Rate, Split
from sosie.licence.document import BasisPoints, Id, Instant, Name

Role = Literal["operator", "talent", "agency", "brand", "auditor", "device"]
PublicKeyText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
Token = Annotated[str, Field(min_length=1, max_length=131_072)]
T = TypeVar("T", bound=BaseModel)
Reason = Annotated[str, Field(max_length=1000)]


class Ask(BaseModel):
    """A request's body."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Listed(Answer, Generic[T]):
    """A part of a list, and the cursor of the next part: none at the end."""

    items: tuple[T, ...]
    next: str | None = None


class NewParty(Ask):
    """Operator: open an account. The party redeems the code with `enrol`, bringing her own key."""

    role: Literal["talent", "agency", "brand", "auditor"]
    name: Name
    agency: Id | None = None  # for a talent: who represents her
    likeness: Literal["person", "synthetic", "blended"] = "person"  # of a talent: `licence.people`
    credit: bool = False  # for a brand: may put licences on credit


class NewSeat(Ask):
    """Brand: a named artist, who redeems the code on her machine."""

    name: Name


class Invitation(Answer):
    """A one-time code for `enrol`; it is shown once."""

    id: str
    code: str
    expires_at: int


class Enrolment(Ask):
    """Redeem a code. A talent brings her signing key, a device both keys; others bring none."""

    code: Annotated[str, Field(min_length=8, max_length=100)]
    signing_key: PublicKeyText | None = None
    sealing_key: PublicKeyText | None = None
    name: Annotated[str, Field(max_length=200)] = ""


class Enrolled(Answer):
    """Who one is now, the bearer token (shown once), and the SHA-256 of root.json to pin."""

    id: str
    role: Role
    party: str  # the account it belongs to: a device's brand, else itself
    token: str
    root_sha256: str
    seat: str | None = None


class Me(Answer):
    """Whom the registry takes the caller for."""

    id: str
    role: Role
    party: str
    name: str
    seat: str | None = None


class SignedDocument(Ask):
    """A document as a JWS: a consent, a revocation, or the talent's approval of terms."""

    token: Token


class Recorded(Answer):
    """A document that stands in the log now."""

    id: str
    sha256: str
    leaf_index: int
    effective_at: int


class ConsentInfo(Answer):
    """A recorded consent."""

    id: str
    sha256: str
    talent: str
    token: str
    live: bool  # no revocation of it is on record
    revoked_at: int | None = None  # when its revocation is in force; perhaps announced only


class TwinRecord(Answer):
    """A twin whose pack the registry holds."""

    id: str
    revision: int
    talent: str
    display_name: str
    consent_sha256: str
    pack_sha256: str
    bytes: int
    usable: bool  # its consent is not revoked
    likeness: str = "person"  # or synthetic, or blended: no living person's own


class LicenceRequest(Ask):
    """Brand: what one asks for. The registry fills in talent, agency, consent and twin revision."""

    twin: Id
    advertiser: Name
    product_lines: tuple[Name, ...]
    intended_use: str
    purpose: tuple[words.Purpose, ...] = ("ecommerce",)
    media: tuple[words.Media, ...] = ("web_owned",)
    territory: tuple[words.Territory, ...]
    not_before: Instant
    not_after: Instant
    operations: tuple[words.Operation, ...] | None = None  # none: those of the consent
    prohibited_categories: tuple[words.Category, ...] | None = None  # none: those of the consent
    approval: words.Approval | None = None  # none: that of the consent
    quota: Quota = Quota()
    rate: Rate = Rate()
    split: Split | None = None  # none: 80/10/10, or 90/10 without an agency
    exclusivity: Exclusivity | None = None
    kill_fee_bp: BasisPoints = 5_000
    late_fee_bp: BasisPoints = 0
    pay_days: Annotated[int, Field(ge=0, le=365)] = 30
    disclosure: words.Disclosure = "eu_icon_modified"
    morals: Morals = Morals()
    sublicense: tuple[Name, ...] = ()
    wind_down_days: Annotated[int, Field(ge=0, le=365)] = 30


class Decision(Ask):
    """Agency and talent: approve or decline. The talent's approval is her TermsApproval as a JWS."""

    token: Token | None = None
    reason: Reason = ""


class Payment(Ask):
    """`paid` is recorded by the operator; `credit` is taken by a brand that has it."""

    method: Literal["paid", "credit"]
    reference: Annotated[str, Field(max_length=200)] = ""


class LicenceRecord(Answer):
    """A licence and where it stands."""

    id: str
    state: str
    talent: str
    agency: str | None
    brand: str
    twin: str
    twin_revision: int
    display_name: str
    terms: dict[str, Any]
    terms_sha256: str
    consent_sha256: str
    token: str | None  # the licence as a JWS, once it was active
    renders_left: int
    delivered_left: int
    revoked_at: int | None
    reason: str = ""  # of whoever declined it
    suspended_by: tuple[str, ...] = ()  # sides: talent (with her agency), brand, operator


class LeaseRequest(Ask):
    """Device: a lease with a reserved budget."""

    licence: Id
    renders: Annotated[int, Field(ge=1, le=1000)] = 25
    seconds: Annotated[int, Field(ge=30, le=30 * 86_400)] | None = None  # none: the registry's 15 minutes


class LeaseAnswer(Answer):
    """Everything `licence.chain.verify` needs; `status` is base64url."""

    id: str
    lease: str
    licence: str
    consent: str
    checkpoint: str
    status: str


class JournalPost(Ask):
    """Device: entries after the last acknowledged one, in order."""

    entries: Annotated[tuple[Token, ...], Field(max_length=1000)]


class JournalHead(Answer):
    """The last acknowledged entry: n = 0 and 64 zeros when there is none."""

    n: int
    sha256: str


class DeliveryRecord(Answer):
    """A picture handed in: pending, approved, declined, recorded (paid for), signed (can be fetched)."""

    id: str
    licence: str
    state: str
    use: dict[str, Any]
    input_sha256: str
    width: int
    height: int
    receipt: str | None = None
    output_sha256: str | None = None
    reason: str = ""


class ReceiptRecord(Answer):
    """A receipt with all one needs to prove it stands in the log."""

    id: str
    token: str
    salt: str  # base64url
    leaf_index: int
    output_sha256: str | None


class LogProof(Answer):
    """Hashes in base64url, as RFC 6962 orders them."""

    size: int
    root: str
    path: tuple[str, ...]
    leaf: str | None = None


class Verdict(Answer):
    """What anybody may know of a delivered file: `known`, `altered`, `revoked` or `unknown`."""

    state: Literal["known", "altered", "revoked", "unknown"]
    receipt: str | None = None
    licence: str | None = None
    twin: str | None = None
    leaf_index: int | None = None
    delivered_at: int | None = None
    not_after: int | None = None
    output_sha256: str | None = None


class StatementLine(Answer):
    """One posting: minor units; what one is owed is positive, what one owes negative."""

    transaction: str
    kind: str
    licence: str
    receipt: str | None
    account: str
    currency: str
    minor: int
    at: int


class Statement(Answer):
    """Postings that concern the caller, entry by entry, and the sums of all of them by currency."""

    party: str
    lines: tuple[StatementLine, ...]
    balance: dict[str, int]
    next: str | None = None  # the cursor of the next part: none at the end
