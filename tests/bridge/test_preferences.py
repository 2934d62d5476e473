"""Preferences on disk: the newest ones stay, however many writes are under way."""

import json
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from desktop.bridge.preferences import PreferencesController
from desktop.bridge.tasks import TaskScope
from desktop.settings import Settings, SettingsFile
from tests.waiting import until

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class SlowFile(SettingsFile):
    """A file whose first write waits until the test lets it go on."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.began, self.go_on = threading.Event(), threading.Event()

    def save(self, settings: Settings) -> None:
        if not self.began.is_set():
            self.began.set()
            assert self.go_on.wait(10)
        super().save(settings)


def _raise(error: BaseException) -> None:
    raise error


@pytest.fixture
def scope() -> TaskScope:
    return TaskScope(_raise, _raise)


def test_a_late_write_does_not_bring_older_values_back(
    run: Run, scope: TaskScope, tmp_path: Path
) -> None:
    async def story() -> None:
        file = SlowFile(tmp_path / "settings.json")
        preferences = PreferencesController(file, Settings(), scope)
        preferences.change(zoom_percent=110)
        await until(file.began.is_set)
        preferences.change(zoom_percent=120)
        await until(lambda: len(scope) == 2)
        file.go_on.set()
        await until(lambda: len(scope) == 0)
        assert json.loads(file.path.read_text())["zoom_percent"] == 120

    run(story())
