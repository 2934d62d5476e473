"""The dialogs in the whole application: key, settings, shortcuts, about."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDialog, QLineEdit, QPushButton

from tests.flows.app import CANARY, App, until
from tests.flows.conftest import Tell
from tests.flows.replies import SHOWN, answer, opening
from tests.flows.test_chat import CC
from tests.scripts import Gate
from tests.server import FaultServer


def open_dialogs(app: App) -> list[QDialog]:
    """The dialogs that are open."""
    return [each for each in app.window.findChildren(QDialog) if each.isVisible()]


def dialog(app: App) -> QDialog:
    """The one dialog that is open."""
    found = open_dialogs(app)
    assert len(found) == 1
    return found[0]


def button(inside: QDialog, text: str) -> QPushButton:
    """The button with that text."""
    buttons = [b for b in inside.findChildren(QPushButton) if b.text().replace("&", "") == text]
    assert len(buttons) == 1, [b.text() for b in inside.findChildren(QPushButton)]
    return buttons[0]


def test_key_dialog_refuses_tests_and_keeps_for_this_run(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        app.key = ""
        await app.restart()
        app.menu("enter_key")
        shown = dialog(app)
        field = shown.findChild(QLineEdit)
        assert field is not None
        assert field.echoMode() == QLineEdit.EchoMode.Password
        for wrong in ("<YOUR_AIMLAPI_KEY>", "kéy-with-an-accent", "two words here"):
            field.setText(wrong)
            button(shown, "Test and use for this run").click()
            await until(lambda: not _is_busy(shown))
            assert shown.isVisible()
        assert [r for r in server.requests if r.path == "/v1/key"] == []
        server.reply_error(401, path="/v1/key")
        field.setText(CANARY)
        button(shown, "Test and use for this run").click()
        await until(lambda: server.requests)
        await until(lambda: not _is_busy(shown))
        assert shown.isVisible()
        assert not app.send_button.isEnabled()
        field.setText(f"  {CANARY}\n")
        button(shown, "Test and use for this run").click()
        await until(lambda: not open_dialogs(app))
        await until(app.send_button.isEnabled)
        server.reply_sse(answer(CC))
        assert await app.ask("Say hello") == SHOWN

    tell(story)


def test_quitting_with_a_dialog_open(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        server.reply_stall(opening(CC, ["Half"]))
        app.type_and_send("First")
        await app.wait_for_text("Half")
        app.menu("settings")
        assert dialog(app).isVisible()
        await app.restart()
        assert app.names() == ["You: First", "Assistant: Half\nStopped"]

    tell(story)


@pytest.mark.parametrize("command", ["settings", "shortcuts", "about", "enter_key"])
def test_dialog_opens_beside_a_running_reply_and_is_gone_when_closed(
    tell: Tell, server: FaultServer, command: str
) -> None:
    async def story(app: App) -> None:
        gate = Gate()
        server.reply_sse([*opening(CC, ["Half "]), gate, *answer(CC, ["whole"])[1:]])
        app.type_and_send("First")
        await app.wait_for_text("Half")
        app.menu(command)
        shown = dialog(app)
        gate.open()
        await app.wait_for_end()
        assert app.names()[1] == "Assistant: Half whole"
        shown.reject()
        await until(lambda: not open_dialogs(app))

    tell(story)


def test_send_key_and_theme_are_kept(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        app.menu("theme_dark")
        app.menu("zoom_in")
        await app.restart()
        assert app.window.actions_["theme_dark"].isChecked()
        assert app.window.theme.roles.is_dark
        assert app.workspace.preferences.settings.zoom_percent == 110
        app.menu("theme_light")
        app.workspace.preferences.change(send_key="ctrl_enter")
        app.type("One\nTwo")
        QTest.keyClicks(app.message_box, "\r")
        assert not app.stop_button.isEnabled()

    tell(story)


def test_settings_that_cannot_be_read_are_named(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        await app.close()
        (app.folder / "settings.json").write_text('{"theme": 7, "zoom_percent": 110}')
        await app.start()
        notices = app.window.chat.notices
        assert notices.accessibleName() == "Some settings could not be read and start anew: theme"
        assert notices.isVisible()
        assert app.workspace.preferences.settings.zoom_percent == 110

    tell(story)


def test_cancel_gives_up_a_key_that_is_being_tested(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        app.key = ""
        await app.restart()
        app.menu("enter_key")
        shown = dialog(app)
        field = shown.findChild(QLineEdit)
        assert field is not None
        gate = Gate()
        server.reply_raw(gate, path="/v1/key")
        field.setText(CANARY)
        button(shown, "Test and use for this run").click()
        await until(lambda: [r for r in server.requests if r.path == "/v1/key"])
        button(shown, "Cancel").click()
        await until(lambda: not open_dialogs(app))
        await until(lambda: len(app.workspace.scope) == 0)
        gate.open()
        assert not app.workspace.account.has_key

    tell(story)


def test_ctrl_z_in_the_message_box_brings_a_deleted_conversation_back(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        server.reply_sse(answer(CC))
        await app.ask("First")
        app.window.activateWindow()
        app.menu("delete")
        await until(lambda: app.titles() == [])
        app.message_box.setFocus()
        QTest.keyClick(app.message_box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: app.titles() == ["First"])

    tell(story)


def test_removing_the_key_stops_sending(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        await app.ask("First")
        app.workspace.account.remove_key()
        await until(lambda: not app.send_button.isEnabled())
        app.window.actions_["regenerate"].trigger()
        await app.wait_for_end()
        assert len(server.posts()) == 1
        assert len(app.names()) == 2

    tell(story)


def test_changing_the_address_asks_for_its_own_key(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        gate = Gate()
        server.reply_sse([*opening(CC, ["Half "]), gate, *answer(CC, ["whole"])[1:]])
        app.type_and_send("First")
        await app.wait_for_text("Half")
        app.workspace.preferences.change(base_url=server.url.replace("127.0.0.1", "localhost"))
        await until(lambda: not app.workspace.account.has_key)
        gate.open()
        await app.wait_for_end()
        assert app.names()[1] == "Assistant: Half whole"
        assert not app.send_button.isEnabled()
        asked = [r for r in server.requests if "localhost" in r.headers["host"]]
        assert [r for r in asked if "authorization" in r.headers] == []

    tell(story)


def test_diagnostics_hold_no_secret(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        await app.ask("A private question")
        app.menu("diagnostics")
        text = QGuiApplication.clipboard().text()
        assert "Sounding: " in text
        assert CANARY not in text
        assert "private question" not in text
        QGuiApplication.clipboard().clear()

    tell(story)


def test_model_and_endpoint_boxes_hold_the_documented_names(tell: Tell) -> None:
    async def story(app: App) -> None:
        model, endpoint = app.named(QComboBox, "Model"), app.named(QComboBox, "Endpoint")
        assert [model.itemText(n) for n in range(2)] == ["gpt-5.1", "gpt-5.1-chat-latest"]
        assert [endpoint.itemText(n) for n in range(endpoint.count())] == [
            "Chat completions",
            "Responses",
        ]

    tell(story)


def _is_busy(shown: QDialog) -> bool:
    return any(not b.isEnabled() for b in shown.findChildren(QPushButton) if "Test" in b.text())
