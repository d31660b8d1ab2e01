"""Roots that follow each other: two of three keys, one version after the other, the last one still good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sosie.errors import VerificationError
from sosie.licence import canonical, keys, root


def code(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(VerificationError) as caught:
        call(*args, **kwargs)
    assert caught.value.remedy
    return caught.value.code


def publics(signers: Any) -> list[str]:
    return [keys.public_text(key.public_key()) for key in signers]


def test_two_of_three_and_rotation(papers: Any, make: Any) -> None:
    old = [make.signing(name) for name in "abc"]
    new = [make.signing(name) for name in "def"]

    first = make.root(threshold=2, root_keys=publics(old))
    one = root.TrustedRoot.load(root.sign(first, old[:2]), now=make.now)
    twice = root.sign(first, [old[0], old[0]])
    assert code(root.TrustedRoot.load, twice, now=make.now) == "root_threshold"
    second = make.root(version=2, threshold=2, root_keys=publics(new))
    both = root.sign(second, [*old[1:], *new[:2]])
    two = one.follow(both, now=make.now)
    assert two.document.version == 2
    assert two.follow(both, now=make.now) is two
    assert code(two.follow, both, now=make.now + 1000) == "root_expired"
    assert code(one.follow, root.sign(second, new), now=make.now) == "root_threshold"
    assert code(one.follow, root.sign(second, old), now=make.now) == "root_threshold"
    third = root.sign(make.root(version=3, root_keys=publics(old)), old)
    assert code(one.follow, third, now=make.now) == "root_version"
    foreign = make.root(version=2, registry="another", root_keys=publics(old))
    assert code(one.follow, root.sign(foreign, old), now=make.now) == "root_version"


class Chain:
    """Five versions, each with three keys of its own, two of which sign it and the next."""

    def __init__(self, make: Any, **changes: Any) -> None:
        self._make = make
        self.signers = [[make.signing(f"{name}{version}") for name in "abc"] for version in range(6)]
        self.data = {version: self.version(version, **changes) for version in range(1, 6)}

    def version(self, number: int, by: Any = None, **changes: Any) -> bytes:
        """A version; `by` instead of two of its own keys and two of those before."""
        own, before = self.signers[number], self.signers[number - 1]
        document = self._make.root(version=number, threshold=2, root_keys=publics(own), **changes)
        return root.sign(document, by if by is not None else [*before[:2], *own[1:]])

    def fetch(self, number: int) -> bytes | None:
        return self.data.get(number)

    def pin(self, number: int) -> str:
        return canonical.sha256_hex(self.data[number])


@pytest.fixture
def chain(make: Any) -> Chain:
    return Chain(make)


def test_the_newest_is_reached_step_by_step(chain: Chain, make: Any) -> None:
    asked: list[int] = []

    def fetch(version: int) -> bytes | None:
        asked.append(version)
        return chain.fetch(version)

    first = root.TrustedRoot.load(chain.data[1], now=make.now)
    newest = first.newest(fetch, now=make.now)
    assert newest.data == chain.data[5]
    assert asked == [2, 3, 4, 5, 6]
    assert newest.newest(fetch, now=make.now) is newest


def test_versions_in_between_may_have_ended_the_last_may_not(chain: Chain, make: Any) -> None:
    later = make.now + 1000
    ended = root.TrustedRoot.of_any_age(chain.data[1], pin=chain.pin(1))
    assert code(ended.newest, chain.fetch, now=later) == "root_expired"
    chain.signers.append([make.signing(f"6{name}") for name in "abc"])
    chain.data[6] = chain.version(6, expires_at=later + 1000)
    assert ended.newest(chain.fetch, now=later).document.version == 6
    assert root.TrustedRoot.since(chain.pin(2), chain.data[6], chain.fetch, now=later).data == chain.data[6]
    assert code(root.TrustedRoot.since, chain.pin(2), chain.data[3], chain.fetch, now=later) == "root_expired"
    del chain.data[6]
    assert code(ended.newest, chain.fetch, now=later) == "root_expired"


Damage = Callable[[Chain], bytes]


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda chain: chain.version(3, chain.signers[3]), "root_threshold"),  # its own keys alone
        (lambda chain: chain.version(3, chain.signers[2]), "root_threshold"),  # the old ones alone
        (lambda chain: chain.version(3, [*chain.signers[2][:1], *chain.signers[3]]), "root_threshold"),
        (lambda chain: chain.version(3, [*chain.signers[2], *chain.signers[3][:1]]), "root_threshold"),
        (lambda chain: chain.data[4], "root_version"),  # a step is missing
        (lambda chain: chain.data[2], "root_version"),  # back to an older one
        (lambda chain: chain.version(3, registry="another"), "root_version"),
        (lambda _: b"[]", "root_malformed"),
    ],
)
def test_what_does_not_follow_is_refused(chain: Chain, make: Any, damage: Damage, expected: str) -> None:
    chain.data[3] = damage(chain)
    first = root.TrustedRoot.load(chain.data[1], now=make.now)
    assert code(first.newest, chain.fetch, now=make.now) == expected
    assert code(first.next(chain.data[2]).next, chain.data[3]) == expected


def test_from_a_pin_to_the_newest(chain: Chain, make: Any) -> None:
    since = root.TrustedRoot.since

    def nobody(_: int) -> bytes | None:
        raise AssertionError("nothing is asked when the pinned one is still the newest")

    assert since(chain.pin(5), chain.data[5], nobody, now=make.now).data == chain.data[5]
    assert since(chain.pin(1), chain.data[5], chain.fetch, now=make.now).data == chain.data[5]
    assert code(since, "0" * 64, chain.data[5], chain.fetch, now=make.now) == "root_pin"
    assert code(since, chain.pin(5), chain.data[1], chain.fetch, now=make.now) == "root_pin"
    assert code(since, chain.pin(1), chain.data[5], lambda _: None, now=make.now) == "root_pin"
    assert code(since, chain.pin(1), chain.version(2, chain.signers[2]), chain.fetch, now=make.now) == (
        "root_threshold"
    )


def test_no_endless_chain(chain: Chain, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root, "MOST_STEPS", 3)
    first = root.TrustedRoot.load(chain.data[1], now=make.now)
    assert code(first.newest, chain.fetch, now=make.now) == "root_version"
    del chain.data[4], chain.data[5]
    assert first.newest(chain.fetch, now=make.now).document.version == 3
    since = root.TrustedRoot.since
    assert code(since, "0" * 64, chain.data[2], lambda _: chain.data[2], now=make.now) == "root_pin"
