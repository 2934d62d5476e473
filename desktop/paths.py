"""The folders the application writes to, made private, and the files it ships with.

This is the lowest layer: it must not import anything else of the application, and
importing it does no work.
"""

import functools
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

APP_NAME = "Sounding"
PRIVATE_FOLDER_MODE = 0o700
PRIVATE_FILE_MODE = 0o600
_OTHERS = 0o077


class PathError(OSError):
    """A folder or file of the application cannot be used.

    Attributes:
        reason: What is wrong, a plain sentence that does not name the path.
        path: The folder or file.
    """

    def __init__(self, reason: str, path: Path) -> None:
        super().__init__(f"{reason} {path}")
        self.reason = reason
        self.path = path


@dataclass(frozen=True, slots=True)
class AppPaths:
    """Where the application keeps what it writes; none of the folders need exist yet.

    Attributes:
        data_dir: History and attachments.
        config_dir: Settings.
        cache_dir: What can be made again.
        log_dir: Logs and crash reports.
    """

    data_dir: Path
    config_dir: Path
    cache_dir: Path
    log_dir: Path


def app_paths(data_dir: Path | None = None) -> AppPaths:
    """The application's folders: the platform's own, or all of them below a given one.

    Args:
        data_dir: A folder that holds everything, or None; ``~`` and relative paths are resolved.
    """
    if data_dir is not None:
        root = data_dir.expanduser().absolute()
        return AppPaths(root, root, root / "cache", root / "logs")
    from platformdirs import PlatformDirs

    dirs = PlatformDirs(APP_NAME, appauthor=False)
    return AppPaths(
        dirs.user_data_path, dirs.user_config_path, dirs.user_cache_path, dirs.user_log_path
    )


def ensure_private(folder: Path) -> Path:
    """The folder, now there, writable, and closed to everyone but its owner (0700).

    Missing parents are made private too; the umask plays no part. A looser mode of the
    folder itself is repaired, but never that of a folder which is plainly not ours.

    Raises:
        PathError: It is a file, shared with others, or cannot be made or written to.
    """
    try:
        _make(folder)
        _close_to_others(folder)
    except PathError:
        raise
    except OSError as error:
        raise PathError(f"This folder cannot be used ({_words(error)}):", folder) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PathError("This folder cannot be written to:", folder)
    return folder


def ensure_private_file(file: Path) -> Path:
    """The file, now there and readable by its owner only (0600); its content is untouched.

    Raises:
        PathError: It is not a regular file, or cannot be made or written to.
    """
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | _OPEN_SAFELY, PRIVATE_FILE_MODE)
        try:
            mode = os.fstat(descriptor).st_mode
            if os.name == "posix" and stat.S_ISREG(mode) and mode & _OTHERS:
                os.fchmod(descriptor, PRIVATE_FILE_MODE)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise PathError(f"This file cannot be used ({_words(error)}):", file) from error
    if not stat.S_ISREG(mode):
        raise PathError("This is not a regular file:", file)
    return file


def resource(name: str) -> Path:
    """The path of a file that is shipped with the application.

    Args:
        name: Relative to the resources folder, with forward slashes: ``icons/send.svg``.

    Raises:
        ValueError: The name leaves the resources folder.
    """
    parts = name.split("/")
    if "" in parts or ".." in parts or "\\" in name or ":" in name:
        raise ValueError(f"not a resource name: {name!r}")
    return _resources().joinpath(*parts)


_OPEN_SAFELY = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
"""Not inherited by child processes, and a pipe or device does not hang the caller."""


@functools.cache
def _resources() -> Path:
    """The resources folder: in the frozen bundle, beside the source tree's package, or in it."""
    bundle = getattr(sys, "_MEIPASS", None)
    if isinstance(bundle, str):
        return Path(bundle, "resources")
    package = Path(__file__).resolve().parent
    beside = package.parent / "resources"
    return beside if beside.is_dir() else package / "resources"


def _make(folder: Path) -> None:
    """Makes the folder and its missing parents, each 0700 whatever the umask is."""
    if folder.is_dir():
        return
    if folder.exists() or folder.is_symlink():
        raise PathError("A file is in the place of this folder:", folder)
    if not folder.parent.is_dir():
        _make(folder.parent)
    folder.mkdir(PRIVATE_FOLDER_MODE, exist_ok=True)
    if os.name == "posix":
        folder.chmod(PRIVATE_FOLDER_MODE)


def _close_to_others(folder: Path) -> None:
    """Takes everyone else's rights to a folder away."""
    if os.name != "posix":
        return
    mode = folder.stat().st_mode
    if mode & stat.S_ISVTX or folder.parent == folder or folder.samefile(Path.home()):
        raise PathError("Other programs use this folder; choose one inside it:", folder)
    if mode & _OTHERS:
        folder.chmod(PRIVATE_FOLDER_MODE)


def _words(error: OSError) -> str:
    """The operating system's reason without the path."""
    return error.strerror or type(error).__name__
