import random

from hypothesis import given
from hypothesis import strategies as st

from desktop.ui.transcript.anchor import Anchor, Slot

VIEW = 700.0


class FakeFlow:
    """Rows whose heights are known only once they were asked for."""

    def __init__(self, seed: int, rows: int) -> None:
        rng = random.Random(seed)  # noqa: S311
        self.rows = [[rng.randint(0, 300) for _ in range(rng.randint(1, 9))] for _ in range(rows)]
        self.measured: set[Slot] = set()

    def row_count(self) -> int:
        return len(self.rows)

    def element_count(self, row: int) -> int:
        return len(self.rows[row])

    def extent(self, row: int, element: int) -> float:
        self.measured.add(Slot(row, element))
        return float(self.rows[row][element])


@given(st.integers(), st.lists(st.integers(-900, 900), min_size=1, max_size=30))
def test_what_stays_in_sight_moves_by_exactly_the_wheel(seed: int, steps: list[int]) -> None:
    flow = FakeFlow(seed, 60)
    anchor = Anchor(flow, 20.0)
    before = anchor.place(VIEW)
    for step in steps:
        after = anchor.scroll(float(step), VIEW)
        was = {placed.slot: placed.y for placed in before}
        moved = {p.slot: was[p.slot] - p.y for p in after if p.slot in was}
        assert len(set(moved.values())) <= 1
        at_edge = anchor.is_following or (after[0].slot == Slot(0, 0) and after[0].y == 0)
        if moved and not at_edge:
            assert set(moved.values()) == {float(step)}
        before = after


@given(st.integers())
def test_the_end_is_in_sight_and_followed_from_the_start(seed: int) -> None:
    flow = FakeFlow(seed, 40)
    anchor = Anchor(flow, 20.0)
    placed = anchor.place(VIEW)
    assert placed[-1].slot == Slot(39, len(flow.rows[39]) - 1)
    flow.rows.append([250])
    assert anchor.place(VIEW)[-1].slot == Slot(40, 0)
    assert anchor.is_following


def test_nothing_is_followed_once_the_reader_went_up() -> None:
    flow = FakeFlow(3, 40)
    anchor = Anchor(flow, 20.0)
    anchor.place(VIEW)
    before = anchor.scroll(-300.0, VIEW)
    flow.rows[39][-1] += 500
    flow.rows.append([250])
    assert [(p.slot, p.y) for p in anchor.place(VIEW)][:3] == [(p.slot, p.y) for p in before][:3]
    assert not anchor.is_following


def test_a_short_conversation_begins_at_the_top() -> None:
    anchor = Anchor(FakeFlow(1, 1), 20.0)
    assert anchor.place(5_000.0)[0].y == 0
    assert anchor.scroll(500.0, 5_000.0)[0].y == 0


def test_only_what_comes_near_is_measured() -> None:
    flow = FakeFlow(5, 10_000)
    anchor = Anchor(flow, 20.0)
    anchor.place(VIEW)
    anchor.move_to(Slot(5_000, 0))
    anchor.place(VIEW)
    assert len(flow.measured) < 2_000


def test_an_empty_conversation_has_nothing_in_sight() -> None:
    flow = FakeFlow(5, 0)
    anchor = Anchor(flow, 20.0)
    assert anchor.place(VIEW) == []
    assert anchor.scroll(100.0, VIEW) == []
