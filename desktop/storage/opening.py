"""Opens the history file, whatever state it is in, and never loses one it cannot use.

A file that is not sound is set aside with its companions and a new one is begun; one of a newer
version is left untouched; one of an older version is upgraded as a copy. A new file is made whole
under another name first, so that an empty one is never ours.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from struct import unpack_from

import apsw

from desktop.domain.errors import StorageError
from desktop.domain.history import ConversationRow
from desktop.paths import PathError, ensure_private_file
from desktop.storage import listing, migrations
from desktop.storage.errors import (
    LOCKED,
    NEWER,
    READ_ONLY,
    UNREADABLE,
    is_damage,
    leave_log,
    translated,
)
from desktop.storage.migrations import APPLICATION_ID, Migration
from desktop.storage.query import row, transaction

BUSY_TIMEOUT_MS = 5_000
"""How long a backup tool or virus scanner may hold the file before that is an error."""

_COMPANIONS = ("", "-wal", "-shm", "-journal")
_HEADER_SIZE = 100
_MAGIC = b"SQLite format 3\0"
_VERSION_AT, _APPLICATION_AT = 60, 68
"""Source: https://www.sqlite.org/fileformat.html, "The Database Header"."""

NOT_PRIVATE_JOURNAL = (
    "The history is in a folder that allows only slow saving, such as a network drive."
)


@dataclass(slots=True)
class Opened:
    """The open history.

    Attributes:
        connection: To be used by the calling thread only.
        notice: What the user should be told, or "".
        is_read_only: Whether nothing can be written.
        rows: The first rows of the list.
        new_draft: The unsent text of the conversation that does not exist yet.
    """

    connection: apsw.Connection
    notice: str = ""
    is_read_only: bool = False
    rows: list[ConversationRow] = field(default_factory=list)
    new_draft: str = ""


class _DamagedError(Exception):
    """The file is not a sound history; the message says why."""


@dataclass(slots=True, frozen=True)
class Opener:
    """How the history file is opened.

    Attributes:
        path: The file; its folder exists.
        now: The time that goes into the names of files set aside.
        limit: How many rows of the list are read.
        busy_timeout_ms: How long another program may hold the file.
        schema: The migrations this version knows.
    """

    path: Path
    now: Callable[[], datetime]
    limit: int = listing.FIRST_PAGE
    busy_timeout_ms: int = BUSY_TIMEOUT_MS
    schema: tuple[Migration, ...] = migrations.MIGRATIONS

    def open(self) -> Opened:
        """The history, ready for use, with replies that a crash cut ended.

        Raises:
            StorageError: It cannot be used; the file is as it was.
        """
        try:
            return self._open_existing() if self._is_there() else self._open_new()
        except _DamagedError as reason:
            aside = self._set_aside()
            opened = self._open_new()
            opened.notice = (
                f"The history file could not be used ({reason}). It was kept as {aside}, "
                "and a new history was begun."
            )
            return opened
        except PathError as error:
            raise StorageError(UNREADABLE, detail=str(error)) from error
        except OSError as error:
            raise StorageError(UNREADABLE, detail=f"{error}") from error

    def _is_there(self) -> bool:
        """Whether there is a history file; looks into it before SQLite may touch it."""
        try:
            with self.path.open("rb") as file:
                header = file.read(_HEADER_SIZE)
        except FileNotFoundError:
            if self._companion("-wal").exists():
                raise _DamagedError("the file itself is missing") from None
            return False
        if not header:
            raise _DamagedError("it is empty")
        if len(header) < _HEADER_SIZE or not header.startswith(_MAGIC):
            raise _DamagedError("it is not a database")
        (application,) = unpack_from(">I", header, _APPLICATION_AT)
        if application != APPLICATION_ID:
            raise _DamagedError("it belongs to another program")
        (version,) = unpack_from(">I", header, _VERSION_AT)
        self._refuse_newer(version)
        return True

    def _refuse_newer(self, version: int) -> None:
        if version > len(self.schema):
            raise StorageError(NEWER, detail=f"schema {version}, known {len(self.schema)}")

    def _open_existing(self) -> Opened:
        try:
            with translated():
                return self._prepared()
        except StorageError as error:
            if is_damage(error):
                raise _DamagedError("it is damaged") from error
            raise

    def _prepared(self) -> Opened:
        opened = self._connected()
        try:
            version = migrations.version_of(opened.connection)
            self._refuse_newer(version)
            if version < len(self.schema):
                opened = self._upgraded(opened, version)
            if not opened.is_read_only:
                _recover(opened.connection)
            opened.rows = listing.page(opened.connection, None, "", self.limit)
            opened.new_draft = listing.new_draft(opened.connection)
        except BaseException:
            _let_go(opened.connection)
            raise
        return opened

    def _connected(self) -> Opened:
        if not os.access(self.path, os.W_OK) or not os.access(self.path.parent, os.W_OK):
            return self._read_only()
        ensure_private_file(self.path)
        connection = self._connection(self.path)
        try:
            journal = _configure(connection)
        except BaseException:
            _let_go(connection)
            raise
        return Opened(connection, "" if journal == "wal" else NOT_PRIVATE_JOURNAL)

    def _read_only(self) -> Opened:
        """The history as it was last saved; SQLite may write nothing beside it."""
        uri = f"{self.path.absolute().as_uri()}?immutable=1"
        flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        connection = apsw.Connection(uri, flags=flags)
        connection.pragma("query_only", 1)
        return Opened(connection, READ_ONLY, is_read_only=True)

    def _connection(self, path: Path) -> apsw.Connection:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(self.busy_timeout_ms)
        return connection

    def _open_new(self) -> Opened:
        fresh = self._companion(".new")
        _remove(fresh)
        ensure_private_file(fresh)
        with translated():
            connection = self._connection(fresh)
            try:
                migrations.apply(connection, self.schema)
                connection.pragma("journal_mode", "wal")
            finally:
                connection.close()
            self._put_in_place(fresh)
            return self._connected()

    def _put_in_place(self, fresh: Path) -> None:
        """Gives a new file its name, in one step that outlives a power cut."""
        fresh.replace(self.path)
        if os.name == "posix":
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _upgraded(self, opened: Opened, version: int) -> Opened:
        """The history in the newest schema; the old file stays beside it.

        The copy takes the old file's place in one step, so that a crash leaves one of the two.
        """
        if opened.is_read_only:
            raise StorageError(READ_ONLY, detail=f"schema {version} cannot be upgraded")
        fresh = self._companion(".new")
        try:
            self._migrate_copy(opened.connection, fresh)
            _copy(opened.connection, self._named(f"version-{version}"))
        except BaseException:
            _remove(fresh)
            raise
        opened.connection.close()
        self._put_in_place(fresh)
        return self._connected()

    def _migrate_copy(self, connection: apsw.Connection, fresh: Path) -> None:
        """Makes an upgraded copy; the old file is left whole, without a write-ahead log."""
        busy, _, _ = row(connection, "pragma wal_checkpoint(truncate)", ())
        if busy:
            raise StorageError(LOCKED, detail="its write-ahead log is in use", retryable=True)
        _copy(connection, fresh)
        copy = self._connection(fresh)
        try:
            migrations.apply(copy, self.schema)
            _check(copy)
        finally:
            copy.close()

    def _set_aside(self) -> Path:
        aside = self._named("corrupt")
        for companion in _COMPANIONS:
            source = self._companion(companion)
            if source.exists():
                source.rename(aside.with_name(aside.name + companion))
        return aside

    def _companion(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    def _named(self, word: str) -> Path:
        """A free name beside the file: ``history.corrupt-20260131-235959.db``."""
        stamp = f"{self.path.stem}.{word}-{self.now():%Y%m%d-%H%M%S}"
        candidate, number = self.path.with_name(stamp + self.path.suffix), 1
        while any(candidate.with_name(candidate.name + end).exists() for end in _COMPANIONS):
            number += 1
            candidate = self.path.with_name(f"{stamp}-{number}{self.path.suffix}")
        return candidate


def _configure(connection: apsw.Connection) -> str:
    """Sets the connection up and returns the journal mode that really is in use.

    ``secure_delete`` overwrites what is deleted. Memory mapping stays off: an error of the disk
    would end the process.
    """
    for name, value in (
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("trusted_schema", 0),
        ("cell_size_check", 1),
        ("mmap_size", 0),
        ("temp_store", "memory"),
    ):
        connection.pragma(name, value)
    journal = str(connection.pragma("journal_mode", "wal"))
    connection.pragma("synchronous", "normal" if journal == "wal" else "full")
    return journal


def _let_go(connection: apsw.Connection) -> None:
    """Closes a file that could not be used, with its write-ahead log as it is."""
    with suppress(apsw.ConnectionClosedError):
        leave_log(connection)
        connection.close()


def _recover(connection: apsw.Connection) -> None:
    """Ends replies that a crash cut; a start after a clean end imports nothing for it."""
    if not connection.execute(
        "select 1 from message where status in ('sending', 'streaming') limit 1"
    ).fetchone():
        return
    from desktop.storage import exchanges

    with transaction(connection):
        exchanges.recover(connection)


def _copy(connection: apsw.Connection, target: Path) -> None:
    _remove(target)
    ensure_private_file(target)
    copy = apsw.Connection(str(target))
    try:
        with copy.backup("main", connection, "main") as backup:
            backup.step(-1)
    finally:
        copy.close()


def _check(connection: apsw.Connection) -> None:
    """Refuses an upgraded copy that is not sound.

    Raises:
        StorageError: It is not; the old file stays in use.
    """
    broken = connection.execute("pragma foreign_key_check").fetchone()
    verdict = connection.pragma("quick_check")
    if broken is not None or verdict != "ok":
        raise StorageError(
            "The history could not be brought to the new version; it was left as it is.",
            detail=f"foreign keys: {broken}; check: {verdict}",
        )


def _remove(path: Path) -> None:
    for companion in _COMPANIONS:
        path.with_name(path.name + companion).unlink(missing_ok=True)
