"""The folders of one run, their lock, the preferences, and the history that opens meanwhile."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile

from desktop.app.options import Options
from desktop.paths import AppPaths, PathError, app_paths, ensure_private
from desktop.settings import Settings, SettingsFile
from desktop.storage.database import HistoryDatabase, open_and_peek

HISTORY_FILE = "history.sqlite3"
SETTINGS_FILE = "settings.json"
LOCK_FILE = "sounding.lock"


class FolderError(Exception):
    """The application cannot start with these folders; the text is for the user."""


@dataclass(slots=True)
class Folders:
    """What one run writes to.

    Attributes:
        paths: The folders.
        file: The preferences' file.
        settings: The preferences as they were read.
        database: The history, opening in its own thread.
        lock: Held as long as the folders are used.
        is_temporary: Whether all of it goes when it is closed.
    """

    paths: AppPaths
    file: SettingsFile
    settings: Settings
    database: HistoryDatabase
    lock: QLockFile
    is_temporary: bool = False

    def close(self) -> None:
        """Ends the history's thread and gives the folders back."""
        self.database.close()
        self.lock.unlock()
        if self.is_temporary:
            from shutil import rmtree

            rmtree(self.paths.data_dir, ignore_errors=True)


def open_folders(options: Options) -> Folders:
    """The folders that the command line asks for; the history is opening when this returns.

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
    lock = QLockFile(str(paths.data_dir / LOCK_FILE))
    lock.setStaleLockTime(0)
    if not lock.tryLock(0):
        raise FolderError(f"Sounding is already running with this data folder: {paths.data_dir}")
    database, _page = open_and_peek(paths.data_dir / HISTORY_FILE)
    file = SettingsFile(paths.config_dir / SETTINGS_FILE)
    return Folders(paths, file, file.load(), database, lock, is_temporary)
