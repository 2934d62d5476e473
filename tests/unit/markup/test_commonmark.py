"""The examples of the CommonMark specification, except for what HTML would do.

They are those of the CommonMark Spec 0.31.2, https://spec.commonmark.org, which
``packaging/bootstrap.py test`` puts into the virtual environment.
"""

import html
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from desktop.markup.blocks import Block, BlockKind, Level, LevelKind, Style
from desktop.markup.inline import inline
from desktop.markup.plain import block_text
from desktop.markup.stream import MarkdownStream, parse
from tests.unit.markup.documents import streamed

_FILE = Path(sys.prefix) / "commonmark.json"
EXAMPLES: list[dict[str, Any]] = (
    json.loads(_FILE.read_text(encoding="utf-8")) if _FILE.exists() else []
)
_ALT = re.compile(r'<img [^>]*alt="([^"]*)"[^>]*>')
_BLOCK_TAG = re.compile(r"<h([1-6])>|<(pre|hr|blockquote|li)\b")


def shown(markdown: str) -> tuple[tuple[Block, ...], str]:
    """Blocks streamed by the character, and their text without white space."""
    stream = MarkdownStream()
    blocks = streamed(list(markdown), stream)
    texts = [block_text(b, stream.references) for b in blocks if b.kind is not BlockKind.RULE]
    return blocks, "".join("".join(texts).split())


def test_there_are_all_of_them() -> None:
    if not EXAMPLES:
        pytest.skip("packaging/bootstrap.py test puts the examples into .venv")
    assert len(EXAMPLES) == 652


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["example"]))
def test_example(example: dict[str, Any]) -> None:
    blocks, text = shown(example["markdown"])
    assert blocks == parse(example["markdown"])
    if "<" in example["markdown"]:
        return  # HTML is literal text here, so the specification's own is no measure
    page = _ALT.sub(r"\1", example["html"])
    assert text == "".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())
    found = _BLOCK_TAG.findall(example["html"])
    headings = [str(block.level) for block in blocks if block.kind is BlockKind.HEADING]
    assert headings == [level for level, _tag in found if level]
    for tag, kind in (("pre", BlockKind.CODE), ("hr", BlockKind.RULE)):
        assert sum(b.kind is kind for b in blocks) == sum(name == tag for _level, name in found)
    items = {level.item for b in blocks for level in b.levels if level.kind is not LevelKind.QUOTE}
    assert len(items) == sum(name == "li" for _level, name in found)


BULLET = LevelKind.BULLET


def test_lists() -> None:
    blocks = parse("- [x] a\n- [ ] b\n\n  c\n1. - d\n3) e\n-\n")
    assert [(block.raw, block.levels) for block in blocks] == [
        ("a", (Level(BULLET, "•", True, 1, task=True),)),
        ("b", (Level(BULLET, "•", True, 2, task=False),)),
        ("c", (Level(BULLET, "•", False, 2, is_loose=True, task=False),)),
        ("d", (Level(LevelKind.ORDERED, "1.", True, 3), Level(BULLET, "•", True, 4))),
        ("e", (Level(LevelKind.ORDERED, "3)", True, 5),)),
        ("", (Level(BULLET, "•", True, 6),)),
    ]


def test_tables() -> None:
    (table, after) = parse("| a | b \\| c | d |\n|:--|:-:|--:|\n| `1` |\n|1|2|3|4|\n\nend")
    assert table.kind is BlockKind.TABLE
    assert table.aligns == ("left", "center", "right")
    assert table.rows == (("a", "b | c", "d"), ("`1`",), ("1", "2", "3"))
    assert after.raw == "end"


@pytest.mark.parametrize(
    "text", ["a | b\n--|\n", "a\n--|--\n", "| a |\n| - | - |\n", "a|b\n-|-x\n"]
)
def test_no_table(text: str) -> None:
    assert all(block.kind is not BlockKind.TABLE for block in parse(text))


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("$$\nx\n+y\n$$\n", "x\n+y"),
        ("$$ x $$", "x"),
        ("\\[\nx\n\\]", "x"),
        ("text\n\\[x\\]\nmore", "x"),
        ("$$x\ny$$", "x\ny"),
    ],
)
def test_maths(text: str, tex: str) -> None:
    assert [b.raw for b in parse(text) if b.kind is BlockKind.MATH] == [tex]


@pytest.mark.parametrize("text", ["$$x", "$$x\n\ny$$", "$$a$$ is", "\\[1\\] note", "$5\n$6"])
def test_no_maths(text: str) -> None:
    blocks = parse(text)
    assert {block.kind for block in blocks} == {BlockKind.PARAGRAPH}
    assert "\n\n".join(block.raw for block in blocks) == text


def test_footnotes() -> None:
    text, first, second = parse("see[^1]\n\n[^1]: one\n[^2]: two")
    assert inline(text.raw).runs[0].style is Style.SUPERSCRIPT
    assert [inline(block.raw).text for block in (first, second)] == ["1 one", "2 two"]
