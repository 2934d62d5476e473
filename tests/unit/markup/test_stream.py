"""Any split of a text ends in the blocks of one whole parse, at a cost that does not grow."""

import gc
import random
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.markup.blocks import Block, BlockKind
from desktop.markup.inline import inline
from desktop.markup.normalise import normalise
from desktop.markup.stream import MarkdownStream, parse
from tests.unit.markup.documents import document, pieces, seeded, streamed


def check_seed(seed: int) -> None:
    choose = seeded(seed)
    text = document(choose)
    assert streamed(pieces(text, choose)) == parse(text), (seed, text)


def test_any_split_gives_the_blocks_of_the_whole() -> None:
    for seed in range(600):
        check_seed(seed)


@pytest.mark.long
def test_any_split_gives_the_blocks_of_the_whole_at_length() -> None:
    for seed in range(1_000, 61_000):
        check_seed(seed)


CHARACTERS = "ab*_`~-+>#|:$\\[]()!<&; \t\n\r\0\ud83d\ude00é1."


@given(st.text(CHARACTERS, max_size=120), st.randoms())
def test_any_text_in_any_pieces(text: str, choose: random.Random) -> None:
    blocks = streamed(pieces(text, choose, longest=6))
    assert blocks == parse(text)
    for block in blocks:
        inline(block.raw)


@pytest.mark.parametrize(
    "text",
    [
        "> [r]: /u\n'tit\nle'\n",
        "[r]: /u\n'tit\nle'\n\n[r]",
        "[r]: /u\n'tit\n===\nfoo\nle'\n",
        "[r]: /u '\n--\nfoo\n'\n",
        "[a\n===\nb]: /u\n",
        "> [r]: /u\n'tit\n> [r]: /u\nle'\n",
        "> [r]:\n/u\n> x\n\n[r]",
        "- [r]: /u\n'tit\nle'\n- x",
        "~~~a | b\n|--|--|\n- x\n",
        "- x\n- b | c\n-|-\n",
        "> x\n>\n> a | b\n-|-\n",
        "1. a\n   10. b\n   11. c\n   12. d\n2. e\n",
        "- - a\n  - b\n  - c\n- d\n\n- e\n",
        "```\n``\n   ",
        "para\n#",
        "$$\nx\n\ny\n$$\n",
    ],
)
def test_ambiguous_beginnings(text: str) -> None:
    for size in range(1, len(text) + 1):
        parts = [text[at : at + size] for at in range(0, len(text), size)]
        assert streamed(parts) == parse(text)


def grown(line: str, first: str = "") -> MarkdownStream:
    """A stream that was given a line a thousand times, a piece at a time."""
    stream = MarkdownStream()
    for part in [first, *(line.replace("{}", str(n)) for n in range(1_000))]:
        stream.feed(part)
        stream.advance()
    return stream


@pytest.mark.parametrize(
    ("first", "line"),
    [
        ("", "A paragraph, the {}th.\n\n"),
        ("", "- item {}\n"),
        ("- top\n", "  - nested {}\n"),
        ("", "{}. item\n   - below\n\n"),
        ("", "> paragraph {}\n>\n"),
        ("", "[r{}]: /u\n"),
        ("", "\n"),
        ("", "$$\nx_{}\n$$\n\n"),
        ("", "# heading {}\n"),
    ],
)
def test_only_the_last_block_stays_open(first: str, line: str) -> None:
    stream = grown(line, first)
    stream.feed("x")
    assert sum(len(block.raw) for block in stream.advance().open) < 100
    assert len(stream._tail.text) < 200


def test_rows_of_a_table_are_parsed_once() -> None:
    stream = grown("| {} | b |\n", "| a | b |\n|---|---|\n")
    assert len(stream._tail.text) < 30
    (table,) = stream.finish().frozen
    assert len(table.rows) == 1_001
    assert table.rows[-1] == ("999", "b")


def test_a_fence_is_not_parsed_at_all() -> None:
    stream = grown("line {}\n", "```python title\n")
    stream.feed("``")
    (code,) = stream.advance().open
    assert code.raw.endswith("line 999\n"), "what may become the closing line waits"
    stream.feed("`\nafter")
    change = stream.advance()
    assert change.frozen == (Block(BlockKind.CODE, code.raw, (), 0, code.end + 2, "python"),)
    assert change.open[0].raw == "after"


def test_an_unfinished_fence_keeps_its_last_line() -> None:
    stream = MarkdownStream()
    stream.feed("````\nx\n```")
    stream.advance()
    assert [block.raw for block in stream.finish().frozen] == ["x\n```"]


def busy_clock() -> Callable[[], float]:
    """A clock that goes on a little whenever it is read."""
    ticks = count()
    return lambda: next(ticks) / 10_000


@pytest.mark.parametrize("first", ["", "- item\n\n  ```\n  ", "> $$\n> "])
def test_text_that_cannot_be_cut_is_shown_before_it_is_parsed(first: str) -> None:
    stream = MarkdownStream(busy_clock())
    text = first + "word " * 3_000
    stream.feed(text)
    shown = [stream.advance().open]
    for _ in range(20):
        stream.feed("* more ")
        shown.append(stream.advance().open)
    assert {len(blocks) for blocks in shown} == {1 + first.count("item")}
    ends = [blocks[-1].raw[-7:] for blocks in shown[1:]]
    assert set(ends) <= {"* more ", " * more"}
    assert ends.count("* more ") > 10, "not parsed"
    assert shown[-1][-1].end == len(text) + 7 * 20
    assert shown[-1][-1].raw.count("word * more") == 1
    assert stream.finish().frozen == parse(text + "* more " * 20)


def test_what_comes_after_a_table_is_shown_below_it_until_it_is_parsed() -> None:
    stream = MarkdownStream(busy_clock())
    stream.feed("> | a |\n> |---|\n" + f"> | {'b' * 50} |\n" * 200)
    stream.advance()
    stream.feed("> | c |\n> ")
    table, rest = stream.advance().open
    assert (table.kind, rest.kind, rest.raw) == (
        BlockKind.TABLE,
        BlockKind.PARAGRAPH,
        "> | c |\n> ",
    )


def test_a_long_text_is_taken_in_slices() -> None:
    text = "".join(document(seeded(seed)) for seed in range(400))
    stream = MarkdownStream()
    stream.feed(text)
    blocks = list(stream.advance(budget_ms=0).frozen)
    assert 0 < stream.pending < len(text)
    while stream.pending:
        blocks += stream.advance(budget_ms=0).frozen
    assert (*blocks, *stream.finish().frozen) == parse(text)


def test_finishing_at_once_gives_the_whole() -> None:
    text = "".join(document(seeded(seed)) for seed in range(100))
    stream = MarkdownStream()
    stream.feed(text)
    assert stream.finish().frozen == parse(text)


def test_a_late_definition_names_the_blocks_that_use_it() -> None:
    stream = MarkdownStream()
    stream.feed("one\n\ntwo [r] and [s]\n\n| [r] |\n|---|\n\n[R]: /u\n")
    assert stream.advance().stale == (), "a title may follow"
    stream.feed("\nend\n\n[r]: /v\n\n")
    assert stream.advance().stale == (1, 2)
    assert inline("[r]", stream.references).runs[0].target == "/u"
    assert stream.finish().stale == ()


def test_a_half_written_definition_does_not_win() -> None:
    stream = MarkdownStream()
    for part in ("[r]: /", "u", "rl\n", "\n[r]\n\n"):
        stream.feed(part)
        stream.advance()
    assert inline("[r]", stream.references).runs[0].target == "/url"


def test_spans_are_the_source_of_the_blocks() -> None:
    text = normalise("# h\r\n\r\n- a\n  - b\n\n> q\n> r\n\n```\nc\n```\nlast")
    spans = [text[block.start : block.end] for block in parse(text)]
    assert spans == ["# h\n", "- a\n", "  - b\n", "> q\n> r\n", "```\nc\n```\n", "last"]


def test_blocks_are_freed_without_the_collector() -> None:
    text = "".join(document(seeded(seed)) for seed in range(60))
    streamed([text])
    gc.collect()
    gc.disable()
    try:
        for block in streamed(pieces(text, seeded(1))):
            inline(block.raw)
        assert gc.collect() == 0
    finally:
        gc.enable()
