"""Rows written together: one round trip on PostgreSQL, and none of the mapper's work for each row.

A delivery writes some ten rows that nothing reads back. Whoever writes says what (`new`, or an update with its
parameters); `send` does it, in that order, inside the caller's transaction. On SQLite it is the same, one after another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
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
_SHAPES: Final = 64  # there are about ten


def new(row: Base) -> Write:
    """A row of its own, every column of it: the mapper never sees it."""
    table = row.__table__
    assert isinstance(table, Table)
    return _insert(table), {column.name: getattr(row, column.name) for column in table.columns}


def send(session: Session, writes: Iterable[Write]) -> None:
    """All of `writes`; what the mapper holds goes first.

    Raises:
        sqlalchemy.exc.DBAPIError: as for any statement; the transaction is lost then.
    """
    session.flush()
    connection = session.connection()
    with together(connection), closing(connection.connection.cursor()) as cursor:
        for statement, values in writes:
            text, order = _compiled(statement, connection.dialect)
            cursor.execute(text, [values[name] for name in order] if order else dict(values))


@contextmanager
def together(connection: Connection) -> Iterator[Connection]:
    """What is asked of the database inside travels together where the driver can; no answer is there before the end."""
    dialect, driver = connection.dialect, connection.connection.driver_connection
    dbapi: Any = dialect.loaded_dbapi
    try:
        with cast("psycopg.Connection", driver).pipeline() if dialect.driver == "psycopg" else nullcontext():
            yield connection
    except dbapi.Error as error:
        if dialect.is_disconnect(error, None, None):
            connection.invalidate(error)
        raise DBAPIError.instance("statements sent together", None, error, dbapi.Error) from error


@lru_cache(_SHAPES)
def _insert(table: Table) -> Insert:
    return insert(table)


@lru_cache(_SHAPES)
def _compiled(statement: Insert | Update, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """Its SQL, and the order of its parameters where the driver counts them instead of naming them."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup or ())
