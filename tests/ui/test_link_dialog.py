import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication, QTextCursor
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from desktop.ui.link_dialog import LinkDialog
from desktop.ui.links import must_ask

LONG = "https://a.example/?" + "q" * 101


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("https://a.example", "https://a.example/"),
        ("a.example/x", "http://a.example/x"),
        ("www.a.example", "https://www.a.example"),
        (" HTTPS://A.example/x ", "https://a.example/x"),
        ("me@a.example", "mailto:me@a.example"),
        ("https://a.example/K\u00f6ln", "https://a.example/K%C3%B6ln"),
        ("https://a.example/?" + "q" * 100, "https://a.example/?" + "q" * 100),
    ],
)
def test_a_link_whose_text_is_its_address_opens_at_once(text: str, url: str) -> None:
    assert not must_ask(text, url)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("docs", "https://a.example/"),
        ("https://bank.example", "https://bank.example.evil.example"),
        ("https://a.example/x", "https://a.example/y"),
        ("", "https://a.example"),
        (LONG, LONG),
        ("https://\u0430pple.example", "https://\u0430pple.example"),
        ("https://\u0430pple.example", "https://xn--pple-43d.example"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("https://u@a.example", "https://u@a.example"),
    ],
)
def test_any_other_link_is_asked_about(text: str, url: str) -> None:
    assert must_ask(text, url)


def shown(qtbot: QtBot, text: str, url: str) -> LinkDialog:
    dialog = LinkDialog(None, text, url)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def button(dialog: LinkDialog, text: str) -> QPushButton:
    return next(b for b in dialog.findChildren(QPushButton) if b.text() == text)


def words(dialog: LinkDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def test_the_whole_address_is_plain_text_with_its_host_in_bold(qtbot: QtBot) -> None:
    url = "https://docs.a.example/x?q=1&docs.a.example"
    dialog = shown(qtbot, "docs", url)
    address = dialog.findChild(QPlainTextEdit)
    assert address.toPlainText() == url
    assert address.isReadOnly()
    assert address.accessibleName() == "Address"
    cursor = QTextCursor(address.document())
    bold = []
    for at in range(len(address.toPlainText())):
        cursor.setPosition(at + 1)
        if cursor.charFormat().fontWeight() == QFont.Weight.Bold.value:
            bold.append(address.toPlainText()[at])
    assert "".join(bold) == "docs.a.example"
    assert "This link opens docs.a.example." in words(dialog)


def test_enter_opens_and_escape_does_not(qtbot: QtBot) -> None:
    dialog = shown(qtbot, "docs", "https://a.example/x")
    with qtbot.waitSignal(dialog.confirmed) as caught:
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert caught.args == ["https://a.example/x"]
    assert not dialog.isVisible()
    dialog = shown(qtbot, "docs", "https://a.example/x")
    with qtbot.assertNotEmitted(dialog.confirmed):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_address_is_copied_and_the_dialog_stays(qtbot: QtBot) -> None:
    dialog = shown(qtbot, "docs", "https://a.example/x")
    button(dialog, "Copy address").click()
    assert QGuiApplication.clipboard().text() == "https://a.example/x"
    assert "Copied." in words(dialog)
    assert dialog.isVisible()


def test_a_host_with_other_letters_is_shown_as_punycode(qtbot: QtBot) -> None:
    dialog = shown(qtbot, "apple.example", "https://\u0430pple.example/")
    assert dialog.findChild(QPlainTextEdit).toPlainText() == "https://xn--pple-43d.example/"
    assert "letters beyond a to z" in words(dialog)
    assert "Its text names another address: \u2068apple.example\u2069" in words(dialog)


def test_a_refused_address_can_only_be_copied(qtbot: QtBot) -> None:
    dialog = shown(qtbot, "docs", "https://user:pass@a.example/")
    assert not button(dialog, "Open").isEnabled()
    assert "Only plain web and mail addresses" in words(dialog)
    with qtbot.assertNotEmitted(dialog.confirmed):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
