from PySide6.QtGui import QGuiApplication

from desktop.ui.transcript.code_block import MAX_WRAPPED, CodeElement
from desktop.ui.transcript.controls import copied_code, visible
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, running, user

LONG = "words and more words " * 20


def code_of(view: TranscriptView) -> CodeElement:
    view.grab()
    element = view.stage.flow.entry(1).elements[0]
    assert isinstance(element, CodeElement)
    element.ensure(view.stage.look)
    return element


def press(view: TranscriptView, name: str) -> None:
    refs = view.stage.actions_of(1)
    view.commands.activate(next(ref for ref in refs if view.stage.action(ref).name == name))


def names(element: CodeElement) -> list[str]:
    return [action.name for action in element.actions]


def test_long_lines_can_be_wrapped_and_unwrapped(show: Show) -> None:
    view, _ = show([user("Hi"), assistant(f"```\nshort\n{LONG}\nend\n```")])
    code = code_of(view)
    assert names(code) == ["Copy code", "Wrap"]
    height = code.height
    assert code.scroll_by(50.0)
    press(view, "Wrap")
    code = code_of(view)
    assert names(code) == ["Copy code", "Unwrap"]
    assert code.height > height + 2 * view.stage.look.code_line
    assert (code.scroll_x, code.scroll_by(50.0)) == (0.0, False)
    places = {code.hit(x, code.height - 20) for x in (0.0, 2_000.0)}
    assert min(places) == len(f"short\n{LONG}\n")
    press(view, "Unwrap")
    assert code_of(view).height == height


def test_wrapping_holds_for_all_blocks_of_the_view_and_for_those_to_come(show: Show) -> None:
    view, timeline = show([user("Hi"), running(f"```\n{LONG}\n")])
    code_of(view)
    press(view, "Wrap")
    before = code_of(view).height
    timeline.append_text(1, f"{LONG}\n" * 120 + "```\n")
    code = code_of(view)
    assert code.height == before + 120 * (before - 42)
    assert code.hit(0.0, code.height - 30) <= len(code.text)
    assert code.rows == 121


def test_a_wrapped_block_is_hit_where_it_is_painted(show: Show) -> None:
    lines = [f"line {number} {LONG}" for number in range(130)]
    view, _ = show([user("Hi"), assistant("```\n" + "\n".join(lines) + "\n```")])
    view.wrap_code(True)
    code = code_of(view)
    hits = [code.hit(0.0, float(y)) for y in range(31, int(code.height) - 12)]
    assert hits == sorted(hits)
    starts = {len("\n".join(lines[:number])) + (number > 0) for number in range(130)}
    assert starts <= set(hits)


def test_short_code_and_very_long_blocks_are_not_wrapped(show: Show) -> None:
    view, _ = show([user("Hi"), assistant("```\nx\n```")])
    assert names(code_of(view)) == ["Copy code"]
    long = "```\n" + f"{LONG}\n" * (MAX_WRAPPED + 1) + "```"
    view, _ = show([user("Hi"), assistant(long)])
    view.stage.flow.entry(1).complete()
    view.wrap_code(True)
    code = code_of(view)
    assert names(code) == ["Copy code"]
    assert code.scroll_by(50.0)


def test_copied_code_has_no_control_characters(show: Show) -> None:
    view, _ = show([user("Hi"), assistant("```\na\x1b]52;c;x\x07\tb\x9bc\u202ed\n```")])
    code_of(view)
    press(view, "Copy code")
    assert QGuiApplication.clipboard().text() == "a]52;c;x\tbc\u202ed\n"
    assert copied_code("".join(map(chr, range(256)))).encode("latin-1") == (
        b"\t\n" + bytes(range(32, 127)) + bytes(range(160, 256))
    )


def test_what_turns_the_direction_of_code_is_seen_and_copied(show: Show) -> None:
    trick = 'if x != "user\u202e \u2066// admin\u2069 \u2066":'
    assert visible(trick) == 'if x != "user\u25c0 \u25b7// admin\u25c7 \u25b7":'
    view, _ = show([user("Hi"), assistant(f"```python\n\U0001f600{trick}\n```")])
    code = code_of(view)
    assert code.text == f"\U0001f600{trick}"
    view.select_all()
    view.copy()
    assert QGuiApplication.clipboard().text().endswith(trick)
    hits = [code.hit(float(x), 40.0) for x in range(14, 400)]
    assert hits == sorted(hits)


def test_many_long_lines_are_as_high_as_they_are_many(show: Show) -> None:
    lines = [f"{number} {LONG}" for number in range(120)]
    view, _ = show([user("Hi"), assistant("```\n" + "\n".join(lines) + "\n```")])
    code = code_of(view)
    line = view.stage.look.code_line
    at = 0
    for number, text in enumerate(lines):
        assert code.hit(0.0, 30 + (number + 0.5) * line) == at
        at += len(text) + 1


def test_wide_letters_that_are_found_while_painting_offer_to_wrap(show: Show) -> None:
    view, _ = show([user("Hi"), assistant("```\n" + "\u4e2d" * 95 + "\n```")])
    code = code_of(view)
    view.grab()
    assert len(code.areas) == len(code.actions)
    code.generation = 0
    assert names(code_of(view)) == ["Copy code", "Wrap"]
    view.grab()
