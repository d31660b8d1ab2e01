"""Whom `sosie verify` trusts: a root.json it is given, a registry it is given, or this machine's own."""

from __future__ import annotations

import contextlib
from pathlib import Path

from sosie.accounts import registry
from sosie.cli.options import accounts, now
from sosie.client import folders
from sosie.errors import RegistryUnreachableError, SetupError
from sosie.licence.root import TrustedRoot
from sosie.remote.registry import Registry


def anchor(root: Path | None, url: str | None, *, offline: bool) -> tuple[TrustedRoot, Registry | None]:
    """The root to check against, and the registry to ask (none when offline).

    A root fetched from `url` alone is trusted at first contact; give `--root` to pin it. Newer versions are followed
    where a registry may be asked.

    Raises:
        SetupError: `root_missing`, when there is nothing to trust.
        VerificationError: the root does not hold.
    """
    if root:
        given = root.read_bytes()
        if offline or not url:
            return TrustedRoot.load(given, now=now()), None
        lookup = registry(url)
        return TrustedRoot.of_any_age(given).newest(lookup.root_version, now=now()), lookup
    if url:
        lookup = registry(url)
        return TrustedRoot.load(lookup.root(), now=now()), None if offline else lookup
    return _own(offline=offline)


def _own(*, offline: bool) -> tuple[TrustedRoot, Registry | None]:
    """The root and the registry this machine's agent, or its only person, is enrolled with."""
    from sosie.agent import account
    from sosie.agent.home import Home
    from sosie.plugins import Plugins
    from sosie.remote.transport import HttpsPlugin

    device = Home.at(folders.home())
    if device.account.exists():
        member = account.load(device, Plugins([HttpsPlugin()]))
        if not offline:
            with contextlib.suppress(RegistryUnreachableError):
                member.trust.renew(now())
        return member.root, None if offline else registry(member.account.url)
    people = accounts().all()
    if not people:
        raise SetupError(
            "This machine knows no registry to check the file against.",
            remedy="Give the registry's root.json with --root, or its address with --registry.",
            code="root_missing",
        )
    trusted = accounts().root(people[0], now())
    return trusted, None if offline else registry(people[0].url)
