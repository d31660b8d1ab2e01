"""Where a device's keys lie: in a keyring that keeps them, else in files; never lost on the way, never waited for."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend

from sosie.agent.vault import DeviceKeys, Keyring, Vault, system_keyring
from sosie.errors import AgentError, VerificationError
from sosie.licence import keys


class Memory(KeyringBackend):
    """A keyring of the package's own kind; `fault` is thrown by every question."""

    priority = 1.0

    def __init__(self, fault: Exception | None = None) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.fault = fault

    def get_password(self, service: str, username: str) -> str | None:
        self._fail()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._fail()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._fail()
        del self.kept[service, username]

    def _fail(self) -> None:
        if self.fault:
            raise self.fault


def same(one: DeviceKeys, other: DeviceKeys) -> bool:
    return one.public == other.public and keys.private_pem(one.signing) == keys.private_pem(other.signing)


def test_a_keyring_keeps_them_and_no_file_does(tmp_path: Path) -> None:
    memory, made = Memory(), DeviceKeys.new()
    vault = Vault(tmp_path, "dev_1", Keyring(lambda: memory))
    vault.put(made)
    assert same(vault.get(), made)
    assert not vault.in_files
    assert list(tmp_path.iterdir()) == []
    vault.remove()
    assert memory.kept == {}
    with pytest.raises(AgentError) as caught:
        vault.get()
    assert caught.value.code == "keys_missing"


def test_without_a_keyring_files_do_for_this_user_alone(tmp_path: Path) -> None:
    made = DeviceKeys.new()
    vault = Vault(tmp_path, "dev_1", Keyring(lambda: None))
    vault.put(made)
    assert same(vault.get(), made)
    assert vault.in_files
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    vault.remove()
    assert list(tmp_path.iterdir()) == []


def test_files_move_into_a_keyring_that_came_later(tmp_path: Path) -> None:
    memory, made = Memory(), DeviceKeys.new()
    Vault(tmp_path, "dev_1", Keyring(lambda: None)).put(made)
    later = Vault(tmp_path, "dev_1", Keyring(lambda: memory))
    later.put(later.get())
    assert not later.in_files
    assert same(later.get(), made)


def test_a_keyring_that_forgets_or_fails_costs_nothing(tmp_path: Path) -> None:
    class Forgetful(Memory):
        def set_password(self, service: str, username: str, password: str) -> None:
            """Says yes and keeps nothing."""

    for number, backend in enumerate((Forgetful(), Memory(OSError("no bus")))):
        made, folder = DeviceKeys.new(), tmp_path / str(number)
        folder.mkdir()
        vault = Vault(folder, "dev_1", Keyring(lambda backend=backend: backend))
        vault.put(made)
        assert vault.in_files
        assert same(vault.get(), made)


def test_a_locked_keyring_is_not_waited_for(tmp_path: Path) -> None:
    opened = threading.Event()
    asked: list[int] = []

    class Locked(Memory):
        def get_password(self, service: str, username: str) -> str | None:
            asked.append(1)
            opened.wait(60)
            return super().get_password(service, username)

    keyring = Keyring(Locked, patience=0.05)
    vault = Vault(tmp_path, "dev_1", keyring)
    for _ in range(3):
        with pytest.raises(AgentError) as caught:
            vault.get()
        assert caught.value.code == "keyring_silent"
    assert asked == [1], "a question that hangs is asked once"
    opened.set()


def test_damaged_keys_are_said(tmp_path: Path) -> None:
    memory = Memory()
    vault = Vault(tmp_path, "dev_1", Keyring(lambda: memory))
    vault.put(DeviceKeys.new())
    memory.kept = dict.fromkeys(memory.kept, "[]")
    with pytest.raises(VerificationError) as caught:
        vault.get()
    assert caught.value.code == "key_malformed"


def test_a_keyring_that_keeps_nothing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own environment names the null keyring, as a machine without a desktop has none."""
    import keyring

    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    assert system_keyring() is None
