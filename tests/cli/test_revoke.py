"""`sosie revoke` at a registry of its own: everything at once, with notice or without, or one licence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.registry.people import Clock
from tests.registry.servers import running

from sosie.accounts import Accounts
from sosie.cli import cli
from sosie.errors import RegistryError
from sosie.licence import exchange, jws
from sosie.licence.documents import Revocation
from sosie.registry.settings import Settings
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsTransport, RegistryConfig


@pytest.fixture
def talent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A talent with an account on this machine, who signed one set of rules and then another."""
    monkeypatch.setenv("SOSIE_HOME", str(tmp_path / "home"))
    settings = Settings(data=tmp_path / "registry", clock=Clock())
    with running(settings) as url:
        token = (settings.data / "operator.token").read_text()
        operator = Registry(HttpsTransport(RegistryConfig(url=url, token=token)))
        code = operator.create_party(exchange.NewParty(role="talent", name="Inès")).code
        run("account", "enrol", "talent", "--registry", url, "--code", code, "--talent")
        for name in ("first", "second"):
            run("consent", "sign", "--out", str(tmp_path / f"{name}.jws"))
        people = Accounts(tmp_path / "home")
        yield people.registry(people.get("talent"))


def run(*words: str) -> str:
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_everything_is_revoked_at_once(talent: Registry) -> None:
    done = json.loads(run("revoke", "--notice", "--yes", "--json"))
    assert len(done) == 2
    announced = [consent.revoked_at for consent in talent.consents()]
    assert announced == [one["effective_at"] for one in done]
    assert "nothing to revoke" in run("revoke", "--notice", "--yes")

    sooner = json.loads(run("revoke", "--yes", "--json"))
    assert [consent.revoked_at for consent in talent.consents()] == [one["effective_at"] for one in sooner]
    assert max(one["effective_at"] for one in sooner) < min(one["effective_at"] for one in done)
    assert len({one["leaf_index"] for one in (*done, *sooner)}) == 4


def test_all_of_them_or_none(talent: Registry, tmp_path: Path) -> None:
    people = Accounts(tmp_path / "home")
    signed = [consent.sha256 for consent in talent.consents()]
    assert len(signed) == 2
    account = people.get("talent")

    def token(consent: str) -> str:
        document = Revocation(talent=account.id, consent_sha256=consent, signed_at=1)
        return jws.sign(document, people.signing_key(account))

    with pytest.raises(RegistryError, match="consent"):
        talent.revoke_together([token(signed[0]), token("0" * 64)])
    assert all(consent.live for consent in talent.consents())
