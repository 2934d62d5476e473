import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from pytestqt.qtbot import QtBot

from desktop.ui.transcript.selection import Point
from desktop.ui.transcript.table import TableElement
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, user

pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning:zia")


def wide(columns: int, rows: int = 3) -> str:
    head = "|" + "|".join(f"Column number {n}" for n in range(columns)) + "|"
    rule = "|" + "---|" * columns
    body = [
        "|" + "|".join(f"a cell with words {r} {n}" for n in range(columns - 1)) + f"|[go]({URL})|"
        for r in range(rows)
    ]
    return "\n".join([head, rule, *body]) + "\n"


URL = "https://a.example/"


def table_of(view: TranscriptView) -> TableElement:
    view.grab()
    element = view.stage.flow.entry(1).elements[0]
    assert isinstance(element, TableElement)
    return element


def test_a_table_that_fits_does_not_scroll(show: Show) -> None:
    view, _ = show([user("Hi"), assistant(wide(3))])
    assert not table_of(view).scroll_by(10.0)


def test_a_wide_table_keeps_columns_that_can_be_read_and_scrolls(show: Show) -> None:
    view, _ = show([user("Hi"), assistant(wide(12))])
    table = table_of(view)
    width, y = view.stage.look.width, 10.0
    last = len("\t".join(f"Column number {n}" for n in range(12)))
    assert table.hit(width - 4, y) < last / 2
    assert table.scroll_by(1e6)
    assert table.scroll_x > width * 0.8
    assert last - 12 < table.hit(width - 4, y) <= last
    assert table.height < 8 * view.stage.look.line + 12 * 4


def test_links_move_with_the_table_and_the_keyboard_brings_them_into_sight(
    show: Show, qtbot: QtBot
) -> None:
    view, _ = show([user("Hi"), assistant(wide(12))])
    table = table_of(view)
    assert all(rect.isEmpty() for area in table.areas for rect in area)
    view.keyboard.focus_row(1)
    qtbot.keyClick(view, Qt.Key.Key_Tab)
    assert table.scroll_x > 0
    rect = table.areas[0][0]
    assert 0 < rect.left() < rect.right() < view.stage.look.width
    assert table.action_at(rect.center()) == 0
    table.scroll_by(-1e6)
    assert table.action_at(rect.center()) == -1


def test_left_and_right_scroll_what_is_wide_in_the_focused_message(
    show: Show, qtbot: QtBot
) -> None:
    view, _ = show([user("Hi"), assistant(wide(12))])
    table = table_of(view)
    view.keyboard.focus_row(1)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    moved = table.scroll_x
    assert moved > 0
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert table.scroll_x == 0.0


def test_shift_and_wheel_scroll_a_table(show: Show) -> None:
    view, _ = show([user("Hi"), assistant(wide(12))])
    table = table_of(view)
    placed = next(p for p in view.stage.placed if p.slot == (1, 0))
    place = QPointF(view.stage.left + 50, view.stage.top_of(placed) + 20)
    event = QWheelEvent(
        place,
        view.mapToGlobal(place),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ShiftModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QGuiApplication.sendEvent(view.viewport(), event)
    assert table.scroll_x > 0


def test_formulas_in_cells_are_pictures_and_are_copied_as_tex(qtbot: QtBot, show: Show) -> None:
    text = "| a | b |\n|---|---|\n| one | x \\(\\frac{mm}{nn}\\) y |\n| two | three |\n"
    view, _ = show([user("Hi"), assistant(text)])
    plain = 2 * view.stage.look.line
    qtbot.waitUntil(lambda: not table_of(view).is_waiting, timeout=20_000)
    table = table_of(view)
    assert table.text == "a\tb\none\tx \\frac{mm}{nn} y\ntwo\tthree"
    tops = table._tops
    assert tops[2] - tops[1] > tops[3] - tops[2]
    assert table.height > plain
    hits = {table.hit(float(x), tops[1] + 15.0) for x in range(400)}
    start = table.text.index("\\frac")
    assert not hits & set(range(start + 1, start + len(r"\frac{mm}{nn}")))
    assert start + len(r"\frac{mm}{nn} y") in hits
    assert table.word(start) == (start, start + len(r"\frac{mm}{nn}"))
    view.stage.selection.set(Point(1, 0, 0, start - 2), Point(1, 0, 0, len(table.text)))
    view.grab()
    view.copy()
    assert QGuiApplication.clipboard().text() == "x \\frac{mm}{nn} y\ntwo\tthree"
