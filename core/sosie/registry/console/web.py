"""A request to the console and its answer: the reader's language, her session, the form's proof, strict headers.

Nothing is fetched from elsewhere. Two kinds of pages run scripts: our own where passkeys are used; htmx where lists are
turned and talent is looked for, and no password is typed. A page is never stored by the browser.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sosie.errors import SosieError
from sosie.registry.access import Context, Principal, new_secret
from sosie.registry.asking import context_of
from sosie.registry.console import sessions
from sosie.registry.console.words import LANGUAGES, words_in
from sosie.registry.pages.page import HEADERS, language_of
from sosie.registry.problems import problem
from sosie.words import words_in as core_words

SESSION: Final = "sosie_session"
FORM: Final = "sosie_form"
LANGUAGE: Final = "sosie_language"
_FOLDER = Path(__file__).parent
_HEADERS: Final = {
    **HEADERS,
    "Content-Security-Policy": f"{HEADERS['Content-Security-Policy']}; img-src 'self'",
}
_SCRIPT: Final = "; script-src 'self'; connect-src 'self'"
Script = Literal["none", "passkeys", "htmx"]
_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True)
class Visit:
    """One request."""

    house: Context
    request: Request
    language: str
    cookie: str  # the session's, or the one that forms before it hang on
    principal: Principal | None

    @property
    def browser(self) -> str:
        """As it names itself."""
        return self.request.headers.get("User-Agent", "")

    @property
    def headers(self) -> dict[str, str]:
        """What every answer carries."""
        return _HEADERS

    @property
    def caller(self) -> Principal:
        """Who is signed in; 401 `session_over` when nobody is."""
        if self.principal is None:
            raise problem(401, "session_over", "You are signed out.", "Sign in again.")
        return self.principal

    def page(
        self,
        template: str,
        *,
        error: SosieError | None = None,
        status: int = 200,
        script: Script = "none",
        at: str = "",
        **facts: Any,
    ) -> HTMLResponse:
        """`template` with `facts`; an error stands above it. `script` tells which may run on it.

        `at` is where the page can be opened again, when a form has shown it at an address that only takes forms.
        """
        words = words_in(self.language)
        exchanges = script == "htmx" and self.house.settings.htmx is not None
        said = self.said(error) if error else ""
        status = getattr(error, "status", None) or (422 if error else status)
        html = _TEMPLATES.get_template(template).render(
            w=words,
            language=self.language,
            languages=LANGUAGES,
            path=at or self.request.url.path,
            at=at,
            me=self.principal,
            form=sessions.form_value(self.cookie),
            error=said,
            registry=self.house.settings.name,
            exchanges=exchanges,
            day=_day,
            money=_money,
            told=core_words(self.language).say,
            **facts,
        )
        answer = HTMLResponse(html, status, headers={**_HEADERS, "Content-Language": self.language})
        if exchanges or script == "passkeys":
            answer.headers["Content-Security-Policy"] += _SCRIPT
        if self.principal is None:
            self.keep(answer, FORM, self.cookie)
        if "language" in self.request.query_params:
            self.keep(answer, LANGUAGE, self.language)
        return answer

    def said(self, error: SosieError) -> str:
        """An error in the reader's words: the console's own, else the core's, else as the service said it."""
        core = core_words(self.language)
        said = f"{core.say(error.message)} {core.say(error.remedy)}"
        return words_in(self.language).get(f"error_{error.code}", said)

    def to(self, path: str) -> RedirectResponse:
        """See other: what was posted is done."""
        return RedirectResponse(path, 303, headers=HEADERS)

    def keep(self, answer: Response, name: str, value: str, seconds: int | None = None) -> None:
        """A cookie that no script and no other site uses."""
        secure = self.request.url.scheme == "https"
        answer.set_cookie(
            name, value, max_age=seconds, path="/console", httponly=True, samesite="strict", secure=secure
        )


def visit_of(request: Request) -> Visit:
    """Who comes, and in which language."""
    house, cookies = context_of(request), request.cookies
    token = cookies.get(SESSION, "")
    principal = house.database.read(lambda session: sessions.who(house, session, token)) if token else None
    wish = request.query_params.get("language") or cookies.get(LANGUAGE, "")
    language = wish if wish in LANGUAGES else language_of(request.headers.get("Accept-Language"), LANGUAGES)
    cookie = token if principal else cookies.get(FORM) or new_secret(house.settings)
    return Visit(house, request, language, cookie, principal)


Guest = Annotated[Visit, Depends(visit_of)]


async def posted_by(request: Request, visit: Guest) -> dict[str, str]:
    """A form's fields, once it is certain that it is ours; a field with several values is joined by commas.

    Raises:
        RegistryError: 403 `form_foreign`.
    """
    form = await request.form()
    cookie = visit.cookie if visit.principal else request.cookies.get(FORM, "")
    sessions.require_form(cookie, str(form.get("form", "")))
    return {name: ",".join(str(value) for value in form.getlist(name)) for name in form}


Posted = Annotated[dict[str, str], Depends(posted_by)]


def _day(seconds: int) -> str:
    """A date everybody reads the same: 2026-11-24."""
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _money(minor: int, currency: str) -> str:
    """Minor units as people write them, in every language here without ambiguity: 1 250.50 EUR."""
    whole, rest = divmod(abs(minor), 100)
    sign = "−" if minor < 0 else ""
    return f"{sign}{whole:,}.{rest:02d}\u00a0{currency}".replace(",", "\u00a0")
