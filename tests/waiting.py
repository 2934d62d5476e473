"""Waiting for a condition by letting the event loop go on, without a clock."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object]) -> None:
    """Returns once the condition holds; the test's own limit ends a wait in vain."""
    while not condition():  # noqa: ASYNC110 - any step of the loop may be the one
        await asyncio.sleep(0)
