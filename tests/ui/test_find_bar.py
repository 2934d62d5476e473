import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from desktop.ui.find_bar import FindBar


@pytest.fixture
def bar(qtbot: QtBot) -> FindBar:
    made = FindBar()
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    made.begin()
    return made


@pytest.mark.parametrize(
    ("ordinal", "total", "words"),
    [
        (3, 17, "3 of 17"),
        (0, 1, "1 match"),
        (0, 17, "17 matches"),
        (12, 1_001, "12 of 1,000+"),
        (1_000, 1_000, "1,000 of 1,000"),
        (4_000, 9_000, "1,000+ matches"),
        (0, 0, "No matches"),
    ],
)
def test_the_count_is_in_words(bar: FindBar, ordinal: int, total: int, words: str) -> None:
    bar.field.setText("x")
    bar.show_count(ordinal, total, is_searching=False)
    assert bar.count_text == words
    assert bar.field.accessibleDescription() == words


def test_nothing_is_said_without_a_text(bar: FindBar) -> None:
    bar.show_count(0, 0, is_searching=False)
    assert bar.count_text == ""
    bar.field.setText("x")
    bar.show_count(0, 0, is_searching=True)
    assert bar.count_text == "Searching\u2026"


def test_typing_is_told_once_it_rests_and_return_tells_it_at_once(
    bar: FindBar, qtbot: QtBot
) -> None:
    told: list[str] = []
    bar.query_changed.connect(told.append)
    qtbot.keyClicks(bar.field, "abc")
    assert told == []
    with qtbot.assertNotEmitted(bar.step_requested):
        qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert told == ["abc"]
    qtbot.keyClicks(bar.field, "d")
    qtbot.waitUntil(lambda: told == ["abc", "abcd"])


def test_return_on_a_button_presses_it(bar: FindBar, qtbot: QtBot) -> None:
    close = next(b for b in bar.findChildren(QToolButton) if b.accessibleName() == "Close find")
    close.setFocus()
    with qtbot.waitSignal(bar.closed):
        qtbot.keyClick(close, Qt.Key.Key_Return)
    with qtbot.waitSignal(bar.closed):
        qtbot.keyClick(close, Qt.Key.Key_Escape)


def test_the_text_from_before_is_looked_for_again(bar: FindBar, qtbot: QtBot) -> None:
    qtbot.keyClicks(bar.field, "abc")
    with qtbot.waitSignal(bar.query_changed):
        pass
    bar.hide()
    bar.show()
    with qtbot.waitSignal(bar.query_changed) as told:
        bar.begin()
    assert told.args == ["abc"]
    assert bar.field.selectedText() == "abc"
