"""Joined chunks say the same as the chunks did; h11 is the judge."""

from itertools import pairwise

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desktop.api.chunks import MAX_HEAD_BYTES, ChunkJoiner

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: a\r\nTransfer-Encoding: chunked\r\n\r\n"
TWO_CHUNKS = b"3\r\nabc\r\n2\r\nde\r\n"


def heard(wire: list[bytes]) -> tuple[list[int], bytes, int, str]:
    """(statuses, body, Data events, how it ended) of what an HTTP client reads."""
    client = h11.Connection(h11.CLIENT, max_incomplete_event_size=200_000)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    client.send(h11.EndOfMessage())
    statuses, body, count, waiting = [], b"", 0, [*wire, b""]
    while True:
        try:
            event = client.next_event()
        except h11.RemoteProtocolError:
            return statuses, body, count, "broken"
        if event is h11.NEED_DATA:
            client.receive_data(waiting.pop(0))
        elif isinstance(event, h11.InformationalResponse | h11.Response):
            statuses.append(event.status_code)
        elif isinstance(event, h11.Data):
            body, count = body + bytes(event.data), count + 1
        else:
            return statuses, body, count, type(event).__name__


def cut(raw: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted({each for each in cuts if 0 < each < len(raw)}), len(raw)]
    return [raw[a:b] for a, b in pairwise(edges) if a < b]


def joined(reads: list[bytes]) -> list[bytes]:
    used = ChunkJoiner()
    return [out for raw in reads if (out := used.feed(raw))]


def chunked(pieces: list[bytes], size: str = "%x", extra: str = "") -> bytes:
    lines = [
        (size % len(piece) + extra).encode() + b"\r\n" + piece + b"\r\n"
        for piece in pieces
        if piece
    ]
    return HEAD + b"".join(lines) + b"0\r\n\r\n"


CUTS = st.lists(st.integers(0, 400), max_size=12)
PIECES = st.lists(st.binary(min_size=1, max_size=40) | st.just(b"\r\n0\r\n\r\n"), max_size=12)


@given(
    PIECES,
    CUTS,
    st.sampled_from(["%x", "%X", "000%x"]),
    st.sampled_from(["", ";a=b", " ", ' ;x="y"']),
)
def test_any_chunks_cut_anywhere_give_the_same_body(
    pieces: list[bytes], cuts: list[int], size: str, extra: str
) -> None:
    raw = chunked(pieces, size, extra)
    statuses, body, count, end = heard(joined(cut(raw, cuts)))
    assert (statuses, body, end) == ([200], b"".join(pieces), "EndOfMessage")
    assert count <= len(cuts) + 1


@given(st.binary(max_size=80), CUTS, st.booleans())
@example(b"5\r\nabcdefg\r\n0\r\n\r\n", [], False)
@example(b"5\nabcde\r\n0\r\n\r\n", [], False)
@example(b"-5\r\nabcde\r\n0\r\n\r\n", [], False)
@example(b"fffffffffffffffff\r\nabc", [], False)
@example(b"3\r\nabc\r", [70], False)
@example(b"3\r\nabc\rx", [72, 73], False)
@example(b"0\r\nTrailer: x\r\n\r\n", [], True)
@example(b"0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", [], True)
def test_malformed_bodies_stay_malformed(rest: bytes, cuts: list[int], begins_well: bool) -> None:
    raw = HEAD + (TWO_CHUNKS if begins_well else b"") + rest
    reads = cut(raw, cuts)
    plain, through = heard(reads), heard(joined(reads))
    assert through[:2] == plain[:2]
    assert through[3] == plain[3]


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n" + TWO_CHUNKS,
        b"HTTP/1.1 200 OK\r\n\r\n" + TWO_CHUNKS,
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"no HTTP at all\r\n\r\n" + TWO_CHUNKS,
        b"HTTP/1.1 200 OK\r\nX-Note: transfer-encoding: chunked\r\n\r\n" + TWO_CHUNKS,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + TWO_CHUNKS,
    ],
)
@given(cuts=CUTS)
def test_what_is_not_chunked_goes_through(raw: bytes, cuts: list[int]) -> None:
    assert b"".join(joined(cut(raw, cuts))) == raw


@given(CUTS)
def test_an_interim_answer_before_the_real_one(cuts: list[int]) -> None:
    raw = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + chunked(
        [b"abc", b"de"]
    )
    statuses, body, _, end = heard(joined(cut(raw, cuts)))
    assert (statuses, body, end) == ([100, 103, 200], b"abcde", "EndOfMessage")


def test_two_answers_on_one_connection() -> None:
    used = ChunkJoiner()
    for _ in range(2):
        used.begin()
        out = used.feed(chunked([b"abc", b"de"]))
        assert out == HEAD + b"5\r\nabcde\r\n" + b"0\r\n\r\n"


def test_many_chunks_of_one_read_become_one() -> None:
    raw = chunked([b"data: x\n\n"] * 1000)
    (out,) = joined([raw])
    assert heard([out])[1:3] == (b"data: x\n\n" * 1000, 1)


def test_data_is_given_as_soon_as_it_is_there() -> None:
    used = ChunkJoiner()
    used.feed(HEAD)
    assert used.feed(b"a\r\nhel") == b"3\r\nhel\r\n"
    assert used.feed(b"lo") == b"2\r\nlo\r\n"
    assert used.feed(b"12345\r") == b"5\r\n12345\r\n"
    assert used.feed(b"\n3") == b""
    assert used.feed(b"\r\nabc\r\n0\r\n") == b"3\r\nabc\r\n0\r\n"
    assert used.feed(b"\r\n") == b"\r\n"
    assert used.feed(b"") == b""


def test_a_head_without_end_is_not_kept_for_ever() -> None:
    used = ChunkJoiner()
    for _ in range(MAX_HEAD_BYTES // 1000 + 2):
        assert used.feed(b"x" * 1000) == b"x" * 1000
    assert len(used._kept) <= MAX_HEAD_BYTES + 1000
