"""Which licence and twin made which group: kept in the document's annotations, so that a reopened .kra knows it.

Nothing here is trusted when a picture is delivered: the registry decides. It says what to ask for.
"""

from __future__ import annotations

import json
from typing import Any

from ..model.texts import tr
from ..ui.qt import QtCore

ANNOTATION = "sosie-likenesses"
NEEDED = ("group", "twin", "licence", "use")


def read(document: Any) -> list[dict[str, Any]]:
    """The records, oldest first; one that cannot be read is left out."""
    found = _kept(document).get("likenesses")
    if not isinstance(found, list):
        return []
    return [record for record in found if isinstance(record, dict) and all(name in record for name in NEEDED)]


def document_id(document: Any) -> str:
    """The document's id that its records keep; "" without records."""
    return str(_kept(document).get("document", ""))


def add(document: Any, record: dict[str, Any], key: str) -> None:
    """Keep one more, and `key` as the document's id."""
    kept = json.dumps({"version": 1, "document": key, "likenesses": [*read(document), record]}).encode()
    document.setAnnotation(ANNOTATION, tr("Licensed likenesses"), QtCore.QByteArray(kept))


def _kept(document: Any) -> dict[str, Any]:
    if ANNOTATION not in document.annotationTypes():
        return {}
    try:
        found = json.loads(bytes(document.annotation(ANNOTATION)).decode())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
