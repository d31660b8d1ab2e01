"""A long journal is not verified anew at every start: the mark, and what it does not hide."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.agent.journals import DEVICE, FACTS, Registry, journal

from sosie.agent.journal import verify_journal
from sosie.agent.journal_mark import read_mark, write_mark
from sosie.errors import VerificationError
from sosie.licence import exchange, jws
from sosie.licence.documents import JournalEntry
from sosie.licence.journal import GENESIS


@pytest.fixture
def marked(tmp_path: Path, key: Ed25519PrivateKey, registry: Registry) -> Path:
    """A journal of five acknowledged entries with a mark, and two more after it."""
    made = journal(tmp_path, key)
    for _ in range(5):
        made.append("render", **FACTS)
    made.reconcile(registry)
    for _ in range(2):
        made.append("render", **FACTS)
    return tmp_path / "journal.jws"


def test_a_start_verifies_what_came_after_the_mark_and_the_doctor_everything(
    marked: Path, tmp_path: Path, key: Ed25519PrivateKey, registry: Registry
) -> None:
    whole = marked.read_bytes()
    marked.write_bytes(whole[:300] + (b"A" if whole[300:301] != b"A" else b"B") + whole[301:])
    made = journal(tmp_path, key)  # the first entry is broken; the mark stands for it
    assert (len(made), made.renders(FACTS["lease"])) == (7, 7)
    assert made.reconcile(registry) == 2
    with pytest.raises(VerificationError):
        verify_journal(marked, key.public_key(), device=DEVICE)
    marked.write_bytes(whole)
    assert [entry.n for entry in verify_journal(marked, key.public_key(), device=DEVICE)] == list(range(1, 8))
    lines = whole.splitlines(keepends=True)
    marked.write_bytes(b"".join([*lines[:5], lines[6]]))
    with pytest.raises(VerificationError) as caught:  # after the mark nothing may be missing
        journal(tmp_path, key)
    assert caught.value.code == "journal_damaged"


def test_the_chain_goes_on_after_a_mark_in_one_run_and_the_next(
    marked: Path, tmp_path: Path, key: Ed25519PrivateKey, registry: Registry
) -> None:
    for _ in range(4):
        made = journal(tmp_path, key)
        made.append("returned", **FACTS)
        made.reconcile(registry)
        made.append("render", **FACTS)
    assert len(verify_journal(marked, key.public_key(), device=DEVICE)) == len(made) == 15
    assert made.renders(FACTS["lease"]) == 11
    assert made.reconcile(registry) == 1
    assert [entry.n for entry in registry.entries] == list(range(1, 16))


def test_a_registry_that_lost_entries_gets_them_again(
    marked: Path, tmp_path: Path, key: Ed25519PrivateKey, registry: Registry
) -> None:
    del registry.entries[2:]
    made = journal(tmp_path, key)
    assert made.reconcile(registry) == 5
    registry.entries[1:] = registry.entries[2:3]
    with pytest.raises(VerificationError) as caught:
        made.require(2, registry.entries[1].sha256())  # before the mark, and another one
    assert caught.value.code == "journal_fork"


@pytest.mark.parametrize("damage", ["flip", "foreign", "gone", "elsewhere"])
def test_a_mark_that_does_not_hold_is_as_none(
    marked: Path, tmp_path: Path, key: Ed25519PrivateKey, damage: str
) -> None:
    path = marked.with_suffix(".mark")
    mark = read_mark(path, key.public_key(), device=DEVICE)
    assert mark is not None
    if damage == "flip":
        path.write_bytes(path.read_bytes()[:-1] + b"-")
    elif damage == "foreign":
        write_mark(path, mark, Ed25519PrivateKey.generate())
    elif damage == "elsewhere":
        write_mark(path, mark.model_copy(update={"begins": 7}), key)
    else:
        path.unlink()
    assert len(journal(tmp_path, key)) == 7
    lines = marked.read_bytes().splitlines(keepends=True)
    marked.write_bytes(b"".join(lines[1:]))  # and now everything is verified
    with pytest.raises(VerificationError) as caught:
        journal(tmp_path, key)
    assert caught.value.code == "journal_damaged"


def test_a_journal_that_ends_before_its_mark_is_damaged(
    marked: Path, tmp_path: Path, key: Ed25519PrivateKey
) -> None:
    marked.write_bytes(b"".join(marked.read_bytes().splitlines(keepends=True)[:4]))
    with pytest.raises(VerificationError, match="Entry 5, which was here, is gone") as caught:
        journal(tmp_path, key)
    assert caught.value.code == "journal_damaged"


def test_a_long_journal_begins_where_it_was_marked(
    tmp_path: Path, key: Ed25519PrivateKey, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`SOSIE_JOURNAL=100000 pytest -s -k long_journal` prints the times of docs/performance.md."""
    entries, head = int(os.environ.get("SOSIE_JOURNAL", "600")), GENESIS
    with (tmp_path / "journal.jws").open("w") as file:
        for n in range(1, entries + 1):
            entry = JournalEntry(n=n, prev=head, device=DEVICE, op="render", wall=n, mono_ms=n, **FACTS)
            head = entry.sha256()
            file.write(jws.sign(entry, key) + "\n")
    began = time.perf_counter()
    first = journal(tmp_path, key)
    without = time.perf_counter() - began
    monkeypatch.setattr(registry, "journal_head", lambda: exchange.JournalHead(n=entries, sha256=head))
    assert first.reconcile(registry) == 0
    began = time.perf_counter()
    second = journal(tmp_path, key)
    print(f"{entries} entries: {without:.2f} s without a mark, {time.perf_counter() - began:.4f} s with one")  # noqa: T201 - pytest -s
    assert len(first) == len(second) == entries
    monkeypatch.setattr(
        "sosie.agent.journal.verify_chain", lambda tokens, *_, **__: [*map(pytest.fail, tokens)]
    )
    assert len(journal(tmp_path, key)) == entries  # not one is verified anew
