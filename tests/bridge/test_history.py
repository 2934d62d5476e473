"""The history list: pages, order, days, and single rows that change."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from PySide6.QtCore import Qt

from desktop.bridge.history import PAGE, HistoryModel
from desktop.bridge.tasks import TaskScope
from desktop.domain.errors import StorageError
from desktop.domain.history import ConversationRow, ListCursor
from desktop.domain.history_roles import HistoryRole
from desktop.domain.ids import ConversationId
from desktop.domain.parameters import ChatSettings
from tests.fakes import FakeHistory
from tests.waiting import until

Run = Callable[[Coroutine[Any, Any, Any]], Any]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class FailingOnce(FakeHistory):
    """A history of which one page cannot be read the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0

    async def conversations(
        self, *, after: ListCursor | None = None, query: str = "", limit: int = 60
    ) -> list[ConversationRow]:
        if after is not None and not self.failures:
            self.failures += 1
            raise StorageError("The history could not be read.")
        return await super().conversations(after=after, query=query, limit=limit)


def _raise(error: BaseException) -> None:
    raise error


async def _stage(
    count: int, *, apart: timedelta = timedelta(minutes=1), store: FakeHistory | None = None
) -> HistoryModel:
    store = store or FakeHistory()
    for number in range(count):
        await store.create(f"Talk {number}", ChatSettings(), NOON - apart * (count - number))
    model = HistoryModel(
        store, TaskScope(lambda _error: None, _raise), today=lambda: date(2026, 11, 21)
    )
    await _filled(model, model.reload)
    return model


async def _filled(model: HistoryModel, action: Callable[[], None]) -> None:
    done = asyncio.Event()
    model.filled.connect(done.set)
    action()
    await done.wait()
    model.filled.disconnect(done.set)


def _titles(model: HistoryModel) -> list[str]:
    return [str(model.index(row).data()) for row in range(model.rowCount())]


def test_newest_first_and_page_by_page(run: Run) -> None:
    async def story() -> None:
        model = await _stage(PAGE + 5)
        assert model.rowCount() == PAGE
        assert _titles(model)[0] == f"Talk {PAGE + 4}"
        assert model.canFetchMore()
        model.fetchMore()
        assert not model.canFetchMore()
        await until(lambda: model.rowCount() > PAGE)
        assert _titles(model) == [f"Talk {n}" for n in range(PAGE + 4, -1, -1)]
        assert not model.canFetchMore()

    run(story())


def test_search_keeps_titles_with_all_words(run: Run) -> None:
    async def story() -> None:
        model = await _stage(12)
        await _filled(model, lambda: model.search("talk 1"))
        assert set(_titles(model)) == {"Talk 1", "Talk 10", "Talk 11"}

    run(story())


def test_only_the_first_row_of_a_day_has_a_header(run: Run) -> None:
    async def story() -> None:
        model = await _stage(5, apart=timedelta(hours=12))
        headers = [model.index(n).data(HistoryRole.DAY_HEADER) for n in range(5)]
        assert headers.count("Today") == 1
        assert "Yesterday" in headers
        assert "" in headers

    run(story())


def test_a_changed_conversation_moves_to_its_place(run: Run) -> None:
    async def story() -> None:
        model = await _stage(3)
        store = model._store
        assert isinstance(store, FakeHistory)
        created = await store.create("New one", ChatSettings(), NOON + timedelta(minutes=1))
        model.refresh(created.row.id)
        await until(lambda: model.rowCount() == 4)
        assert _titles(model)[0] == "New one"
        await store.rename(created.row.id, "Renamed")
        gone: list[int] = []
        model.rowsRemoved.connect(lambda _parent, first, _last: gone.append(first))
        model.refresh(created.row.id)
        await until(lambda: _titles(model)[0] == "Renamed")
        assert gone == []
        await store.delete(created.row.id)
        model.refresh(created.row.id)
        await until(lambda: model.rowCount() == 3)
        assert _titles(model) == ["Talk 2", "Talk 1", "Talk 0"]

    run(story())


def test_a_name_for_screen_readers_starts_with_the_title(run: Run) -> None:
    async def story() -> None:
        model = await _stage(1)
        name = model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
        assert str(name).startswith("Talk 0, ")

    run(story())


def test_a_page_that_could_not_be_read_is_read_again(run: Run) -> None:
    async def story() -> None:
        store = FailingOnce()
        model = await _stage(PAGE + 5, store=store)
        model.fetchMore()
        await until(lambda: store.failures == 1 and model.canFetchMore())
        model.fetchMore()
        await until(lambda: model.rowCount() == PAGE + 5)

    run(story())


def test_an_old_conversation_that_changed_leaves_no_gap_before_it(run: Run) -> None:
    async def story() -> None:
        model = await _stage(PAGE + 5)
        oldest = ConversationId(1)
        model.refresh(oldest)
        model.refresh(ConversationId(PAGE + 5))
        await until(lambda: not model._scope)
        assert model.rowCount() == PAGE
        model.fetchMore()
        await until(lambda: model.rowCount() > PAGE)
        assert _titles(model) == [f"Talk {n}" for n in range(PAGE + 4, -1, -1)]

    run(story())


def test_a_conversation_that_became_older_moves_down(run: Run) -> None:
    async def story() -> None:
        model = await _stage(4)
        store = model._store
        assert isinstance(store, FakeHistory)
        newest = store._conversations[ConversationId(4)]
        removed: list[int] = []
        model.rowsRemoved.connect(lambda _parent, first, _last: removed.append(first))
        little = replace(newest.row, updated_at=NOON - timedelta(minutes=1, seconds=30))
        store._conversations[ConversationId(4)] = replace(newest, row=little)
        model.refresh(ConversationId(4))
        await until(lambda: not model._scope)
        assert removed == []
        older = replace(newest.row, updated_at=NOON - timedelta(minutes=2, seconds=30))
        store._conversations[ConversationId(4)] = replace(newest, row=older)
        model.refresh(ConversationId(4))
        await until(lambda: _titles(model) == ["Talk 2", "Talk 3", "Talk 1", "Talk 0"])

    run(story())
