"""IPTC and PLUS fields of a licence, as XMP properties: what picture desks and agencies file it under.

PLUS LDF 2.0.1 vocabulary. A twin's release is always a limited one (MR-LMR), never an unlimited one; it is the consent
the licence rests on. `plus:MediaSummaryCode` is left out: its matrix is not ours to write.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sosie.licence.documents import Licence

_VOCAB = "http://ns.useplus.org/ldf/vocab"


def properties(licence: Licence) -> dict[str, str | list[str]]:
    """XMP property name -> value; a list is an `rdf:Bag`. Ids only, no personal name."""
    terms = licence.terms
    fields: dict[str, str | list[str]] = {
        "plus:LicenseID": licence.id,
        "plus:LicensorID": [terms.talent],
        "plus:LicenseeID": [terms.brand],
        "plus:EndUserID": [terms.brand],
        "plus:LicenseStartDate": _date(terms.not_before),
        "plus:LicenseEndDate": _date(terms.not_after),
        "plus:ModelReleaseStatus": f"{_VOCAB}/MR-LMR",
        "plus:ModelReleaseID": [terms.consent_sha256],
        "plus:MinorModelAgeDisclosure": f"{_VOCAB}/AG-UNK",
        "plus:TermsAndConditionsText": terms.intended_use,
        "plus:OtherConstraints": f"Not for: {', '.join(terms.prohibited_categories) or 'nothing forbidden'}.",
    }
    if "train" not in terms.operations:
        fields["plus:DataMining"] = f"{_VOCAB}/DMI-PROHIBITED-GENAIMLTRAINING"
    return fields


def _date(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d")
