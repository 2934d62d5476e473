"""The history list, page by page; ordered by keys, never by offsets."""

import apsw

from desktop.domain.history import ConversationRow, ListCursor
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
    wanted = "deleted_at is null and archived = 0"
    values: list[str | int] = []
    if after is not None:
        wanted += " and (updated, id) < (?, ?)"
        values += [to_column(after.updated_at), after.id]
    for word in folded(clean(query).replace("\0", "")).split()[:_MOST_WORDS]:
        wanted += " and instr(title_folded, ?) > 0"
        values.append(word)
    rows = connection.execute(
        f"""
        select {LIST_COLUMNS} from conversation indexed by conversation_list
            where {wanted} order by updated desc, id desc limit ?
        """,  # noqa: S608
        (*values, limit),
    )
    return [list_row(row) for row in rows]


def new_draft(connection: apsw.Connection) -> str:
    """The unsent text of the conversation that does not exist yet."""
    return connection.execute("select value from meta where key = 'new_draft'").get or ""
