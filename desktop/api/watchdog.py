"""Ends a read that brings nothing for too long, with one timer a stream.

A timer a read would be the simpler way, but the loop keeps cancelled ones until their time has
come, and slows down by them (measured: 300,000 of them make each step twenty times dearer).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

LATE_S = 30.0
"""A timer that fires this much too late has slept with the computer."""


class Silence(Exception):  # noqa: N818
    """Nothing came within the limit."""


class Watchdog:
    """Watches what one task waits for.

    Args:
        limit_s: Seconds without a byte after which a wait ends.
        clock: Monotonic seconds.
    """

    def __init__(self, limit_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit_s = limit_s
        self._clock = clock
        self._since_s = clock()
        self._task: asyncio.Task[object] | None = None
        self._has_fired = False
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = 0.0

    def shorten(self, limit_s: float) -> None:
        """Sets a limit that counts from now."""
        self.limit_s = limit_s
        self._since_s = self._clock()
        self.close()

    async def wait(self, awaited: Awaitable[T]) -> T:
        """What the awaitable gives.

        Raises:
            Silence: It did not end in time; it was cancelled.
            RuntimeError: This is not called from a task.
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a watchdog needs a task to end")
        cancelling = task.cancelling()
        self._task, self._has_fired = task, False
        self._since_s = self._clock()
        if self._timer is None:
            self._arm(self.limit_s)
        try:
            return await awaited
        except asyncio.CancelledError:
            if self._has_fired and task.uncancel() <= cancelling:
                raise Silence from None
            raise
        finally:
            self._task = None

    def close(self) -> None:
        """Stops watching."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, delay_s: float) -> None:
        self._due_s = self._clock() + delay_s
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._look)

    def _look(self) -> None:
        """Ends the wait, or sleeps for the rest of its time."""
        now_s = self._clock()
        if now_s - self._due_s > LATE_S:
            self._since_s = now_s
        rest_s = self._since_s + self.limit_s - now_s
        if self._task is None:
            self._arm(self.limit_s)
        elif rest_s > 0:
            self._arm(rest_s)
        else:
            self._timer = None
            self._has_fired = True
            self._task.cancel()
