"""The splitter: any cut of the same bytes gives the same events."""

import json
from itertools import pairwise

import httpx_sse
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.api.sse import SseDecoder
from desktop.domain.errors import TooLargeError


def split(raw: bytes, *cuts: int, limit: int = 10_000) -> list[bytes]:
    decoder = SseDecoder(limit)
    edges = [0, *sorted(cuts), len(raw)]
    out = [data for a, b in pairwise(edges) for data in decoder.feed(raw[a:b])]
    return out + decoder.flush()


CASES = {
    "one": (b"data: a\n\n", [b"a"]),
    "no space": (b"data:a\n\n", [b"a"]),
    "two spaces": (b"data:  a\n\n", [b" a"]),
    "multi-line": (b"data: a\ndata: b\n\n", [b"a\nb"]),
    "multi-line, bare field": (b"data: a\ndata\ndata:\ndata: b\n\n", [b"a\n\n\nb"]),
    "lines of one event apart": (b"data: a\nid: 1\ndata: b\n: c\n\n", [b"a\nb"]),
    "named": (b"event: x\ndata: a\nid: 3\nretry: 10\n\n", [b"a"]),
    "another field": (b"database: x\ndata: a\n\ndatax\n\n", [b"a"]),
    "only fields": (b"id: 1\n\nretry: 5\n\nevent: e\n\ndata: a\n\n", [b"a"]),
    "comments": (b": keep-alive\n\n:\n\ndata: a\n\n: x\n\n", [b"a"]),
    "empty data": (b"data:\n\ndata: \n\ndata\n\ndata: a\n\n", [b"a"]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
    "CR": (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
    "mixed": (b"data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", [b"a", b"b", b"c"]),
    "BOM": (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
    "BOM later": (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [b"a"]),
    "no blank line at the end": (b"data: a\n\ndata: b", [b"a", b"b"]),
    "no line end at all": (b"data: a", [b"a"]),
    "U+2028 and its kin": (
        "data: a\u2028\u2029\x85\x0bb\n\n".encode(),
        ["a\u2028\u2029\x85\x0bb".encode()],
    ),
    "NUL": (b"data: a\x00b\n\n", [b"a\x00b"]),
    "many blank lines": (b"\n\n\ndata: a\n\n\n\ndata: b\n\n", [b"a", b"b"]),
    "nothing": (b"", []),
}


@pytest.mark.parametrize(("raw", "expected"), CASES.values(), ids=CASES)
def test_whole_and_byte_by_byte(raw: bytes, expected: list[bytes]) -> None:
    assert split(raw) == expected
    assert split(raw, *range(1, len(raw))) == expected
    for cut in range(len(raw)):
        assert split(raw, cut) == expected


LINES = st.sampled_from(
    [
        "data: a",
        "data:{}",
        "data:  \u2028é",
        "data",
        "data:",
        ":",
        ": c",
        "id: 1",
        "event: x",
        "",
        "",
        "x",
        "ÿ",
    ]
)
STREAMS = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n", "\r"])), max_size=30).map(
    lambda lines: "".join(line + end for line, end in lines).encode()
)


@given(STREAMS, st.lists(st.integers(0, 400), max_size=20))
def test_any_cut_gives_the_same(raw: bytes, cuts: list[int]) -> None:
    assert split(raw, *(cut for cut in cuts if cut < len(raw))) == split(raw)


@given(st.lists(LINES, max_size=30))
def test_agrees_with_httpx_sse(lines: list[str]) -> None:
    oracle = httpx_sse._decoders.SSEDecoder()
    events = [event for line in [*lines, ""] if (event := oracle.decode(line)) is not None]
    raw = "".join(f"{line}\n" for line in lines).encode() + b"\n"
    assert [data.decode() for data in split(raw)] == [event.data for event in events if event.data]


def test_an_event_over_the_limit_is_refused_before_it_is_whole() -> None:
    decoder = SseDecoder(1000)
    assert decoder.feed(b"data: small\n\n") == [b"small"]
    for _ in range(10):
        assert decoder.feed(b"x" * 100) == []
    with pytest.raises(TooLargeError):
        decoder.feed(b"x")


@pytest.mark.parametrize("cuts", [(), (500,), tuple(range(1, 1100, 7))])
def test_the_limit_is_the_same_for_any_cut(cuts: tuple[int, ...]) -> None:
    fits = b"data: " + b"x" * 990 + b"\n\n"
    assert len(split(fits * 3, *cuts, limit=1000)) == 3
    with pytest.raises(TooLargeError):
        split(fits + b"data: " + b"x" * 1100 + b"\n\n", *cuts, limit=1000)


def test_an_event_in_many_pieces_is_not_joined_again_and_again() -> None:
    decoder = SseDecoder(50_000_000)
    decoder.feed(b"data: ")
    for _ in range(20_000):
        assert decoder.feed(b"x" * 1000) == []
    (data,) = decoder.feed(b"\n\n")
    assert len(data) == 20_000_000


def test_a_cut_character_is_whole_again() -> None:
    raw = 'data: {"a":"é€😀"}\n\n'.encode()
    for cut in range(len(raw)):
        assert json.loads(split(raw, cut)[0]) == {"a": "é€😀"}
