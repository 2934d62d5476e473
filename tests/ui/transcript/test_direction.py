"""Which side text begins at."""

import pytest

from desktop.ui.transcript.prose import ProseElement
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, user

HEBREW = "\u05e9\u05dc\u05d5\u05dd"
ARABIC = "\u0645\u0631\u062d\u0628\u0627"


@pytest.mark.parametrize(
    ("text", "is_rtl"),
    [
        (f"{HEBREW} and English", True),
        (f"English and {HEBREW}", False),
        (f"123 - {ARABIC}", True),
        (f"- {HEBREW}", True),
        (f"> {ARABIC}", True),
        (f"# {HEBREW}", True),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 x", False),
    ],
)
def test_a_paragraph_begins_at_the_side_of_its_first_letter(
    show: Show, text: str, is_rtl: bool
) -> None:
    view, _ = show([user("Hi"), assistant(text)])
    view.grab()
    element = view.stage.flow.entry(1).elements[0]
    assert isinstance(element, ProseElement)
    assert element.is_rtl == is_rtl
    width, middle = view.stage.look.width, element.height / 2
    assert (element.hit(width, middle) == 0) == is_rtl
    assert (element.hit(0.0, middle) == 0) != is_rtl


def test_the_marker_is_at_the_side_where_the_text_begins(show: Show) -> None:
    view, _ = show([user("Hi"), assistant(f"- {HEBREW}")])
    image = view.viewport().grab().toImage()
    placed = next(p for p in view.stage.placed if p.slot == (1, 0))
    top, left = int(view.stage.top_of(placed)), int(view.stage.left)
    width, ground = int(view.stage.look.width), view.stage.look.roles.window

    def is_drawn(columns: range) -> bool:
        lines = range(top, top + int(view.stage.look.line))
        return any(image.pixelColor(x, y) != ground for x in columns for y in lines)

    indent = int(view.stage.look.px(24))
    assert is_drawn(range(left + width - indent, left + width))
    assert not is_drawn(range(left, left + indent))


def test_a_family_of_emoji_is_one_step(show: Show) -> None:
    view, _ = show([user("Hi"), assistant("\U0001f468\u200d\U0001f469\u200d\U0001f467e\u0301x")])
    view.grab()
    element = view.stage.flow.entry(1).elements[0]
    hits = {element.hit(float(x), element.height / 2) for x in range(200)}
    assert hits == {0, 8, 10, 11}
