"""Where this machine's two private keys lie: in the system's keyring, or in files that only this user can read.

The keyring is taken where a real one answers; keys that lie in files are moved there once it does. A keyring that is
locked may ask a person, and behind a closed lid there is none: nothing waits for an answer longer than a few seconds.
Where the keys lie is no secret, and the files are a warning: status and doctor say it.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sosie.errors import AgentError, VerificationError
from sosie.licence import keys
from sosie.storage import write_file

SERVICE = "Sosie device keys"
#: A keyring that is open answers in milliseconds.
PATIENCE_S = 5.0
T = TypeVar("T")


class Backend(Protocol):
    """What is asked of a keyring; the package `keyring` brings one for each system."""

    @property
    def name(self) -> str: ...

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


@dataclass(frozen=True)
class DeviceKeys:
    """The two keys a machine makes for one account: it signs with one, and is written to with the other."""

    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey

    @classmethod
    def new(cls) -> DeviceKeys:
        """Keys nobody has seen."""
        return cls(Ed25519PrivateKey.generate(), X25519PrivateKey.generate())

    @property
    def public(self) -> dict[str, str]:
        """Their public halves, as an enrolment carries them."""
        return {
            "signing_key": keys.public_text(self.signing.public_key()),
            "sealing_key": keys.public_text(self.sealing.public_key()),
        }


def system_keyring() -> Backend | None:
    """The system's keyring; None where there is none that keeps a secret."""
    import keyring
    from keyring.backends.chainer import ChainerBackend
    from keyring.core import recommended

    chosen = keyring.get_keyring()
    found: list[Backend] = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
    return next((backend for backend in found if recommended(backend)), None)


class Keyring:
    """A keyring, asked with limited patience.

    Args:
        find: the keyring there is, or None; asked once, when it is first needed.
        patience: seconds to wait for an answer.
    """

    def __init__(
        self, find: Callable[[], Backend | None] = system_keyring, *, patience: float = PATIENCE_S
    ) -> None:
        self._find, self._patience = find, patience
        self._waiting: threading.Thread | None = None
        self._found: list[Backend | None] = []

    def name(self) -> str:
        """What the keyring is called; "" where none answers."""
        try:
            backend = self._asked(self._backend)
        except AgentError:
            return ""
        return backend.name if backend else ""

    def get(self, device: str) -> str | None:
        """The secret of `device`; raises AgentError (`keyring_silent`)."""

        def get() -> str | None:
            backend = self._backend()
            return backend.get_password(SERVICE, device) if backend else None

        return self._asked(get)

    def put(self, device: str, secret: str) -> bool:
        """Whether the keyring has kept the secret: it is read again; raises AgentError (`keyring_silent`)."""

        def put() -> bool:
            if (backend := self._backend()) is None:
                return False
            backend.set_password(SERVICE, device, secret)
            return backend.get_password(SERVICE, device) == secret

        return self._asked(put)

    def remove(self, device: str) -> None:
        """Forget the secret; raises AgentError (`keyring_silent`)."""

        def remove() -> None:
            if backend := self._backend():
                backend.delete_password(SERVICE, device)

        self._asked(remove)

    def _backend(self) -> Backend | None:
        if not self._found:
            self._found.append(self._find())
        return self._found[0]

    def _asked(self, ask: Callable[[], T]) -> T:
        """The answer, in time; a question that hangs is not asked a second time beside it."""
        answers: list[T] = []
        faults: list[Exception] = []

        def run() -> None:
            try:
                answers.append(ask())
            except Exception as error:  # noqa: BLE001 - what a bus, a daemon or a package of another party throws
                faults.append(error)

        if self._waiting is None or not self._waiting.is_alive():
            self._waiting = threading.Thread(target=run, name="keyring", daemon=True)
            self._waiting.start()
            self._waiting.join(self._patience)
        if answers:
            return answers[0]
        raise AgentError(
            f"The system's keyring failed: {type(faults[0]).__name__}."
            if faults
            else f"The system's keyring did not answer in {self._patience:.0f} seconds.",
            remedy="Unlock it (it opens when you sign in to the desktop), then try again.",
            code="keyring_silent",
        )


class Vault:
    """The keys of one device: in `keyring`, or in `folder`."""

    def __init__(self, folder: Path, device: str, keyring: Keyring) -> None:
        self._device, self._keyring = device, keyring
        self._signing, self._sealing = folder / "signing.pem", folder / "sealing.pem"

    @property
    def in_files(self) -> bool:
        """Whether the keys lie in files."""
        return self._signing.exists()

    def put(self, made: DeviceKeys) -> None:
        """Keep the keys: in the keyring, where it does keep them, else in files."""
        signing, sealing = keys.private_pem(made.signing), keys.private_pem(made.sealing)
        secret = json.dumps({"signing": signing.decode(), "sealing": sealing.decode()})
        kept = False
        with contextlib.suppress(AgentError):
            kept = self._keyring.put(self._device, secret)
        if kept:
            self._remove_files()
            return
        write_file(self._sealing, sealing, private=True)
        write_file(self._signing, signing, private=True)  # last: its presence says that both are there

    def get(self) -> DeviceKeys:
        """The keys.

        Raises:
            AgentError: `keyring_silent`, or `keys_missing`: neither keyring nor files have them.
            VerificationError: they are damaged.
        """
        if self.in_files:
            return _read(self._signing.read_bytes(), self._sealing.read_bytes())
        secret = self._keyring.get(self._device)
        if secret is None:
            raise AgentError(
                "The keys of this machine are neither in the system's keyring nor in a file.",
                remedy="Start the keyring they were kept in; or sign out, and sign in again.",
                code="keys_missing",
            )
        try:
            found = json.loads(secret)
            return _read(found["signing"].encode(), found["sealing"].encode())
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise VerificationError(
                "The keys in the system's keyring cannot be read.",
                remedy="Sign out, and sign in again.",
                code="key_malformed",
            ) from error

    def remove(self) -> None:
        """Keep the keys nowhere; one that a silent keyring holds is of no use without the account."""
        if not self.in_files:
            with contextlib.suppress(AgentError):
                self._keyring.remove(self._device)
        self._remove_files()

    def _remove_files(self) -> None:
        self._signing.unlink(missing_ok=True)
        self._sealing.unlink(missing_ok=True)


def _read(signing: bytes, sealing: bytes) -> DeviceKeys:
    return DeviceKeys(keys.signing_private(signing), keys.sealing_private(sealing))
