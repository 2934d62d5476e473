import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from desktop.core.ports import HistoryStore
from desktop.storage.database import FirstPage, HistoryDatabase
from desktop.storage.history import History

T = TypeVar("T")

START = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)


class Store:
    """A history on a real file; calls wait for their result."""

    def __init__(self, path: Path, busy_timeout_ms: int = 5_000) -> None:
        self.path = path
        self.database = HistoryDatabase(path, busy_timeout_ms=busy_timeout_ms)
        self.history = History(self.database, lambda: START)
        self.port: HistoryStore = self.history
        self.ticks = 0

    @property
    def first_page(self) -> FirstPage:
        return self.database.first_page.result(20)

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(call)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        def job(connection: Any) -> list[tuple[Any, ...]]:
            return list(connection.execute(statement, values))

        return self.database.call_now(job, 20)

    def now(self) -> datetime:
        """A later time at each call."""
        self.ticks += 1
        return START + timedelta(seconds=self.ticks)

    def close(self) -> None:
        assert self.database.close(20)


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Opens the history of this test; all are closed at its end."""
    stores = []

    def opened(path: Path = tmp_path / "history.db", busy_timeout_ms: int = 5_000) -> Store:
        stores.append(Store(path, busy_timeout_ms))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    return open_store()
