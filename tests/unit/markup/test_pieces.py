import pytest

from desktop.markup.blocks import Piece
from desktop.markup.limits import LEAF_CHARS, LEAF_PIECE_CHARS
from desktop.markup.plain import text_of
from desktop.markup.stream import MarkdownStream, parse

TEXTS = [
    "x" * 50_000,
    "word " * 10_000 + "end",
    "\n".join(["a line"] * 5_000),
    "e\u0301" * 20_000,
    "> " + "quoted *text* " * 3_000 + "end",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_paragraph_over_the_cap_is_cut_and_stays_one_text(text: str) -> None:
    blocks = parse(text)
    assert len(blocks) > 3
    assert blocks[0].piece is Piece.FIRST
    assert all(len(block.raw) <= LEAF_PIECE_CHARS for block in blocks)
    assert text_of(blocks) == text.removeprefix("> ")
    assert {(block.start, block.end) for block in blocks} == {(0, len(text))}


def test_a_paragraph_at_the_cap_is_whole() -> None:
    (block,) = parse("x" * LEAF_CHARS)
    assert block.piece is Piece.WHOLE


@pytest.mark.parametrize("text", TEXTS)
def test_a_stream_ends_in_the_same_pieces(text: str) -> None:
    stream = MarkdownStream()
    blocks = []
    for start in range(0, len(text), 5_000):
        stream.feed(text[start : start + 5_000])
        blocks += stream.advance(1_000.0).frozen
    assert (*blocks, *stream.finish().frozen) == parse(text)
