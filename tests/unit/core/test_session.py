"""A conversation at work, over fakes: what is stored, told and asked, in which order."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from desktop.core import session as session_module
from desktop.core.session import CONTINUE_TEXT, Session
from desktop.domain import events as ev
from desktop.domain.capabilities import GPT_5_1_CHAT
from desktop.domain.errors import (
    ConnectionLostError,
    DesktopError,
    OfflineError,
    QuotaError,
    RateLimitError,
    ServerError,
    StorageError,
    TimedOutError,
)
from desktop.domain.history import Conversation
from desktop.domain.ids import MessageId
from desktop.domain.messages import Message, Note, Role, Status, TextPart
from desktop.domain.parameters import ChatSettings
from desktop.domain.requests import PreparedRequest, Turn
from tests.fakes import FakeBackend, FakeHistory, Held, Script
from tests.waiting import until


def batch(*events: ev.Event, at_s: float = 0.1, raw: bytes = b"x") -> ev.Batch:
    return ev.Batch(list(events), raw, at_s)


HEADERS = batch(ev.HeadersReceived(200, (("x-inference-id", "inf"),), True), raw=b"")
HELLO = (HEADERS, batch(ev.TextDelta("Hel")), batch(ev.TextDelta("lo"), ev.Finished()))


class Heard:
    """A listener that writes down what it hears."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.messages: dict[int, Message] = {}
        self.waits: list[float] = []
        self.storage_errors: list[StorageError] = []
        self.grew = asyncio.Event()

    async def on_conversation(self, conversation: Conversation) -> None:
        self.log.append(f"conversation {conversation.length}")

    def on_message_added(self, message: Message) -> None:
        self.log.append(f"added {message.role}")
        self.messages[message.id] = message

    def on_message_changed(self, message: Message) -> None:
        self.log.append(f"changed {message.status}")
        self.messages[message.id] = message

    def on_growth(self, message_id: MessageId) -> None:
        self.grew.set()

    def on_retry_wait(self, seconds: float, error: DesktopError) -> None:
        self.waits.append(seconds)

    def on_storage_error(self, error: StorageError) -> None:
        self.storage_errors.append(error)


class Stage:
    """A session with its fakes."""

    def __init__(self, *scripts: Script) -> None:
        self.backend = FakeBackend(*scripts)
        self.store = FakeHistory()
        self.session = Session(self.store, lambda: self.backend, ChatSettings())
        self.heard = Heard()
        self.session.listener = self.heard

    async def branch(self) -> list[Message]:
        conversation = self.session.conversation
        assert conversation is not None
        return await self.store.page(conversation.row.id, 0, 1000)


def play(story: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(10):
            await story()

    asyncio.run(limited())


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "RETRY_DELAYS_S", (0.001, 0.003))


def test_a_turn_is_stored_told_and_ended_in_order() -> None:
    async def story() -> None:
        stage = Stage(HELLO)
        await stage.session.send("Say hello")
        user, reply = await stage.branch()
        assert (user.role, user.text) == (Role.USER, "Say hello")
        assert (reply.role, reply.text, reply.status) == (
            Role.ASSISTANT,
            "Hello",
            Status.COMPLETE,
        )
        assert stage.heard.log == [
            "conversation 0",
            "added user",
            "added assistant",
            "changed streaming",
            "changed complete",
        ]
        assert reply.exchange is not None
        assert reply.exchange.inference_id == "inf"
        assert not stage.session.is_running

    play(story)


def test_the_title_is_the_first_line_of_the_first_message() -> None:
    async def story() -> None:
        stage = Stage(HELLO)
        await stage.session.send("\n  What is a sounding line?  \nTell me.")
        assert stage.session.conversation is not None
        assert stage.session.conversation.row.title == "What is a sounding line?"

    play(story)


def test_the_history_that_is_sent_is_the_branch_up_to_the_question() -> None:
    async def story() -> None:
        stage = Stage(HELLO, HELLO)
        await stage.session.send("one")
        await stage.session.send("two")
        assert [m.text for m in stage.backend.turns[1].history] == ["one", "Hello", "two"]

    play(story)


def test_stop_while_the_server_is_silent_keeps_what_came() -> None:
    async def story() -> None:
        held = Held()
        stage = Stage((HEADERS, batch(ev.TextDelta("partial")), held))
        task = asyncio.ensure_future(stage.session.send("go"))
        await held.reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        reply = (await stage.branch())[-1]
        assert (reply.text, reply.status, reply.fault) == ("partial", Status.STOPPED, None)
        assert stage.heard.log[-1] == "changed stopped"

    play(story)


def test_text_before_an_error_is_kept_and_the_error_stored() -> None:
    async def story() -> None:
        lost = ConnectionLostError("The connection was lost.", detail="reset")
        stage = Stage((HEADERS, batch(ev.TextDelta("half")), lost))
        await stage.session.send("go")
        reply = (await stage.branch())[-1]
        assert (reply.text, reply.status) == ("half", Status.INTERRUPTED)
        assert reply.fault is not None
        assert reply.fault.user_text == "The connection was lost."
        assert reply.has_error_row

    play(story)


def test_an_error_before_any_text_stands_in_the_replys_place() -> None:
    async def story() -> None:
        stage = Stage((QuotaError("You are out of credits."),))
        await stage.session.send("go")
        reply = (await stage.branch())[-1]
        assert reply.status is Status.FAILED
        assert reply.is_error_only

    play(story)


def test_a_request_that_cannot_be_made_is_a_failed_reply() -> None:
    async def story() -> None:
        stage = Stage()
        stage.backend.error_on_prepare = DesktopError("No.")
        await stage.session.send("go")
        assert (await stage.branch())[-1].status is Status.FAILED

    play(story)


REFUSED = batch(ev.HeadersReceived(503, (), False), raw=b"")


@pytest.mark.parametrize(
    "script",
    [
        (OfflineError("Offline."),),
        (batch(ev.HeadersReceived(429, (), False)), RateLimitError("Wait.", status=429)),
        (REFUSED, ServerError("Down.", status=503)),
    ],
)
def test_what_cannot_have_been_billed_is_tried_again_twice(script: Script) -> None:
    async def story() -> None:
        stage = Stage(script, script, HELLO)
        await stage.session.send("go")
        reply = (await stage.branch())[-1]
        assert (reply.text, reply.status) == ("Hello", Status.COMPLETE)
        assert reply.exchange is not None
        assert reply.exchange.attempts == 3
        assert stage.heard.waits == [0.001, 0, 0.003, 0]
        ids = {turn.client_request_id for turn in stage.backend.turns}
        assert len(ids) == 3

    play(story)


def test_a_third_failure_is_shown() -> None:
    async def story() -> None:
        offline = (OfflineError("Offline."),)
        stage = Stage(offline, offline, offline)
        await stage.session.send("go")
        assert (await stage.branch())[-1].status is Status.FAILED
        assert len(stage.backend.turns) == 3

    play(story)


@pytest.mark.parametrize(
    "script",
    [
        (batch(ev.HeadersReceived(504, (), False)), ServerError("Slow.", status=504)),
        (TimedOutError("Silent."),),
        (ConnectionLostError("Cut."),),
        (HEADERS, ServerError("Down.", status=500)),
        (REFUSED, batch(ev.TextDelta("x")), ServerError("Down.", status=503)),
        (RateLimitError("Wait.", status=429, retry_after_s=61),),
    ],
)
def test_what_may_have_been_billed_is_only_offered_again(script: Script) -> None:
    async def story() -> None:
        stage = Stage(script)
        await stage.session.send("go")
        assert len(stage.backend.turns) == 1
        assert stage.heard.waits == []

    play(story)


def test_the_wait_the_server_asks_for_is_kept() -> None:
    async def story() -> None:
        asked = (RateLimitError("Wait.", status=429, retry_after_s=0.002),)
        stage = Stage((batch(ev.HeadersReceived(429, (), False)), *asked), HELLO)
        await stage.session.send("go")
        assert stage.heard.waits == [0.002, 0]

    play(story)


def test_stop_while_waiting_for_a_retry_ends_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "RETRY_DELAYS_S", (30.0, 30.0))

    async def story() -> None:
        stage = Stage((OfflineError("Offline."),))
        task = asyncio.ensure_future(stage.session.send("go"))
        await until(lambda: stage.heard.waits)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await stage.branch())[-1].status is Status.STOPPED

    play(story)


def test_regenerate_makes_a_sibling_and_keeps_the_old_reply() -> None:
    async def story() -> None:
        other = (HEADERS, batch(ev.TextDelta("Other"), ev.Finished()))
        stage = Stage(HELLO, other)
        await stage.session.send("go")
        first = (await stage.branch())[-1]
        await stage.session.regenerate(first)
        second = (await stage.branch())[-1]
        assert (second.text, second.sibling_index, second.sibling_count) == ("Other", 1, 2)
        await stage.session.show_sibling(second.id, -1)
        assert (await stage.branch())[-1].text == "Hello"
        assert [m.text for m in stage.backend.turns[1].history] == ["go"]

    play(story)


def test_edit_makes_a_sibling_of_the_question() -> None:
    async def story() -> None:
        stage = Stage(HELLO, HELLO)
        await stage.session.send("first")
        question = (await stage.branch())[0]
        await stage.session.edit(question, "second")
        branch = await stage.branch()
        assert [m.text for m in branch] == ["second", "Hello"]
        assert branch[0].sibling_count == 2
        assert [m.text for m in stage.backend.turns[1].history] == ["second"]

    play(story)


def test_continue_is_a_visible_turn_after_the_cut_reply() -> None:
    async def story() -> None:
        cut = (HEADERS, batch(ev.TextDelta("one two"), ev.Finished("length")))
        stage = Stage(cut, HELLO)
        await stage.session.send("count")
        assert (await stage.branch())[-1].note is Note.LENGTH
        await stage.session.continue_reply()
        sent = stage.backend.turns[1].history
        assert [m.text for m in sent] == ["count", "one two", CONTINUE_TEXT]

    play(story)


def test_text_is_checkpointed_while_the_server_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_module, "CHECKPOINT_INTERVAL_S", 0.001)

    async def story() -> None:
        held = Held()
        stage = Stage((HEADERS, batch(ev.TextDelta("safe"), raw=b"bytes"), held, HELLO[2]))
        task = asyncio.ensure_future(stage.session.send("go"))
        await held.reached.wait()
        await until(lambda: any(c.raw for c in stage.store.checkpoints))
        saved = stage.store.checkpoints[-1]
        assert saved.growth.choices is not None
        assert saved.growth.choices[0].parts == (TextPart("safe"),)
        assert saved.raw == b"bytes"
        held.go_on.set()
        await task

    play(story)


def test_nothing_is_lost_when_the_disk_is_full() -> None:
    async def story() -> None:
        held = Held()
        stage = Stage((HEADERS, held, batch(ev.TextDelta("kept"), ev.Finished())))
        task = asyncio.ensure_future(stage.session.send("go"))
        await held.reached.wait()
        stage.store.broken = StorageError("The disk is full.")
        held.go_on.set()
        await task
        assert stage.heard.storage_errors
        last = list(stage.heard.messages.values())[-1]
        assert (last.text, last.status) == ("kept", Status.COMPLETE)
        assert not await stage.session.save_again()
        stage.store.broken = None
        assert await stage.session.save_again()
        assert (await stage.branch())[-1].text == "kept"

    play(story)


def test_a_reply_that_is_tried_again_keeps_the_settings_it_began_with() -> None:
    async def story() -> None:
        stage = Stage((OfflineError("No network."),), HELLO)
        began = stage.session.settings

        def choose_another(seconds: float, error: DesktopError) -> None:
            stage.session.settings = replace(began, model=GPT_5_1_CHAT)

        stage.heard.on_retry_wait = choose_another  # type: ignore[method-assign]
        await stage.session.send("Say hello")
        assert [turn.settings for turn in stage.backend.turns] == [began, began]
        reply = (await stage.branch())[1]
        assert reply.exchange is not None
        assert reply.exchange.requested_model == began.model

    play(story)


def test_a_bug_does_not_leave_a_reply_that_looks_alive() -> None:
    class Broken(FakeBackend):
        def prepare(self, turn: Turn) -> PreparedRequest:
            raise ZeroDivisionError

    async def story() -> None:
        stage = Stage()
        stage.session = Session(stage.store, Broken, ChatSettings())
        with pytest.raises(ZeroDivisionError):
            await stage.session.send("Say hello")
        assert (await stage.branch())[1].status is Status.INTERRUPTED
        assert not stage.session.is_running

    play(story)
