"""The folders of one run, their lock, the preferences and the history."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.app.options import Options
from desktop.paths import AppPaths, PathError, app_paths, ensure_private
from desktop.settings import Settings, SettingsFile

if TYPE_CHECKING:
    from PySide6.QtCore import QLockFile

    from desktop.storage.database import HistoryDatabase

HISTORY_FILE = "history.sqlite3"
SETTINGS_FILE = "settings.json"
LOCK_FILE = "sounding.lock"


class FolderError(Exception):
    """The application cannot start with these folders; the text is for the user."""


class FolderInUseError(FolderError):
    """Another instance has the folder.

    Attributes:
        data_dir: The folder.
    """

    def __init__(self, data_dir: Path) -> None:
        super().__init__(f"Sounding is already running with this data folder: {data_dir}")
        self.data_dir = data_dir


@dataclass(slots=True)
class Folders:
    """What one run writes to.

    Attributes:
        paths: The folders.
        file: The preferences' file.
        settings: The preferences as they were read.
        lock: Held as long as the folders are used.
        is_temporary: Whether all of it goes when it is closed.
    """

    paths: AppPaths
    file: SettingsFile
    settings: Settings
    lock: "QLockFile"
    is_temporary: bool = False
    _database: "HistoryDatabase | None" = None

    @property
    def database(self) -> "HistoryDatabase":
        """The history; from the first call on it opens in a thread of its own."""
        if self._database is None:
            from desktop.storage.database import open_and_peek

            self._database, _page = open_and_peek(self.paths.data_dir / HISTORY_FILE)
        return self._database

    def close(self) -> None:
        """Ends the history's thread and gives the folders back."""
        if self._database is not None:
            self._database.close()
        self.lock.unlock()
        if self.is_temporary:
            from shutil import rmtree

            rmtree(self.paths.data_dir, ignore_errors=True)


def open_folders(options: Options) -> Folders:
    """The folders that the command line asks for; the history is not open yet.

    Raises:
        FolderError: They cannot be used.
    """
    if options.is_demo:
        from tempfile import mkdtemp

        return _open(app_paths(Path(mkdtemp(prefix="sounding-demo-"))), is_temporary=True)
    return _open(app_paths(options.data_dir), is_temporary=False)


def _open(paths: AppPaths, *, is_temporary: bool) -> Folders:
    try:
        for folder in (paths.data_dir, paths.config_dir):
            ensure_private(folder)
    except PathError as error:
        raise FolderError(f"{error.reason} {error.path}") from error
    from PySide6.QtCore import QLockFile

    lock = QLockFile(str(paths.data_dir / LOCK_FILE))
    lock.setStaleLockTime(0)
    if not lock.tryLock(0):
        raise FolderInUseError(paths.data_dir)
    file = SettingsFile(paths.config_dir / SETTINGS_FILE)
    return Folders(paths, file, file.load(), lock, is_temporary)
