"""The welcome page."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.keys import KeyringState, KeyStatus
from desktop.ui.keyring_card import can_keep, keyring_advice, keyring_title
from desktop.ui.welcome import WIDTH_PX, WelcomePage


@pytest.fixture
def page(qtbot: QtBot) -> WelcomePage:
    page = WelcomePage()
    qtbot.addWidget(page)
    page.resize(900, 700)
    page.show()
    qtbot.waitExposed(page)
    return page


def button(parent: QWidget, text: str) -> QPushButton:
    return next(each for each in parent.findChildren(QPushButton) if each.text() == text)


def texts(parent: QWidget) -> list[str]:
    return [label.text() for label in parent.findChildren(QLabel) if label.isVisible()]


def test_it_lists_the_steps_in_order(page: WelcomePage) -> None:
    steps = ["1", "Create an account", "2", "Generate a key", "3", "Paste it here", "4"]
    shown = [text for text in texts(page) if text in steps or text == "Say hello"]
    assert shown == [*steps, "Say hello"]


def test_links_and_buttons_tell_what_was_asked(page: WelcomePage, qtbot: QtBot) -> None:
    links: list[str] = []
    page.link_activated.connect(links.append)
    qtbot.mouseClick(button(page, "Sign up"), Qt.MouseButton.LeftButton)
    qtbot.keyClick(button(page, "Open the key page"), Qt.Key.Key_Space)
    assert links == ["https://aimlapi.com/app/sign-up", "https://aimlapi.com/app/keys"]
    with qtbot.waitSignal(page.enter_key_requested, timeout=1000):
        qtbot.mouseClick(button(page, "Enter API key"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(page.demo_requested, timeout=1000):
        qtbot.mouseClick(button(page, "Try the demo"), Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("state", list(KeyringState))
def test_a_keyring_that_cannot_be_used_is_explained(page: WelcomePage, state: KeyringState) -> None:
    status = KeyStatus(state=state)
    page.set_status(status)
    is_fine = state in (KeyringState.READY, KeyringState.UNKNOWN)
    assert (keyring_title(status) == "") == is_fine
    if is_fine:
        assert not any("keyring" in text for text in texts(page))
    else:
        assert keyring_title(status) in texts(page)
        assert keyring_advice(status) in texts(page)
    page.set_status(KeyStatus(state=KeyringState.READY))
    assert not any("keyring" in text for text in texts(page))


def test_without_a_keyring_it_names_one_for_the_platform() -> None:
    status = KeyStatus(state=KeyringState.ABSENT)
    assert keyring_title(status) == "No keyring here: use the key for this run only"
    assert "gnome-keyring" in keyring_advice(status, "linux")
    assert "Keychain" in keyring_advice(status, "darwin")
    assert "Credential Manager" in keyring_advice(status, "win32")
    assert not can_keep(status)
    assert can_keep(KeyStatus(state=KeyringState.LOCKED))


def test_it_is_a_narrow_column_that_scrolls_in_a_small_window(page: WelcomePage) -> None:
    card = next(each for each in page.findChildren(QWidget) if each.objectName() == "card")
    assert card.width() == WIDTH_PX
    assert abs(card.mapTo(page, card.rect().center()).x() - page.width() // 2) <= 1
    assert page.verticalScrollBar().maximum() == 0
    page.resize(380, 300)
    assert page.verticalScrollBar().maximum() > 0
    assert card.width() < 380


def test_every_text_is_plain(page: WelcomePage) -> None:
    labels = page.findChildren(QLabel)
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)
