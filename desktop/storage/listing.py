"""The history list, page by page; ordered by keys, never by offsets."""

import apsw

from desktop.domain.history import ConversationRow, ListCursor
from desktop.domain.ids import ConversationId
from desktop.storage.query import row_or_none
from desktop.storage.rows import LIST_COLUMNS, clean, folded, list_row, to_column

FIRST_PAGE = 60
"""Rows that are read before the window is shown."""

_MOST_WORDS = 50
"""Words of a query that count: a pasted book must not become a statement too long for SQLite."""


def page(
    connection: apsw.Connection, after: ListCursor | None, query: str, limit: int
) -> list[ConversationRow]:
    """A page of the list, newest first.

    Args:
        connection: Where to read.
        after: The last row of the page before, or None for the first page.
        query: Words that titles must hold, whatever their case and accents.
        limit: Most rows of a page.
    """
    wanted, values = _kept_by(query)
    if after is not None:
        wanted += " and (updated, id) < (?, ?)"
        values += [to_column(after.updated_at), after.id]
    rows = connection.execute(
        f"""
        select {LIST_COLUMNS} from conversation indexed by conversation_list
            where {wanted} order by updated desc, id desc limit ?
        """,  # noqa: S608
        (*values, limit),
    )
    return [list_row(row) for row in rows]


def one(
    connection: apsw.Connection, conversation_id: ConversationId, query: str
) -> ConversationRow | None:
    """One row of the list, or None if it is gone or the query does not keep it."""
    wanted, values = _kept_by(query)
    found = row_or_none(
        connection,
        f"select {LIST_COLUMNS} from conversation where {wanted} and id = ?",  # noqa: S608
        (*values, conversation_id),
    )
    return None if found is None else list_row(found)


def _kept_by(query: str) -> tuple[str, list[str | int]]:
    """The condition of the list for a query, and its values."""
    words = folded(clean(query).replace("\0", "")).split()[:_MOST_WORDS]
    conditions = [
        "deleted_at is null",
        "archived = 0",
        *["instr(title_folded, ?) > 0"] * len(words),
    ]
    return " and ".join(conditions), list(words)


def new_draft(connection: apsw.Connection) -> str:
    """The unsent text of the conversation that does not exist yet."""
    return connection.execute("select value from meta where key = 'new_draft'").get or ""
