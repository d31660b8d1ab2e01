"""The append-only Merkle tree of RFC 6962, over stored inner nodes.

A store keeps the hash of every *complete* subtree under (level, index): level 0 are the leaves, level k the
subtrees of 2^k leaves. Appending a leaf adds one node for each subtree it completes (one more on average),
so that root and proofs need a logarithmic number of look-ups, in memory and in a database alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

#: (level, index) -> hash of that complete subtree.
Lookup = Callable[[int, int], bytes]
HASH_BYTES = 32


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962 2.1: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 2.1: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def appended(lookup: Lookup, size: int, leaf: bytes) -> list[tuple[int, int, bytes]]:
    """The nodes (level, index, hash) to store when leaf hash `leaf` joins a tree of `size` leaves."""
    nodes = [(0, size, leaf)]
    level, index, value = 0, size, leaf
    while index % 2:
        value = node_hash(lookup(level, index - 1), value)
        level, index = level + 1, index // 2
        nodes.append((level, index, value))
    return nodes


def root(lookup: Lookup, size: int) -> bytes:
    """The root hash of the first `size` leaves; SHA-256 of nothing when there are none."""
    return _subtree(lookup, 0, size) if size else hashlib.sha256(b"").digest()


def inclusion(lookup: Lookup, index: int, size: int) -> list[bytes]:
    """RFC 6962 2.1.1: the path from leaf `index` to the root of `size` leaves.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_subtree(lookup, middle, end))
            end = middle
        else:
            path.append(_subtree(lookup, start, middle))
            start = middle
    return path[::-1]


def consistency(lookup: Lookup, old: int, size: int) -> list[bytes]:
    """RFC 6962 2.1.2: that the tree of `size` leaves begins with the tree of `old` leaves.

    Raises:
        ValueError: `old` is not between 1 and `size`.
    """
    if not 1 <= old <= size:
        raise ValueError(f"no tree of {old} leaves inside one of {size}")
    path, start, end, whole = [], 0, size, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_subtree(lookup, middle, end))
            end = middle
        else:
            path.append(_subtree(lookup, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(_subtree(lookup, start, end))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """RFC 9162 2.1.3.2: whether leaf hash `leaf` stands at `index` under the root `expected`."""
    if not 0 <= index < size:
        return False
    position, last, value = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if position % 2 or position == last:
            value = node_hash(sibling, value)
            while position % 2 == 0 and position:
                position, last = position // 2, last // 2
        else:
            value = node_hash(value, sibling)
        position, last = position // 2, last // 2
    return last == 0 and value == expected


def verify_consistency(old: int, size: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """RFC 9162 2.1.4.2: whether the log of `size` leaves is the log of `old` leaves, continued."""
    if not 1 <= old <= size:
        return False
    if old == size:
        return not path and old_root == new_root
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not steps:
        return False
    position, last = old - 1, size - 1
    while position % 2:
        position, last = position // 2, last // 2
    first = second = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if position % 2 or position == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while position % 2 == 0 and position:
                position, last = position // 2, last // 2
        else:
            second = node_hash(second, sibling)
        position, last = position // 2, last // 2
    return last == 0 and first == old_root and second == new_root


def _split(count: int) -> int:
    """The largest power of two smaller than `count` (which is at least 2)."""
    return 1 << (count - 1).bit_length() - 1


def _subtree(lookup: Lookup, start: int, end: int) -> bytes:
    """The hash of leaves [start, end), where start is a multiple of the subtree's size."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return lookup(level, start >> level)
    middle = start + _split(count)
    return node_hash(_subtree(lookup, start, middle), _subtree(lookup, middle, end))
