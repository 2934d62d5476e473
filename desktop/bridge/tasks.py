"""Background work that belongs to somebody: every task has an owner, an end and an error path."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from desktop.domain.errors import DesktopError

log = logging.getLogger(__name__)

ErrorHandler = Callable[[DesktopError], None]


class TaskScope:
    """The tasks of one owner.

    A ``DesktopError`` goes to the owner's handler; any other exception is a bug and goes to
    ``on_bug`` at once, not when the garbage collector finds the task.
    """

    def __init__(self, on_error: ErrorHandler, on_bug: Callable[[BaseException], None]) -> None:
        self._on_error = on_error
        self._on_bug = on_bug
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        """How many tasks are running."""
        return len(self._tasks)

    def spawn(
        self,
        coroutine: Coroutine[Any, Any, Any],
        *,
        on_error: ErrorHandler | None = None,
        on_done: Callable[[], None] | None = None,
    ) -> asyncio.Task[Any]:
        """Starts a task on the running loop.

        Args:
            coroutine: What to run.
            on_error: Takes this task's ``DesktopError`` instead of the owner's handler.
            on_done: Called last, however the task ended.
        """
        guarded = self._guard(coroutine, on_error or self._on_error)
        task = asyncio.get_running_loop().create_task(guarded)
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._end(task, coroutine, on_done))
        return task

    async def _guard(self, coroutine: Coroutine[Any, Any, Any], on_error: ErrorHandler) -> None:
        try:
            await coroutine
        except DesktopError as error:
            log.info("%s: %s", error.kind, error.detail or error.user_text)
            on_error(error)
        except Exception as bug:  # noqa: BLE001 - the border where bugs are reported
            self._on_bug(bug)

    def _end(
        self,
        task: asyncio.Task[Any],
        coroutine: Coroutine[Any, Any, Any],
        on_done: Callable[[], None] | None,
    ) -> None:
        """Also reached by a task that was cancelled before its first step."""
        self._tasks.discard(task)
        coroutine.close()
        if on_done is not None:
            on_done()

    async def cancel_all(self, timeout_s: float = 2.0) -> None:
        """Cancels every task and waits for their ends, at most ``timeout_s`` seconds.

        A task that another one starts while it ends is cancelled too.
        """
        loop = asyncio.get_running_loop()
        until_s = loop.time() + timeout_s
        while pending := self._tasks - {asyncio.current_task()}:
            for task in pending:
                task.cancel()
            left_s = until_s - loop.time()
            if left_s <= 0:
                return
            await asyncio.wait(pending, timeout=left_s)
