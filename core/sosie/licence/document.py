"""What makes a document: one closed, frozen form, read strictly, and the kinds its fields are of.

Nothing but these rules decides what a document's bytes are; what the documents say is in `licence.documents`.
Times are whole Unix seconds, UTC; money is integer minor units (cents); ids are opaque.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sosie.errors import VerificationError
from sosie.licence import canonical
from sosie.licence.refusals import VERIFICATIONS

Id = Annotated[str, Field(pattern=r"^[a-z]{2,5}_[A-Za-z0-9_-]{6,64}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Instant = Annotated[int, Field(ge=0, le=2**40)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Money = Annotated[int, Field(ge=0, le=10**12)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Document(BaseModel):
    """A signed document: closed, frozen, with one canonical form."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    #: The JWS header's `typ`: one document can never be taken for another.
    typ: ClassVar[str]
    #: Read no more than this.
    max_bytes: ClassVar[int] = 65_536

    def canonical(self) -> bytes:
        """The bytes that are signed and hashed."""
        return canonical.canonical(self.model_dump(mode="json"))

    def sha256(self) -> str:
        """The hash by which other documents name this one."""
        return canonical.sha256_hex(self.canonical())

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """A document from its bytes.

        Raises:
            VerificationError: `document_too_large`, `document_malformed` or `document_invalid`.
        """
        canonical.parse(data, max_bytes=cls.max_bytes)
        return cls._validated(lambda: data)

    @classmethod
    def of(cls, value: Any) -> Self:
        """A document from JSON values; raises VerificationError (`document_invalid`) with each field."""
        return cls._validated(lambda: canonical.canonical(value))

    @classmethod
    def _validated(cls, json: Callable[[], bytes]) -> Self:
        try:
            return cls.model_validate_json(json())
        except (ValueError, TypeError, RecursionError) as error:
            code = _rule(error)
            raise VerificationError(
                f"This is no valid {cls.__name__.lower()}: {_explain(error)}",
                remedy=VERIFICATIONS[code].remedy
                if code
                else "Correct the named fields; the vocabulary is in the documentation.",
                code=code or "document_invalid",
            ) from error


def named_rule(found: Iterable[Mapping[str, Any]]) -> str | None:
    """The code of the first of pydantic's errors that is a rule with a name of its own, among `VERIFICATIONS`."""
    return next((item["type"] for item in found if item["type"] in VERIFICATIONS), None)


def _rule(error: Exception) -> str | None:
    return named_rule(error.errors()) if isinstance(error, ValidationError) else None


def _explain(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    found = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'document'}: {item['msg']}" for item in found[:5])
