from collections.abc import Callable

import pytest
from PySide6.QtCore import QRectF
from pytestqt.qtbot import QtBot

from desktop.domain.messages import ReasoningPart, TextPart
from desktop.domain.timeline import Row
from desktop.ui.theme import MIN_TEXT_CONTRAST, Roles, contrast, dark_roles, light_roles
from desktop.ui.transcript.code_block import CodeElement
from desktop.ui.transcript.find import Finder
from desktop.ui.transcript.find_look import hit_formats
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript import samples
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_searcher import FakeSearcher
from tests.ui.transcript.fake_timeline import FakeTimeline, assistant, failed, running, user

Open = Callable[[list[Row]], tuple[TranscriptView, FakeTimeline, FakeSearcher]]


@pytest.fixture
def open_(show: Show) -> Open:
    """Shows rows that can be searched."""

    def opened(rows: list[Row]) -> tuple[TranscriptView, FakeTimeline, FakeSearcher]:
        view, timeline = show(rows)
        searcher = FakeSearcher(timeline)
        view.finder.set_searcher(searcher)
        return view, timeline, searcher

    return opened


def place(finder: Finder) -> tuple[int, int]:
    """The row of the current hit and where in its element it begins."""
    assert finder.current is not None
    return finder.current.row, finder.current.hit.start


def is_in_sight(view: TranscriptView) -> bool:
    """Whether the current hit is drawn."""
    finder = view.finder
    drawn = 0
    for placed in view.stage.placed:
        top = view.stage.top_of(placed)
        visible = QRectF(0, -top, view.stage.width, view.stage.height)
        element = view.stage.element(placed)
        here = finder._current_in(placed.slot.row, element)
        places = finder.formats(placed, element, visible)
        drawn += any((mark.start, mark.start + mark.length) == here for mark in places)
    return drawn == 1


def many(count: int) -> list[Row]:
    return [
        user(f"Question {n}", n) if n % 2 == 0 else assistant(f"Whale {n}\n\nand more", number=n)
        for n in range(count)
    ]


def test_next_and_previous_go_through_all_hits_and_round(open_: Open) -> None:
    view, _, _ = open_([user("whale", 1), assistant("a **wh**ale\n\nand a whale", number=2)])
    finder = view.finder
    finder.set_query("WHALE")
    seen = []
    for _ in range(4):
        seen.append((finder.ordinal, finder.total, *place(finder)))
        finder.step(1)
    assert seen == [(1, 3, 0, 0), (2, 3, 1, 2), (3, 3, 1, 6), (1, 3, 0, 0)]
    finder.step(-1)
    finder.step(-1)
    assert finder.ordinal == 3


def test_hits_out_of_sight_are_gone_to(open_: Open) -> None:
    view, _, _ = open_(many(2_000))
    view.stage.jump(0.0)
    view.refresh()
    view.finder.set_query("whale 1501")
    assert (view.finder.total, place(view.finder)) == (1, (1501, 0))
    assert is_in_sight(view)
    view.finder.set_query("whale")
    assert place(view.finder) == (1501, 0)
    view.finder.step(-1)
    assert place(view.finder) == (1499, 0)
    assert view.finder.total == 1_000
    assert view.finder.ordinal == 750


def test_nothing_moves_while_the_hit_is_in_sight(open_: Open) -> None:
    view, _, _ = open_(many(400))
    view.scroll_by(-3_000.0)
    view.finder.set_query("whale")
    before = [(placed.slot, placed.y) for placed in view.stage.placed]
    view.finder.step(1)
    assert is_in_sight(view)
    assert [(placed.slot, placed.y) for placed in view.stage.placed] == before


def test_a_hit_deep_in_a_code_block_and_far_to_the_right(open_: Open, qtbot: QtBot) -> None:
    lines = [f"line {n}" for n in range(5_000)]
    lines[4_321] = "x" * 1_500 + " needle " + "x" * 100
    code = "\n".join(lines)
    view, _, _ = open_([user("Go", 1), assistant(f"```\n{code}\n```", number=2)])
    view.finder.set_query("needle")
    qtbot.waitUntil(lambda: view.finder.current is not None)
    assert is_in_sight(view)
    element = view.stage.element(view.stage.placed[-1])
    assert isinstance(element, CodeElement)
    assert element.scroll_x > 5_000


def test_reasoning_errors_and_rules_are_not_searched(open_: Open) -> None:
    reply = assistant(ReasoningPart("whale"), TextPart("a whale\n\n---\n"), number=2)
    view, _, _ = open_([user("?", 1), reply, *failed(samples.FAULT, number=3)])
    view.finder.set_query("whale")
    assert view.finder.total == 1
    view.finder.set_query("---")
    assert view.finder.total == 0
    view.finder.set_query(samples.FAULT.user_text[:5])
    assert view.finder.total == 0


def test_what_is_only_in_the_source_is_no_hit(open_: Open, qtbot: QtBot) -> None:
    rows = [
        user("docs", 1),
        *(assistant("[x](https://a.example/docs)", number=n) for n in range(2, 60)),
        user("docs", 61),
    ]
    view, _, _ = open_(rows)
    view.finder.set_query("docs")
    view.finder.step(1)
    qtbot.waitUntil(lambda: view.finder.total == 2)
    seen = {place(view.finder)[0]}
    view.finder.step(1)
    assert seen | {place(view.finder)[0]} == {0, 59}


def test_a_reply_is_searched_while_it_grows(open_: Open, qtbot: QtBot) -> None:
    view, timeline, _ = open_([user("whale", 1), running("one ", number=2)])
    view.finder.set_query("whale")
    assert (view.finder.ordinal, view.finder.total) == (1, 1)
    for _ in range(5):
        timeline.append_text(1, "whale ")
    qtbot.waitUntil(lambda: view.finder.total == 6)
    assert view.finder.ordinal == 1
    view.finder.step(-1)
    assert (view.finder.ordinal, view.finder.total) == (6, 6)
    timeline.append(user("more whale", 3))
    qtbot.waitUntil(lambda: view.finder.total == 7)


def test_rows_that_come_and_go_keep_the_place(open_: Open, qtbot: QtBot) -> None:
    view, timeline, _ = open_([user("a", 1), user("b whale", 2), user("c", 3), user("whale", 4)])
    view.finder.set_query("b whale")
    assert place(view.finder) == (1, 2 - 2)
    timeline.insert(0, user("whale b whale", 9))
    qtbot.waitUntil(lambda: view.finder.total == 2)
    assert (place(view.finder), view.finder.ordinal) == ((2, 0), 2)
    timeline.remove(2, 1)
    assert (view.finder.current, view.finder.total) == (None, 1)


def test_another_conversation_is_searched_without_moving(open_: Open) -> None:
    view, timeline, searcher = open_(many(400))
    view.finder.set_query("whale")
    timeline.show(many(300), key=2)
    assert searcher.asked == ["whale", "whale"]
    assert (view.finder.total, view.finder.current) == (150, None)
    assert view.is_at_tail
    timeline.show([], key=3)
    assert (view.finder.total, view.finder.ordinal) == (0, 0)
    view.finder.step(1)
    assert view.finder.current is None


def test_a_late_answer_to_another_query_is_ignored(open_: Open) -> None:
    view, _, searcher = open_(many(40))
    searcher.is_slow = True
    view.finder.set_query("whale")
    assert view.finder.is_searching
    view.finder.clear()
    searcher.answer()
    assert (view.finder.total, view.finder.is_searching) == (0, False)


def test_a_row_that_is_not_in_memory_is_waited_for(open_: Open, qtbot: QtBot) -> None:
    view, timeline, _ = open_(many(2_000))
    timeline.missing = set(range(1_200, 1_400))
    view.finder.set_query("whale 1301")
    assert view.finder.current is None
    assert view.finder.total == 1
    timeline.missing = set()
    timeline.loaded.emit(1_200, 200)
    qtbot.waitUntil(lambda: view.finder.current is not None)
    assert place(view.finder) == (1301, 0)
    assert is_in_sight(view)


def test_a_screen_full_of_hits_is_drawn_only_where_it_is_seen(open_: Open) -> None:
    code = "\n".join(f"else element {n}" for n in range(20_000))
    view, _, _ = open_([user("Go", 1), assistant(f"```\n{code}\n```", number=2)])
    view.finder.set_query("e")
    placed = view.stage.placed[0]
    top = view.stage.top_of(placed)
    visible = QRectF(0, -top, view.stage.width, view.stage.height)
    marks = view.finder.formats(placed, view.stage.element(placed), visible)
    assert 20 < len(marks) < 500


@pytest.mark.parametrize("roles", [light_roles(), dark_roles()])
def test_marked_text_can_be_read(roles: Roles) -> None:
    usual, strong = hit_formats(roles)
    ground = usual.background().color()
    assert contrast(ground, roles.text) >= MIN_TEXT_CONTRAST
    assert ground not in (roles.window, roles.bubble, roles.surface, roles.code)
    assert contrast(strong.background().color(), roles.on_accent) >= MIN_TEXT_CONTRAST
