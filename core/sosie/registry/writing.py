"""Rows written together: on PostgreSQL as one statement, on SQLite one after another, and none of the mapper's work.

A delivery writes some ten rows that nothing reads back. Whoever writes says what (`new`, or an update with its
parameters); `send` does it inside the caller's transaction. No two of the writes may touch the same row: PostgreSQL does
the parts of a statement in an order of its own, and looks at foreign keys after all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import Connection, Dialect, Insert, Table, Update, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosie.registry.tables import Base

if TYPE_CHECKING:
    import psycopg  # a registry on SQLite does without

#: A statement and its parameters by name.
Write = tuple[Insert | Update, Mapping[str, Any]]
_LAST: Final = "sosie_last"
_SHAPES: Final = 256  # of deliveries some forty: by the nodes that its leaf completes, and the shares


def new(table: type[Base], /, **values: Any) -> Write:
    """A row of its own, by column; what is not named is NULL. The mapper never sees it."""
    return _insert(table), values


def whole(row: Base) -> Write:
    """A row of its own that stands in an object the mapper does not hold: every column of it."""
    return new(type(row), **{name: getattr(row, name) for name in row.__table__.columns.keys()})  # noqa: SIM118  # no dict


def send(session: Session, writes: Sequence[Write]) -> None:
    """All of `writes`; what the mapper holds goes first.

    Raises:
        sqlalchemy.exc.DBAPIError: as for any statement; the transaction is lost then.
    """
    session.flush()
    connection = session.connection()
    assert connection.get_execution_options().get("sosie_write"), "only `Database.write` writes"
    if connection.dialect.name == "postgresql":
        statement, orders = _as_one(tuple(statement for statement, _ in writes), connection.dialect)
        parts = zip(orders, writes, strict=True)
        values = [known.get(name) for order, (_, known) in parts for name in order]
        _execute(connection, statement, values)
        return
    for one, known in writes:
        text, order = _compiled(one, connection.dialect)
        connection.exec_driver_sql(text, tuple(known.get(name) for name in order))


def last(session: Session, writes: Sequence[Write]) -> None:
    """As `send`, when `finish` comes: for a transaction that reads nothing any more."""
    session.info.setdefault(_LAST, []).extend(writes)


def finish(session: Session) -> None:
    """Write what was left for the end; on PostgreSQL together with COMMIT, in one round trip."""
    writes = session.info.pop(_LAST, None)
    if writes is None:
        return
    session.flush()
    with together(session.connection()) as connection:
        send(session, writes)
        if connection.dialect.name == "postgresql":
            connection.connection.commit()  # the session's own finds nothing left to do


def _execute(connection: Connection, statement: str, values: Sequence[Any]) -> None:
    """By the driver itself, which reads a statement of more than 50 parameters anew each time, unless it is raw."""
    import psycopg  # a registry on SQLite does without

    with _errors(connection):
        driver = cast("psycopg.Connection", connection.connection.driver_connection)
        with psycopg.RawCursor(driver) as cursor:
            cursor.execute(statement.encode(), values)


@contextmanager
def together(connection: Connection) -> Iterator[Connection]:
    """What is asked of the database inside travels together where the driver can; no answer is there before the end."""
    driver = connection.connection.driver_connection
    piped = connection.dialect.driver == "psycopg"
    with _errors(connection), cast("psycopg.Connection", driver).pipeline() if piped else nullcontext():
        yield connection


@contextmanager
def _errors(connection: Connection) -> Iterator[None]:
    """The driver's errors as SQLAlchemy's, where it does not stand between."""
    dialect = connection.dialect
    dbapi: Any = dialect.loaded_dbapi
    try:
        yield
    except dbapi.Error as error:
        if dialect.is_disconnect(error, None, None):
            connection.invalidate(error)
        raise DBAPIError.instance("statements sent together", None, error, dbapi.Error) from error


@lru_cache(_SHAPES)
def _insert(rows: type[Base]) -> Insert:
    table = rows.__table__
    assert isinstance(table, Table)
    return insert(table)


@lru_cache(_SHAPES)
def _as_one(statements: Sequence[Insert | Update], dialect: Dialect) -> tuple[str, list[tuple[str, ...]]]:
    """One statement that does them all, its parameters $1, $2, ...; and the order of each part's."""
    parts = [_compiled(statement, dialect) for statement in statements]
    *before, last = (text for text, _ in parts)
    named = ", ".join(f"write_{n} AS ({text})" for n, text in enumerate(before))
    pieces = (f"WITH {named} {last}" if named else last).split("%s")
    numbered = "".join(f"{piece}${n}" for n, piece in enumerate(pieces[:-1], 1)) + pieces[-1]
    return numbered, [order for _, order in parts]


@lru_cache(_SHAPES)
def _compiled(statement: Insert | Update, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """Its SQL with counted parameters, and their order."""
    counted = "qmark" if dialect.name == "sqlite" else "format"
    kind: Any = type(dialect)  # that its maker takes this, `Dialect` does not tell
    compiled = statement.compile(dialect=kind(paramstyle=counted))
    return str(compiled), tuple(compiled.positiontup or ())
