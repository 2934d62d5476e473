"""The thread that owns the history file; every read and write goes through it.

Usable before any event loop exists. Importing it is cheap on purpose: SQLite and all that needs it
are imported in the thread.
"""

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

from desktop.domain.errors import StorageError

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path
    from types import TracebackType

    import apsw

    from desktop.domain.history import ConversationRow

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class FirstPage:
    """What the window shows first.

    Attributes:
        rows: The first rows of the history list, newest first.
        new_draft: The unsent text of the conversation that does not exist yet.
        notice: What the user should be told about the file, or "".
        is_read_only: Whether nothing can be saved.
    """

    rows: "list[ConversationRow]"
    new_draft: str = ""
    notice: str = ""
    is_read_only: bool = False


def open_and_peek(path: "Path", limit: int = 60) -> "tuple[HistoryDatabase, Future[FirstPage]]":
    """Starts opening the history; returns at once.

    The future gives the first page, or raises ``StorageError``; its callbacks run in the history's
    thread. Without a first page every later call raises that same error.
    """
    database = HistoryDatabase(path, limit)
    return database, database.first_page


class _Settled(Generic[T]):
    """Hands a job's outcome, also a failure, to whoever waits for it."""

    def __init__(self, promise: "Future[T]") -> None:
        self._promise = promise
        self.value: T

    def __enter__(self) -> "_Settled[T]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> bool:
        if error is None:
            self._promise.set_result(self.value)
        else:
            self._promise.set_exception(error)
        return True


class HistoryDatabase:
    """The history file and its one connection.

    Jobs run one after another in the order they were handed in. A job that was handed in runs,
    even if nobody waits for it any more.

    Attributes:
        path: The file.
        first_page: What the window shows first, or why there is nothing.
    """

    def __init__(self, path: "Path", limit: int = 60, *, busy_timeout_ms: int = 5_000) -> None:
        self.path = path
        self.first_page: Future[FirstPage] = Future()
        self._limit = limit
        self._busy_timeout_ms = busy_timeout_ms
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._is_closed = False
        self._connection: apsw.Connection | None = None
        self._is_damaged = False
        self._identity = (0, 0)
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    # From any thread

    def read(self, job: "Callable[[apsw.Connection], T]") -> "asyncio.Future[T]":
        """What a job reads; to be awaited on the running loop.

        Cancelling the waiting task leaves the job to run.
        """
        import asyncio

        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()

        def deliver(promise: "Future[T]") -> None:
            try:
                loop.call_soon_threadsafe(_pass_on, promise, waiter)
            except RuntimeError:
                _report(promise)

        self._submit(job).add_done_callback(deliver)
        return waiter

    def write(
        self, job: "Callable[[apsw.Connection], T]", *, is_durable: bool = False
    ) -> "asyncio.Future[T]":
        """What a job returns that writes, in one transaction.

        Args:
            job: All or nothing of it is kept.
            is_durable: Whether it must outlive a power cut from the moment it is done.
        """
        return self.read(lambda connection: self._transacted(connection, job, is_durable))

    def call_now(self, job: "Callable[[apsw.Connection], T]", timeout_s: float) -> T:
        """What a job reads, waiting for it.

        Raises:
            StorageError: It took too long, or failed.
        """
        from desktop.storage.errors import BUSY

        try:
            return self._submit(job).result(timeout_s)
        except TimeoutError as error:
            raise StorageError(BUSY, retryable=True) from error

    def close(self, timeout_s: float = 2.0) -> bool:
        """Ends the thread after the jobs that were handed in; whether it did in time."""
        with self._closing:
            if not self._is_closed:
                self._is_closed = True
                self._jobs.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _submit(self, job: "Callable[[apsw.Connection], T]") -> "Future[T]":
        promise: Future[T] = Future()

        def run() -> None:
            with _Settled(promise) as outcome:
                outcome.value = self._carried_out(job)

        with self._closing:
            if self._is_closed:
                from desktop.storage.errors import CLOSED

                raise StorageError(CLOSED)
            self._jobs.put(run)
        return promise

    # In the thread

    def _run(self) -> None:
        with _Settled(self.first_page) as outcome:
            outcome.value = self._open()
        if self._connection is not None:
            self._tidy(self._connection)
        while (run := self._jobs.get()) is not None:
            run()
        if self._connection is not None:
            self._close(self._connection)

    def _close(self, connection: "apsw.Connection") -> None:
        """Closes the file, taking the write-ahead log up if the file is sound."""
        from desktop.storage.errors import leave_log, translated

        if self._is_damaged or self._file_identity() != self._identity:
            leave_log(connection)
        try:
            with translated():
                connection.close()
        except StorageError as error:
            _log.warning("closing the history: %s", error.detail)

    def _open(self) -> FirstPage:
        from datetime import UTC, datetime

        from desktop.storage.opening import Opener

        opener = Opener(self.path, lambda: datetime.now(UTC), self._limit, self._busy_timeout_ms)
        opened = opener.open()
        self._connection = opened.connection
        self._identity = self._file_identity()
        return FirstPage(opened.rows, opened.new_draft, opened.notice, opened.is_read_only)

    def _tidy(self, connection: "apsw.Connection") -> None:
        """Takes a write-ahead log that a crash left up into the file."""
        from desktop.storage.errors import translated

        try:
            with translated():
                if not connection.readonly("main"):
                    connection.pragma("wal_checkpoint", "truncate")
        except StorageError as error:
            _log.warning("the write-ahead log stays: %s", error.detail)

    def _carried_out(self, job: "Callable[[apsw.Connection], T]") -> T:
        from desktop.storage.errors import is_damage, translated

        if self._connection is None:
            raise _again(self.first_page)
        try:
            with translated():
                return job(self._connection)
        except StorageError as error:
            self._is_damaged |= is_damage(error)
            raise

    def _transacted(
        self, connection: "apsw.Connection", job: "Callable[[apsw.Connection], T]", is_durable: bool
    ) -> T:
        from desktop.storage.errors import DAMAGED, MOVED
        from desktop.storage.query import transaction

        if self._is_damaged:
            raise StorageError(DAMAGED)
        if self._file_identity() != self._identity:
            raise StorageError(MOVED, detail=str(self.path))
        usual = connection.pragma("synchronous")
        if is_durable:
            connection.pragma("synchronous", "full")
        try:
            with transaction(connection):
                return job(connection)
        finally:
            connection.pragma("synchronous", usual)

    def _file_identity(self) -> tuple[int, int]:
        try:
            found = os.stat(self.path)  # noqa: PTH116
        except OSError:
            return (0, 0)
        return (found.st_dev, found.st_ino)


def _pass_on(promise: "Future[T]", waiter: "asyncio.Future[T]") -> None:
    """Settles what a task waits for; in the loop's thread."""
    if waiter.done():
        _report(promise)
        return
    error = promise.exception()
    if error is None:
        waiter.set_result(promise.result())
    else:
        waiter.set_exception(error)


def _report(promise: "Future[T]") -> None:
    """Keeps a failure that nobody waits for any more from going unseen."""
    error = promise.exception()
    if error is not None:
        _log.warning("a history job failed after its caller left: %r", error)


def _again(promise: "Future[FirstPage]") -> StorageError:
    """A fresh copy of why the history could not be opened."""
    from desktop.storage.errors import UNREADABLE

    error = promise.exception()
    if isinstance(error, StorageError):
        return StorageError(error.user_text, detail=error.detail, retryable=error.retryable)
    return StorageError(UNREADABLE, detail=repr(error))
