"""The documents, as frozen models: what talent, registry and agent sign for each other.

No personal name appears in any of them. `jws.sign` and `jws.verify` turn a document into a JWS and back:
the signature is over the canonical bytes, and a document's hash (`sha256`) is the hash of those same bytes.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sosie.licence import vocabulary as words
from sosie.licence.clauses import Clause, Exclusivity, Morals, Quota, Rate, Split
from sosie.licence.document import BasisPoints, Count, Document, Id, Instant, Money, Name, Sha256

DAY = 86_400
TERM_CAP_DAYS = 1095  # New York Labor Law 1035(5): at most three years


class Consent(Document):
    """What a person allows with her likeness. She signs it with her own key; it is superseded, never edited."""

    typ: ClassVar[str] = "sosie-consent+jws"

    id: Id
    talent: Id
    posture: words.Posture = "with_terms"
    operations: tuple[words.Operation, ...] = ("reference_pose", "dress", "relight", "restage")
    prohibited_categories: tuple[words.Category, ...] = words.DEFAULT_PROHIBITED
    training: words.Training = "none"
    approval: words.Approval = "per_image"
    territory_max: tuple[words.Territory, ...] = (words.WORLD,)
    media_max: tuple[words.Media, ...] = tuple(sorted(words.MEDIA))
    term_max_days: Annotated[int, Field(ge=1, le=TERM_CAP_DAYS)] = 365
    offline_max_s: Annotated[int, Field(ge=0, le=30 * DAY)] = 28_800  # 0: online only
    revocation_notice_h: Annotated[int, Field(ge=0, le=2160)] = 72
    aftermath: words.Aftermath = "finish_term"
    takedown_days: Annotated[int, Field(ge=0, le=365)] = 0  # with `takedown`
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    representation: words.Representation
    signed_at: Instant
    supersedes: Sha256 | None = None
    human_consent_id: Annotated[str, Field(max_length=200)] | None = None  # in the Human Consent Registry

    @model_validator(mode="after")
    def _aftermath(self) -> Self:
        if bool(self.takedown_days) != (self.aftermath == "takedown"):
            raise ValueError("takedown_days goes with the aftermath takedown, and only with it")
        return self


class Terms(Document):
    """What brand, agency and talent agree on: the licence before the registry issues it."""

    typ: ClassVar[str] = "sosie-terms+jws"

    talent: Id
    agency: Id | None = None
    brand: Id
    twin: Id
    twin_revision: Annotated[int, Field(ge=1)] = 1
    consent_sha256: Sha256
    advertiser: Name
    product_lines: Annotated[tuple[Name, ...], Field(min_length=1, max_length=50)]
    #: The law wants a reasonably specific description (California Labor Code 927, New York GOL 5-302).
    intended_use: Annotated[str, Field(min_length=80, max_length=4000)]
    purpose: Annotated[tuple[words.Purpose, ...], Field(min_length=1)] = ("ecommerce",)
    media: Annotated[tuple[words.Media, ...], Field(min_length=1)] = ("web_owned",)
    territory: Annotated[tuple[words.Territory, ...], Field(min_length=1)]
    not_before: Instant
    not_after: Instant
    #: New York Labor Law 1035(6): no renewal without a new written consent.
    renewal: Literal["manual"] = "manual"
    exclusivity: Exclusivity | None = None
    operations: Annotated[tuple[words.Operation, ...], Field(min_length=1)]
    prohibited_categories: tuple[words.Category, ...] = words.DEFAULT_PROHIBITED
    approval: words.Approval = "per_image"
    quota: Quota = Quota()
    rate: Rate = Rate()
    split: Split = Split()
    kill_fee_bp: BasisPoints = 5_000  # of the fees, when the brand calls it off
    late_fee_bp: BasisPoints = 0  # of an invoice, for each month it is late
    pay_days: Annotated[int, Field(ge=0, le=365)] = 30
    disclosure: words.Disclosure = "eu_icon_modified"
    morals: Morals = Morals()
    #: Named studios that may work for the brand; none means nobody else may.
    sublicense: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    #: How long reservations wait for their journal after the end, before they are billed in full.
    wind_down_days: Annotated[int, Field(ge=0, le=365)] = 30

    @model_validator(mode="after")
    def _term(self) -> Self:
        if not self.not_before < self.not_after <= self.not_before + TERM_CAP_DAYS * DAY:
            raise ValueError("a licence ends after it begins, and within 1,095 days")
        if self.exclusivity is not None and self.exclusivity.until <= self.not_before:
            raise ValueError("an exclusivity ends after the licence begins")
        if self.agency is None and self.split.agency:
            raise ValueError("without an agency the agency's share is 0")
        return self


class TermsApproval(Document):
    """The talent's countersignature: these terms, and no others."""

    typ: ClassVar[str] = "sosie-approval+jws"

    licence: Id
    terms_sha256: Sha256
    talent: Id
    decided_at: Instant


class Licence(Document):
    """The registry's word to a brand: immutable, agreed by the talent. A renewal is a new licence."""

    typ: ClassVar[str] = "sosie-licence+jws"

    id: Id
    terms: Terms
    #: The talent's TermsApproval as a JWS, and her public key (raw Ed25519, base64url). None where her consent says yes by
    #: itself (`auto_in_scope`) and her agency has agreed.
    countersignature: Annotated[str, Field(max_length=8_192)] | None = None
    talent_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
    pack_sha256: Sha256
    status_index: Annotated[int, Field(ge=0, lt=131_072)]
    issued_at: Instant


class Scope(Clause):
    """What a licence or a lease lets one do, where, and when."""

    purpose: tuple[words.Purpose, ...]
    media: tuple[words.Media, ...]
    territory: tuple[words.Territory, ...]
    operations: tuple[words.Operation, ...]
    prohibited_categories: tuple[words.Category, ...]
    max_px: Count
    not_before: Instant
    not_after: Instant


class Lease(Document):
    """A quarter of an hour on one machine: scope, a reserved budget, and the pack's key for this device alone."""

    typ: ClassVar[str] = "sosie-lease+jws"

    id: Id
    licence: Id
    licence_sha256: Sha256
    consent_sha256: Sha256
    twin: Id
    twin_revision: Annotated[int, Field(ge=1)]
    pack_sha256: Sha256
    seat: Id
    device: Id
    #: RFC 7638 thumbprint of the device's signing key.
    device_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
    #: HPKE (X25519) of the pack key; `keys.lease_info` is bound into it.
    wrapped_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,4096}$")]
    scope: Scope
    renders: Count
    status_index: Annotated[int, Field(ge=0, lt=131_072)]
    #: The last journal entry the registry has acknowledged from this device.
    journal_n: Annotated[int, Field(ge=0)]
    journal_sha256: Sha256
    issued_at: Instant


class JournalEntry(Document):
    """One line of a device's journal: hash-chained by `prev`, signed by the device."""

    typ: ClassVar[str] = "sosie-journal+jws"
    max_bytes: ClassVar[int] = 4_096

    n: Annotated[int, Field(ge=1)]
    prev: Sha256
    device: Id
    op: Literal["render", "refused", "delivered", "returned"]
    licence: Id
    lease: Id | None = None
    twin: Id
    use_sha256: Sha256 | None = None
    input_sha256: Sha256 | None = None
    output_sha256: Sha256 | None = None
    detail: Annotated[str, Field(max_length=200)] = ""  # a refusal's code, a receipt's id
    wall: Instant
    mono_ms: Annotated[int, Field(ge=0)]


class Revocation(Document):
    """The talent takes it back: a consent, or one licence. Only her key can sign it."""

    typ: ClassVar[str] = "sosie-revocation+jws"

    talent: Id
    consent_sha256: Sha256 | None = None
    licence: Id | None = None
    #: Only `notice` waits for the time the consent agrees on; the others are in force at once.
    reason: Literal["notice", "safety", "breach", "court"] = "safety"
    signed_at: Instant

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.consent_sha256 is None) == (self.licence is None):
            raise ValueError("a revocation names a consent or a licence, and not both")
        return self


class UseTerms(Document):
    """The use a delivered picture was made for; the same words as `messages.Use`."""

    typ: ClassVar[str] = "sosie-use+jws"
    max_bytes: ClassVar[int] = 4_096

    purpose: words.Purpose
    media: Annotated[tuple[words.Media, ...], Field(min_length=1)]
    territory: Annotated[tuple[words.Territory, ...], Field(min_length=1)]
    operation: words.Operation
    categories: tuple[words.Category, ...] = ()


class Receipt(Document):
    """One delivered picture: what was used, for what, and where in the log it stands."""

    typ: ClassVar[str] = "sosie-receipt+jws"

    id: Id
    licence: Id
    licence_sha256: Sha256
    consent_sha256: Sha256
    twin: Id
    twin_revision: Annotated[int, Field(ge=1)]
    talent: Id
    brand: Id
    seat: Id
    device: Id | None
    use: UseTerms
    #: The picture as it was handed in, before label and signature.
    input_sha256: Sha256
    width: Count
    height: Count
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    amount: Money
    leaf_index: Annotated[int, Field(ge=0)]
    delivered_at: Instant
