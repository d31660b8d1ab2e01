"""Backup and restore: one folder with the database, the keys and the files, taken while the registry works.

The database is copied first, in one snapshot (SQLite's backup API; `pg_dump`). Files come after it: they join, or go once
what was made of them is there, so every row of the snapshot finds a file. `manifest.json` comes last, with the SHA-256 of
every file: a backup without it is not whole.
The root keys are not in it when they lie where they belong, apart; the online keys are: guard it like the registry.
A restore goes into an empty place, and is checked before it counts: hashes, the books' sums, the log's root.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosie.errors import InputError, SetupError
from sosie.licence import keys
from sosie.registry import log
from sosie.registry.database import Database
from sosie.registry.settings import Settings
from sosie.registry.tables import Posting
from sosie.storage import write_file

_SQLITE, _DUMP, _MANIFEST = "registry.sqlite", "registry.pgdump", "manifest.json"
_FILES = ("keys", "packs", "deliveries", "operator.token")


def backup(settings: Settings, target: Path) -> dict[str, object]:
    """Everything `settings` names, into the new folder `target`; what stands in the manifest.

    Raises:
        InputError: `backup_exists`, the folder is there and not empty.
        SetupError: `database_unreachable`, `backup_failed`.
    """
    if target.exists() and any(target.iterdir()):
        raise InputError(f"{target} is not empty.", remedy="Name a new folder.", code="backup_exists")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not settings.database_url and not (settings.data / _SQLITE).exists():
        raise SetupError(
            f"There is no registry in {settings.data}.", remedy="Check --data.", code="database_unreachable"
        )
    found = state(settings)  # before the snapshot, which continues it
    if settings.database_url:
        _postgres(settings.database_url, "pg_dump", "--format=custom", f"--file={target / _DUMP}")
    else:
        _copy_sqlite(settings.data / _SQLITE, target / _SQLITE)
    for name in _FILES:
        source = settings.data / name
        if source.is_dir():
            _copy_folder(source, target / name)
        elif source.exists():
            shutil.copy2(source, target / name)
    manifest = {**found, "files": {str(path.relative_to(target)): _sha256(path) for path in _files(target)}}
    write_file(target / _MANIFEST, json.dumps(manifest, indent=1).encode(), private=True)
    return found


def restore(source: Path, settings: Settings) -> dict[str, object]:
    """A backup, into the empty `settings.data` and (for PostgreSQL) the empty database `settings` names.

    Raises:
        InputError: `backup_damaged`, `backup_other_database`; `restore_not_empty`.
        SetupError: `database_unreachable`, `backup_failed`.
    """
    manifest = _require_whole(source)
    if settings.data.exists() and any(settings.data.iterdir()):
        raise InputError(
            f"{settings.data} is not empty.", remedy="Restore into a new folder.", code="restore_not_empty"
        )
    if (source / _DUMP).exists() != bool(settings.database_url):
        raise InputError(
            "The backup is of the other kind of database.",
            remedy="Restore a PostgreSQL backup with --database-url, an SQLite backup without.",
            code="backup_other_database",
        )
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if settings.database_url:
        options = ("--exit-on-error", "--single-transaction", "--no-owner")
        _postgres(settings.database_url, "pg_restore", *options, str(source / _DUMP))
    else:
        shutil.copy2(source / _SQLITE, settings.data / _SQLITE)
    for name in _FILES:
        if (source / name).is_dir():
            shutil.copytree(source / name, settings.data / name)
        elif (source / name).exists():
            shutil.copy2(source / name, settings.data / name)
    found = state(settings, at_least=manifest["log_size"])
    if found["root_then"] != manifest["log_root"]:
        raise _damaged(source)
    return found


def state(settings: Settings, *, at_least: int = 0) -> dict[str, object]:
    """The log's size and root, its root at a size before (`root_then`); and that the books sum to nothing.

    Raises:
        SetupError: `books_unbalanced`.
        RegistryError: `proof_unknown`, the log is shorter than `at_least`.
    """
    database = Database(settings.url)
    try:
        return database.snapshot(lambda session: _state(session, at_least))
    finally:
        database.close()


def _state(session: Session, before: int) -> dict[str, object]:
    left = session.execute(
        select(Posting.entry_id).group_by(Posting.entry_id).having(func.sum(Posting.minor) != 0)
    ).first()
    if left is not None:
        raise SetupError(
            f"Entry {left[0]} of the ledger does not sum to nothing.",
            remedy="Use another backup; somebody has changed this database.",
            code="books_unbalanced",
        )
    note, _ = log.checkpoint(session, "backup", 0)
    then = log.consistency(session, before, before)[1] if before else hashlib.sha256(b"").digest()
    return {
        "log_size": note.size,
        "log_root": keys.b64encode(note.root),
        "root_then": keys.b64encode(then),
    }


def _copy_folder(source: Path, target: Path) -> None:
    """All of it. What is gone when its turn comes has become another file, which the next look finds."""
    missed = True

    def copy(entry: str, to: str) -> str:
        nonlocal missed
        if not Path(to).exists():
            try:
                shutil.copy2(entry, to)
            except FileNotFoundError:
                missed = True
        return to

    while missed:
        missed = False
        shutil.copytree(source, target, copy_function=copy, dirs_exist_ok=True)


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's own online backup: one snapshot, whatever is written meanwhile."""
    before, after = sqlite3.connect(source), sqlite3.connect(target)
    try:
        before.backup(after)
    finally:
        after.close()
        before.close()
    target.chmod(0o600)


def _postgres(url: str, program: str, *arguments: str) -> None:
    """One of the server's own programs; the password goes through the environment, not the process list."""
    environment = os.environ | _libpq(url)
    found = shutil.which(program) or next(
        iter(sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{program}")), reverse=True)), None
    )
    if found is None:
        raise SetupError(
            f"{program} is not installed here.",
            remedy="Install PostgreSQL's client programs.",
            code="backup_failed",
        )
    where = [f"--dbname={environment['PGDATABASE']}"] if program == "pg_restore" else []
    done = subprocess.run(  # noqa: S603  # PostgreSQL's own program, no shell
        [found, *where, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SetupError(
            f"{program} failed: {done.stderr.strip()[-300:]}",
            remedy="Check --database-url; a restore needs an empty database.",
            code="backup_failed",
        )


def _libpq(url: str) -> dict[str, str]:
    """What a URL says, a socket's folder in its query too, as environment variables."""
    from psycopg.pq import Conninfo  # a registry on SQLite does without

    found = ((option.envvar, option.val) for option in Conninfo.parse(url.encode()))
    return {name.decode(): value.decode() for name, value in found if name and value}


def _require_whole(source: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((source / _MANIFEST).read_bytes())
        expected = manifest["files"]
        if {name: _sha256(source / name) for name in expected} == expected:
            return manifest
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(source) from error
    raise _damaged(source)


def _damaged(source: Path) -> InputError:
    return InputError(
        f"The backup in {source} is not whole: its manifest is missing or something has changed.",
        remedy="Use another backup.",
        code="backup_damaged",
    )


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != _MANIFEST)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
