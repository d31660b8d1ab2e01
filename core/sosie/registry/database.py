"""The only way in: `read`, `snapshot` and `write` run a function with a session, `ask` and `transact` do without one.

Writers go one at a time on both databases: BEGIN IMMEDIATE on SQLite, one advisory lock on PostgreSQL, so that
quota, ledger and log need no cleverness to be exact. SQLite runs in WAL with synchronous=FULL: what was
answered is on the disk; and what was erased is written over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from sosie.errors import SetupError
from sosie.registry import writing
from sosie.registry.writing import Read, Rows, Write

T = TypeVar("T")
#: One number for every replica of this registry's database.
_LOCK: Final = text(f"SELECT pg_advisory_xact_lock({0x50_51E})")
#: A connection that rested longer is asked whether it still lives.
_RESTED_S: Final = 1.0


class Database:
    """An engine and the ways to use it."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._postgres = self.engine.dialect.name == "postgresql"
        self._reading = self._reader("AUTOCOMMIT")
        self._whole = self._reader("REPEATABLE READ")
        self._writing = self.engine.execution_options(sosie_write=True)
        self._lock: list[Read] = [(_LOCK, {})] if self._postgres else []

    def read(self, work: Callable[[Session], T]) -> T:
        """`work`, which changes nothing: it is stopped where it tries to.

        On SQLite in a transaction. On PostgreSQL in none: each statement there sees what is committed when it begins, with
        a transaction around it or without, and BEGIN and ROLLBACK would be two more round trips.
        """
        with Session(self._reading, autoflush=False) as session:
            return work(session)

    def snapshot(self, work: Callable[[Session], T]) -> T:
        """As `read`, for what has to agree with itself: every statement sees the same moment, whatever others write."""
        with Session(self._whole, autoflush=False) as session:
            return work(session)

    def write(self, work: Callable[[Session], T]) -> T:
        """`work` in the one write transaction; committed when it returns, undone when it raises."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            writing.ask(session.connection(), self._lock)
            return work(session)

    def ask(self, reads: Sequence[Read]) -> list[Rows]:
        """What each of `reads` finds, as in `read`."""
        with self._reading.begin() as connection:
            return writing.ask(connection, reads)

    def transact(self, reads: Sequence[Read], work: Callable[[list[Rows]], tuple[T, Sequence[Write]]]) -> T:
        """As `write`, in two round trips to PostgreSQL: the lock and all `reads`; what `work` makes of them, and COMMIT.

        Writers wait for each other no longer than for this, so what can be known before belongs before.
        """
        with self._writing.begin() as connection:
            done, writes = work(writing.ask(connection, [*self._lock, *reads])[len(self._lock) :])
            if writes:
                writing.finish(connection, writes)
            return done

    def migrate(self, revision: str = "head") -> None:
        """Bring the tables forward to `head`, or back to an earlier `revision`; `base` removes them.

        Raises:
            SetupError: `database_unreachable`.
        """
        try:
            with self._writing.begin() as connection:
                writing.ask(connection, self._lock)
                config = alembic_config(connection)
                move = command.upgrade if revision == "head" else command.downgrade
                move(config, revision)
        except OperationalError as error:
            raise SetupError(
                f"The registry's database does not open: {error.orig}",
                remedy="Check --data or --database-url, the disk's free space and the permissions.",
                code="database_unreachable",
            ) from error

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    def _reader(self, isolation: str) -> Engine:
        """The same connections, for reading; SQLite's transactions see one moment as they are."""
        options = {"isolation_level": isolation} if self._postgres else {}
        engine = self.engine.execution_options(**options)
        event.listen(engine, "before_cursor_execute", _require_reading)
        return engine


def _require_reading(_: Connection, __: Any, statement: str, *___: Any) -> None:
    """On PostgreSQL a write in `read` would be committed by itself, without the lock: a mistake in this program."""
    if statement.split(maxsplit=1)[0] not in {"SELECT", "WITH", "BEGIN"}:
        raise AssertionError(f"a reader must not write: {statement[:80]}")


def alembic_config(connection: Connection) -> Config:
    """Alembic on a connection that is already open: no ini file, no logging set up behind one's back."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return _asked_after_a_rest(create_engine(url))
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy says BEGIN, not the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("sosie_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _asked_after_a_rest(engine: Engine) -> Engine:
    """As `pool_pre_ping`, but without a question before each transaction of a busy registry."""

    @event.listens_for(engine, "checkin")
    def _rests(_: Any, record: ConnectionPoolEntry) -> None:
        record.info["since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _wakes(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
        since = record.info.get("since")
        if since is not None and time.monotonic() > since + _RESTED_S:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error  # the pool makes a new one

    return engine
