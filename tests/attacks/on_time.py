"""Attacks on time, budget, revocation, the log, the root and the journal."""

from __future__ import annotations

from typing import Any

from tests.attacks.attack import Attacks

from sosie.licence import canonical, chain, checkpoint, clock, journal, jws, root, status
from sosie.licence.documents import JournalEntry
from sosie.licence.gate import Gate
from sosie.messages import Use

attack = Attacks()


@attack("lease replayed after its end", "renders with yesterday's lease", "lease_expired")
def _lease_replayed_after_its_end(papers: Any, make: Any) -> object:
    gate = Gate(papers.lease, device=papers.device_key)
    return gate.check(Use(territory=("FR",)), make.now + 86_400)


@attack("budget overrun", "renders once more than was reserved", "quota_exhausted")
def _budget_overrun(papers: Any, make: Any) -> object:
    gate = Gate(papers.lease, device=papers.device_key)
    return gate.check(Use(territory=("FR",)), make.now, used=papers.lease.renders)


@attack("render after revocation", "goes on under a licence whose bit is set", "licence_revoked")
def _render_after_revocation(papers: Any, make: Any) -> object:
    gate = Gate(papers.lease, device=papers.device_key, revoked=True)
    return gate.check(Use(territory=("FR",)), make.now)


@attack("use left open", "names no territory, so that none can be refused", "use_incomplete")
def _use_left_open(papers: Any, make: Any) -> object:
    return Gate(papers.lease, device=papers.device_key).check(Use(), make.now)


@attack("clock set back", "turns the clock back to keep a lease alive", "clock_behind")
def _clock_set_back(papers: Any, make: Any) -> object:
    return clock.trusted_now(wall=make.now - 3600, signed=make.now, elapsed=0)


def show(papers: Any, note: str, bits: bytes | None = None) -> object:
    """Take a checkpoint after the one that was seen."""
    known = papers.bundle.status
    seen, _ = chain.verify_status(papers.bundle.checkpoint, known, root=papers.root)
    return chain.verify_status(note, known if bits is None else bits, root=papers.root, seen=seen)


@attack("rolled-back checkpoint", "shows a smaller log than before", "checkpoint_rollback")
def _rolled_back_checkpoint(papers: Any, make: Any) -> object:
    return show(papers, make.note(size=6))


@attack("older checkpoint", "replays a checkpoint from before a revocation", "checkpoint_rollback")
def _older_checkpoint(papers: Any, make: Any) -> object:
    return show(papers, make.note(time=make.now - 1))


@attack("frozen checkpoint", "shows one checkpoint for ever to hide a revocation", "checkpoint_frozen")
def _frozen_checkpoint(papers: Any, make: Any) -> object:
    seen, _ = chain.verify_status(papers.bundle.checkpoint, papers.bundle.status, root=papers.root)
    return checkpoint.require_recent(seen, make.now + 3_600)


@attack("split view", "shows two logs of one size", "checkpoint_fork")
def _split_view(papers: Any, make: Any) -> object:
    digest = bytes.fromhex(canonical.sha256_hex(papers.bundle.status))
    other = checkpoint.Checkpoint("test-registry", 7, bytes(32), digest, make.now)
    return show(papers, checkpoint.sign(other, papers.log))


@attack("status list swapped", "hides a revocation with an older status list", "chain_broken")
def _status_list_swapped(papers: Any, make: Any) -> object:
    return show(papers, make.note(bits=status.bitstring([5])))


@attack("foreign log", "shows the checkpoint of another registry", "checkpoint_origin")
def _foreign_log(papers: Any, make: Any) -> object:
    return checkpoint.verify(make.note(), origin="another", key=papers.log.public_key())


@attack("root of the attacker", "serves a root.json of her own", "root_pin")
def _root_of_the_attacker(papers: Any, make: Any) -> object:
    data = root.sign(make.root(), [make.signing("thief")])
    return root.TrustedRoot.load(data, now=make.now, pin=papers.root.sha256)


@attack("root below threshold", "signs the next root with keys that are no root keys", "root_threshold")
def _root_below_threshold(papers: Any, make: Any) -> object:
    data = root.sign(make.root(version=2), [make.signing("thief")])
    return papers.root.follow(data, now=make.now)


@attack("old root", "goes back to an earlier version whose keys leaked", "root_version")
def _old_root(papers: Any, make: Any) -> object:
    second = papers.root.follow(root.sign(make.root(version=2), [papers.root_key]), now=make.now)
    return second.follow(papers.root.data, now=make.now)


def entry(n: int, prev: str, device: str = "dev_000001") -> JournalEntry:
    return JournalEntry(
        n=n, prev=prev, device=device, op="render", licence="lic_000001", twin="twn_000001", wall=n, mono_ms=n
    )


def post(papers: Any, one: JournalEntry, **after: Any) -> object:
    """Hand an entry in."""
    token = jws.sign(one, papers.device)
    return journal.verify_chain([token], papers.device.public_key(), device="dev_000001", **after)


@attack("journal with a hole", "leaves out the entries that cost money", "journal_gap")
def _journal_with_a_hole(papers: Any, make: Any) -> object:
    return post(papers, entry(3, "1" * 64), n=1, head="1" * 64)


@attack("journal forked", "continues from an older copy of the journal", "journal_fork")
def _journal_forked(papers: Any, make: Any) -> object:
    return post(papers, entry(2, "2" * 64), n=1, head="1" * 64)


@attack("another machine's journal", "hands in entries of a cheaper device", "journal_device")
def _another_machine_s_journal(papers: Any, make: Any) -> object:
    return post(papers, entry(1, journal.GENESIS, "dev_000002"))
