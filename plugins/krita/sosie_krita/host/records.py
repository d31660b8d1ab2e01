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
    if ANNOTATION not in document.annotationTypes():
        return []
    try:
        found = json.loads(bytes(document.annotation(ANNOTATION)).decode())["likenesses"]
    except (ValueError, KeyError, TypeError):
        return []
    return [record for record in found if isinstance(record, dict) and all(name in record for name in NEEDED)]


def add(document: Any, record: dict[str, Any]) -> None:
    """Keep one more."""
    kept = json.dumps({"version": 1, "likenesses": [*read(document), record]}).encode()
    document.setAnnotation(ANNOTATION, tr("Licensed likenesses"), QtCore.QByteArray(kept))
