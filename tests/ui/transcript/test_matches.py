import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.domain.folding import folded
from desktop.ui.transcript.matches import find_all
from desktop.ui.transcript.units import unit_slice


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("The ship, the SHIP", "ship", ["ship", "SHIP"]),
        ("Stra\u00dfe STRASSE", "strasse", ["Stra\u00dfe", "STRASSE"]),
        ("cafe\u0301s caf\u00e9s", "cafe", ["cafe\u0301", "caf\u00e9"]),
        ("cafe\u0301", "CAF\u00c9", ["cafe\u0301"]),
        ("\U0001f600 one \U0001f600 two", "two", ["two"]),
        ("\ufb01sh", "f", ["\ufb01"]),
        ("a\tb\nc", "a b c", ["a\tb\nc"]),
        ("aaaa", "aa", ["aa", "aa"]),
        ("\u6771\u4eac\u90fd", "\u4eac", ["\u4eac"]),
    ],
)
def test_what_is_found_covers_whole_characters(text: str, query: str, found: list[str]) -> None:
    places = find_all(text, folded(query))
    assert [unit_slice(text, start, end) for start, end in places] == found


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_text_is_found_in_what_holds_it(around: str, query: str) -> None:
    if folded(query):
        for start, end in find_all(around + query, folded(query)):
            assert start < end
        assert find_all(around + query, folded(query))
