from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript import samples
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, user

Key, Shift = Qt.Key, Qt.KeyboardModifier.ShiftModifier
Far = Shift | Qt.KeyboardModifier.ControlModifier
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def copied(view: TranscriptView) -> str:
    """The selected text; "" where nothing is selected."""
    if not view.has_selection():
        return ""
    view.copy()
    return QGuiApplication.clipboard().text()


def press(
    qtbot: QtBot, view: TranscriptView, *keys: Key, modifiers: Qt.KeyboardModifier = Shift
) -> str:
    for key in keys:
        qtbot.keyClick(view, key, modifiers)
    return copied(view)


def test_it_begins_at_the_focused_message(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("one", 1), assistant("two three", number=2), user("four", 3)])
    view.keyboard.focus_row(1)
    assert press(qtbot, view, Key.Key_Right, Key.Key_Right) == "tw"
    assert press(qtbot, view, Key.Key_Left) == "t"
    view.stage.selection.clear()
    assert press(qtbot, view, Key.Key_Left) == "e"
    assert press(qtbot, view, Key.Key_Up) == "two three"
    assert press(qtbot, view, Key.Key_Home) == "one\n\ntwo three"


def test_characters_are_whole_and_go_on_in_the_next_block(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user(f"a{FAMILY}b", 1), assistant("c\n\ne\u0301", number=2)])
    view.keyboard.focus_row(0)
    seen = [press(qtbot, view, Key.Key_Right) for _ in range(7)]
    whole = f"a{FAMILY}b"
    assert seen[:3] == ["a", f"a{FAMILY}", whole]
    assert seen[-1] == f"{whole}\n\nc\ne\u0301"


def test_words_lines_and_blocks(show: Show, qtbot: QtBot) -> None:
    view, _ = show([assistant("alpha beta gamma\n\ndelta epsilon\n\nzeta", number=2)])
    view.keyboard.focus_row(0)
    assert press(qtbot, view, Key.Key_Right, modifiers=Far).strip() == "alpha"
    assert press(qtbot, view, Key.Key_Right, modifiers=Far).strip() == "alpha beta"
    assert press(qtbot, view, Key.Key_Left, modifiers=Far).strip() == "alpha"
    assert press(qtbot, view, Key.Key_End) == "alpha beta gamma"
    assert press(qtbot, view, Key.Key_Down, modifiers=Far) == "alpha beta gamma\ndelta epsilon"
    assert press(qtbot, view, Key.Key_Up, modifiers=Far) == "alpha beta gamma"
    assert press(qtbot, view, Key.Key_Up, modifiers=Far) == ""
    assert press(qtbot, view, Key.Key_End, modifiers=Far) == "alpha beta gamma\ndelta epsilon\nzeta"
    assert press(qtbot, view, Key.Key_Home, modifiers=Far) == ""


def test_lines_keep_their_place_across(show: Show, qtbot: QtBot) -> None:
    text = "\n".join(f"line {n}" for n in range(200))
    view, _ = show([assistant(f"```\n{text}\n```", number=1), user("end", 2)])
    view.stage.jump(0.0)
    view.refresh()
    view.keyboard.focus_row(0)
    press(qtbot, view, Key.Key_Right, Key.Key_Right, Key.Key_Right)
    down = press(qtbot, view, *[Key.Key_Down] * 120)
    assert down == text[: text.index("line 120") + 3]
    up = press(qtbot, view, *[Key.Key_Up] * 20)
    assert up == text[: text.index("line 100") + 3]
    paged = press(qtbot, view, Key.Key_PageDown)
    assert up in paged
    assert 15 < paged.count("\n") - up.count("\n") < 60


def test_it_goes_on_across_messages_and_out_of_view(show: Show, qtbot: QtBot) -> None:
    rows = [assistant(samples.ANSWER, number=n) for n in range(30)]
    view, _ = show(rows)
    view.keyboard.focus_row(0)
    press(qtbot, view, *[Key.Key_PageDown] * 6)
    focus = view.stage.selection.focus
    assert focus is not None
    assert focus.row > 1
    rows_in_sight = {placed.slot.row for placed in view.stage.placed}
    assert focus.row in rows_in_sight
    press(qtbot, view, *[Key.Key_PageUp] * 12)
    focus = view.stage.selection.focus
    assert focus is not None
    assert focus.row == 0


def test_it_goes_on_where_the_pointer_was_pressed(show: Show, qtbot: QtBot) -> None:
    view, _ = show([assistant("alpha beta", number=1)])
    view.grab()
    placed = view.stage.placed[0]
    place = QPoint(int(view.stage.left) + 1, int(view.stage.top_of(placed)) + 5)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert press(qtbot, view, Key.Key_Right, Key.Key_Right) == "al"


def test_right_to_left_text_goes_line_by_line(show: Show, qtbot: QtBot) -> None:
    text = " ".join(["\u05e9\u05dc\u05d5\u05dd"] * 120)
    view, _ = show([assistant(text, number=1)])
    view.keyboard.focus_row(0)
    one = press(qtbot, view, Key.Key_End)
    two = press(qtbot, view, Key.Key_Down, Key.Key_End)
    assert text.startswith(two)
    assert 0 < len(one) < len(two)
