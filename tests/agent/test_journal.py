"""The journal: chained, signed, synced; torn, tampered and full disks."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.agent.journals import DEVICE, FACTS, Registry, journal
from tests.simulation.disk import FaultyDisk, ProcessEnd

from sosie.errors import VerificationError
from sosie.licence import jws, keys
from sosie.licence.documents import JournalEntry
from sosie.licence.journal import verify_chain


def test_entries_survive_a_restart_and_hold_together(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    first = journal(tmp_path, key)
    for _ in range(3):
        first.append("render", **FACTS)
    again = journal(tmp_path, key)
    again.append("delivered", detail="rcp_1", **FACTS)
    tokens = (tmp_path / "journal.jws").read_text().splitlines()
    entries = verify_chain(tokens, key.public_key(), device=DEVICE)
    assert [entry.op for entry in entries] == ["render", "render", "render", "delivered"]
    assert again.renders(FACTS["lease"]) == 3
    assert (tmp_path / "journal.jws").stat().st_mode & 0o077 == 0


def test_a_torn_last_line_is_cut_off(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    journal(tmp_path, key).append("render", **FACTS)
    path = tmp_path / "journal.jws"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    assert len(journal(tmp_path, key)) == 1
    assert path.read_bytes() == whole


@pytest.mark.parametrize("chance", range(8))
def test_a_file_that_a_killed_process_began_survives_a_power_cut(
    tmp_path: Path, key: Ed25519PrivateKey, chance: int
) -> None:
    disk = FaultyDisk(tmp_path, random.Random(chance))
    disk.end_after(3)  # opened, written, synced; not its name
    with pytest.raises(ProcessEnd):
        journal(tmp_path, key, disk=disk).append("render", **FACTS)
    disk.restart(power_cut=False)
    journal(tmp_path, key, disk=disk).append("render", **FACTS)
    disk.restart(power_cut=True)
    assert len(journal(tmp_path, key)) == 2


@pytest.mark.parametrize("chance", range(8))
def test_an_entry_that_a_killed_process_did_not_sync_is_synced_before_it_is_believed(
    tmp_path: Path, key: Ed25519PrivateKey, chance: int
) -> None:
    """Else the registry would hear of it, and after a power cut the machine would deny it: a fork."""
    disk = FaultyDisk(tmp_path, random.Random(chance))
    made = journal(tmp_path, key, disk=disk)
    made.append("render", **FACTS)
    disk.end_after(2)  # opened, written; not synced
    with pytest.raises(ProcessEnd):
        made.append("render", **FACTS)
    disk.restart(power_cut=False)
    assert len(journal(tmp_path, key, disk=disk)) == 2
    disk.restart(power_cut=True)
    assert len(journal(tmp_path, key)) == 2


@pytest.mark.parametrize("damage", ["drop_first", "swap", "flip", "foreign"])
def test_a_changed_journal_is_refused(tmp_path: Path, key: Ed25519PrivateKey, damage: str) -> None:
    made = journal(tmp_path, key)
    for _ in range(3):
        made.append("render", **FACTS)
    path = tmp_path / "journal.jws"
    lines = path.read_text().splitlines()
    if damage == "drop_first":
        lines = lines[1:]
    elif damage == "swap":
        lines[0], lines[1] = lines[1], lines[0]
    elif damage == "flip":
        lines[1] = lines[1][:-1] + ("A" if lines[1][-1] != "A" else "B")
    else:
        entry = jws.verify(lines[2], JournalEntry, [key.public_key()])
        lines[2] = jws.sign(entry, Ed25519PrivateKey.generate())
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(VerificationError) as caught:
        journal(tmp_path, key)
    assert caught.value.code == "journal_damaged"


def test_only_what_is_missing_is_sent(tmp_path: Path, key: Ed25519PrivateKey, registry: Registry) -> None:
    made = journal(tmp_path, key)
    made.append("render", **FACTS)
    assert made.reconcile(registry) == 1
    made.append("render", **FACTS)
    made.append("returned", **FACTS)
    assert made.reconcile(registry) == 2
    assert made.reconcile(registry) == 0
    assert registry.posts == 2
    assert made.acknowledged == len(made) == 3


def test_a_disk_put_back_is_noticed(tmp_path: Path, key: Ed25519PrivateKey, registry: Registry) -> None:
    made = journal(tmp_path, key)
    made.append("render", **FACTS)
    old = (tmp_path / "journal.jws").read_bytes()
    made.append("render", **FACTS)
    made.reconcile(registry)
    (tmp_path / "journal.jws").write_bytes(old)
    restored = journal(tmp_path, key)
    with pytest.raises(VerificationError) as caught:
        restored.reconcile(registry)
    assert caught.value.code == "journal_fork"
    restored.append("refused", **FACTS)
    with pytest.raises(VerificationError) as caught:
        restored.reconcile(registry)
    assert caught.value.code == "journal_fork"


def test_a_full_disk_takes_nothing_back_and_loses_nothing(tmp_path: Path) -> None:
    """The kernel itself refuses the write (a limit on file size), in the middle of an entry."""
    program = f"""
import resource, signal
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sosie.agent.clock import Clock
from sosie.agent.journal import Journal
from sosie.errors import SetupError
folder = Path({str(tmp_path)!r})
key = Ed25519PrivateKey.generate()
facts = {FACTS!r}
def opened():
    return Journal(folder / "journal.jws", device={DEVICE!r}, key=key, clock=Clock(folder / "clock.json"))
journal = opened()
journal.append("render", **facts)
size = (folder / "journal.jws").stat().st_size
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
try:
    journal.append("render", **facts)
except SetupError as error:
    print(error.code, len(journal), (folder / "journal.jws").stat().st_size == size)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.append("render", **facts)
print(len(opened()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["storage_full", "1", "True", "2"]


def test_killed_at_any_moment_no_acknowledged_entry_is_lost(tmp_path: Path) -> None:
    """SIGKILL under load, ten times: what was printed as written is there, and the chain holds."""
    (tmp_path / "key").write_bytes(keys.private_pem(Ed25519PrivateKey.generate()))
    program = f"""
from pathlib import Path
from sosie.agent.clock import Clock
from sosie.agent.journal import Journal
from sosie.licence import keys
folder = Path({str(tmp_path)!r})
key = keys.signing_private((folder / "key").read_bytes())
journal = Journal(folder / "journal.jws", device={DEVICE!r}, key=key, clock=Clock(folder / "clock.json"))
while True:
    print(journal.append("render", **{FACTS!r}).n, flush=True)
"""
    last = 0
    for cycle in range(10):
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(5 + cycle):
                last = int(process.stdout.readline())
            process.kill()
            rest = process.stdout.read().split()
            last = int(rest[-1]) if rest else last
    key = keys.signing_private((tmp_path / "key").read_bytes())
    assert last <= len(journal(tmp_path, key)) <= last + 1
    assert last >= 95
