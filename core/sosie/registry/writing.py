"""Queries asked together and rows written together: on PostgreSQL one round trip each, and none of the mapper's work.

A delivery asks three questions and writes some ten rows that nothing reads back. Whoever writes says what (`new`, or an
update with its parameters). No two of the writes may touch the same row: PostgreSQL does them as one statement, its parts
in an order of its own, and looks at foreign keys after all of them. SQLite does one thing after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Dialect, Insert, Select, Table, TextClause, Update, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosie.registry.tables import Base

if TYPE_CHECKING:
    import psycopg  # a registry on SQLite does without

#: A query and its parameters by name; what it finds.
Query = Select[*tuple[Any, ...]] | TextClause
Read = tuple[Query, Mapping[str, Any]]
Rows = Sequence[tuple[Any, ...]]
#: A statement that changes something, and its parameters by name.
Change = Insert | Update
Write = tuple[Change, Mapping[str, Any]]
_SHAPES: Final = 256  # of deliveries some forty: by the nodes that its leaf completes, and the shares


def new(table: type[Base], /, **values: Any) -> Write:
    """A row of its own, by column; what is not named is NULL. The mapper never sees it."""
    return _insert(table), values


def ask(connection: Connection, reads: Sequence[Read]) -> list[Rows]:
    """What each of `reads` finds, one after another: each sees what is committed when it begins."""
    with _driver(connection) as driver:
        if connection.dialect.name != "postgresql":
            return [driver.execute(*_counted(one, connection.dialect)).fetchall() for one in reads]
        with driver.pipeline():
            cursors = [_execute(driver, [one], connection.dialect) for one in reads]
        return [cursor.fetchall() for cursor in cursors]


def send(session: Session, writes: Sequence[Write]) -> None:
    """All of `writes`; what the mapper holds goes first.

    Raises:
        sqlalchemy.exc.DBAPIError: as for any statement; the transaction is lost then.
    """
    session.flush()
    write(session.connection(), writes)


def write(connection: Connection, writes: Sequence[Write]) -> None:
    """All of `writes`; raises as `send`."""
    assert connection.get_execution_options().get("sosie_write"), "only `Database` writes"
    with _driver(connection) as driver:
        if connection.dialect.name == "postgresql":
            _execute(driver, writes, connection.dialect)
            return
        for one in writes:
            driver.execute(*_counted(one, connection.dialect))


def finish(connection: Connection, writes: Sequence[Write]) -> None:
    """As `write`, and on PostgreSQL COMMIT in the same round trip: the transaction's owner finds nothing left to do."""
    with _driver(connection) as driver:
        if connection.dialect.name != "postgresql":
            write(connection, writes)
            return
        with driver.pipeline():
            write(connection, writes)
            driver.commit()


@contextmanager
def _driver(connection: Connection) -> Iterator[Any]:
    """The driver's own connection, and its errors as SQLAlchemy's, which does not stand between."""
    dialect = connection.dialect
    dbapi: Any = dialect.loaded_dbapi
    try:
        yield connection.connection.driver_connection
    except dbapi.Error as error:
        if dialect.is_disconnect(error, None, None):
            connection.invalidate(error)
        raise DBAPIError.instance("statements sent together", None, error, dbapi.Error) from error


def _execute(
    driver: psycopg.Connection, parts: Sequence[Read | Write], dialect: Dialect
) -> psycopg.RawCursor:
    """All `parts` as one statement. The cursor is raw: another reads one of more than 50 parameters anew each time."""
    import psycopg  # a registry on SQLite does without

    sql = _as_one(tuple(statement for statement, _ in parts), dialect)
    values = [value for part in parts for value in _counted(part, dialect)[1]]
    return psycopg.RawCursor(driver).execute(sql, values)


def _counted(part: Read | Write, dialect: Dialect) -> tuple[str, list[Any]]:
    """SQL with counted parameters, and their values."""
    statement, known = part
    sql, fixed = _compiled(statement, dialect)
    return sql, [known.get(name, value) for name, value in fixed]


@lru_cache(_SHAPES)
def _insert(rows: type[Base]) -> Insert:
    table = rows.__table__
    assert isinstance(table, Table)
    return insert(table)


@lru_cache(_SHAPES)
def _as_one(statements: Sequence[Query | Change], dialect: Dialect) -> bytes:
    """One statement that does them all, its parameters $1, $2, ... as psycopg hands them on."""
    *before, last = (_compiled(statement, dialect)[0] for statement in statements)
    named = ", ".join(f"write_{n} AS ({sql})" for n, sql in enumerate(before))
    pieces = (f"WITH {named} {last}" if named else last).split("%s")
    numbered = "".join(f"{piece}${n}" for n, piece in enumerate(pieces[:-1], 1)) + pieces[-1]
    return numbered.encode()


@lru_cache(_SHAPES)
def _compiled(statement: Query | Change, dialect: Dialect) -> tuple[str, list[tuple[str, Any]]]:
    """Its SQL with counted parameters; their names in order, each with the value it has where nobody gives one."""
    counted = "qmark" if dialect.name == "sqlite" else "format"
    kind: Any = type(dialect)  # that its maker takes this, `Dialect` does not tell
    compiled = statement.compile(dialect=kind(paramstyle=counted))
    return str(compiled), [(name, compiled.params[name]) for name in compiled.positiontup or ()]
