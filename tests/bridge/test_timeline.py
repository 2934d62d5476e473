"""Rows by position: paging, error rows, and following a session."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from desktop.bridge.tasks import TaskScope
from desktop.bridge.timeline import PAGE, Timeline
from desktop.core.session import Session
from desktop.domain import events as ev
from desktop.domain.errors import ConnectionLostError, DesktopError
from desktop.domain.history import Outcome
from desktop.domain.ids import MessageId
from desktop.domain.messages import Choice, ExchangeSummary, Fault, Note, Role, Status, TextPart
from desktop.domain.parameters import ChatSettings
from desktop.domain.timeline import RowKind
from tests.fakes import FakeBackend, FakeHistory, Held, Script
from tests.waiting import until

Run = Callable[[Coroutine[Any, Any, Any]], Any]
NOW = datetime(2026, 11, 21, tzinfo=UTC)
FAULT = Fault("connection_lost", "The connection was lost.")


def _raise(error: BaseException) -> None:
    raise error


class Stage:
    """A timeline over a fake store."""

    def __init__(self, *scripts: Script) -> None:
        self.store = FakeHistory()
        self.errors: list[DesktopError] = []
        self.scope = TaskScope(self.errors.append, _raise)
        self.timeline = Timeline(self.store, self.scope)
        self.backend = FakeBackend(*scripts)
        self.heard: list[tuple[Any, ...]] = []
        self.timeline.reset.connect(lambda: self.heard.append(("reset",)))
        self.timeline.inserted.connect(lambda f, n: self.heard.append(("inserted", f, n)))
        self.timeline.removed.connect(lambda f, n: self.heard.append(("removed", f, n)))
        self.timeline.changed.connect(lambda i: self.heard.append(("changed", i)))
        self.timeline.loaded.connect(lambda f, n: self.heard.append(("loaded", f, n)))

    async def filled(self, count: int, faults: tuple[int, ...] = ()) -> Session:
        """A shown session with ``count`` messages; replies at the depths in ``faults`` failed."""
        created = await self.store.create("Long", ChatSettings(), NOW)
        parent: MessageId | None = None
        for depth in range(count):
            role = Role.ASSISTANT if depth % 2 else Role.USER
            added = await self.store.add(created.row.id, parent, role, (TextPart(str(depth)),), NOW)
            parent = added.id
            if role is Role.ASSISTANT:
                fault = FAULT if depth in faults else None
                summary = ExchangeSummary("/v1/responses", "m", fault=fault)
                choices = (Choice((TextPart(str(depth)),)),)
                status = Status.INTERRUPTED if fault else Status.COMPLETE
                outcome = Outcome(status, choices, Note.NONE, summary)
                await self.store.finish(added.id, None, outcome)
        conversation = await self.store.conversation(created.row.id)
        session = Session(self.store, lambda: self.backend, ChatSettings(), conversation)
        session.listener = _Follower(self.timeline, session)
        await self.timeline.show(session)
        return session

    def texts(self) -> list[str]:
        rows = [self.timeline.row_now(i) for i in range(self.timeline.count())]
        return [f"{row.kind.value[0]}{row.message.text}" for row in rows]


class _Follower:
    """Passes a session's news on to a timeline."""

    def __init__(self, timeline: Timeline, session: Session) -> None:
        self._timeline = timeline
        self._session = session

    async def on_conversation(self, conversation: Any) -> None:
        await self._timeline.show_branch(self._session, conversation)

    def on_message_added(self, message: Any) -> None:
        self._timeline.message_added(message)

    def on_message_changed(self, message: Any) -> None:
        self._timeline.message_changed(message)

    def on_growth(self, message_id: MessageId) -> None:
        self._timeline.grew()

    def on_retry_wait(self, seconds: float, error: DesktopError) -> None: ...

    def on_storage_error(self, error: DesktopError) -> None: ...


def test_error_rows_follow_their_replies(run: Run) -> None:
    async def story() -> None:
        stage = Stage()
        await stage.filled(6, faults=(1, 5))
        assert stage.texts() == ["u0", "a1", "e1", "u2", "a3", "u4", "a5", "e5"]

    run(story())


def test_rows_far_from_the_tail_are_read_when_asked_for(run: Run) -> None:
    async def story() -> None:
        stage = Stage()
        await stage.filled(PAGE * 4)
        assert stage.timeline.count() == PAGE * 4
        last = stage.timeline.row(PAGE * 4 - 1)
        assert last is not None
        assert stage.timeline.row(0) is None
        await until(lambda: ("loaded", 0, PAGE) in stage.heard)
        first = stage.timeline.row(0)
        assert first is not None
        assert first.message.text == "0"

    run(story())


@pytest.mark.parametrize("index", [-1, 4])
def test_a_row_that_is_not_there_is_refused(run: Run, index: int) -> None:
    async def story() -> None:
        stage = Stage()
        await stage.filled(4)
        with pytest.raises(IndexError):
            stage.timeline.row(index)

    run(story())


def test_a_reply_that_breaks_off_gains_an_error_row(run: Run) -> None:
    async def story() -> None:
        held = Held()
        broken = ConnectionLostError("The connection was lost.")
        grown = ev.Batch([ev.TextDelta("half")], b"", 0.1)
        stage = Stage((grown, held, broken))
        session = await stage.filled(2)
        stage.heard.clear()
        task = asyncio.ensure_future(session.send("more"))
        await held.reached.wait()
        assert stage.timeline.row_now(3).message.text == "half"
        held.go_on.set()
        await task
        assert stage.texts() == ["u0", "a1", "umore", "ahalf", "ehalf"]
        assert stage.heard == [
            ("inserted", 2, 1),
            ("inserted", 3, 1),
            ("changed", 3),
            ("changed", 3),
            ("inserted", 4, 1),
        ]

    run(story())


def test_a_new_branch_resets_the_rows_before_its_reply_is_told(run: Run) -> None:
    async def story() -> None:
        done = ev.Batch([ev.TextDelta("new"), ev.Finished()], b"", 0.1)
        stage = Stage((done,))
        session = await stage.filled(4)
        stage.heard.clear()
        await session.edit(stage.timeline.row_now(2).message, "other")
        assert stage.texts() == ["u0", "a1", "uother", "anew"]
        assert stage.heard[:2] == [("reset",), ("inserted", 3, 1)]

    run(story())


def test_growth_reaches_the_view_with_the_row_it_belongs_to(run: Run) -> None:
    async def story() -> None:
        held = Held()
        batches = [ev.Batch([ev.TextDelta(text)], b"", 0.1) for text in ("a", "b", "c")]
        stage = Stage((*batches, held, ev.Batch([ev.Finished()], b"", 0.2)))
        session = await stage.filled(0)
        grown: list[tuple[int, str]] = []
        stage.timeline.grown.connect(
            lambda index, _growth: grown.append((index, stage.timeline.row_now(index).message.text))
        )
        task = asyncio.ensure_future(session.send("go"))
        await held.reached.wait()
        await until(lambda: grown or grown[-1][1] != "abc")
        assert {index for index, _ in grown} == {1}
        held.go_on.set()
        await task

    run(story())


def test_messages_are_found_by_id_and_by_kind(run: Run) -> None:
    async def story() -> None:
        stage = Stage()
        await stage.filled(4, faults=(3,))
        reply = stage.timeline.last_message(lambda m: m.role is Role.ASSISTANT)
        assert reply is not None
        assert reply.text == "3"
        assert stage.timeline.find(reply.id) is not None
        assert stage.timeline.index_of(reply) == 3
        assert stage.timeline.row_now(4).kind is RowKind.ERROR
        assert stage.timeline.find(999) is None

    run(story())
