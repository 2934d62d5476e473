import subprocess
import sys
import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name

from desktop.ui.transcript import highlight
from desktop.ui.transcript.highlight import CHUNK_LINES, Highlighter, Span
from tests.ui.transcript.code_samples import SAMPLES

FOREVER_MS = 1e9
LINE_BY_LINE = ("python", "rust", "json")
"""Languages whose samples have nothing that only its end makes plain."""


def coloured(language: str, texts: Iterable[str], budget_ms: float = FOREVER_MS) -> Highlighter:
    made = Highlighter(language)
    last = ""
    for last in texts:
        made.set_text(last, is_closed=False)
        made.advance(budget_ms)
    made.set_text(last, is_closed=True)
    while made.advance(budget_ms):
        pass
    return made


def chunk_texts(text: str) -> list[str]:
    lines = text.split("\n")
    parts = [lines[at : at + CHUNK_LINES] for at in range(0, len(lines), CHUNK_LINES)]
    return ["\u2028".join(part) for part in parts]


def roles_shown(made: Highlighter, text: str) -> list[str]:
    """The role of each UTF-16 unit, lines parted by one more."""
    shown = []
    for index, chunk in enumerate(chunk_texts(text)):
        roles = ["-"] * (len(chunk.encode("utf-16-le", "surrogatepass")) // 2 + 1)
        for start, length, role in made.spans(index):
            roles[start : start + length] = [role] * length
        shown += roles
    return shown[: len(text.encode("utf-16-le", "surrogatepass")) // 2]


def roles_lexed(language: str, text: str) -> list[str]:
    """The same from Pygments itself, which reads the whole text at once."""
    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    roles = ["-"] * len(text)
    for at, kind, value in lexer.get_tokens_unprocessed(text):
        number = highlight._role(kind)
        if number != highlight._PLAIN:
            roles[at : at + len(value)] = [highlight._ROLES[number]] * len(value)
    return [role for role, char in zip(roles, text, strict=True) for _ in units(char)]


def units(char: str) -> range:
    return range(2 if char > "\uffff" else 1)


def words_of(made: Highlighter, text: str, role: str) -> list[str]:
    raw = text.encode("utf-16-le")
    return [
        raw[2 * start : 2 * (start + length)].decode("utf-16-le")
        for start, length, found in made.spans(0)
        if found == role
    ]


def prefixes(text: str, cuts: Iterable[int]) -> list[str]:
    return [text[:cut] for cut in sorted({min(cut, len(text)) for cut in cuts})] + [text]


@pytest.mark.parametrize("language", SAMPLES)
@given(
    cuts=st.lists(st.integers(0, 4_000), max_size=12), budget_ms=st.sampled_from([0, FOREVER_MS])
)
def test_any_split_ends_in_the_colours_of_the_whole(
    language: str, cuts: list[int], budget_ms: float
) -> None:
    text = SAMPLES[language] * 3
    made = coloured(language, prefixes(text, cuts), budget_ms)
    assert roles_shown(made, text) == roles_lexed(language, text)


@pytest.mark.parametrize("language", SAMPLES)
@given(data=st.data())
def test_any_text_in_any_split_ends_in_the_colours_of_the_whole(
    language: str, data: st.DataObject
) -> None:
    piece = st.sampled_from(
        ["\n", '"', "'", "`", "/*", "*/", "//", "#", "<", ">", "{", "}", "😀", "a b", "é", "\\"]
    )
    pieces = data.draw(st.lists(piece, max_size=60))
    text = "".join(pieces)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=8))
    assert roles_shown(coloured(language, prefixes(text, cuts)), text) == roles_lexed(
        language, text
    )


@pytest.mark.parametrize("language", LINE_BY_LINE)
def test_open_code_has_the_colours_of_the_whole_in_its_finished_lines(language: str) -> None:
    text = SAMPLES[language]
    whole = roles_lexed(language, text)
    made = Highlighter(language)
    for end in range(0, len(text), 7):
        made.set_text(text[:end], is_closed=False)
        assert not made.advance(FOREVER_MS)
        finished = text.rfind("\n", 0, end) + 1
        size = len(text[:finished].encode("utf-16-le")) // 2
        assert roles_shown(made, text[:end])[:size] == whole[:size]


def test_open_code_is_not_read_again() -> None:
    made = Highlighter("python")
    text = ""
    changed = []
    for number in range(20):
        text += f"def f{number}():\n    return '{number}'\n" * 5
        made.set_text(text, is_closed=False)
        made.advance(FOREVER_MS)
        changed.append(made.take_changed())
    assert changed[0] == [0]
    assert all(len(each) == 1 for each in changed[:4])
    assert changed[-1] == [3]
    made.set_text(text, is_closed=True)
    assert not made.advance(FOREVER_MS)
    assert made.take_changed() == []


def test_only_the_end_of_a_comment_makes_it_one() -> None:
    made = Highlighter("javascript")
    text = "/* let a\n"
    made.set_text(text, is_closed=False)
    made.advance(FOREVER_MS)
    assert words_of(made, text, "comment") == []
    text += "let b */\nlet c\n"
    made.set_text(text, is_closed=False)
    made.advance(FOREVER_MS)
    made.take_changed()
    made.set_text(text, is_closed=True)
    made.advance(FOREVER_MS)
    assert words_of(made, text, "comment") == ["/* let a\nlet b */"]
    assert made.take_changed() == [0]


def test_roles_of_python() -> None:
    text = "import os  # why\n\n@cache\ndef go(x: int) -> None:\n    return 'é😀' + 12\n"
    made = coloured("python", [text])
    assert words_of(made, text, "keyword") == ["import", "def", "None", "return"]
    assert words_of(made, text, "name") == ["os", "@cache", "go"]
    assert words_of(made, text, "comment") == ["# why"]
    assert words_of(made, text, "string") == ["'é😀'"]
    assert words_of(made, text, "number") == ["12"]


def test_roles_of_a_patch() -> None:
    text = "@@ -1 +1 @@\n-old\n+new\n"
    made = coloured("diff", [text])
    assert words_of(made, text, "deleted") == ["-old"]
    assert words_of(made, text, "inserted") == ["+new"]


def test_keys_of_json_are_names() -> None:
    text = '{"a": "b", "c": 1.5}'
    made = coloured("json", [text])
    assert words_of(made, text, "name") == ['"a"', '"c"']
    assert words_of(made, text, "string") == ['"b"']


def test_positions_count_utf16_units_in_the_chunk() -> None:
    text = "😀\n" * CHUNK_LINES + "'😀' if x\n"
    made = coloured("python", [text])
    assert made.spans(1) == (Span(0, 4, "string"), Span(5, 2, "keyword"))


def test_a_string_over_two_chunks_is_coloured_in_both() -> None:
    text = "'''\n" + "x\n" * 70 + "'''\n"
    made = coloured("python", [text])
    assert made.spans(0) == (Span(0, 4 + 2 * 49, "string"),)
    assert made.spans(1) == (Span(0, 2 * 21 + 3, "string"),)


@pytest.mark.parametrize(
    "label", ["", "text", "nosuchlanguage", "raw\u00df", "a" * 5_000, "\u2028"]
)
def test_unknown_labels_have_no_colours(label: str) -> None:
    made = coloured(label, ["def f(): return 1\n"])
    assert made.spans(0) == ()
    assert made.take_changed() == []


@pytest.mark.parametrize("label", ["Python", "py", "python,ignore", "python:main.py", "{.python}"])
def test_labels_are_read_as_people_write_them(label: str) -> None:
    assert coloured(label, ["def f(): pass\n"]).spans(0)[0] == Span(0, 3, "keyword")


@pytest.mark.parametrize(
    ("text", "chunks"),
    [
        ("if x\n" * (highlight.MAX_LINES + 100), highlight.MAX_LINES // CHUNK_LINES),
        ("if x\n" * 60 + "if " * 700 + "\nif x\n" * 100, 2),
        (("if " * 200 + "\n") * 400, 7),
        ("if x\n" * 60 + "\n \n" * 60 + "if x\n" * 300, 2),
    ],
    ids=["lines", "line", "characters", "blank"],
)
def test_beyond_the_caps_nothing_has_colours(text: str, chunks: int) -> None:
    made = coloured("python", [text])
    streamed = coloured("python", prefixes(text, range(0, len(text), 7_777)))
    shown = [made.spans(chunk) for chunk in range(chunks + 5)]
    assert all(shown[:chunks])
    assert not any(shown[chunks:])
    assert [streamed.spans(chunk) for chunk in range(chunks + 5)] == shown


def test_a_line_that_gets_too_long_loses_its_colours() -> None:
    made = Highlighter("python")
    made.set_text("if x\n" + "if " * 600, is_closed=False)
    made.advance(FOREVER_MS)
    assert len(made.spans(0)) > 500
    made.set_text("if x\n" + "if " * 700, is_closed=False)
    made.advance(FOREVER_MS)
    assert made.spans(0) == (Span(0, 2, "keyword"),)


def test_the_last_line_may_change() -> None:
    made = Highlighter("python")
    made.set_text("if x\n" * 60 + "``", is_closed=False)
    made.advance(FOREVER_MS)
    made.take_changed()
    made.set_text("if x\n" * 60, is_closed=True)
    assert not made.advance(FOREVER_MS)
    assert made.take_changed() == []
    assert len(made.spans(1)) == 10


def test_other_text_is_read_from_its_beginning() -> None:
    made = coloured("python", ["if x\n" * 120])
    made.take_changed()
    made.set_text("x\nif\n", is_closed=True)
    assert not made.advance(FOREVER_MS)
    assert made.take_changed() == [0, 1, 2]
    assert made.spans(0) == (Span(2, 2, "keyword"),)
    assert made.spans(2) == ()


def test_a_lexer_that_cannot_be_sliced_is_not_used() -> None:
    assert coloured("html", ["<b>x</b>"]).spans(0)
    assert coloured("html+jinja", ["<b>{{ x }}</b>"]).spans(0) == ()


@pytest.mark.parametrize("language", SAMPLES)
def test_a_slice_takes_about_as_long_as_it_may(language: str) -> None:
    lines = SAMPLES[language].count("\n")
    text = SAMPLES[language] * (2_000 // lines)
    made = Highlighter(language)
    made.set_text(text, is_closed=True)
    made.advance(0)
    taken, is_left = [], True
    while is_left:
        start = time.thread_time()
        is_left = made.advance(3)
        taken.append(time.thread_time() - start)
    assert len(taken) > 3
    assert sorted(taken)[len(taken) // 2] < 0.006
    assert max(taken) < 0.05


@pytest.mark.parametrize("language", SAMPLES)
def test_hostile_code_is_bounded(language: str) -> None:
    for seed in (
        "\t\n" * 1_900,
        "(",
        "'",
        '"',
        "#",
        "/",
        "{",
        "<",
        "/*",
        "<!--",
        "`",
        "\\",
        "a",
        "\n",
        "- ",
        "$(",
    ):
        text = "\n".join([seed * (1_900 // len(seed))] * 10)
        made = Highlighter(language)
        made.set_text(text, is_closed=True)
        start = time.thread_time()
        made.advance(FOREVER_MS)
        assert time.thread_time() - start < 2, seed


def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highlight, "PATIENCE_S", 0.02)
    made = Highlighter("python")
    made.set_text("if x\n" * 5_000, is_closed=True)
    slices = 0
    while made.advance(1):
        slices += 1
    assert 1 < slices <= 20
    assert made.spans(0)
    assert not made.spans(99)


def test_neither_qt_nor_pygments_is_imported_before_there_is_code() -> None:
    code = (
        "import sys; from desktop.ui.transcript.highlight import Highlighter\n"
        "Highlighter('python').set_text('', is_closed=True)\n"
        "assert not {'pygments', 'PySide6'} & set(sys.modules), sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
