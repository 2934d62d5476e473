"""SQLite's errors in plain words; what is not the environment's fault stays a bug."""

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from desktop.domain.errors import StorageError

DISK_FULL = (
    "The disk is full, so the history could not be saved. Free some space and try again; "
    "nothing you see is lost while the window stays open."
)
READ_ONLY = "The history can only be read: its file or folder cannot be written to."
LOCKED = "Another program is using the history file. Close it, or try again in a moment."
DAMAGED = (
    "The history file is damaged, so nothing more is written to it. "
    "Restart the program: it sets the file aside and begins a new one."
)
UNREADABLE = "The history file cannot be opened. Check that its folder exists and may be used."
BROKEN_DISK = "The disk reported an error while the history was used. Check the disk and try again."
TOO_LARGE = "This is too large to be kept in the history."
NO_MEMORY = "There is not enough memory to use the history."
NEWER = (
    "The history was written by a newer version of this program. It was left as it is: "
    "install the newer version to use it."
)
GONE = "This message or conversation is no longer in the history."
MOVED = (
    "The history file was moved or deleted while the program was running, so nothing more is "
    "saved. Put it back, or restart the program."
)
BUSY = "The history is busy. Try again in a moment."
CLOSED = "The history is closed."

_WORDS: tuple[tuple[type[apsw.Error], str, bool], ...] = (
    (apsw.FullError, DISK_FULL, True),
    (apsw.ReadOnlyError, READ_ONLY, False),
    (apsw.PermissionsError, READ_ONLY, False),
    (apsw.BusyError, LOCKED, True),
    (apsw.LockedError, LOCKED, True),
    (apsw.ProtocolError, LOCKED, True),
    (apsw.CorruptError, DAMAGED, False),
    (apsw.NotADBError, DAMAGED, False),
    (apsw.CantOpenError, UNREADABLE, True),
    (apsw.IOError, BROKEN_DISK, True),
    (apsw.NoLFSError, TOO_LARGE, False),
    (apsw.TooBigError, TOO_LARGE, False),
    (apsw.NoMemError, NO_MEMORY, True),
)
"""Errors that the environment causes: what to say, and whether trying again can help."""


def storage_error(error: apsw.Error) -> StorageError | None:
    """The error in words for the user, or None if it is a bug of ours."""
    for cls, text, retryable in _WORDS:
        if isinstance(error, cls):
            code = getattr(error, "extendedresult", "")
            detail = f"{type(error).__name__} {code}: {error}"
            return StorageError(text, detail=detail, retryable=retryable)
    return None


def is_damage(error: BaseException | None) -> bool:
    """Whether the error, or the one it came from, says that the file is not sound."""
    kinds = (apsw.CorruptError, apsw.NotADBError)
    return isinstance(error, kinds) or (error is not None and isinstance(error.__cause__, kinds))


def leave_log(connection: apsw.Connection) -> None:
    """Keeps closing from writing to the file: what is in the write-ahead log stays there."""
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)


@contextmanager
def translated() -> Iterator[None]:
    """Raises ``StorageError`` in place of SQLite's errors that the environment causes.

    Raises:
        StorageError: The environment made SQLite fail.
    """
    try:
        yield
    except apsw.Error as error:
        mapped = storage_error(error)
        if mapped is None:
            raise
        raise mapped from error
