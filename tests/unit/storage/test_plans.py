"""What must stay fast however much is stored uses an index; asked of SQLite itself."""

from collections.abc import Callable
from pathlib import Path

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


def statements(store: Store, call: Callable[[History], object]) -> list[str]:
    """Every statement a call runs, foreign keys' own look-ups excepted."""
    seen: list[str] = []

    def trace(_cursor: object, sql: str, _values: object) -> bool:
        seen.append(sql)
        return True

    store.database.call_now(lambda c: setattr(c, "exec_trace", trace), 20)
    store.run(call(store.history))  # type: ignore[arg-type]
    store.database.call_now(lambda c: setattr(c, "exec_trace", None), 20)
    return [sql for sql in seen if sql.split()[0] in ("select", "update", "delete", "with")]


@pytest.mark.parametrize("name", CALLS)
def test_no_call_scans_a_table_or_sorts_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    build_store(path, 3, 30)
    store = Store(path)
    found = statements(store, CALLS[name])
    assert found
    for sql in found:
        if sql.split()[0] == "select" and " from " not in " ".join(sql.split()):
            continue
        plan = (
            [row[3] for row in store.sql(f"explain query plan {sql}", *[None] * sql.count("?"))]
            if ":" not in sql
            else named_plan(store, sql)
        )  # noqa: E501
        for line in plan:
            is_scan = line.startswith("SCAN") and not line.startswith(
                ("SCAN below", "SCAN CONSTANT")
            )
            assert not is_scan or "conversation_list" in line, (sql, plan)
            assert "TEMP B-TREE" not in line or "sibling" in sql or "abs(" in sql, (sql, plan)
    store.close()


def named_plan(store: Store, sql: str) -> list[str]:
    names = ("conversation", "branch", "depth", "parent", "id", "title", "title_folded")
    values = dict.fromkeys(names)

    def job(connection: object) -> list[str]:
        return [row[3] for row in connection.execute(f"explain query plan {sql}", values)]  # type: ignore[attr-defined]

    return store.database.call_now(job, 20)


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
