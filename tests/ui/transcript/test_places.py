import pytest

from desktop.ui.transcript.places import caret_x, line_end, line_span, line_start
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant


def test_the_places_of_code_are_those_of_its_grid(show: Show) -> None:
    view, _ = show([assistant("```\n" + "abcdef\n" * 9 + "```", number=1)])
    element, look = view.stage.element(view.stage.placed[0]), view.stage.look
    for row in range(9):
        top, bottom = line_span(element, row * 7 + 3)
        assert bottom - look.code_line * row == line_span(element, 3)[1]
        assert row == 0 or bottom - top == look.code_line
        assert line_start(element, bottom - 1) == row * 7
        assert line_end(element, bottom - 1) == row * 7 + 6
        first = caret_x(element, row * 7, bottom - 1)
        for column in range(7):
            x = caret_x(element, row * 7 + column, bottom - 1)
            assert x == pytest.approx(first + column * look.mono_width, abs=2.5)


@pytest.mark.parametrize("char", ["a", "\u05d0"])
def test_the_places_of_a_line_go_one_way(show: Show, char: str) -> None:
    view, _ = show([assistant(" ".join([char * 5] * 60), number=1)])
    element = view.stage.element(view.stage.placed[0])
    bottom = line_span(element, 0)[1]
    end = line_end(element, bottom - 1)
    places = [caret_x(element, unit, bottom - 1) for unit in range(end)]
    assert places == sorted(places, reverse=char != "a")
    assert all(-3 <= x <= view.stage.look.width + 3 for x in places)
    assert line_span(element, end + 3)[0] >= bottom - 1
