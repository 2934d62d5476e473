"""Finding text in the open conversation, by keyboard alone."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton

from desktop.domain.capabilities import Endpoint
from desktop.ui.find_bar import FindBar
from tests.flows.app import App, until
from tests.flows.conftest import Tell
from tests.flows.replies import answer
from tests.flows.test_conversations import held_reply
from tests.server import FaultServer

CC = Endpoint.CHAT_COMPLETIONS
SHIFT = Qt.KeyboardModifier.ShiftModifier


def find_bar(app: App) -> FindBar:
    """The bar, which is there once it was opened."""
    found = app.window.findChild(FindBar)
    assert found is not None
    return found


async def look_for(app: App, text: str) -> None:
    """Opens the bar, types a text and waits for the count."""
    QTest.keyClick(app.window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    field = app.named(QLineEdit, "Find in conversation")
    field.clear()
    QTest.keyClicks(field, text)
    finder = app.view.finder
    await until(lambda: finder.needle.query == text and not finder.is_searching)


def test_hits_are_counted_and_gone_to(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        for _ in range(3):
            server.reply_sse(answer(CC))
        await app.ask("Hello")
        await app.ask("More")
        await app.ask("And more")
        await look_for(app, "grusse")
        bar = find_bar(app)
        assert bar.count_text == "1 of 3"
        field = app.named(QLineEdit, "Find in conversation")
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert bar.count_text == "2 of 3"
        QTest.keyClick(app.window, Qt.Key.Key_F3, SHIFT)
        QTest.keyClick(field, Qt.Key.Key_Return, SHIFT)
        assert bar.count_text == "3 of 3"
        app.named(QToolButton, "Next match").click()
        assert bar.count_text == "1 of 3"
        app.named(QToolButton, "Previous match").click()
        assert (bar.count_text, field.accessibleDescription()) == ("3 of 3", "3 of 3")
        await look_for(app, "nowhere")
        assert bar.count_text == "No matches"
        assert not app.named(QToolButton, "Next match").isEnabled()

    tell(story)


def test_escape_closes_and_the_message_box_has_the_keyboard(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC))
        await app.ask("Hello")
        await look_for(app, "welt")
        assert QApplication.focusWidget() is app.named(QLineEdit, "Find in conversation")
        QTest.keyClick(app.named(QLineEdit, "Find in conversation"), Qt.Key.Key_Escape)
        assert find_bar(app).isHidden()
        assert app.view.finder.total == 0
        assert app.message_box.hasFocus()
        QTest.keyClick(app.window, Qt.Key.Key_F3)
        await until(lambda: app.view.finder.total == 1)
        app.named(QToolButton, "Close find").click()
        assert find_bar(app).isHidden()

    tell(story)


def test_escape_in_the_bar_does_not_stop_a_reply(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        gate = held_reply(server, "A whale ", "and a whale")
        app.type_and_send("Go")
        await app.wait_for_text("whale")
        await look_for(app, "whale")
        await until(lambda: find_bar(app).count_text == "1 of 1")
        gate.open()
        await until(lambda: find_bar(app).count_text == "1 of 2")
        QTest.keyClick(app.named(QLineEdit, "Find in conversation"), Qt.Key.Key_Escape)
        await app.wait_for_end()
        assert app.names()[-1] == "Assistant: A whale and a whale"

    tell(story)


def test_another_conversation_is_searched_and_an_empty_one_closes_the_bar(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC))
        await app.ask("First Welt")
        await app.new_conversation()
        server.reply_sse(answer(CC))
        await app.ask("Second")
        await look_for(app, "welt")
        bar = find_bar(app)
        assert bar.count_text == "1 of 1"
        await app.open("First Welt")
        await until(lambda: bar.count_text == "2 matches")
        await app.new_conversation()
        assert bar.isHidden()
        assert not app.window.actions_["find"].isEnabled()

    tell(story)
