"""`/.well-known/rsl-media.xml`: the standing posture of every consent, for machines that ask before they use.

RSL 1.0 elements with the usage words of the RSL Media Human Consent Standard (draft of 12 May 2026):
`media:ai-train` and `media:ai-generate`. Whatever is not permitted is prohibited in so many words, because silence
is not consent. With terms, the server is where a licence is asked for. Subjects are opaque ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from sosie.licence.documents import Consent

NAMESPACE = "https://rslstandard.org/rsl"
_TRAIN, _GENERATE = "media:ai-train", "media:ai-generate"


def document(consents: Iterable[Consent], *, server: str) -> bytes:
    """The XML document, UTF-8; `server` is the registry's address, where licences are asked for."""
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(_name("rsl"))
    for consent in consents:
        content = ET.SubElement(
            root, _name("content"), {"url": f"urn:sosie:{consent.talent}", "server": server}
        )
        if consent.human_consent_id:
            ET.SubElement(
                content, _name("alternate"), {"type": "human-consent-id"}
            ).text = consent.human_consent_id
        licence = ET.SubElement(content, _name("license"))
        permitted = _permitted(consent)
        if permitted:
            ET.SubElement(licence, _name("permits"), {"type": "usage"}).text = ",".join(permitted)
        denied = [word for word in (_TRAIN, _GENERATE) if word not in permitted]
        if denied:
            ET.SubElement(licence, _name("prohibits"), {"type": "usage"}).text = ",".join(denied)
        if permitted and consent.posture == "with_terms":
            payment = ET.SubElement(licence, _name("payment"), {"type": "purchase"})
            ET.SubElement(payment, _name("custom")).text = server
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def _permitted(consent: Consent) -> list[str]:
    if consent.posture == "prohibited":
        return []
    return [*([] if consent.training == "none" else [_TRAIN]), _GENERATE]


def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"
