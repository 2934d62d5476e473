"""The preferences, kept on disk a moment after they change."""

import asyncio
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.bridge.tasks import TaskScope
from desktop.settings import Settings, SettingsFile

SAVE_DELAY_MS = 400


class PreferencesController(QObject):
    """The one writer of the settings file while the program runs.

    Signals:
        changed(settings): Any preference changed.
    """

    changed = Signal(object)

    def __init__(self, file: SettingsFile, settings: Settings, scope: TaskScope) -> None:
        super().__init__()
        self._file = file
        self._scope = scope
        self.settings = settings
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_DELAY_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._saving = asyncio.Lock()

    def change(self, **values: Any) -> None:
        """Changes some preferences by their names in ``Settings``."""
        settings = replace(self.settings, **values)
        if settings != self.settings:
            self.settings = settings
            self._timer.start()
            self.changed.emit(settings)

    def save_now(self) -> None:
        """Writes the file at once, waiting for it; for leaving."""
        self._timer.stop()
        self._file.save(self.settings)

    def _on_timer_timeout(self) -> None:
        self._scope.spawn(self._save())

    async def _save(self) -> None:
        """Writes what the preferences are when its turn comes, so that an older one never lasts."""
        async with self._saving:
            await asyncio.to_thread(self._file.save, self.settings)
