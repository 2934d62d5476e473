"""What must stay fast however much is stored uses an index; asked of SQLite itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop.domain.history import ListCursor
from desktop.domain.ids import ConversationId, MessageId
from desktop.storage.database import HistoryDatabase
from desktop.storage.history import History
from tests.benchmarks.store import build_store
from tests.unit.storage.conftest import START, Store

CHAT, MESSAGE = ConversationId(1), MessageId(1)

CALLS: dict[str, Callable[[History], object]] = {
    "list": lambda h: h.conversations(),
    "next page": lambda h: h.conversations(after=ListCursor(START, CHAT)),
    "search": lambda h: h.conversations(query="x"),
    "row": lambda h: h.row(CHAT, query="x"),
    "conversation": lambda h: h.conversation(CHAT),
    "page": lambda h: h.page(CHAT, 2, 4),
    "path": lambda h: h.path(MESSAGE),
    "sibling": lambda h: h.sibling(MESSAGE, 1),
    "select": lambda h: h.select(CHAT, MESSAGE),
    "delete": lambda h: h.delete_messages(CHAT, MessageId(3)),
    "exchange": lambda h: h.exchange(MESSAGE),
}


SORTED = ("list", "next page", "search", "page", "path", "sibling")
"""Calls whose rows must come out of an index in order."""


def plans(store: Store, call: Callable[[History], object]) -> list[list[str]]:
    """How SQLite carries out every statement of a call."""
    seen: list[tuple[str, Any]] = []

    def trace(_cursor: object, sql: str, values: Any) -> bool:
        if sql.split(maxsplit=1)[0] in ("select", "update", "delete", "with"):
            seen.append((sql, values))
        return True

    def explain(connection: Any) -> list[list[str]]:
        return [
            [row[3] for row in connection.execute(f"explain query plan {sql}", values)]
            for sql, values in seen
        ]

    store.database.call_now(lambda c: setattr(c, "exec_trace", trace), 20)
    store.run(call(store.history))  # type: ignore[arg-type]
    store.database.call_now(lambda c: setattr(c, "exec_trace", None), 20)
    return store.database.call_now(explain, 20)


@pytest.mark.parametrize("name", CALLS)
def test_no_call_scans_a_table(name: str, tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    build_store(path, 3, 30)
    store = Store(path)
    found = plans(store, CALLS[name])
    assert found
    for plan in found:
        scanned = {line.split()[1] for line in plan if line.startswith("SCAN")}
        by_list = any("USING INDEX conversation_list" in line for line in plan)
        assert scanned <= {"below", "CONSTANT"} | ({"conversation"} if by_list else set()), plan
        if name in SORTED:
            assert not any("TEMP B-TREE" in line for line in plan), plan
        if "below" in scanned:
            assert any("(conversation=? AND parent=?" in line for line in plan), plan
    store.close()


def test_building_a_store_gives_what_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    build_store(path, 7, 25, 12)
    store = Store(path)
    assert store.sql("select count(*), sum(message_count) from conversation") == [(8, 37)]
    assert store.sql("pragma foreign_key_check") == []
    assert len(store.run(store.history.page(ConversationId(8), 0, 99))) == 12
    assert len(store.first_page.rows) == 8
    assert isinstance(store.database, HistoryDatabase)
    store.close()
    with pytest.raises(FileExistsError):
        build_store(path, 1, 1)
