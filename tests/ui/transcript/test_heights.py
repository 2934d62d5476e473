from hypothesis import given
from hypothesis import strategies as st

from desktop.ui.transcript.heights import Heights

SIZES = st.lists(st.integers(0, 400), max_size=700)


@given(SIZES, st.data())
def test_agrees_with_plain_sums_after_any_changes(sizes: list[int], data: st.DataObject) -> None:
    plain = [float(size) for size in sizes]
    heights = Heights(plain)
    for _ in range(data.draw(st.integers(0, 5))):
        first = data.draw(st.integers(0, len(plain)))
        removed = data.draw(st.integers(0, len(plain) - first))
        added = [float(size) for size in data.draw(st.lists(st.integers(0, 400), max_size=300))]
        plain[first : first + removed] = added
        heights.splice(first, removed, added)
        if plain:
            index = data.draw(st.integers(0, len(plain) - 1))
            plain[index] = 7.0
            heights.set(index, 7.0)
    assert len(heights) == len(plain)
    assert heights.total == sum(plain)
    for index in range(0, len(plain) + 1, 97):
        assert heights.top(index) == sum(plain[:index])


@given(st.lists(st.integers(1, 400), min_size=1, max_size=700), st.data())
def test_finds_the_item_at_a_position(sizes: list[int], data: st.DataObject) -> None:
    heights = Heights([float(size) for size in sizes])
    position = data.draw(st.integers(0, sum(sizes) - 1))
    index = heights.at(position)
    assert heights.top(index) <= position < heights.top(index + 1)


def test_positions_outside_give_the_ends() -> None:
    heights = Heights.uniform(1000, 10.0)
    assert heights.at(-5.0) == 0
    assert heights.at(1e9) == 999
    assert heights.total == 10_000.0
