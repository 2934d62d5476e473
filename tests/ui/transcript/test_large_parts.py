from desktop.ui.transcript.copying import message_text
from desktop.ui.transcript.large_table import LargeTableElement
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, user


def whole(show: Show, text: str) -> TranscriptView:
    view, _ = show([user("Go"), assistant(text)])
    view.stage.flow.entry(1).complete()
    view.refresh()
    view.grab()
    return view


def grid(rows: int) -> list[list[str]]:
    return [[f"row {row} column {column} 😀" for column in range(20)] for row in range(rows)]


def markdown(rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]) + "\n"


def test_a_large_table_lays_out_only_the_cells_in_sight(show: Show) -> None:
    view = whole(show, markdown(grid(2_000)))
    table = view.stage.flow.entry(1).elements[0]
    assert isinstance(table, LargeTableElement)
    assert 0 < len(table._boxes) < 400
    assert table.text == "\n".join("\t".join(row) for row in grid(2_000))


def test_words_of_a_large_table_are_found_where_they_are_hit(show: Show) -> None:
    view = whole(show, markdown(grid(100)))
    table = view.stage.flow.entry(1).elements[0]
    assert isinstance(table, LargeTableElement)
    position = table.hit(30.0, table._tops[70] + 10.0)
    start, end = table.word(position)
    units = table.text.encode("utf-16-le")
    assert units[2 * start : 2 * end].decode("utf-16-le") == "row"
    before = units[: 2 * start].decode("utf-16-le")
    assert before.count("\n") == 70
    assert table.scroll_by(1e6)
    assert not table.scroll_by(1.0)


def test_rows_of_a_large_table_are_as_high_as_their_cells(show: Show) -> None:
    rows = grid(100)
    rows[60][3] = "a long sentence in one cell " * 20
    view = whole(show, markdown(rows))
    table = view.stage.flow.entry(1).elements[0]
    assert isinstance(table, LargeTableElement)
    box = table._box(view.stage.look, 60, 3)
    assert box.height > 5 * view.stage.look.line
    assert table._tops[61] - table._tops[60] >= box.height


def test_a_large_table_grows_from_a_small_one(show: Show) -> None:
    view = whole(show, markdown(grid(30)))
    section = view.stage.flow.entry(1)._sections[0]
    section._clear()
    text = ""
    for line in markdown(grid(80)).splitlines(keepends=True):
        text += line
        section.take(text, is_ended=False)
        section.advance(1_000.0)
        section.elements[0].ensure(view.stage.look)
    streamed = section.elements[0]
    again = whole(show, markdown(grid(80))).stage.flow.entry(1).elements[0]
    assert (streamed.text, streamed.height) == (again.text, again.height)


def test_a_paragraph_of_a_megabyte_is_many_elements_and_one_text(show: Show) -> None:
    text = " ".join(f"word{number}" for number in range(100_000))
    view = whole(show, f"- {text}\n")
    entry = view.stage.flow.entry(1)
    assert len(entry.elements) > 100
    assert view.stage.flow.layout_count < 20
    assert message_text(entry) == f"• {text}"


def test_lines_of_a_long_paragraph_stay_lines(show: Show) -> None:
    text = "\n".join(f"line {number} of a paragraph" for number in range(2_000))
    view = whole(show, text)
    assert message_text(view.stage.flow.entry(1)) == text
