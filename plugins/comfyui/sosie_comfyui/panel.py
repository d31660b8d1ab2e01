"""What the panel in ComfyUI's side bar asks and is told; without the host, so that tests need none.

Rules: only this machine's own page may ask (`guard`); nothing that comes in is a path; nothing that goes out
is a secret; an error leaves as message, remedy and code.
"""

from __future__ import annotations

import base64
import ipaddress
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import errors
from ._sosie.client import Session
from ._sosie.client.twins import one_each
from ._sosie.errors import InputError, RefusedError, SosieError
from ._sosie.messages import AgentStatus, TwinInfo
from .catalogue import days_left, refusal
from .texts import say, tr

#: Browsers let another site's page send no such header unless the server agrees; ours never does.
HEADER, HEADER_VALUE = "X-Sosie", "panel"
THUMBNAIL_BYTES = 512 * 1024
URL_LENGTH = 300

#: Opens a session; its argument says whether an agent that is not there is started.
Connect = Callable[[bool], Session]


def guard(headers: Mapping[str, str], remote: str | None) -> None:
    """Let only the page that this machine's ComfyUI serves pass.

    Args:
        headers: the request's; looked up without regard to case by the caller's mapping.
        remote: the address at the other end of the connection.

    Raises:
        RefusedError: `panel_foreign`: from another machine, another site, or not from the panel.
    """
    host = headers.get("Host", "")
    origin = headers.get("Origin", "")
    if (
        _is_loopback(remote or "")
        and _is_loopback(urlsplit(f"//{host}").hostname or "")  # a foreign name may point here: rebinding
        and headers.get(HEADER) == HEADER_VALUE
        and headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
        and (not origin or urlsplit(origin).netloc == host)
    ):
        return
    raise RefusedError(
        tr("Only the Sosie panel on this machine may ask this."),
        remedy=tr("Open ComfyUI at http://127.0.0.1 on the machine it runs on."),
        code="panel_foreign",
    )


def state(connect: Connect, *, refresh: bool, now: float) -> dict[str, Any]:
    """The account and the twins, with thumbnails; `refresh` asks the registry and starts the agent if need be."""
    with connect(refresh) as session:
        agent = session.status()
        twins = session.twins(refresh=refresh) if agent.seat else []
        return {**_account(agent), "twins": [_card(twin, session, now) for twin in one_each(twins)]}


def sign_in(connect: Connect, body: object) -> dict[str, Any]:
    """Begin to sign in at `body["url"]`: a code to compare and a link to open.

    Raises:
        InputError: `registry_address`: not the address of a registry.
    """
    url = body.get("url", "") if isinstance(body, dict) else ""
    parts = urlsplit(url) if isinstance(url, str) and len(url) <= URL_LENGTH else urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise InputError(
            tr("This is not the address of a registry."),
            remedy=tr("Enter it as your brand gave it to you: https://registry.example."),
            code="registry_address",
        )
    with connect(True) as session:
        begun = session.sign_in(url)
    return {
        "code": begun.code,
        "link": begun.link,
        "expires_at": begun.expires_at,
        "interval": begun.interval,
    }


def sign_in_state(connect: Connect) -> dict[str, Any]:
    """How the sign-in stands: waiting, signed_in, denied or expired."""
    with connect(False) as session:
        return {"state": session.sign_in_state().state}


def sign_out(connect: Connect) -> dict[str, Any]:
    """Forget the account."""
    with connect(False) as session:
        session.sign_out()
    return {"signed_in": False, "seat": "", "registry": "", "twins": []}


def told(error: SosieError) -> dict[str, str]:
    """An error for the panel."""
    message, remedy = errors.told(error)
    return {"message": message, "remedy": remedy, "code": error.code}


def _account(agent: AgentStatus) -> dict[str, Any]:
    return {
        "signed_in": bool(agent.seat),
        "seat": agent.seat,
        "registry": urlsplit(agent.registry).netloc or agent.registry,
        "reachable": agent.reachable,
        "warnings": [say(warning) for warning in agent.warnings],
    }


def _card(twin: TwinInfo, session: Session, now: float) -> dict[str, Any]:
    return {
        "twin": twin.twin,
        "name": twin.display_name,
        "state": twin.state,
        "media": list(twin.media),
        "territory": list(twin.territory),
        "purpose": list(twin.purpose),
        "prohibited": list(twin.prohibited),
        "renders_left": twin.renders_left,
        "delivered_left": twin.delivered_left,
        "days_left": days_left(twin, now),
        "until": time.strftime("%Y-%m-%d", time.gmtime(twin.not_after)),
        "refusal": refusal(twin),
        "thumbnail": _picture(twin.thumbnail, session.pixels.folder),
    }


def _picture(name: str, folder: Path) -> str:
    """A thumbnail as a data URL; "" where there is none. The name is the agent's, and stays in its folder."""
    path = folder / Path(name).name
    if not name or not path.is_file() or path.stat().st_size > THUMBNAIL_BYTES:
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
