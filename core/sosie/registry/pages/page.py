"""How every page is made: a template, the reader's language, and headers that allow nothing foreign.

No script runs, nothing is fetched from elsewhere, nothing is kept by the browser, no other site can frame it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Pages:
    """Renders the templates in this folder."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
        )

    def render(self, template: str, *, language: str, status: int = 200, **facts: Any) -> HTMLResponse:
        """`template` filled with `facts`."""
        html = self._templates.get_template(template).render(language=language, **facts)
        return HTMLResponse(html, status_code=status, headers={**HEADERS, "Content-Language": language})


def language_of(header: str | None, known: tuple[str, ...]) -> str:
    """The known language a reader's `Accept-Language` likes best; the first known one when it names none."""
    best, best_weight = known[0], 0.0
    for part in (header or "").split(","):
        name, _, weight_text = part.strip().partition(";q=")
        language = name.split("-")[0].lower()
        try:
            weight = float(weight_text) if weight_text else 1.0
        except ValueError:
            continue
        if language in known and weight > best_weight:
            best, best_weight = language, weight
    return best
