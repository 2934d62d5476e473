"""Fixtures of the stories: a provider that checks what it is asked, and users who always leave."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.flows.app import App
from tests.openapi import documents_folder
from tests.server import FaultServer

STORY_LIMIT_S = 30.0

Story = Callable[[App], Coroutine[Any, Any, None]]
Tell = Callable[[Story], None]


@pytest.fixture(scope="session")
def executor(loop_runner: asyncio.Runner) -> None:
    """The worker threads of the one event loop, which live as long as it does."""
    loop_runner.run(asyncio.to_thread(lambda: None))


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A provider; one that refuses undocumented bodies where the documents are at hand."""
    with FaultServer(strict=documents_folder() is not None) as running:
        yield running
        assert running.invalid == []


@pytest.fixture
def tell(executor: None, run: Run, server: FaultServer, tmp_path: Path) -> Tell:
    """Runs a story with an application of its own and closes it at the end."""

    def tell_one(story: Story) -> None:
        app = App(tmp_path / "data", server.url)

        async def whole() -> None:
            await app.start()
            try:
                await story(app)
            finally:
                await app.close()

        run(whole(), timeout=STORY_LIMIT_S)

    return tell_one
