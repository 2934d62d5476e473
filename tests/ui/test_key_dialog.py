"""The dialog that asks for the key."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop.domain.errors import (
    BILLING_PAGE,
    KEYS_PAGE,
    AuthError,
    OfflineError,
    QuotaError,
)
from desktop.domain.keys import KeyringState, KeyStatus
from desktop.ui.key_dialog import KeyDialog

KEY = "aimlapi_0123456789abcdef"


@pytest.fixture
def dialog(qtbot: QtBot) -> KeyDialog:
    dialog = KeyDialog()
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitExposed(dialog)
    return dialog


@pytest.fixture
def heard(dialog: KeyDialog) -> list[tuple[str, bool, bool]]:
    found: list[tuple[str, bool, bool]] = []
    dialog.submitted.connect(lambda *values: found.append(values))
    return found


def field(dialog: KeyDialog) -> QLineEdit:
    return next(e for e in dialog.findChildren(QLineEdit) if e.accessibleName() == "API key")


def button(dialog: KeyDialog, text: str) -> QPushButton:
    return next(each for each in dialog.findChildren(QPushButton) if each.text() == text)


def messages(dialog: KeyDialog) -> str:
    return "\n".join(each.text() for each in dialog.findChildren(QLabel) if each.isVisible())


def press(qtbot: QtBot, dialog: KeyDialog, text: str) -> None:
    qtbot.mouseClick(button(dialog, text), Qt.MouseButton.LeftButton)


def test_enter_tests_and_saves(
    dialog: KeyDialog, heard: list[tuple[str, bool, bool]], qtbot: QtBot
) -> None:
    assert field(dialog).hasFocus()
    qtbot.keyClicks(field(dialog), KEY)
    qtbot.keyClick(field(dialog), Qt.Key.Key_Return)
    assert heard == [(KEY, True, True)]
    assert dialog.isVisible()


def test_it_can_be_saved_without_testing(
    dialog: KeyDialog, heard: list[tuple[str, bool, bool]], qtbot: QtBot
) -> None:
    qtbot.keyClicks(field(dialog), KEY)
    press(qtbot, dialog, "Save without testing")
    assert heard == [(KEY, False, True)]


@pytest.mark.parametrize("state", [KeyringState.ABSENT, KeyringState.UNSAFE])
def test_without_a_keyring_the_key_is_for_this_run(
    dialog: KeyDialog, heard: list[tuple[str, bool, bool]], qtbot: QtBot, state: KeyringState
) -> None:
    dialog.set_status(KeyStatus(state=state))
    qtbot.keyClicks(field(dialog), KEY)
    press(qtbot, dialog, "Test and use for this run")
    press(qtbot, dialog, "Use without testing")
    assert heard == [(KEY, True, False), (KEY, False, False)]
    assert "use the key for this run only" in messages(dialog)


@pytest.mark.parametrize("text", ["", "  ", "<YOUR_AIMLAPI_KEY>", "ab cd", "“key”", "k" * 10_000])
def test_what_is_no_key_is_refused_in_the_dialog(
    dialog: KeyDialog, heard: list[tuple[str, bool, bool]], qtbot: QtBot, text: str
) -> None:
    field(dialog).setText(text)
    before = messages(dialog)
    press(qtbot, dialog, "Test and save")
    press(qtbot, dialog, "Save without testing")
    assert heard == []
    assert messages(dialog) != before
    if text.strip():
        assert text not in messages(dialog)
    qtbot.keyClicks(field(dialog), "x")
    assert messages(dialog) == before


def test_dots_cannot_be_copied(dialog: KeyDialog, qtbot: QtBot) -> None:
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("before")
    field(dialog).setText(KEY)
    field(dialog).selectAll()
    assert KEY not in field(dialog).displayText()
    qtbot.keyClick(field(dialog), Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(field(dialog), Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier)
    assert clipboard.text() == "before"
    field(dialog).setText(KEY)
    press(qtbot, dialog, "Show")
    assert field(dialog).displayText() == KEY
    press(qtbot, dialog, "Hide")
    assert field(dialog).echoMode() is QLineEdit.EchoMode.Password


def test_while_it_is_busy_only_cancel_works(dialog: KeyDialog, qtbot: QtBot) -> None:
    field(dialog).setText(KEY)
    press(qtbot, dialog, "Test and save")
    dialog.set_busy(True)
    assert "Testing the key…" in messages(dialog)
    assert not field(dialog).isEnabled()
    assert not button(dialog, "Test and save").isEnabled()
    press(qtbot, dialog, "Cancel")
    assert not dialog.isVisible()


def test_saving_without_a_test_does_not_claim_one(dialog: KeyDialog, qtbot: QtBot) -> None:
    field(dialog).setText(KEY)
    press(qtbot, dialog, "Save without testing")
    dialog.set_busy(True)
    assert "Saving the key…" in messages(dialog)
    dialog.set_busy(False)
    assert "Saving" not in messages(dialog)


def test_an_error_outlives_the_wait_and_leads_on(dialog: KeyDialog, qtbot: QtBot) -> None:
    field(dialog).setText(KEY)
    dialog.set_busy(True)
    dialog.show_error(QuotaError("No credits left.", provider_text="balance 0", link=BILLING_PAGE))
    dialog.set_busy(False)
    assert "No credits left.\nbalance 0" in messages(dialog)
    assert field(dialog).text() == KEY
    assert field(dialog).hasFocus()
    with qtbot.waitSignal(dialog.link_activated, timeout=1000) as link:
        press(qtbot, dialog, BILLING_PAGE.text)
    assert link.args == [BILLING_PAGE.url]


def test_the_key_page_is_offered_once(dialog: KeyDialog) -> None:
    dialog.show_error(AuthError("The key was not accepted.", link=KEYS_PAGE))
    links = [b for b in dialog.findChildren(QPushButton) if b.text() == KEYS_PAGE.text]
    assert [link.isVisible() for link in links] == [True]


def test_offline_it_suggests_saving_without_a_test(dialog: KeyDialog) -> None:
    dialog.show_error(OfflineError("The provider could not be reached."))
    assert "Press “Save without testing”" in messages(dialog)


@pytest.mark.parametrize("is_accepted", [True, False])
def test_the_field_forgets_the_key(dialog: KeyDialog, qtbot: QtBot, is_accepted: bool) -> None:
    qtbot.keyClicks(field(dialog), KEY)
    press(qtbot, dialog, "Show")
    assert field(dialog).isUndoAvailable()
    if is_accepted:
        dialog.accept()
    else:
        dialog.close()
    assert field(dialog).text() == ""
    assert not field(dialog).isUndoAvailable()
    field(dialog).undo()
    assert field(dialog).text() == ""


def test_it_deletes_itself(qtbot: QtBot) -> None:
    dialog = KeyDialog()
    dialog.open()
    with qtbot.waitSignal(dialog.destroyed, timeout=1000):
        dialog.reject()
    assert not isValid(dialog)
