from desktop.ui.transcript.flow import MAX_ENTRIES, MAX_LAYOUTS
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, running, user
from tests.ui.transcript.samples import ANSWER

PAIR = (user("A question", 1), assistant(ANSWER, number=2))


def test_opening_100_000_rows_touches_only_what_is_in_sight(show: Show) -> None:
    view, timeline = show([PAIR[n % 2] for n in range(100_000)])
    assert timeline.asked < 100
    assert view.stage.flow.layout_count < 200
    assert view.is_at_tail
    assert view.stage.placed[-1].slot.row == 99_999


def test_memory_stays_bounded_however_far_one_reads(show: Show) -> None:
    view, _ = show([PAIR[n % 2] for n in range(20_000)])
    for _ in range(400):
        view.scroll_by(-650.0)
    for position in range(0, int(view.stage.total), int(view.stage.total / 150)):
        view.verticalScrollBar().setValue(position)
    assert view.stage.flow.layout_count <= MAX_LAYOUTS
    assert view.stage.flow.entry_count <= MAX_ENTRIES + 1


def test_scrolling_moves_what_stays_in_sight_by_exactly_the_step(show: Show) -> None:
    view, _ = show([PAIR[n % 2] for n in range(400)])
    for step in [-66.0] * 80 + [-650.0] * 20 + [66.0] * 60 + [-33.5] * 40:
        before = {placed.slot: placed.y for placed in view.stage.placed}
        view.scroll_by(step)
        moved = {before[p.slot] - p.y for p in view.stage.placed if p.slot in before}
        assert moved == {step}


def test_a_code_block_of_100_000_lines_lays_out_only_what_is_in_sight(show: Show) -> None:
    code = "".join(f"line {number}\n" for number in range(100_000))
    view, _ = show([user("Go"), assistant(f"```\n{code}```\n")])
    view.stage.flow.entry(1).complete()
    view.refresh()
    view.grab()
    element = view.stage.flow.entry(1).elements[0]
    assert element.rows == 100_000
    assert len(element._boxes) < 5
    assert element.text == code.removesuffix("\n")


def test_one_word_of_a_megabyte_is_laid_out_in_pieces(show: Show) -> None:
    word = "x" * 1_000_000
    view, _ = show([user(word, 1), assistant("ok")])
    view.scroll_by(-5_000.0)
    view.grab()
    assert view.stage.flow.entry(0).name == "You: " + word
    assert view.stage.flow.layout_count < 40


def test_rows_that_are_not_in_memory_are_blank_until_they_come(show: Show) -> None:
    view, timeline = show([PAIR[n % 2] for n in range(50)])
    timeline.missing = set(range(20))
    timeline.show(timeline.rows, key=2)
    view.stage.jump(0.0)
    view.refresh()
    assert view.stage.flow.entry(3).row is None
    timeline.missing = set()
    timeline.loaded.emit(0, 20)
    assert view.stage.flow.entry(3).row is not None
    assert any(placed.slot.row < 20 for placed in view.stage.placed)


def test_the_position_is_kept_for_each_conversation(show: Show) -> None:
    view, timeline = show([PAIR[n % 2] for n in range(100)])
    view.scroll_by(-2_000.0)
    before = [(p.slot, p.y) for p in view.stage.placed]
    first = list(timeline.rows)
    timeline.show(first[:40], key=2)
    assert view.is_at_tail
    timeline.show(first, key=1)
    assert [(p.slot, p.y) for p in view.stage.placed] == before


def test_a_new_width_and_zoom_keep_what_is_read(show: Show) -> None:
    view, _ = show([PAIR[n % 2] for n in range(100)])
    view.scroll_by(-2_000.0)
    slot = view.stage.anchor.slot
    view.set_zoom(150)
    assert view.stage.anchor.slot == slot
    view.resize(500, 700)
    assert view.stage.anchor.slot == slot


def test_rows_added_above_do_not_move_what_is_read(show: Show) -> None:
    view, timeline = show([PAIR[n % 2] for n in range(100)])
    view.scroll_by(-2_000.0)
    before = [(p.slot.row, p.y) for p in view.stage.placed]
    timeline.insert(10, *PAIR)
    assert [(p.slot.row - 2, p.y) for p in view.stage.placed] == before
    timeline.remove(10, 2)
    assert [(p.slot.row, p.y) for p in view.stage.placed] == before


def test_a_running_reply_out_of_sight_is_kept(show: Show) -> None:
    view, timeline = show([PAIR[n % 2] for n in range(600)])
    timeline.append(user("Go", 3), running("", number=4))
    timeline.append_text(601, "begin")
    view.stage.jump(0.0)
    view.refresh()
    for position in range(0, 100_000, 700):
        view.stage.jump(float(position))
    timeline.append_text(601, " end")
    assert view.stage.flow.entry_now(601).name == "Assistant: begin end"
