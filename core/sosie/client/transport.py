"""The wire: JSON bytes over a local socket, authenticated both ways by a key in a 0600 file.

`multiprocessing.connection` frames and authenticates; its pickling `send` and `recv` are never used.
Requests are `{id, method, params}`; answers `{id, progress, stage}`, then `{id, result}` or `{id, error}`.
A greeting comes first in each direction and settles the protocol version; it names the process, because hosts
share the agent by turns.
"""

from __future__ import annotations

import json
import os
import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from typing import Any

from sosie.errors import AgentError, SosieError
from sosie.messages import PROTOCOL

#: One message; pixels never travel in one.
LARGEST_MESSAGE = 1 << 20

Message = dict[str, Any]


class Channel:
    """One end of a connection. Sending is safe from any thread; receiving belongs to one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()

    def send(self, message: Message) -> None:
        """Send one message.

        Raises:
            AgentError: `agent_gone` when the other side has hung up.
        """
        data = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
        if len(data) > LARGEST_MESSAGE:
            raise AgentError(
                f"A message of {len(data)} bytes is over the limit of {LARGEST_MESSAGE}.",
                remedy="Send pixels through the pixel folder.",
                code="message_too_large",
            )
        try:
            with self._sending:
                self._connection.send_bytes(data)
        except (OSError, ValueError) as error:
            raise _gone() from error

    def receive(self) -> Message:
        """The next message; waits for it.

        Raises:
            AgentError: `agent_gone` when the other side has hung up, `message_invalid` when it talks nonsense.
        """
        try:
            data = self._connection.recv_bytes(LARGEST_MESSAGE)
        except (OSError, EOFError) as error:
            raise _gone() from error
        return parse(data)

    def waiting(self, timeout: float) -> bool:
        """Whether a message, or a hang-up, can be read within `timeout` seconds."""
        try:
            return self._connection.poll(timeout)
        except (OSError, EOFError):
            return True

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def connect(address: str, key: bytes, client: str) -> tuple[Channel, Message]:
    """Connect, authenticate and greet; the channel and the agent's greeting.

    Raises:
        AgentError: `agent_not_running`, `agent_key` (the key file is another agent's), `agent_version`.
    """
    try:
        channel = Channel(Client(address, family=family(address), authkey=key))
    except AuthenticationError as error:
        raise AgentError(
            "The agent and this program hold different keys.",
            remedy="Run `sosie agent stop` as the user who started the agent, then try again.",
            code="agent_key",
        ) from error
    except (OSError, EOFError) as error:
        raise AgentError(
            f"No agent answers at {address}.",
            remedy="Run `sosie agent start`.",
            code="agent_not_running",
        ) from error
    channel.send({"protocol": PROTOCOL, "client": client, "process": os.getpid()})
    greeting = channel.receive()
    if "error" in greeting:
        channel.close()
        raise revive(greeting["error"])
    if greeting.get("protocol") != PROTOCOL:
        channel.close()
        raise version_mismatch(greeting.get("protocol"), PROTOCOL)
    return channel, greeting


def family(address: str) -> str:
    """The family of sockets an address belongs to."""
    return "AF_PIPE" if address.startswith("\\\\.\\pipe\\") else "AF_UNIX"


def parse(data: bytes) -> Message:
    """Bytes from the other side as a message.

    Raises:
        AgentError: `message_invalid` when they are not one JSON object.
    """
    try:
        message = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _invalid(data) from error
    if not isinstance(message, dict):
        raise _invalid(data)
    return message


def version_mismatch(theirs: object, ours: int) -> AgentError:
    """The refusal of two versions that do not understand each other."""
    return AgentError(
        f"This program speaks protocol {ours}, the other side {theirs}.",
        remedy="Update the older of the two, then run `sosie agent stop`; the next use starts the new agent.",
        code="agent_version",
    )


def revive(error: Message) -> SosieError:
    """An error from the wire as the class of `errors.py` that carries it."""
    kinds = {kind.__name__: kind for kind in _kinds(SosieError)}
    kind = kinds.get(str(error.get("kind")), AgentError)
    return kind(
        str(error.get("message", "The agent failed.")),
        remedy=str(error.get("remedy", "")),
        code=str(error.get("code", kind.default_code)),
    )


def flatten(error: SosieError) -> Message:
    """An error for the wire: kind, code, message and remedy."""
    return {"kind": type(error).__name__, **error.as_dict()}


def _kinds(kind: type[SosieError]) -> list[type[SosieError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _kinds(child))]


def _gone() -> AgentError:
    return AgentError(
        "The agent hung up.",
        remedy="Try again: it is started when it is not there. `sosie doctor` finds out why it stopped.",
        code="agent_gone",
    )


def _invalid(data: bytes) -> AgentError:
    return AgentError(
        f"A message of {len(data)} bytes is not a JSON object.",
        remedy="Update Sosie on both sides.",
        code="message_invalid",
    )
