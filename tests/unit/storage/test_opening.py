import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest

from desktop.domain.errors import StorageError
from desktop.storage import migrations
from desktop.storage.migrations import APPLICATION_ID, MIGRATIONS
from desktop.storage.opening import Opener
from tests.unit.storage.conftest import START, Store
from tests.unit.storage.samples import new_chat, say


def filled(open_store: Callable[..., Store]) -> Path:
    store = open_store()
    for number in range(40):
        say(store, new_chat(store, f"Chat {number}"), None, "word " * 200)
    store.close()
    return store.path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_first_start_makes_a_private_file(open_store: Callable[..., Store]) -> None:
    before = os.umask(0)
    try:
        store = open_store()
        new_chat(store)
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode) for path in store.path.parent.iterdir()
        }
    finally:
        os.umask(before)
    assert modes == {"history.db": 0o600, "history.db-wal": 0o600, "history.db-shm": 0o600}
    assert (store.first_page.rows, store.first_page.notice) == ([], "")
    store.close()
    assert names(store.path.parent) == ["history.db"]


def test_a_loose_mode_is_repaired(open_store: Callable[..., Store]) -> None:
    path = filled(open_store)
    path.chmod(0o644)
    assert len(open_store().first_page.rows) == 40
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_connection_is_set_up(store: Store) -> None:
    wanted = {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
        "mmap_size": 0,
        "application_id": APPLICATION_ID,
        "user_version": len(MIGRATIONS),
    }
    assert {name: store.sql(f"pragma {name}")[0][0] for name in wanted} == wanted


def spoilt_bytes(good: bytes, how: str) -> bytes:
    if how == "empty":
        return b""
    if how == "garbage":
        return bytes(range(7, 256)) * 40
    if how == "text":
        return b"Dear diary"
    if how == "truncated":
        return good[: len(good) // 2]
    if how == "short":
        return good[:50]
    page = 4096
    return good[:page] + b"\xa5" * (len(good) - page)


@pytest.mark.parametrize("how", ["empty", "garbage", "text", "truncated", "short", "torn"])
def test_a_damaged_file_is_set_aside_and_kept(how: str, open_store: Callable[..., Store]) -> None:
    path = filled(open_store)
    spoilt = spoilt_bytes(path.read_bytes(), how)
    path.write_bytes(spoilt)
    path.with_name("history.db-wal").write_bytes(b"leftover")
    store = open_store()
    page = store.first_page
    assert page.rows == []
    assert not page.is_read_only
    (aside,) = (file for file in path.parent.iterdir() if file.name.endswith("db") and file != path)
    assert aside.name.startswith("history.corrupt-20")
    assert aside.read_bytes() == spoilt
    assert aside.with_name(aside.name + "-wal").exists()
    assert str(aside) in page.notice
    new_chat(store, "Goes on")
    store.close()
    again = open_store()
    assert [row.title for row in again.first_page.rows] == ["Goes on"]
    assert again.first_page.notice == ""


def test_another_programs_database_is_set_aside(
    open_store: Callable[..., Store], tmp_path: Path
) -> None:
    path = tmp_path / "history.db"
    other = apsw.Connection(str(path))
    other.pragma("application_id", 42)
    other.execute("create table precious(x); insert into precious values(1)")
    other.close()
    store = open_store()
    assert "another program" in store.first_page.notice
    (aside,) = tmp_path.glob("history.corrupt-*.db")
    kept = apsw.Connection(str(aside))
    assert kept.execute("select x from precious").get == 1
    kept.close()


def test_files_set_aside_in_one_second_do_not_replace_each_other(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    for content in (b"one", b"two", b"three"):
        path.write_bytes(content)
        Opener(path, lambda: START).open().connection.close()
    kept = {file.name: file.read_bytes() for file in tmp_path.glob("*corrupt*")}
    stem = "history.corrupt-20260131-120000"
    assert kept == {f"{stem}.db": b"one", f"{stem}-2.db": b"two", f"{stem}-3.db": b"three"}


def test_a_log_without_its_file_is_not_taken_for_the_new_one(
    open_store: Callable[..., Store],
) -> None:
    store = open_store()
    new_chat(store)
    log = store.path.with_name("history.db-wal").read_bytes()
    store.close()
    store.path.unlink()
    store.path.with_name("history.db-wal").write_bytes(log)
    again = open_store()
    assert again.first_page.rows == []
    assert "missing" in again.first_page.notice


def test_a_newer_schema_is_left_to_the_byte(open_store: Callable[..., Store]) -> None:
    path = filled(open_store)
    newer = apsw.Connection(str(path))
    newer.pragma("user_version", len(MIGRATIONS) + 1)
    newer.close()
    before = path.read_bytes()
    store = open_store()
    with pytest.raises(StorageError, match="newer version"):
        store.first_page  # noqa: B018
    with pytest.raises(StorageError, match="newer version"):
        new_chat(store)
    store.close()
    assert path.read_bytes() == before
    assert names(path.parent) == ["history.db"]


def test_a_newer_schema_in_the_log_alone_is_left_too(open_store: Callable[..., Store]) -> None:
    path = filled(open_store)
    newer = apsw.Connection(str(path))
    newer.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    newer.pragma("user_version", len(MIGRATIONS) + 1)
    newer.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="newer version"):
        open_store().first_page  # noqa: B018
    assert path.read_bytes() == before
    assert path.with_name("history.db-wal").stat().st_size > 0


@pytest.mark.parametrize("place", ["folder", "missing folder", "file as folder"])
def test_a_place_that_cannot_be_used_is_said(
    place: str, open_store: Callable[..., Store], tmp_path: Path
) -> None:
    path = tmp_path / "place" / "history.db"
    if place == "folder":
        path.mkdir(parents=True)
    elif place == "file as folder":
        path.parent.write_bytes(b"")
    store = open_store(path)
    with pytest.raises(StorageError, match="cannot be opened") as caught:
        store.first_page  # noqa: B018
    assert str(path) in caught.value.detail
    with pytest.raises(StorageError, match="cannot be opened"):
        store.history.page_now(1, 0, 1)  # type: ignore[arg-type]


READER = """
import os, sys
from pathlib import Path
sys.path.insert(0, os.getcwd())
from desktop.storage import history, opening, listing
from desktop.storage.database import HistoryDatabase
from desktop.domain.errors import StorageError
from desktop.domain.ids import ConversationId
import asyncio
if os.getuid() == 0:
    os.setuid(65534)
database = HistoryDatabase(Path(sys.argv[1]))
page = database.first_page.result(20)
store = history.History(database)
print(len(page.rows), page.is_read_only, page.notice)
print(len(asyncio.run(store.page(ConversationId(1), 0, 9))))
try:
    asyncio.run(store.rename(ConversationId(1), "x"))
except StorageError as error:
    print(error.user_text)
print(database.close(20))
"""


@pytest.mark.skipif(os.name != "posix", reason="for Linux only")
@pytest.mark.parametrize("mode", [0o444, 0o666])
def test_a_read_only_folder_is_read(mode: int, open_store: Callable[..., Store]) -> None:
    source = filled(open_store)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "history.db"
        path.write_bytes(source.read_bytes())
        path.chmod(mode)
        folder.chmod(0o555)
        try:
            done = subprocess.run(
                [sys.executable, "-c", READER, str(path)],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            left = names(folder)
        finally:
            folder.chmod(0o755)
    words = "The history can only be read: its file or folder cannot be written to."
    assert done.stdout.splitlines() == [f"40 True {words}", "1", words, "True"], done.stderr
    assert left == ["history.db"]


def test_a_held_file_is_waited_for_then_said(open_store: Callable[..., Store]) -> None:
    path = filled(open_store)
    store = open_store(path, busy_timeout_ms=50)
    assert len(store.first_page.rows) == 40
    other = apsw.Connection(str(path))
    other.execute("begin immediate")
    with pytest.raises(StorageError, match="Another program") as caught:
        new_chat(store)
    assert caught.value.retryable
    other.execute("rollback")
    other.close()
    assert new_chat(store, "Again").row.title == "Again"


def add_column(connection: apsw.Connection) -> None:
    connection.execute("alter table conversation add column colour text not null default 'blue'")


def fail(connection: apsw.Connection) -> None:
    connection.execute("update conversation set title = 'half done'")
    raise apsw.FullError("no room")


def lose_branches(connection: apsw.Connection) -> None:
    connection.execute("delete from branch")


def upgraded(path: Path, *more: migrations.Migration) -> Any:
    return Opener(path, lambda: datetime.now(UTC), schema=(*MIGRATIONS, *more)).open()


def test_an_older_file_is_upgraded_as_a_copy_and_kept(open_store: Callable[..., Store]) -> None:
    path = filled(open_store)
    opened = upgraded(path, add_column)
    assert opened.connection.execute("select distinct colour from conversation").get == "blue"
    assert opened.connection.execute("select count(*) from message").get == 40
    assert migrations.version_of(opened.connection) == len(MIGRATIONS) + 1
    opened.connection.close()
    (kept,) = path.parent.glob("history.version-1-*.db")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert names(path.parent) == sorted(["history.db", kept.name])
    old = open_store(kept)
    assert len(old.first_page.rows) == 40
    with pytest.raises(StorageError, match="newer version"):
        open_store(path).first_page  # noqa: B018


def test_a_failed_upgrade_leaves_the_old_file_in_use(open_store: Callable[..., Store]) -> None:
    path = filled(open_store)
    for _ in range(2):
        with pytest.raises(StorageError, match="disk is full"):
            upgraded(path, add_column, fail)
    left = {"history.db", "history.db-wal", "history.db-shm"}
    assert set(names(path.parent)) <= left
    store = open_store()
    assert len(store.first_page.rows) == 40
    assert "half done" not in {row.title for row in store.first_page.rows}
    assert store.sql("pragma user_version") == [(len(MIGRATIONS),)]


def test_a_file_in_use_is_not_upgraded(open_store: Callable[..., Store]) -> None:
    path = filled(open_store)
    other = apsw.Connection(str(path))
    other.execute("update conversation set title = 'in the log'")
    other.execute("begin; select * from conversation").fetchone()
    opener = Opener(path, lambda: START, busy_timeout_ms=50, schema=(*MIGRATIONS, add_column))
    with pytest.raises(StorageError, match="Another program"):
        opener.open()
    other.close()
    assert {row.title for row in open_store().first_page.rows} == {"in the log"}


def test_an_upgrade_that_breaks_a_reference_is_refused(open_store: Callable[..., Store]) -> None:
    path = filled(open_store)
    with pytest.raises(StorageError, match="left as it is"):
        upgraded(path, lose_branches)
    assert len(open_store().first_page.rows) == 40


def test_a_first_start_cut_short_is_begun_again(
    open_store: Callable[..., Store], tmp_path: Path
) -> None:
    (tmp_path / "history.db.new").write_bytes(b"half a fi")
    (tmp_path / "history.db.new-journal").write_bytes(b"half a jo")
    store = open_store()
    assert (store.first_page.rows, store.first_page.notice) == ([], "")
    assert not (tmp_path / "history.db.new").exists()
