from hypothesis import given
from hypothesis import strategies as st

from desktop.ui.transcript.units import UnitMap, unit_count, unit_slice

TEXT = st.text(st.sampled_from("ab\u00e9\u4e2d\U0001f600\U0001f468\u200d"))


@given(TEXT, st.data())
def test_positions_are_those_of_utf_16(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    units = UnitMap(text).to_units(at)
    assert units == len(text[:at].encode("utf-16-le")) // 2
    assert unit_slice(text, 0, units) + unit_slice(text, units) == text
    assert unit_count(text) == len(text.encode("utf-16-le")) // 2


def test_half_a_character_is_left_out() -> None:
    assert unit_slice("a\U0001f600b", 0, 2) == "a"
