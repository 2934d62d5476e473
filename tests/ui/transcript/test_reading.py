from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QKeyEvent
from pytestqt.qtbot import QtBot

from desktop.domain.messages import Status
from desktop.ui.transcript.reading import MAX_TEXT, LentText, read_text
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, exchange, running, user

Key = Qt.Key
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def _listening() -> Iterator[None]:
    """Assistive technology is there."""
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(False)


def reading(view: TranscriptView) -> LentText:
    text = view.keyboard.reading.text
    assert text is not None
    return text


def read(view: TranscriptView, row: int) -> str:
    """A row's text as a client of its text interface reads it."""
    item = QAccessible.queryAccessibleInterface(view).child(row)
    text = item.textInterface()
    return text.text(0, text.characterCount()) if text else ""


def test_f7_lends_the_focused_message_a_text_that_is_read_by_character(
    show: Show, qtbot: QtBot
) -> None:
    answer = "See [docs](https://a.example):\n\n1. one\n2. two\n\n```python\nprint(1)\n```"
    view, _ = show([user("Hi", 1), assistant(answer, number=2)])
    assert read(view, 1) == ""
    view.keyboard.focus_row(1)
    qtbot.keyClick(view, Key.Key_F7)
    assert read(view, 1) == "See docs:\n1. one\n2. two\npython\nprint(1)"
    assert read(view, 0) == ""
    lent = reading(view)
    assert QAccessible.queryAccessibleInterface(lent.edit).text(QAccessible.Text.Name) == (
        "Message text"
    )
    assert not lent.edit.isVisible()
    assert QAccessible.queryAccessibleInterface(view).childCount() == 2


def test_the_caret_moves_and_selects_in_the_conversation(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("Hi", 1), assistant("- alpha\n- beta\n\n```\ncode\n```", number=2)])
    view.keyboard.focus_row(1)
    qtbot.keyClick(view, Key.Key_F7)
    assert view.keyboard.reading.caret() is not None
    assert not view.has_selection()
    qtbot.keyClick(view, Key.Key_Down)
    qtbot.keyClick(view, Key.Key_End, SHIFT)
    qtbot.keyClick(view, Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text().strip("\u2022- ") == "beta"
    ends = view.stage.selection.ends
    assert ends is not None
    assert (ends[0].block, ends[0].unit, ends[1].block, ends[1].unit) == (1, 0, 1, 4)
    before = view.keyboard.reading.caret()
    qtbot.keyClick(view, Key.Key_Home, CTRL)
    after = view.keyboard.reading.caret()
    assert before is not None
    assert after is not None
    assert after.y() < before.y()


def test_escape_leaves_and_is_not_the_window_s(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("Hi", 1), assistant("Ho", number=2)])
    view.keyboard.focus_row(1)

    def is_wanted() -> bool:
        asked = QKeyEvent(QEvent.Type.ShortcutOverride, Key.Key_Escape, NONE)
        asked.ignore()
        QGuiApplication.sendEvent(view, asked)
        return asked.isAccepted()

    assert not is_wanted()
    qtbot.keyClick(view, Key.Key_F7)
    assert is_wanted()
    qtbot.keyClick(view, Key.Key_Escape)
    assert not view.keyboard.reading.is_on
    assert not is_wanted()
    assert read(view, 1) == ""
    qtbot.keyClick(view, Key.Key_Up)
    assert view.highlights.focused_row == 0


def test_what_is_read_grows_and_the_caret_stays(show: Show, qtbot: QtBot) -> None:
    view, timeline = show([user("Hi", 1), running("One two", number=2)])
    view.keyboard.focus_row(1)
    qtbot.keyClick(view, Key.Key_F7)
    qtbot.keyClick(view, Key.Key_Right, CTRL)
    position = reading(view).edit.textCursor().position()
    changes: list[int] = []
    reading(view).edit.document().contentsChange.connect(lambda *change: changes.append(change[0]))
    for _ in range(10):
        timeline.append_text(1, " three")
    assert len(changes) == 1
    qtbot.waitUntil(lambda: read(view, 1) == "One two" + " three" * 10)
    assert reading(view).edit.textCursor().position() == position > 0
    timeline.change(1, status=Status.COMPLETE, exchange=exchange())
    assert view.keyboard.reading.is_on


@pytest.mark.usefixtures("_listening")
def test_a_running_reply_s_text_is_lent_while_somebody_listens(show: Show, qtbot: QtBot) -> None:
    view, timeline = show([user("Hi", 1)])
    timeline.append(running("", number=2))
    for word in ("One", " *two*", " three"):
        timeline.append_text(1, word)
    qtbot.waitUntil(lambda: read(view, 1) == "One two three")
    timeline.change(1, status=Status.COMPLETE, exchange=exchange())
    assert read(view, 1) == "One two three"
    timeline.append(user("More", 3), running("Four", number=4))
    timeline.append_text(3, " five")
    qtbot.waitUntil(lambda: read(view, 3) == "Four five")
    assert read(view, 1) == ""


def test_nothing_is_lent_while_nobody_listens(show: Show) -> None:
    QAccessible.setActive(False)
    view, timeline = show([user("Hi", 1), running("", number=2)])
    timeline.append_text(1, "One")
    assert view.keyboard.reading.pointer(1) is None


def test_reading_ends_with_its_row(show: Show, qtbot: QtBot) -> None:
    view, timeline = show([user("a", 1), user("b", 2), user("c", 3)])
    view.keyboard.focus_row(2)
    qtbot.keyClick(view, Key.Key_F7)
    timeline.remove(0, 1)
    assert (view.keyboard.reading.row, read(view, 1)) == (1, "c")
    timeline.remove(1, 1)
    assert not view.keyboard.reading.is_on
    view.keyboard.focus_row(0)
    qtbot.keyClick(view, Key.Key_F7)
    timeline.show([user("x", 7)], key=2)
    assert not view.keyboard.reading.is_on
    view.grab()


def test_a_word_of_a_megabyte_is_read_in_lines(show: Show) -> None:
    view, _ = show([user("x" * 1_000_000, 1)])
    text, stretches = read_text(view.stage.flow.entry_now(0))
    assert MAX_TEXT <= len(text) < MAX_TEXT + 20_000
    assert max(map(len, text.split("\n"))) <= 8_000
    assert len(stretches) == len(text.split("\n"))
