"""What people and providers do that nobody planned for."""

import asyncio
import json
import random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.domain.capabilities import Endpoint
from desktop.domain.history_roles import HistoryRole
from tests.flows.app import App, until
from tests.flows.conftest import Tell
from tests.flows.replies import SHOWN, answer, delta, ending, opening, whole
from tests.scripts import JSON, Gate
from tests.server import FaultServer

CC = Endpoint.CHAT_COMPLETIONS

STRANGE = (
    "  leading and  double blanks",
    "line\n\n\nthree breaks\ttab",
    "no-break\u00a0space, separator\u2028inside, paragraph\u2029end",
    "<img src='file:///etc/passwd'> <b>bold</b> &amp; &lt;",
    "\u202eright to left\u202c and \u2066isolated\u2069",
    "e\u0301 and é, 👩🏽‍🚀, \ufeffBOM",
    "# not a heading\n- not a list\n```\nnot code",
    "x" * 20_000,
)


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_message_is_sent_and_shown_exactly(tell: Tell, server: FaultServer, text: str) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC))
        app.window.chat.composer.insert_paste(text)
        app.send_button.click()
        await app.wait_for_end()
        sent = server.posts()[0].json["messages"][0]["content"]
        as_lines = text.replace("\u2028", "\n").replace("\u2029", "\n")
        assert sent in (text, as_lines)
        seen = app.names()
        assert seen == [f"You: {sent}", SHOWN]
        await app.restart()
        assert app.names() == seen

    tell(story)


@pytest.mark.parametrize("text", [*STRANGE, "a\x00b", "half \ud800 pair", "\x1b[31mred\x07"])
def test_reply_is_the_same_after_a_restart(tell: Tell, server: FaultServer, text: str) -> None:
    async def story(app: App) -> None:
        server.reply_sse(list(map(json.dumps, answer(CC, [text[:3], text[3:]]))), done=True)
        last = await app.ask("Say it")
        assert last.startswith("Assistant: ")
        await app.restart()
        assert app.names()[-1] == last
        server.reply_body(json.dumps(whole(CC, text)).encode(), headers=[JSON])
        again = await app.ask("Once more")
        assert again == last

    tell(story)


@pytest.mark.parametrize("kind", ["empty", "done", "portal", "redirect", "html", "headers", "204"])
def test_no_answer_of_this_api_is_an_error_item(tell: Tell, server: FaultServer, kind: str) -> None:
    async def story(app: App) -> None:
        if kind == "empty":
            server.reply_body(b"")
        elif kind == "done":
            server.reply_sse([], done=True)
        elif kind == "portal":
            server.reply_portal()
        elif kind == "redirect":
            server.reply_redirect(307, "https://elsewhere.invalid/v1")
        elif kind == "html":
            page = "<html><head><title>504 Gateway Time-out</title></head><body>x</body></html>"
            server.reply_error(504, page, [("Content-Type", "text/html")])
        elif kind == "headers":
            server.reply_huge_headers()
        else:
            server.reply_body(b"", 204)
        last = await app.ask("Say hello")
        assert last.startswith("Error: ")
        assert "<" not in last
        seen = app.names()
        assert len(seen) == 2
        await app.restart()
        assert app.names() == seen
        server.reply_sse(answer(CC))
        app.press(1, "Retry")
        await app.wait_for_end()
        assert app.names() == ["You: Say hello", SHOWN]

    tell(story)


def test_whole_answer_to_a_stream_request_is_taken(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        server.reply_json(whole(CC))
        assert await app.ask("Say hello") == SHOWN

    tell(story)


def test_event_over_the_limit_interrupts_and_keeps_what_came(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        server.reply_sse([*opening(CC, ["Half"]), delta("x" * 17 * 1024 * 1024)], done=False)
        last = await app.ask("Say hello")
        assert last.startswith("Error: ")
        assert app.names()[1] == "Assistant: Half\nInterrupted"
        server.reply_sse(answer(CC))
        assert await app.ask("Again") == SHOWN

    tell(story)


def test_many_stops_leave_a_working_connection(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        chance = random.Random(7)  # noqa: S311
        for number in range(40):
            app.window.chat.composer.set_text(f"Message {number}")
            app.window.chat.composer.send()
            for _ in range(chance.randint(0, 60)):
                await asyncio.sleep(0)
            app.menu("stop")
            await app.wait_for_end()
        server.reply_sse(answer(CC))
        app.window.chat.composer.set_text("")
        assert await app.ask("Say hello") == SHOWN
        seen = app.names()
        await app.restart()
        assert app.names() == seen

    tell(story)


def test_choosing_conversations_faster_than_they_open(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        for title in ("Alpha", "Beta", "Gamma"):
            server.reply_sse(answer(CC, [f"Reply to {title}"]))
            await app.ask(title)
            await app.new_conversation()
        gate = Gate()
        server.reply_sse([*opening(CC, ["Reply to "]), gate, delta("Delta"), *ending(CC, "")])
        app.type_and_send("Delta")
        await app.wait_for_text("Reply to")
        await until(lambda: len(app.titles()) == 4)
        rows = [app.workspace.history.index(row) for row in range(4)]
        ids = {str(row.data()): int(row.data(HistoryRole.ID)) for row in rows}
        chance = random.Random(3)  # noqa: S311
        for _ in range(30):
            hops = chance.choices(sorted(ids), k=chance.randint(1, 5))
            wanted = hops[-1]
            for hop in hops:
                app.chat.open(ids[hop])
                for _ in range(chance.randint(0, 4)):
                    await asyncio.sleep(0)
            await app.wait_for_title(wanted)
            await asyncio.sleep(0.02)
            assert app.chat.title == wanted
            assert app.names()[0] == f"You: {wanted}"
            assert app.names()[1].startswith("Assistant: Reply to")
            assert app.stop_button.isEnabled() is (wanted == "Delta")
        gate.open()
        await until(lambda: app.chat.running_count() == 0)

    tell(story)


def test_deleting_the_message_that_is_being_edited_keeps_the_text(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        await app.ask("First")
        await app.ask("Second")
        QTest.keyClick(app.message_box, Qt.Key.Key_Up)
        assert app.message_box.toPlainText() == "Second"
        app.type(" edited")
        menu = app.view.commands.menu(2)
        next(a for a in menu.actions() if a.text() == "Delete").trigger()
        await until(lambda: len(app.names()) == 2)
        posts = len(server.posts())
        text = app.message_box.toPlainText()
        assert text == "Second edited"
        QTest.keyClick(app.message_box, Qt.Key.Key_Return)
        await app.wait_for_end()
        if len(server.posts()) == posts:
            assert app.message_box.toPlainText() == text

    tell(story)


def test_deleting_messages_and_restarting(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        for text in ("One", "Two", "Three"):
            server.reply_sse(answer(CC, [f"Reply {text}"]))
            await app.ask(text)
        menu = app.view.commands.menu(3)
        next(a for a in menu.actions() if a.text() == "Delete").trigger()
        await until(lambda: len(app.names()) == 3)
        assert app.names() == ["You: One", "Assistant: Reply One", "You: Two"]
        await app.restart()
        assert app.names() == ["You: One", "Assistant: Reply One", "You: Two"]
        server.reply_sse(answer(CC))
        await app.ask("Four")
        turns = [turn["content"] for turn in server.posts()[-1].json["messages"]]
        assert turns[:3] == ["One", "Reply One", "Two"]

    tell(story)


def test_text_typed_while_an_edit_is_open_and_another_branch_is_chosen(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        await app.ask("First")
        app.menu("edit_last")
        app.type(" again")
        QTest.keyClick(app.message_box, Qt.Key.Key_Return)
        await app.wait_for_end()
        assert app.names()[0] == "You: First again"
        app.menu("edit_last")
        app.type(" and again")
        app.press(0, "Previous version")
        await until(lambda: app.names()[0] == "You: First")
        posts = len(server.posts())
        QTest.keyClick(app.message_box, Qt.Key.Key_Return)
        await app.wait_for_end()
        kept = app.message_box.toPlainText()
        sent = [
            turn["content"] for post in server.posts()[posts:] for turn in post.json["messages"]
        ]
        assert "First again and again" in (kept, *sent)

    tell(story)


@pytest.mark.allowed_logs(r".")
def test_history_that_is_taken_away_loses_no_text(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        await app.ask("First")
        (app.folder / "history.sqlite3").rename(app.folder / "elsewhere.sqlite3")
        app.type_and_send("Second")
        await app.wait_for_end()
        assert app.message_box.toPlainText() == "Second"
        assert app.notice() != ""
        assert len(server.posts()) == 1
        (app.folder / "elsewhere.sqlite3").rename(app.folder / "history.sqlite3")
        server.reply_sse(answer(CC))
        app.send_button.click()
        await app.wait_for_end()
        assert app.names()[-2:] == ["You: Second", SHOWN]

    tell(story)


@pytest.mark.allowed_logs(r".")
def test_history_that_is_taken_away_during_a_reply(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        gate = Gate()
        server.reply_sse([*opening(CC, ["Half "]), gate, delta("and half"), *ending(CC, "")])
        app.type_and_send("First")
        await app.wait_for_text("Half")
        (app.folder / "history.sqlite3").rename(app.folder / "elsewhere.sqlite3")
        gate.open()
        await app.wait_for_end()
        assert app.names() == ["You: First", "Assistant: Half and half"]
        assert app.notice() != ""
        (app.folder / "elsewhere.sqlite3").rename(app.folder / "history.sqlite3")
        app.window.chat.notices._action.click()
        await until(lambda: app.notice() == "")
        await app.restart()
        assert app.names() == ["You: First", "Assistant: Half and half"]

    tell(story)


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100, b"{}"])
@pytest.mark.allowed_logs(r".")
def test_damaged_files_are_set_aside_and_told(
    tell: Tell, server: FaultServer, content: bytes
) -> None:
    async def story(app: App) -> None:
        await app.ask("First")
        await app.close()
        for name in ("history.sqlite3", "history.sqlite3-wal", "settings.json"):
            if (app.folder / name).exists():
                (app.folder / name).write_bytes(content)
        await app.start()
        if content != b"":
            assert app.notice() != ""
        server.reply_sse(answer(CC))
        assert await app.ask("Second") == SHOWN
        await app.restart()
        assert app.names() == ["You: Second", SHOWN]

    tell(story)


def test_changing_the_model_while_a_reply_runs_is_for_the_next_one(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        gate = Gate()
        server.reply_sse([*opening(CC, ["Half "]), gate, delta("and half"), *ending(CC, "")])
        app.type_and_send("First")
        await app.wait_for_text("Half")
        app.chat.set_endpoint(Endpoint.RESPONSES)
        gate.open()
        await app.wait_for_end()
        assert app.names()[1] == "Assistant: Half and half"
        await app.ask("Second")
        assert [post.path for post in server.posts()] == ["/v1/chat/completions", "/v1/responses"]

    tell(story)


def test_blank_messages_are_not_sent(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        app.type("   \n  ")
        QTest.keyClick(app.message_box, Qt.Key.Key_Return)
        app.send_button.click()
        assert not app.stop_button.isEnabled()
        app.message_box.clear()
        await app.ask("First")
        assert len(server.posts()) == 1

    tell(story)


@pytest.mark.parametrize("turns", [0, 1, 2, 4, 8])
@pytest.mark.allowed_logs(r"no longer in the history")
@pytest.mark.parametrize("action", ["Previous version", "Delete"])
def test_sending_while_another_branch_is_being_chosen(
    tell: Tell, server: FaultServer, action: str, turns: int
) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC, ["First reply"]))
        await app.ask("Say hello")
        server.reply_sse(answer(CC, ["Below the first"]))
        await app.ask("Below")
        server.reply_sse(answer(CC, ["Second reply"]))
        app.press(1, "Regenerate")
        await app.wait_for_end()
        assert app.names() == ["You: Say hello", "Assistant: Second reply"]
        server.reply_sse(answer(CC))
        app.type("Go on")
        menu = app.view.commands.menu(1)
        next(a for a in menu.actions() if a.text() == action).trigger()
        for _ in range(turns):
            await asyncio.sleep(0)
        QTest.keyClick(app.message_box, Qt.Key.Key_Return)
        await app.wait_for_end()
        await until(lambda: len(app.workspace.scope) == 0)
        seen, box = app.names(), app.message_box.toPlainText()
        assert (box == "Go on") is ("You: Go on" not in seen)
        await app.restart()
        assert app.names() == seen
        assert app.message_box.toPlainText() == box

    tell(story)
