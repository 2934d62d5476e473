import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from desktop.domain.errors import StorageError
from desktop.domain.history import Checkpoint
from desktop.domain.ids import ConversationId
from desktop.domain.messages import Choice, Growth, Role, TextPart
from desktop.storage import errors
from desktop.storage.database import open_and_peek
from tests.unit.storage.conftest import START, Store
from tests.unit.storage.samples import new_chat, outcome, request, say, texts


def test_importing_and_opening_needs_no_event_loop_and_no_late_module(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from desktop.storage.database import open_and_peek
assert "apsw" not in sys.modules
database, first = open_and_peek(Path(sys.argv[1]), 5)
first.result(20)
late = {"asyncio", "msgspec", "httpx", "keyring", "importlib.metadata", "PySide6"}
print(sorted(late & set(sys.modules)), database.close(20))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "history.db")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["[]", "True"]


def test_the_first_page_is_as_long_as_asked_for(store: Store) -> None:
    for number in range(5):
        new_chat(store, str(number))
    store.close()
    database, first = open_and_peek(store.path, 3)
    assert [row.title for row in first.result(20).rows] == ["4", "3", "2"]
    assert database.close(20)


def test_calls_run_in_order(store: Store) -> None:
    seen: list[int] = []

    async def together() -> None:
        await asyncio.gather(
            *(store.database.read(lambda _c, n=n: seen.append(n)) for n in range(50))  # type: ignore[misc]
        )

    store.run(together())
    assert seen == list(range(50))


def test_a_cancelled_save_is_saved(store: Store) -> None:
    chat = new_chat(store)
    gate = threading.Event()

    async def cancelled() -> None:
        blocked = store.database.read(lambda _c: gate.wait(20))
        saving = asyncio.ensure_future(store.history.rename(chat.row.id, "Saved"))
        await asyncio.sleep(0)
        saving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await saving
        gate.set()
        await blocked

    store.run(cancelled())
    assert [row.title for row in store.run(store.history.conversations())] == ["Saved"]


@pytest.mark.allowed_logs("failed after its caller left")
@pytest.mark.parametrize("is_loop_closed", [True, False])
def test_a_failure_nobody_waits_for_is_logged(
    store: Store, caplog: pytest.LogCaptureFixture, is_loop_closed: bool
) -> None:
    gate = threading.Event()

    def fail(_connection: object) -> None:
        gate.wait(20)
        raise StorageError("lost")

    async def leave() -> None:
        waiter = store.database.read(fail)
        waiter.cancel()
        if not is_loop_closed:
            gate.set()
            await store.database.read(lambda _c: None)

    with caplog.at_level(logging.WARNING):
        store.run(leave())
        gate.set()
        store.sql("select 1")
    assert "lost" in caplog.text


def test_a_bug_reaches_the_caller_as_it_is(store: Store) -> None:
    with pytest.raises(apsw.SQLError):
        store.sql("select nonsense from nowhere")
    with pytest.raises(ZeroDivisionError):
        store.database.call_now(lambda _c: 1 // 0, 20)
    assert store.sql("select 1") == [(1,)]


def test_who_cannot_wait_does_not_wait_long(store: Store) -> None:
    gate = threading.Event()

    async def busy() -> None:
        blocked = store.database.read(lambda _c: gate.wait(20))
        with pytest.raises(StorageError, match="busy"):
            store.database.call_now(lambda _c: None, 0.01)
        gate.set()
        await blocked

    store.run(busy())


def test_closing_finishes_what_was_handed_in(open_store: Callable[..., Store]) -> None:
    store = open_store()
    chat = new_chat(store)

    async def last_words() -> None:
        saving = asyncio.ensure_future(store.history.save_draft(chat.row.id, "last words"))
        await asyncio.sleep(0)
        assert store.database.close(20)
        await saving

    store.run(last_words())
    assert store.database.close(20)
    with pytest.raises(StorageError, match="closed"):
        store.run(store.history.new_draft())
    again = open_store()
    opened = again.run(again.history.conversation(chat.row.id))
    assert opened
    assert opened.draft == "last words"


def test_closing_gives_up_in_time(store: Store) -> None:
    gate = threading.Event()

    async def stuck() -> None:
        blocked = store.database.read(lambda _c: gate.wait(20))
        assert not store.database.close(0.01)
        gate.set()
        await blocked

    store.run(stuck())


def test_a_full_disk_loses_nothing_that_was_kept(store: Store) -> None:
    chat = new_chat(store)
    reply = say(store, chat, None, role=Role.ASSISTANT)
    exchange = store.run(store.history.begin_exchange(reply.id, request(), START))
    growth = Growth((Choice(parts=(TextPart("kept"),)),))
    store.run(store.history.checkpoint(Checkpoint(reply.id, exchange, growth)))
    (pages,) = store.sql("pragma page_count")[0]
    store.sql(f"pragma max_page_count = {pages + 2}")
    calls = (
        lambda: store.history.add(
            chat.row.id, reply.id, Role.USER, (TextPart("x" * 99999),), START
        ),
        lambda: store.history.checkpoint(
            Checkpoint(reply.id, exchange, Growth(None, [(0, 0, "y" * 99999)]))
        ),
        lambda: store.history.finish(reply.id, exchange, outcome("z" * 99999, cost="1")),
        lambda: store.history.create("t" * 99999, chat.settings, START),
    )
    for call in calls:
        with pytest.raises(StorageError, match="disk is full") as caught:
            store.run(call())
        assert caught.value.retryable
    assert texts(store.run(store.history.page(chat.row.id, 0, 9))) == ["kept"]
    store.sql("pragma max_page_count = 100000")
    finished = store.run(store.history.finish(reply.id, exchange, outcome("all", cost="1")))
    assert finished.text == "all"
    (row,) = store.run(store.history.conversations())
    assert (row.cost_usd, row.message_count) == ("1", 1)


def test_nothing_is_written_to_a_file_that_was_swapped(store: Store) -> None:
    chat = new_chat(store)
    store.path.rename(store.path.with_name("moved.db"))
    with pytest.raises(StorageError, match="moved or deleted"):
        store.run(store.history.rename(chat.row.id, "x"))
    store.path.write_bytes(b"something else")
    with pytest.raises(StorageError, match="moved or deleted"):
        store.run(store.history.rename(chat.row.id, "x"))
    store.path.with_name("moved.db").replace(store.path)
    store.run(store.history.rename(chat.row.id, "Back"))
    assert [row.title for row in store.run(store.history.conversations())] == ["Back"]


def test_writing_stops_once_damage_was_seen(open_store: Callable[..., Store]) -> None:
    store = open_store()
    chat = new_chat(store)
    for number in range(400):
        say(store, chat, None, f"{number} " * 100)
    (page,) = store.sql("select rootpage from sqlite_schema where name = 'message'")[0]
    store.close()
    with store.path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)
    store = open_store()
    assert len(store.first_page.rows) == 1
    with pytest.raises(StorageError, match="damaged"):
        store.run(store.history.page(chat.row.id, 0, 9))
    with pytest.raises(StorageError, match="damaged"):
        store.run(store.history.rename(chat.row.id, "x"))
    assert [row.title for row in store.run(store.history.conversations())] == ["Chat"]


def test_every_error_of_the_environment_has_words() -> None:
    bugs = {
        "AbortError", "AuthError", "BindingsError", "ConnectionClosedError",
        "ConnectionNotClosedError", "ConstraintError", "CursorClosedError", "EmptyError", "Error",
        "ExecTraceAbort", "ExecutionCompleteError", "ExtensionLoadingError",
        "ForkingViolationError", "FormatError",
        "IncompleteExecutionError", "InternalError", "InterruptError", "InvalidContextError",
        "MismatchError", "MisuseError", "NoFTS5Error", "NotFoundError", "RangeError", "SQLError",
        "SchemaChangeError", "ThreadingViolationError", "VFSFileClosedError",
        "VFSNotImplementedError",
    }  # fmt: skip
    kinds: dict[str, Any] = {
        name: kind
        for name, kind in vars(apsw).items()
        if isinstance(kind, type) and issubclass(kind, apsw.Error)
    }
    unmapped = {name for name, kind in kinds.items() if errors.storage_error(kind("x")) is None}
    assert unmapped == bugs
    mapped = errors.storage_error(kinds["FullError"]("database or disk is full"))
    assert mapped
    assert "FullError" in mapped.detail


def test_a_page_for_assistive_technology_of_nothing_is_empty(store: Store) -> None:
    chat = new_chat(store)
    assert store.history.page_now(chat.row.id, 0, 9) == []
    with pytest.raises(StorageError, match="no longer"):
        store.history.page_now(ConversationId(7), 0, 9)
