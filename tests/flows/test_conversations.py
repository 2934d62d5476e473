"""Several conversations: switching, streaming at once, drafts, renaming, deleting, leaving."""

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox, QPushButton

from desktop.domain.capabilities import Endpoint
from tests.flows.app import App, until
from tests.flows.conftest import Tell
from tests.flows.replies import SHOWN, answer, ending, opening
from tests.scripts import Gate, Piece
from tests.server import FaultServer

CC = Endpoint.CHAT_COMPLETIONS


def held_reply(server: FaultServer, before: str, after: str) -> Gate:
    """Lets the next reply wait between two pieces of text."""
    gate = Gate()
    pieces: list[Piece] = [*opening(CC, [before]), gate, opening(CC, [after])[-1], *ending(CC, "")]
    server.reply_sse(pieces)
    return gate


def test_switching_while_streaming_loses_nothing(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC))
        await app.ask("First")
        await app.new_conversation()
        assert app.names() == []
        gate = held_reply(server, "Half ", "and half")
        app.type_and_send("Second")
        await app.wait_for_text("Half")
        await app.open("First")
        assert app.names() == ["You: First", SHOWN]
        assert not app.stop_button.isEnabled()
        assert app.send_button.isEnabled()
        gate.open()
        await until(lambda: app.chat.running_count() == 0)
        assert app.names() == ["You: First", SHOWN]
        await app.open("Second")
        assert app.names() == ["You: Second", "Assistant: Half and half"]

    tell(story)


def test_coming_back_to_a_running_reply_shows_it_growing(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC))
        await app.ask("First")
        await app.new_conversation()
        gate = held_reply(server, "Half ", "and half")
        app.type_and_send("Second")
        await app.wait_for_text("Half")
        await app.open("First")
        await app.open("Second")
        assert app.stop_button.isEnabled()
        await app.wait_for_text("Assistant: Half")
        gate.open()
        await app.wait_for_end()
        assert app.names() == ["You: Second", "Assistant: Half and half"]

    tell(story)


def test_two_conversations_stream_at_once_and_one_fails(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        one = Gate()
        server.reply_sse([*opening(CC, ["One "]), one, opening(CC, ["whole"])[-1], *ending(CC, "")])
        app.type_and_send("First")
        await app.wait_for_text("One")
        await app.new_conversation()
        two = Gate()
        error = {"error": {"message": "Broken", "code": "server_error"}}
        server.reply_sse([*opening(CC, ["Two"]), two, error], done=False)
        app.type_and_send("Second")
        await app.wait_for_text("Two")
        assert app.chat.running_count() == 2
        two.open()
        await app.wait_for_end()
        assert app.names()[1] == "Assistant: Two\nInterrupted"
        assert app.chat.running_count() == 1
        await app.open("First")
        assert app.names() == ["You: First", "Assistant: One"]
        one.open()
        await app.wait_for_end()
        assert app.names() == ["You: First", "Assistant: One whole"]
        assert app.titles() == ["Second", "First"]

    tell(story)


def test_closing_while_streaming_keeps_the_partial_reply(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        server.reply_stall(opening(CC, ["Half"]))
        app.type_and_send("First")
        await app.wait_for_text("Half")
        await app.restart()
        assert app.names() == ["You: First", "Assistant: Half\nStopped"]
        await until(lambda: server.cut)

    tell(story)


def test_deleting_while_streaming_stops_it_and_undo_brings_it_back(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC))
        await app.ask("First")
        await app.new_conversation()
        server.reply_stall(opening(CC, ["Half"]))
        app.type_and_send("Second")
        await app.wait_for_text("Half")
        app.menu("delete")
        await until(lambda: app.chat.conversation is None)
        await until(lambda: app.titles() == ["First"])
        await until(lambda: app.chat.running_count() == 0)
        assert app.notice() == "Conversation deleted."
        assert app.names() == []
        app.menu("undo")
        await until(lambda: app.chat.title == "Second")
        await until(lambda: app.titles() == ["Second", "First"])
        assert app.names() == ["You: Second", "Assistant: Half\nStopped"]
        app.menu("delete")
        await until(lambda: app.titles() == ["First"])
        await app.restart()
        assert app.titles() == ["First"]
        assert app.names() == []

    tell(story)


def test_renaming_while_streaming(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        gate = held_reply(server, "Half ", "and half")
        app.type_and_send("First")
        await app.wait_for_text("Half")
        await until(lambda: app.titles() == ["First"])
        app.menu("rename")
        editor = app.window.history._view.findChild(QLineEdit)
        assert editor is not None
        editor.selectAll()
        QTest.keyClicks(editor, "Another <b>name</b>")
        QTest.keyClick(editor, Qt.Key.Key_Return)
        await until(lambda: app.titles() == ["Another <b>name</b>"])
        await until(lambda: app.window.windowTitle() == "Another <b>name</b> - Sounding")
        gate.open()
        await app.wait_for_end()
        assert app.names() == ["You: First", "Assistant: Half and half"]
        await app.restart()
        assert app.titles() == ["Another <b>name</b>"]
        assert app.window.windowTitle() == "Another <b>name</b> - Sounding"

    tell(story)


def test_title_is_the_first_line(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        assert app.window.windowTitle() == "Sounding"
        line = "The first line of a message that is a good deal longer than sixty characters"
        app.type_and_send(f"{line}\nsecond line")
        await app.wait_for_end()
        title = app.titles()[0]
        assert line.startswith(title.rstrip("…"))
        assert len(title) <= 60
        assert app.window.windowTitle() == f"{title} - Sounding"
        assert app.names()[0] == f"You: {line}\nsecond line"

    tell(story)


def test_new_conversation_in_an_empty_one_makes_no_second(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        await app.new_conversation()
        await app.new_conversation()
        assert app.titles() == []
        await app.ask("First")
        assert app.titles() == ["First"]

    tell(story)


def test_drafts_belong_to_their_conversation_and_survive(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        await app.ask("First")
        app.type("draft of the first")
        await app.new_conversation()
        assert app.message_box.toPlainText() == ""
        app.type("draft of a new one")
        await app.open("First")
        assert app.message_box.toPlainText() == "draft of the first"
        await app.restart()
        assert app.chat.title == "First"
        assert app.message_box.toPlainText() == "draft of the first"
        await app.new_conversation()
        assert app.message_box.toPlainText() == "draft of a new one"

    tell(story)


def test_what_was_sent_is_no_draft_of_the_next_conversation(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        app.type("First")
        app.window.chat.composer.flush_draft()
        app.type_and_send(" message")
        await app.wait_for_end()
        assert app.message_box.toPlainText() == ""
        await app.new_conversation()
        assert app.message_box.toPlainText() == ""
        await app.restart()
        assert app.message_box.toPlainText() == ""

    tell(story)


def test_leaving_the_conversation_at_once_after_send(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC))
        app.type_and_send("First")
        app.named(QPushButton, "New conversation").click()
        await until(lambda: app.titles() == ["First"])
        await until(lambda: app.chat.running_count() == 0)
        assert app.message_box.toPlainText() == ""
        await app.open("First")
        assert app.names() == ["You: First", SHOWN]
        assert app.message_box.toPlainText() == ""

    tell(story)


def test_one_send_makes_one_request(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        gate = held_reply(server, "Half ", "and half")
        app.type_and_send("First")
        for _ in range(3):
            QTest.keyClick(app.message_box, Qt.Key.Key_Return)
            app.send_button.click()
            app.menu("send")
        await app.wait_for_text("Half")
        app.type("meanwhile")
        QTest.keyClick(app.message_box, Qt.Key.Key_Return)
        assert app.notice() == "A reply is still running. Stop it, or wait."
        assert app.message_box.toPlainText() == "meanwhile"
        gate.open()
        await app.wait_for_end()
        assert len(server.posts()) == 1
        assert app.message_box.toPlainText() == "meanwhile"

    tell(story)


def test_search_finds_by_title(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        for title in ("Alpha one", "Beta two", "alpha three"):
            await app.ask(title)
            await app.new_conversation()
        search = app.named(QLineEdit, "Search history")
        QTest.keyClicks(search, "alph")
        await until(lambda: app.titles() == ["alpha three", "Alpha one"])
        search.clear()
        await until(lambda: len(app.titles()) == 3)
        await app.open("Beta two")

    tell(story)


def test_paste_of_10_mb_is_asked_about(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        text = "twelve bytes " * 800_000
        app.type("before ")
        data = QMimeData()
        data.setText(text)
        QGuiApplication.clipboard().setMimeData(data)
        app.message_box.paste()
        assert app.message_box.toPlainText() == "before "
        box = app.window.chat.findChild(QMessageBox)
        assert box is not None
        assert "10,156 KB" in box.text()
        box.button(QMessageBox.StandardButton.Yes).click()
        await until(lambda: app.window.chat.composer.text() == "before " + text)
        app.message_box.undo()
        assert app.message_box.toPlainText() == "before "
        QGuiApplication.clipboard().clear()
        await until(lambda: not _dialogs())

    tell(story)


def test_no_key_no_send_and_the_reason_is_told(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        app.key = ""
        await app.restart()
        assert not app.send_button.isEnabled()
        assert app.send_button.accessibleDescription() == "Enter an API key first"
        assert app.send_button.toolTip() == "Enter an API key first"
        assert app.message_box.isEnabled()
        assert app.window.status._state == "unknown"
        app.type("Say hello")
        QTest.keyClick(app.message_box, Qt.Key.Key_Return)
        for command in ("send", "regenerate", "continue"):
            app.window.actions_[command].trigger()
        await until(lambda: app.notice() == "Enter an API key first")
        assert server.posts() == []
        assert app.message_box.toPlainText() == "Say hello"
        assert app.titles() == []
        app.workspace.account.enter_key("sk-another-key-0123456789", is_tested=True, is_kept=False)
        await until(app.send_button.isEnabled)
        server.reply_sse(answer(CC))
        app.send_button.click()
        await app.wait_for_end()
        assert app.names() == ["You: Say hello", SHOWN]

    tell(story)


def test_continue_in_an_empty_conversation_asks_nothing(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        for command in ("regenerate", "continue", "previous_version", "edit_last", "delete"):
            app.window.actions_[command].trigger()
        server.reply_sse(answer(CC))
        await app.ask("First")
        assert app.names() == ["You: First", SHOWN]
        assert app.titles() == ["First"]
        assert len(server.posts()) == 1

    tell(story)


def _dialogs() -> list[object]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox)]


def test_the_dot_says_how_the_last_call_went(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC))
        await app.ask("Say hello")
        assert app.window.status._state == "ok"
        server.reply_error(401, {"message": "This request requires a valid API key"})
        app.type_and_send("Again")
        await app.wait_for_end()
        assert app.window.status._state == "failed"

    tell(story)
