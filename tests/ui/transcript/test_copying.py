from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from desktop.ui.transcript import copying
from desktop.ui.transcript.selection import Point
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript import samples
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, user

TABBED = "def f():\n\treturn 1\n\n\n"


def copied(view: TranscriptView) -> str:
    view.copy()
    return QGuiApplication.clipboard().text()


def place_of(view: TranscriptView, row: int, element: int, x: float = 2.0) -> QPointF:
    for placed in view.stage.placed:
        if placed.slot == (row, element):
            return QPointF(
                view.stage.left + x, view.stage.top_of(placed) + view.stage.look.line / 2
            )
    raise AssertionError((row, element))


def test_all_is_copied_as_text_block_by_block(show: Show) -> None:
    reply = "One *two*\nthree\n\n- a\n- b\n  1. c\n\n| x | y |\n|---|---|\n| 1 | 2 |"
    view, _ = show([user("Hi  there\n\n  indented ", 1), assistant(reply, number=2)])
    view.select_all()
    assert copied(view) == (
        "Hi  there\n\n  indented \n\nOne two three\n\u2022 a\n\u2022 b\n  1. c\nx\ty\n1\t2"
    )


def test_code_is_copied_byte_for_byte(show: Show) -> None:
    view, _ = show([user("Hi"), assistant(f"```python\n{TABBED}```\n")])
    ref = view.stage.actions_of(1)[0]
    assert view.stage.action(ref).name == "Copy code"
    view.commands.activate(ref)
    assert QGuiApplication.clipboard().text() == TABBED


def test_a_drag_across_messages_selects_what_lies_between(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("First question", 1), assistant("First *answer*\n\nMore", number=2)])
    start, end = place_of(view, 1, 0), place_of(view, 1, 1, 500.0)
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start.toPoint())
    qtbot.mouseMove(view.viewport(), end.toPoint())
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=end.toPoint())
    assert copied(view) == "First answer\nMore"
    above = QPointF(view.stage.left + view.stage.look.width, 5.0)
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=end.toPoint())
    qtbot.mouseMove(view.viewport(), QPointF(view.stage.left, 40.0).toPoint())
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=above.toPoint())
    assert copied(view) == "First question\n\nFirst answer\nMore"


def test_double_click_takes_the_word_and_triple_click_the_block(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("Hi"), assistant("alpha beta gamma\n\nother")])
    place = place_of(view, 1, 0).toPoint()
    button = Qt.MouseButton.LeftButton
    qtbot.mouseClick(view.viewport(), button, pos=place)
    qtbot.mouseDClick(view.viewport(), button, pos=place)
    assert copied(view) == "alpha"
    qtbot.mouseRelease(view.viewport(), button, pos=place)
    qtbot.mouseClick(view.viewport(), button, pos=place)
    assert copied(view) == "alpha beta gamma"


def test_shift_click_extends(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("Hi"), assistant("alpha beta\n\nother words")])
    button, shift = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    first, last = place_of(view, 1, 0).toPoint(), place_of(view, 1, 1, 500.0).toPoint()
    qtbot.mouseClick(view.viewport(), button, pos=first)
    qtbot.mouseClick(view.viewport(), button, shift, pos=last)
    assert copied(view) == "alpha beta\nother words"


def test_part_of_a_text_with_wide_characters_is_exact(show: Show) -> None:
    view, _ = show([user("Hi"), assistant("a\U0001f600b **c\U0001f600d** e")])
    selection = view.stage.selection
    selection.set(Point(1, 0, 0, 3), Point(1, 0, 0, 8))
    assert copied(view) == "b c\U0001f600"


def test_a_selection_reaches_rows_that_were_never_laid_out(show: Show) -> None:
    rows = [user(f"Question {n}", n) for n in range(1_500)]
    view, _ = show(rows)
    view.select_all()
    text = copied(view)
    assert text.split("\n\n") == [f"Question {n}" for n in range(1_500)]


def test_a_selection_is_kept_while_the_reply_grows(show: Show) -> None:
    view, timeline = show([user("Hi"), assistant("alpha beta")])
    view.stage.selection.set(Point(1, 0, 0, 0), Point(1, 0, 0, 5))
    timeline.append(user("More", 3), assistant("x", number=4))
    timeline.insert(0, user("Before", 9))
    assert copied(view) == "alpha"


def test_markdown_is_copied_as_it_was_written(show: Show) -> None:
    view, _ = show([user("Hi"), assistant(samples.RICH)])
    assert copying.message_markdown(view.stage.flow.entry(1)) == samples.RICH
    flow, selection = view.stage.flow, view.stage.selection
    selection.set(Point(1, 0, 0, 0), Point(1, 0, 1, 5))
    expected = samples.RICH.split("\n\n- first")[0]
    assert copying.selected_markdown(flow, selection) == expected


def test_dragging_beyond_the_edge_scrolls(show: Show, qtbot: QtBot) -> None:
    rows = [row for n in range(60) for row in (user("Hi", 2 * n), assistant("Ho", number=2 * n))]
    view, _ = show(rows)
    place = place_of(view, view.stage.placed[-1].slot.row, 0).toPoint()
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseMove(view.viewport(), QPointF(100.0, -300.0).toPoint())
    qtbot.waitUntil(lambda: view.stage.placed[0].slot.row < 60)
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    ends = view.stage.selection.ends
    assert ends is not None
    assert ends[0].row < 80
    assert not view.pointer._dragging.isActive()


def test_the_copy_action_leaves_reasoning_out(show: Show) -> None:
    view, _ = show(samples.short())
    copy = [ref for ref in view.stage.actions_of(1) if view.stage.action(ref).name == "Copy"][-1]
    view.commands.activate(copy)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Your loop stops one step early. With lo < hi and an inclusive")
    assert samples.CODE in text
