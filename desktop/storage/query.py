"""Rows and transactions of a connection."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import apsw

from desktop.domain.errors import StorageError
from desktop.storage.errors import GONE

Values = Sequence[Any] | Mapping[str, Any]


def row_or_none(connection: apsw.Connection, sql: str, values: Values) -> tuple[Any, ...] | None:
    """The first row of a query, or None."""
    return connection.execute(sql, values).fetchone()


def row(connection: apsw.Connection, sql: str, values: Values) -> tuple[Any, ...]:
    """The first row of a query.

    Raises:
        StorageError: There is none: what is asked for is gone.
    """
    found = row_or_none(connection, sql, values)
    if found is None:
        raise StorageError(GONE, detail=f"{' '.join(sql.split())[:200]} {values!r:.100}")
    return found


def change(connection: apsw.Connection, sql: str, values: Values) -> None:
    """Runs a statement that must change a row.

    Raises:
        StorageError: It changed none: what it is about is gone.
    """
    connection.execute(sql, values)
    if not connection.changes():
        raise StorageError(GONE, detail=" ".join(sql.split())[:200])


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """Keeps all or nothing of what is written inside."""
    connection.execute("begin immediate")
    try:
        yield
        connection.execute("commit")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")
