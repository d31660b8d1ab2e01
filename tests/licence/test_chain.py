"""Root, checkpoint, the whole chain to a lease, and the journal: each link broken once."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sosie.errors import RefusedError, VerificationError
from sosie.licence import canonical, chain, checkpoint, clock, journal, jws, keys, root, status
from sosie.licence.documents import JournalEntry, TermsApproval


def code(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(VerificationError) as caught:
        call(*args, **kwargs)
    assert caught.value.remedy
    return caught.value.code


def test_a_lease_that_holds(papers: Any, make: Any) -> None:
    found = chain.verify(papers.bundle, root=papers.root, device_key=papers.device_key)
    assert (found.lease, found.licence, found.consent) == (papers.lease, papers.licence, papers.consent)
    assert not found.revoked
    assert found.pack_key(papers.device_seal) == make.pack_key
    assert code(found.pack_key, papers.pack) == "key_not_for_us"


def test_a_revoked_bit(papers: Any, make: Any) -> None:
    bits = status.bitstring([5])
    bundle = papers.rebundle(checkpoint=make.note(bits=bits), status=bits)
    assert chain.verify(bundle, root=papers.root, device_key=papers.device_key).revoked


def test_a_lease_with_an_older_checkpoint_than_was_seen(papers: Any, make: Any) -> None:
    """The rollback defence reaches from the one checkpoint to the whole bundle."""
    newer = checkpoint.verify(make.note(size=8), origin="test-registry", key=papers.log.public_key())
    trusted = {"root": papers.root, "device_key": papers.device_key}
    assert code(chain.verify, papers.bundle, seen=newer, **trusted) == "checkpoint_rollback"
    held = chain.verify(papers.bundle, **trusted)
    assert chain.verify(papers.bundle, seen=held.checkpoint, **trusted).checkpoint == held.checkpoint


def test_a_consent_that_says_yes_by_itself(papers: Any, make: Any) -> None:
    """Only where consent and terms both say so, and an agency has seen the price."""

    def silent(consent_says: str, terms_say: str, **more: Any) -> Any:
        consent = make.consent(approval=consent_says)
        terms = make.terms(consent, approval=terms_say, **more)
        licence = make.licence(terms, countersignature=None)
        return papers.rebundle(
            consent=jws.sign(consent, papers.talent),
            licence=jws.sign(licence, papers.registry),
            lease=jws.sign(make.lease(licence), papers.registry),
        )

    trusted = {"root": papers.root, "device_key": papers.device_key}
    found = chain.verify(silent("auto_in_scope", "auto_in_scope"), **trusted)
    assert found.licence.countersignature is None
    alone = {"agency": None, "split": {"talent": 9_000, "agency": 0, "platform": 1_000}}
    for bundle in (
        silent("auto_in_scope", "per_campaign"),
        silent("per_campaign", "auto_in_scope"),
        silent("auto_in_scope", "auto_in_scope", **alone),
    ):
        assert code(chain.verify, bundle, **trusted) == "chain_broken"


def broken(papers: Any, **tokens: Any) -> str:
    return code(chain.verify, papers.rebundle(**tokens), root=papers.root, device_key=papers.device_key)


def test_each_link_broken_once(papers: Any, make: Any) -> None:
    sign, talent, registry = jws.sign, papers.talent, papers.registry
    assert broken(papers, status=status.bitstring([6])) == "chain_broken"
    assert broken(papers, licence=sign(papers.licence, talent)) == "key_unknown"
    assert broken(papers, lease=sign(papers.lease, papers.log)) == "key_unknown"
    assert broken(papers, consent=sign(papers.consent, registry)) == "key_unknown"
    assert broken(papers, lease=papers.bundle.licence) == "document_kind"
    other = make.consent(id="con_000002")
    assert broken(papers, consent=sign(other, talent)) == "chain_broken"
    for approval in (
        make.change(papers.approval, licence="lic_000002"),
        make.change(papers.approval, talent="tal_000002"),
        make.change(papers.approval, terms_sha256="0" * 64),
    ):
        licence = make.change(papers.licence, countersignature=sign(approval, talent))
        assert broken(papers, licence=sign(licence, registry)) == "chain_broken"
    assert isinstance(papers.approval, TermsApproval)
    silent = make.change(papers.licence, countersignature=None)
    assert broken(papers, licence=sign(silent, registry)) == "chain_broken"
    for fields in (
        {"licence": "lic_000002"},
        {"licence_sha256": "0" * 64},
        {"status_index": 6},
        {"pack_sha256": "0" * 64},
        {"twin": "twn_000002"},
        {"scope": papers.lease.scope.model_dump(mode="json") | {"territory": ["US"]}},
    ):
        assert broken(papers, lease=sign(make.change(papers.lease, **fields), registry)) == "chain_broken"
    assert code(chain.verify, papers.bundle, root=papers.root, device_key="x" * 43) == "chain_broken"
    wide = make.terms(papers.consent, operations=["voice"])
    assert broken(papers, licence=sign(make.licence(wide), registry)) == "chain_broken"


def test_rollback_and_fork_of_the_log(papers: Any, make: Any) -> None:
    def seen(note: str, before: str) -> Any:
        old, _ = chain.verify_status(before, papers.bundle.status, root=papers.root)
        return chain.verify_status(note, papers.bundle.status, root=papers.root, seen=old)

    assert seen(make.note(size=8, time=make.now + 1), make.note())
    assert seen(make.note(), make.note())
    assert code(seen, make.note(size=6), make.note()) == "checkpoint_rollback"
    assert code(seen, make.note(time=make.now - 1), make.note()) == "checkpoint_rollback"
    forked = checkpoint.Checkpoint(
        "test-registry", 7, bytes(32), bytes.fromhex(canonical.sha256_hex(papers.bundle.status)), make.now
    )
    assert code(seen, checkpoint.sign(forked, papers.log), make.note()) == "checkpoint_fork"


def test_a_log_that_stands_still(papers: Any, make: Any) -> None:
    seen, _ = chain.verify_status(papers.bundle.checkpoint, papers.bundle.status, root=papers.root)
    checkpoint.require_recent(seen, seen.time - 10_000)
    checkpoint.require_recent(seen, seen.time + 300)
    assert code(checkpoint.require_recent, seen, seen.time + 301) == "checkpoint_frozen"


def test_attacks_on_a_checkpoint(papers: Any, make: Any) -> None:
    note = make.note()

    def attack(text: str, origin: str = "test-registry") -> str:
        return code(checkpoint.verify, text, origin=origin, key=papers.log.public_key())

    assert checkpoint.verify(note, origin="test-registry", key=papers.log.public_key()).size == 7
    assert attack(note, "other") == "checkpoint_origin"
    assert attack(note.replace("\n7\n", "\n8\n")) == "signature_invalid"
    assert attack(note.replace("\n7\n", "\n07\n")) == "checkpoint_malformed"
    assert attack("x" * 5000) == "checkpoint_malformed"
    assert attack(note.split("\n\n")[0]) == "signature_invalid"
    body, _, line = note.partition("\n\n")
    assert attack(f"{body}\n\n") == "signature_invalid"
    assert attack(f"{body}\n\n\u2014 other {line.split()[-1]}\n") == "signature_invalid"
    assert attack(f"{body}\n\n\u2014 test-registry !!!\n") == "signature_invalid"
    blob = bytearray(base64.b64decode(line.split()[-1]))
    blob[0] ^= 1  # another key's hash in front of a good signature
    named = base64.b64encode(bytes(blob)).decode()
    assert attack(f"{body}\n\n\u2014 test-registry {named}\n") == "signature_invalid"
    stranger = checkpoint.sign(
        checkpoint.verify(note, origin="test-registry", key=papers.log.public_key()), papers.registry
    )
    assert attack(stranger) == "signature_invalid"
    both = f"{body}\n\n{stranger.partition(chr(10) * 2)[2]}{line}"  # a witness beside the log's own
    assert checkpoint.verify(both, origin="test-registry", key=papers.log.public_key()).size == 7


def test_the_root(papers: Any, make: Any) -> None:
    data = root.sign(make.root(), [papers.root_key])
    trusted = root.TrustedRoot.load(data, now=make.now, pin=canonical.sha256_hex(data))
    assert trusted.sha256 == canonical.sha256_hex(data)
    assert trusted.document.version == 1
    assert trusted.c2pa_anchors.startswith("-----BEGIN")
    assert keys.public_text(trusted.pack_key) == make.root().pack_key
    load = root.TrustedRoot.load
    assert code(load, data, now=make.now, pin="0" * 64) == "root_pin"
    assert code(load, data, now=make.now + 1000) == "root_expired"
    assert code(load, root.sign(make.root(), [papers.talent]), now=make.now) == "root_threshold"
    assert code(load, root.sign(make.root(), []), now=make.now) == "root_threshold"
    assert code(load, data.replace(b'"version":1', b'"version":2'), now=make.now) == "root_threshold"
    for text in (
        b"[]",
        b"{}",
        b'{"signed":{},"signatures":[{"kid":1,"sig":""}]}',
        b'{"signed":{},"signatures":1}',
    ):
        assert code(load, text, now=make.now) == "root_malformed"
    assert code(make.root, threshold=2) == "document_invalid"


def entries(papers: Any, count: int, device: str = "dev_000001") -> list[str]:
    tokens, head = [], journal.GENESIS
    for n in range(1, count + 1):
        entry = JournalEntry(
            n=n,
            prev=head,
            device=device,
            op="render",
            licence="lic_000001",
            twin="twn_000001",
            wall=n,
            mono_ms=n,
        )
        tokens.append(jws.sign(entry, papers.device))
        head = entry.sha256()
    return tokens


def test_the_journal(papers: Any) -> None:
    key, tokens = papers.device.public_key(), entries(papers, 4)
    found = journal.verify_chain(tokens, key, device="dev_000001")
    assert [entry.n for entry in found] == [1, 2, 3, 4]
    rest = journal.verify_chain(tokens[2:], key, device="dev_000001", n=2, head=found[1].sha256())
    assert rest == found[2:]
    assert code(journal.verify_chain, tokens[1:], key, device="dev_000001") == "journal_gap"
    assert code(journal.verify_chain, tokens, key, device="dev_000002") == "journal_device"
    assert (
        code(journal.verify_chain, tokens[2:], key, device="dev_000001", n=2, head="1" * 64) == "journal_fork"
    )
    assert code(journal.verify_chain, tokens, papers.log.public_key(), device="dev_000001") == "key_unknown"


def test_the_clock() -> None:
    assert clock.trusted_now(wall=1000, signed=900, elapsed=50) == 1000
    assert clock.trusted_now(wall=700, signed=900, elapsed=50) == 950
    assert clock.trusted_now(wall=900, signed=900, elapsed=-5) == 900
    with pytest.raises(RefusedError) as caught:
        clock.trusted_now(wall=649, signed=900, elapsed=50)
    assert caught.value.code == "clock_behind"


def test_the_status_list() -> None:
    bits = status.bitstring([0, 9, status.LENGTH - 1])
    assert len(bits) == 16_384
    assert bits[:2] == b"\x80\x40"
    assert [index for index in range(20) if status.is_set(bits, index)] == [0, 9]
    assert status.is_set(bits, status.LENGTH)  # doubt is a no
    assert status.is_set(bits, -1)
    with pytest.raises(IndexError):
        status.bitstring([status.LENGTH])
