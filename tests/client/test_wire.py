"""What crosses the wire: errors keep their class, code and remedy; nonsense is refused."""

from __future__ import annotations

from multiprocessing.connection import Pipe

import pytest

from sosie.client.transport import LARGEST_MESSAGE, Channel, flatten, parse, revive
from sosie.errors import AgentError, CancelledError, RefusedError, RegistryUnreachableError, SosieError


@pytest.mark.parametrize("kind", [RefusedError, CancelledError, RegistryUnreachableError, SosieError])
def test_an_error_survives_the_wire(kind: type[SosieError]) -> None:
    error = kind("No.", remedy="Ask.", code="because")
    back = revive(flatten(error))
    assert type(back) is kind
    assert back.as_dict() == {"code": "because", "message": "No.", "remedy": "Ask."}


def test_an_error_of_a_newer_agent_is_still_an_error() -> None:
    assert isinstance(revive({"kind": "QuantumError", "message": "?"}), AgentError)


@pytest.mark.parametrize("data", [b"", b"[]", b"1", b"{", b"\xff", b"[" * 100_000])
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(AgentError) as caught:
        parse(data)
    assert caught.value.code == "message_invalid"


def test_messages_have_a_limit_in_both_directions() -> None:
    here, there = Pipe()
    channel = Channel(here)
    with pytest.raises(AgentError) as caught:
        channel.send({"x": "y" * LARGEST_MESSAGE})
    assert caught.value.code == "message_too_large"
    channel.send({"fine": True})
    assert Channel(there).receive() == {"fine": True}
    there.close()
    with pytest.raises(AgentError) as caught:
        channel.receive()
    assert caught.value.code == "agent_gone"
    here.close()


def test_values_that_are_no_json_are_refused() -> None:
    here, there = Pipe()
    with pytest.raises(ValueError, match="JSON"):
        Channel(here).send({"x": float("nan")})
    here.close()
    there.close()
