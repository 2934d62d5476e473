"""Replies that are stopped, break, are tried again, have siblings, or go on."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.domain.capabilities import Endpoint
from tests.flows.app import App, until
from tests.flows.conftest import Tell
from tests.flows.replies import ANSWER, SHOWN, answer, opening
from tests.flows.test_chat import choose
from tests.scripts import End
from tests.server import FaultServer

CC, RS = Endpoint.CHAT_COMPLETIONS, Endpoint.RESPONSES
NAMES = {CC: "Chat completions", RS: "Responses"}
PARTIAL = "Half an answer"


@pytest.mark.parametrize("endpoint", [CC, RS])
def test_stop_while_the_server_is_silent_keeps_what_came(
    tell: Tell, server: FaultServer, endpoint: Endpoint
) -> None:
    async def story(app: App) -> None:
        choose(app, "Endpoint", NAMES[endpoint])
        server.reply_stall(opening(endpoint, [PARTIAL]))
        app.type_and_send("Say hello")
        assert not app.send_button.isEnabled()
        await app.wait_for_text(PARTIAL)
        app.stop()
        await app.wait_for_end()
        seen = ["You: Say hello", f"Assistant: {PARTIAL}\nStopped"]
        assert app.names() == seen
        assert app.send_button.isEnabled()
        await until(lambda: server.cut)
        await app.restart()
        assert app.names() == seen
        server.reply_sse(answer(endpoint))
        await app.ask("And now")
        assert app.names() == [*seen, "You: And now", SHOWN]

    tell(story)


def test_stop_before_anything_came(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        server.reply_silence()
        app.type_and_send("Say hello")
        await until(server.posts)
        app.stop()
        await app.wait_for_end()
        seen = app.names()
        assert seen == ["You: Say hello", "Assistant: Stopped"]
        await app.restart()
        assert app.names() == seen

    tell(story)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 12, 17, 25, 40])
def test_stop_right_after_send_leaves_a_chat_that_a_restart_shows_the_same(
    tell: Tell, server: FaultServer, turns: int
) -> None:
    async def story(app: App) -> None:
        import asyncio

        for text in ("First", "Second"):
            app.type_and_send(text)
            for _ in range(turns):
                await asyncio.sleep(0)
            app.stop()
            await app.wait_for_end()
            box = app.message_box.toPlainText()
            in_chat = [name for name in app.names() if name == f"You: {text}"]
            assert len(in_chat) + (box == text) == 1, (app.names(), box)
            app.message_box.clear()
        seen = app.names()
        await app.restart()
        assert app.names() == seen
        assert app.message_box.toPlainText() == ""

    tell(story)


@pytest.mark.parametrize("end", [End.RESET, End.FIN, End.TRUNCATED])
@pytest.mark.parametrize("endpoint", [CC, RS])
def test_error_after_some_text_keeps_it_and_says_why(
    tell: Tell, server: FaultServer, endpoint: Endpoint, end: End
) -> None:
    async def story(app: App) -> None:
        choose(app, "Endpoint", NAMES[endpoint])
        server.reply_sse([*opening(endpoint, [PARTIAL]), 0.05], end=end, done=False)
        await app.ask("Say hello")
        seen = app.names()
        assert seen[:2] == ["You: Say hello", f"Assistant: {PARTIAL}\nInterrupted"]
        assert len(seen) == 3
        assert seen[2].startswith("Error: ")
        assert len(server.posts()) == 1
        await app.restart()
        assert app.names() == seen
        server.reply_sse(answer(endpoint))
        app.press(2, "Retry")
        await app.wait_for_end()
        assert app.names() == ["You: Say hello", SHOWN]
        app.menu("previous_version")
        await until(lambda: app.names() == seen)
        app.menu("next_version")
        await until(lambda: app.names() == ["You: Say hello", SHOWN])

    tell(story)


def test_error_inside_the_stream_quotes_the_provider(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        error = {"error": {"message": "The engine is <b>tired</b>.", "code": "server_error"}}
        server.reply_sse([*opening(CC, [PARTIAL]), error], done=False)
        last = await app.ask("Say hello")
        assert last.startswith("Error: ")
        assert "The engine is <b>tired</b>." in last.split("\n")
        assert app.names()[1] == f"Assistant: {PARTIAL}\nInterrupted"

    tell(story)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 504])
def test_error_before_any_text_is_one_item_and_survives(
    tell: Tell, server: FaultServer, status: int
) -> None:
    async def story(app: App) -> None:
        body = {"message": "Told by the provider", "requestId": "req-4711", "statusCode": status}
        server.reply_error(status, body)
        last = await app.ask("Say hello")
        lines = last.split("\n")
        assert len(app.names()) == 2
        assert lines[0].startswith("Error: ")
        assert "Told by the provider" in lines
        assert any("req-4711" in line for line in lines)
        assert len(server.posts()) == 1
        seen = app.names()
        await app.restart()
        assert app.names() == seen
        server.reply_sse(answer(CC))
        app.press(1, "Retry")
        await app.wait_for_end()
        assert app.names() == ["You: Say hello", SHOWN]
        assert [post.json["messages"] for post in server.posts()] == 2 * [
            [{"role": "user", "content": "Say hello"}]
        ]

    tell(story)


def test_a_failed_try_is_not_part_of_what_is_sent_later(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        server.reply_error(400)
        await app.ask("Say hello")
        server.reply_sse(answer(CC))
        await app.ask("Again")
        assert app.names()[-1] == SHOWN
        assert "assistant" not in {turn["role"] for turn in server.posts()[1].json["messages"]}

    tell(story)


def test_refused_connection_is_tried_again_and_waiting_can_be_stopped(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        server.reply_error(503, headers=[("Retry-After", "30")])
        app.type_and_send("Say hello")
        await until(lambda: "Trying again in 30 s" in app.notice())
        assert app.stop_button.isEnabled()
        app.stop()
        await app.wait_for_end()
        assert app.notice() == ""
        seen = app.names()
        assert seen == ["You: Say hello", "Assistant: Stopped"]
        assert len(server.posts()) == 1
        await app.restart()
        assert app.names() == seen

    tell(story)


def test_retry_after_a_short_wait_succeeds_by_itself(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        server.reply_error(429, headers=[("Retry-After", "0")])
        server.reply_error(502, headers=[("Retry-After", "0")])
        server.reply_sse(answer(CC))
        assert await app.ask("Say hello") == SHOWN
        assert app.names() == ["You: Say hello", SHOWN]
        assert len(server.posts()) == 3
        assert app.notice() == ""

    tell(story)


def test_third_refusal_is_shown(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        for _ in range(3):
            server.reply_error(500, headers=[("Retry-After", "0")])
        assert (await app.ask("Say hello")).startswith("Error: ")
        assert len(server.posts()) == 3

    tell(story)


@pytest.mark.parametrize("words", ["free tier", "credits", "balance", "quota"])
def test_429_about_money_is_not_tried_again(tell: Tell, server: FaultServer, words: str) -> None:
    async def story(app: App) -> None:
        server.reply_error(429, {"message": f"Your {words} is used up", "statusCode": 429})
        assert words in await app.ask("Say hello")
        assert len(server.posts()) == 1

    tell(story)


def test_regenerate_makes_a_sibling(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC, ["First reply"]))
        await app.ask("Say hello")
        server.reply_sse(answer(CC, ["Second reply"]))
        app.menu("regenerate")
        await app.wait_for_end()
        assert app.names() == ["You: Say hello", "Assistant: Second reply"]
        app.press(1, "Previous version")
        await until(lambda: app.names() == ["You: Say hello", "Assistant: First reply"])
        server.reply_sse(answer(CC, ["A turn on the first branch"]))
        await app.ask("Go on")
        sent = server.posts()[-1].json["messages"]
        assert [turn["content"] for turn in sent] == ["Say hello", "First reply", "Go on"]
        await app.restart()
        assert app.names()[1:] == [
            "Assistant: First reply",
            "You: Go on",
            "Assistant: A turn on the first branch",
        ]
        app.press(1, "Next version")
        await until(lambda: app.names() == ["You: Say hello", "Assistant: Second reply"])

    tell(story)


def test_edit_and_resend_makes_a_sibling_and_keeps_the_draft(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC, ["First reply"]))
        await app.ask("Say helo")
        QTest.keyClick(app.message_box, Qt.Key.Key_Up)
        assert app.message_box.toPlainText() == "Say helo"
        app.message_box.selectAll()
        server.reply_sse(answer(CC, ["Second reply"]))
        app.type_and_send("Say hello")
        await app.wait_for_end()
        assert app.names() == ["You: Say hello", "Assistant: Second reply"]
        assert app.message_box.toPlainText() == ""
        assert [turn["content"] for turn in server.posts()[1].json["messages"]] == ["Say hello"]
        app.press(0, "Previous version")
        await until(lambda: app.names() == ["You: Say helo", "Assistant: First reply"])
        app.type("a draft")
        app.menu("edit_last")
        assert app.message_box.toPlainText() == "Say helo"
        app.menu("stop")
        assert app.message_box.toPlainText() == "a draft"
        await app.restart()
        assert app.names() == ["You: Say helo", "Assistant: First reply"]

    tell(story)


@pytest.mark.parametrize("endpoint", [CC, RS])
def test_continue_after_the_limit(tell: Tell, server: FaultServer, endpoint: Endpoint) -> None:
    async def story(app: App) -> None:
        choose(app, "Endpoint", NAMES[endpoint])
        server.reply_sse(answer(endpoint, ["Once upon a"], finish="length"))
        assert await app.ask("A tale") == "Assistant: Once upon a\nCut at the limit"
        server.reply_sse(answer(endpoint, [" time."]))
        app.press(1, "Continue")
        await app.wait_for_end()
        assert app.names()[2:] == [
            "You: Continue exactly where you stopped.",
            "Assistant: time.",
        ]
        turns = server.posts()[1].json["messages" if endpoint is CC else "input"]
        assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]

    tell(story)


def test_continue_after_an_interruption_sends_the_kept_text(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        server.reply_sse([*opening(CC, [PARTIAL]), 0.05], end=End.FIN, done=False)
        await app.ask("Say hello")
        server.reply_sse(answer(CC, [" and the rest"]))
        app.press(1, "Continue")
        await app.wait_for_end()
        sent = [turn["content"] for turn in server.posts()[1].json["messages"]]
        assert sent == ["Say hello", PARTIAL, "Continue exactly where you stopped."]

    tell(story)


def test_long_pause_between_pieces_and_split_bytes_change_nothing(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC), split=1, delay_s=0.0001)
        assert await app.ask("Say hello") == SHOWN
        server.reply_sse(answer(CC, ANSWER), gzip=True)
        assert await app.ask("Say hello") == SHOWN

    tell(story)


def test_draft_typed_just_before_an_edit(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        await app.ask("First")
        app.type("a draft")
        app.menu("edit_last")
        assert app.message_box.toPlainText() == "First"
        app.menu("stop")
        assert app.message_box.toPlainText() == "a draft"
        await app.restart()
        assert app.message_box.toPlainText() == "a draft"

    tell(story)
