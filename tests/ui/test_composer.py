import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QMimeData, Qt, QUrl
from PySide6.QtGui import (
    QAccessible,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.composer.composer import Composer
from desktop.ui.composer.editor import MAX_LINE, MAX_LINES, PASTE_LIMIT_BYTES, MessageEdit

KEY = Qt.Key
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
FREEZE_S = 5.0
"""A 1 MB word in a box that wraps between words takes 20 s; wrapping anywhere takes 0.2 s."""


@pytest.fixture
def composer(qtbot: QtBot) -> Iterator[Composer]:
    window = QWidget()
    layout = QVBoxLayout(window)
    made = Composer(window)
    layout.addStretch(1)
    layout.addWidget(made)
    layout.addWidget(QLineEdit("next", window))
    qtbot.addWidget(window)
    window.resize(600, 500)
    window.show()
    window.activateWindow()
    made.focus_editor()
    qtbot.waitUntil(box(made).hasFocus)
    yield made
    window.close()


def box(composer: Composer) -> MessageEdit:
    found = composer.findChild(MessageEdit)
    assert found is not None
    return found


def button(composer: Composer, name: str) -> QPushButton:
    return next(each for each in composer.findChildren(QPushButton) if each.text() == name)


def heard(signal: object) -> list[tuple[object, ...]]:
    calls: list[tuple[object, ...]] = []
    signal.connect(lambda *values: calls.append(values))
    return calls


def paste(composer: Composer, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    box(composer).paste()


def compose(composer: Composer, preedit: str, commit: str = "") -> None:
    event = QInputMethodEvent(preedit, [])
    if commit:
        event.setCommitString(commit)
    QApplication.sendEvent(box(composer), event)


def test_names_and_roles_are_the_public_ones(composer: Composer) -> None:
    editor = QAccessible.queryAccessibleInterface(box(composer))
    assert editor.text(QAccessible.Text.Name) == "Message"
    assert editor.role() == QAccessible.Role.EditableText
    for name in ("Send", "Stop"):
        found = QAccessible.queryAccessibleInterface(button(composer, name))
        assert found.text(QAccessible.Text.Name) == name
        assert found.role() == QAccessible.Role.Button
        assert button(composer, name).isVisible()


def test_enter_sends_in_the_same_turn_and_keeps_the_text(composer: Composer, qtbot: QtBot) -> None:
    sent = heard(composer.send_requested)
    qtbot.keyClicks(box(composer), "Hello")
    qtbot.keyClick(box(composer), KEY.Key_Return)
    assert sent == [("Hello",)]
    assert composer.text() == "Hello"
    qtbot.keyClick(box(composer), KEY.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert len(sent) == 2


def test_the_button_sends_and_leaves_the_caret(composer: Composer, qtbot: QtBot) -> None:
    sent = heard(composer.send_requested)
    composer.set_text("Hi")
    qtbot.mouseClick(button(composer, "Send"), Qt.MouseButton.LeftButton)
    assert sent == [("Hi",)]
    assert box(composer).hasFocus()


def test_shift_enter_breaks_the_line(composer: Composer, qtbot: QtBot) -> None:
    sent = heard(composer.send_requested)
    qtbot.keyClicks(box(composer), "a")
    qtbot.keyClick(box(composer), KEY.Key_Return, SHIFT)
    qtbot.keyClicks(box(composer), "b")
    assert composer.text() == "a\nb"
    assert sent == []


def test_the_other_send_key(composer: Composer, qtbot: QtBot) -> None:
    sent = heard(composer.send_requested)
    composer.set_send_key("ctrl_enter")
    qtbot.keyClicks(box(composer), "a")
    qtbot.keyClick(box(composer), KEY.Key_Return)
    assert (composer.text(), sent) == ("a\n", [])
    qtbot.keyClick(box(composer), KEY.Key_Return, CTRL)
    assert sent == [("a\n",)]


@pytest.mark.parametrize("text", ["", " ", "\n\t\n", "\u00a0"])
def test_blank_text_is_not_sent(composer: Composer, qtbot: QtBot, text: str) -> None:
    sent = heard(composer.send_requested)
    composer.set_text(text)
    qtbot.keyClick(box(composer), KEY.Key_Return)
    button(composer, "Send").click()
    assert sent == []


def test_a_held_key_sends_nothing(composer: Composer) -> None:
    sent = heard(composer.send_requested)
    composer.set_text("Hi")
    held = QKeyEvent(
        QEvent.Type.KeyPress,
        KEY.Key_Return,
        Qt.KeyboardModifier.NoModifier,
        "\r",
        True,
    )
    QApplication.sendEvent(box(composer), held)
    assert sent == []
    assert composer.text() == "Hi"


def test_nothing_is_sent_while_an_input_method_composes(composer: Composer, qtbot: QtBot) -> None:
    sent = heard(composer.send_requested)
    qtbot.keyClicks(box(composer), "a")
    compose(composer, "にほ")
    qtbot.keyClick(box(composer), KEY.Key_Return)
    assert sent == []
    compose(composer, "", "日本")
    qtbot.keyClick(box(composer), KEY.Key_Return)
    assert sent == [("a日本",)]


def test_enter_says_why_it_does_not_send(composer: Composer, qtbot: QtBot) -> None:
    sent, blocked = heard(composer.send_requested), heard(composer.blocked_send)
    composer.set_block("Enter an API key first")
    composer.set_text("Hi")
    qtbot.keyClick(box(composer), KEY.Key_Return)
    send = button(composer, "Send")
    assert blocked == [("Enter an API key first",)]
    assert not send.isEnabled()
    assert send.toolTip() == send.accessibleDescription() == "Enter an API key first"
    composer.set_block("")
    assert send.isEnabled()
    assert send.accessibleDescription() == ""
    qtbot.keyClick(box(composer), KEY.Key_Return)
    assert sent == [("Hi",)]


def test_while_a_reply_runs_typing_goes_on(composer: Composer, qtbot: QtBot) -> None:
    blocked, stopped = heard(composer.blocked_send), heard(composer.stop_requested)
    composer.set_running(True)
    qtbot.keyClicks(box(composer), "more")
    qtbot.keyClick(box(composer), KEY.Key_Return)
    assert composer.text() == "more"
    assert blocked == [("A reply is still running. Stop it, or wait.",)]
    assert not button(composer, "Send").isEnabled()
    button(composer, "Stop").click()
    assert len(stopped) == 1
    composer.set_running(False)
    assert not button(composer, "Stop").isEnabled()
    assert button(composer, "Send").isEnabled()


def test_running_can_begin_while_send_is_being_told(composer: Composer) -> None:
    composer.send_requested.connect(lambda _text: composer.set_running(True))
    composer.set_text("Hi")
    button(composer, "Send").click()
    assert button(composer, "Stop").isEnabled()


def test_up_edits_only_from_the_empty_box(composer: Composer, qtbot: QtBot) -> None:
    asked = heard(composer.edit_last_requested)
    qtbot.keyClick(box(composer), KEY.Key_Up)
    composer.set_text("a")
    qtbot.keyClick(box(composer), KEY.Key_Up)
    assert len(asked) == 1


def test_escape_cancels_editing_and_nothing_else(composer: Composer, qtbot: QtBot) -> None:
    cancelled = heard(composer.edit_cancelled)
    qtbot.keyClick(box(composer), KEY.Key_Escape)
    assert cancelled == []
    composer.set_editing(True)
    assert button(composer, "Cancel").isVisible()
    qtbot.keyClick(box(composer), KEY.Key_Escape)
    button(composer, "Cancel").click()
    assert len(cancelled) == 2
    composer.set_editing(False)
    assert not button(composer, "Cancel").isVisible()


def test_escape_while_editing_is_not_left_to_the_window(composer: Composer) -> None:
    def claims() -> bool:
        event = QKeyEvent(
            QEvent.Type.ShortcutOverride, KEY.Key_Escape, Qt.KeyboardModifier.NoModifier
        )
        event.ignore()
        QApplication.sendEvent(box(composer), event)
        return event.isAccepted()

    assert not claims()
    composer.set_editing(True)
    assert claims()


def test_tab_leaves_the_box(composer: Composer, qtbot: QtBot) -> None:
    composer.set_text("a")
    qtbot.keyClick(box(composer), KEY.Key_Tab)
    assert not box(composer).hasFocus()
    assert composer.text() == "a"


def test_the_draft_is_told_once_typing_rests(composer: Composer, qtbot: QtBot) -> None:
    drafts = heard(composer.draft_changed)
    with qtbot.waitSignal(composer.draft_changed):
        qtbot.keyClicks(box(composer), "Hello")
    assert drafts == [("Hello",)]
    composer.set_text("a stored draft")
    qtbot.keyClicks(box(composer), "!")
    composer.flush_draft()
    composer.flush_draft()
    assert drafts[1:] == [("a stored draft!",)]
    composer.clear_sent()
    assert composer.text() == ""
    assert drafts[2:] == [("",)]


def test_setting_a_text_tells_no_draft(composer: Composer) -> None:
    drafts = heard(composer.draft_changed)
    composer.set_text("one")
    composer.flush_draft()
    assert drafts == []


def test_the_box_grows_and_then_scrolls(composer: Composer, qtbot: QtBot) -> None:
    heights = []
    for lines in (1, 3, MAX_LINES, 40):
        composer.set_text("\n".join(["line"] * lines))
        qtbot.waitUntil(lambda: box(composer).height() == box(composer).minimumHeight())
        heights.append(box(composer).height())
    assert heights[0] < heights[1] < heights[2]
    assert heights[3] <= heights[2] + 8
    assert box(composer).verticalScrollBar().maximum() > 0
    composer.set_text("one\ntwo\nthree")
    qtbot.waitUntil(lambda: box(composer).height() == box(composer).minimumHeight())
    assert box(composer).firstVisibleBlock().blockNumber() == 0
    assert box(composer).verticalScrollBar().maximum() == 0


@pytest.mark.parametrize(
    "text",
    [
        "a\u00a0b",
        "שלום abc 👩‍👩‍👧 é \U0001d54f",
        "a\tb\n\n c ",
        "<b>bold</b> &amp; <img src=x>",
        "e\u0301\u200d\u202e",
    ],
)
def test_text_comes_back_exactly(composer: Composer, text: str) -> None:
    composer.set_text(text)
    assert composer.text() == text
    composer.set_text("")
    paste(composer, text)
    assert composer.text() == text


def test_line_ends_of_every_kind_become_line_feeds(composer: Composer) -> None:
    composer.set_text("a\r\nb\rc\u2028d\u2029e")
    assert composer.text() == "a\nb\nc\nd\ne"


def test_what_cannot_be_stored_is_left_out(composer: Composer) -> None:
    composer.insert_paste("a\ud800b\x00c\ufdd0d")
    assert composer.text() == "abcd"
    composer.set_text("x\udfffy")
    assert composer.text() == "xy"


def test_html_and_files_are_taken_as_plain_text(composer: Composer) -> None:
    mixed = QMimeData()
    mixed.setHtml("<b>bold</b>")
    mixed.setText("bold")
    box(composer).insertFromMimeData(mixed)
    assert composer.text() == "bold"
    files = QMimeData()
    files.setUrls([QUrl("file:///a.txt"), QUrl("file:///b.txt")])
    assert box(composer).canInsertFromMimeData(files)
    html_only = QMimeData()
    html_only.setHtml("<table>")
    assert not box(composer).canInsertFromMimeData(html_only)


def test_a_long_paste_is_asked_about(composer: Composer) -> None:
    asked = heard(composer.paste_question)
    text = "word " * (PASTE_LIMIT_BYTES // 5 + 1)
    paste(composer, text)
    assert composer.text() == ""
    assert asked == [(len(text), text)]
    paste(composer, "x" * 100)
    assert composer.text() == "x" * 100


def test_the_limit_counts_bytes(composer: Composer) -> None:
    asked = heard(composer.paste_question)
    paste(composer, "é\n" * (PASTE_LIMIT_BYTES // 3))
    assert asked == []
    composer.set_text("")
    paste(composer, "é\n" * (PASTE_LIMIT_BYTES // 3 + 2))
    assert len(asked) == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 1_000_000, id="one word"),
        pytest.param(("0123456789abcde " * 5 + "\n") * 125_000, id="10 MB of lines"),
    ],
)
def test_a_huge_paste_does_not_freeze_and_can_be_undone(composer: Composer, text: str) -> None:
    composer.set_text("before ")
    started = time.monotonic()
    composer.insert_paste(text)
    QApplication.processEvents()
    composer.window().grab()
    assert time.monotonic() - started < FREEZE_S
    assert composer.text() == "before " + text
    box(composer).undo()
    assert composer.text() == "before "
    box(composer).redo()
    assert len(composer.text()) == len(text) + 7


def test_pastes_that_add_up_to_one_word_are_wrapped_anywhere(composer: Composer) -> None:
    for _ in range(3):
        paste(composer, "x" * 9000)
    assert box(composer).wordWrapMode() == QTextOption.WrapMode.WrapAnywhere
    composer.set_text("a few words")
    composer.set_text("")
    composer.set_text("a few words")
    assert box(composer).wordWrapMode() != QTextOption.WrapMode.WrapAnywhere


def test_a_paste_replaces_the_selection(composer: Composer) -> None:
    composer.set_text("one\ntwo\nthree")
    box(composer).selectAll()
    composer.insert_paste("four")
    assert composer.text() == "four"


def test_the_document_holds_no_rich_text(composer: Composer) -> None:
    composer.set_text("<b>x</b>")
    document: QTextDocument = box(composer).document()
    assert document.toPlainText() == "<b>x</b>"


@pytest.mark.parametrize("line", ["word " * 40_000, "x" * 200_000, ("é" * 30_000 + "\n") * 3])
def test_an_overlong_line_is_broken_for_display_only(composer: Composer, line: str) -> None:
    edit = box(composer)
    edit.set_text("before ")
    edit.insert(line)
    assert edit.text() == "before " + line
    assert max(len(block) for block in edit.toPlainText().split("\n")) <= MAX_LINE + 10
    edit.selectAll()
    assert edit.createMimeDataFromSelection().text() == "before " + line
    edit.undo()
    assert edit.text() == "before "


def test_undo_is_left_to_the_window_while_nothing_can_be_undone(
    composer: Composer, qtbot: QtBot
) -> None:
    def is_claimed() -> bool:
        asked = QKeyEvent(QEvent.Type.ShortcutOverride, KEY.Key_Z, CTRL)
        asked.ignore()
        QApplication.sendEvent(box(composer), asked)
        return asked.isAccepted()

    assert not is_claimed()
    qtbot.keyClicks(box(composer), "word")
    assert is_claimed()
    composer.clear_sent()
    assert not is_claimed()
