"""The log's tree (RFC 6962), shares of money, and the states of a licence."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.errors import RefusedError
from sosie.licence import money, states, tree

# The test vectors of the Certificate Transparency reference implementation (RFC 6962).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


class Memory:
    """A tree in a dictionary."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.size = 0

    def lookup(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def append(self, data: bytes) -> None:
        for level, index, value in tree.appended(self.lookup, self.size, tree.leaf_hash(data)):
            self.nodes[level, index] = value
        self.size += 1


def naive(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, written as it stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return tree.leaf_hash(leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return tree.node_hash(naive(leaves[:k]), naive(leaves[k:]))


def test_known_answers() -> None:
    memory = Memory()
    assert tree.root(memory.lookup, 0) == hashlib.sha256(b"").digest()
    for data, expected in zip(LEAVES, ROOTS, strict=True):
        memory.append(data)
        assert tree.root(memory.lookup, memory.size).hex() == expected
    path = tree.inclusion(memory.lookup, 5, 8)
    assert [step.hex()[:8] for step in path] == ["bc1a0643", "ca854ea1", "d37ee418"]
    assert [step.hex()[:8] for step in tree.consistency(memory.lookup, 6, 8)] == [
        "0ebc5d34",
        "ca854ea1",
        "d37ee418",
    ]


def test_every_proof_up_to_65_leaves() -> None:
    memory, leaves, roots = Memory(), [], [hashlib.sha256(b"").digest()]
    for number in range(65):
        leaves.append(b"%d" % number)
        memory.append(leaves[-1])
        roots.append(naive(leaves))
        assert tree.root(memory.lookup, memory.size) == roots[-1]
    for size in range(1, 66):
        for index in range(size):
            path = tree.inclusion(memory.lookup, index, size)
            leaf = tree.leaf_hash(leaves[index])
            assert tree.verify_inclusion(leaf, index, size, path, roots[size])
            assert not tree.verify_inclusion(leaf, index, size, path, bytes(32))
            assert not tree.verify_inclusion(tree.leaf_hash(b"x"), index, size, path, roots[size])
            assert not tree.verify_inclusion(leaf, index, size, [*path, bytes(32)], roots[size])
            if path:
                assert not tree.verify_inclusion(leaf, index, size, path[:-1], roots[size])
        for old in range(1, size + 1):
            path = tree.consistency(memory.lookup, old, size)
            assert tree.verify_consistency(old, size, path, roots[old], roots[size])
            assert not tree.verify_consistency(old, size, path, bytes(32), roots[size])
            assert not tree.verify_consistency(old, size, path, roots[old], bytes(32))
            assert not tree.verify_consistency(old, size, [*path, bytes(32)], roots[old], roots[size])
            if path:
                assert not tree.verify_consistency(old, size, path[:-1], roots[old], roots[size])
                flipped = [bytes([path[0][0] ^ 1]) + path[0][1:], *path[1:]]
                assert not tree.verify_consistency(old, size, flipped, roots[old], roots[size])


def test_proofs_that_cannot_be() -> None:
    memory = Memory()
    memory.append(b"x")
    for index in (-1, 1):
        with pytest.raises(ValueError, match="no leaf"):
            tree.inclusion(memory.lookup, index, 1)
        assert not tree.verify_inclusion(bytes(32), index, 1, [], bytes(32))
    for old in (0, 2):
        with pytest.raises(ValueError, match="no tree"):
            tree.consistency(memory.lookup, old, 1)
        assert not tree.verify_consistency(old, 1, [], bytes(32), bytes(32))
    assert not tree.verify_consistency(3, 5, [], bytes(32), bytes(32))


shares = st.lists(st.integers(0, 10_000), min_size=2, max_size=2).map(
    lambda cuts: {"a": min(cuts), "b": max(cuts) - min(cuts), "c": 10_000 - max(cuts)}
)


@given(st.integers(0, 10**12), shares)
def test_shares_sum_exactly_and_are_nearly_proportional(amount: int, parts: dict[str, int]) -> None:
    result = money.split(amount, parts)
    assert sum(result.values()) == amount
    assert list(result) == list(parts)
    for name, part in parts.items():
        assert abs(result[name] * 10_000 - amount * part) < 10_000


def test_shares_that_are_none() -> None:
    assert money.split(10_001, {"talent": 8_000, "agency": 1_000, "platform": 1_000}) == {
        "talent": 8_001,
        "agency": 1_000,
        "platform": 1_000,
    }
    for amount, parts in ((-1, {"a": 10_000}), (1, {"a": 9_999}), (1, {"a": 10_001, "b": -1})):
        with pytest.raises(ValueError, match=r"negative|sum"):
            money.split(amount, parts)


def test_the_usual_life() -> None:
    state = "draft"
    for event in (
        "request",
        "agency_approve",
        "talent_approve",
        "pay",
        "activate",
        "suspend",
        "resume",
        "complete",
    ):
        state = states.move(state, event)
    assert state == "completed"
    assert {"completed", "revoked", "expired", "declined", "cancelled"} == states.FINAL


@pytest.mark.parametrize("state", sorted(states.STATES))
@pytest.mark.parametrize("event", sorted(states.EVENTS))
def test_only_the_moves_of_the_table(state: str, event: str) -> None:
    if (state, event) in states._MOVES:
        assert states.move(state, event) != state
        assert state not in states.FINAL
        return
    with pytest.raises(RefusedError) as caught:
        states.move(state, event)
    assert caught.value.code == "licence_state"
    assert caught.value.remedy
