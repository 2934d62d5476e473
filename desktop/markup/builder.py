"""Blocks from the tokens of a source, which may continue containers begun before it.

Parses nothing. What goes from one source to the next is a `Builder`: the containers that are still
open and the running numbers.
"""

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from desktop.markup.blocks import Block, BlockKind, Level, LevelKind
from desktop.markup.pieces import pieces_of

if TYPE_CHECKING:
    from markdown_it.token import Token

Rows = list[tuple[str, ...]]

_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
_LISTS = {"bullet_list_open": LevelKind.BULLET, "ordered_list_open": LevelKind.ORDERED}


@dataclass(slots=True, frozen=True)
class Source:
    """A text to parse: made-up lines that reopen containers, then lines of the document.

    Attributes:
        text: All of it.
        prefix: Number of the made-up lines.
        base: Code point in the document where its own lines begin.
        is_after_blank: The document's line before them is blank.
        starts: First code point of each line in `text`, and its end.
    """

    text: str
    prefix: int = 0
    base: int = 0
    is_after_blank: bool = True
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        if starts[-1] != len(self.text):
            starts.append(len(self.text))
        object.__setattr__(self, "starts", starts)

    @property
    def lines(self) -> int:
        """Number of lines, the made-up ones included."""
        return len(self.starts) - 1

    def line(self, index: int) -> str:
        """A line without its newline."""
        return self.text[self.starts[index] : self.starts[index + 1]].rstrip("\n")

    def offset(self, index: int) -> int:
        """Where a line of the document begins in it, in code points."""
        index = min(index, self.lines)
        return self.base + self.starts[index] - self.starts[self.prefix]

    def is_blank_above(self, index: int) -> bool:
        """Whether the line above is blank but for quote marks."""
        if index <= self.prefix:
            return self.is_after_blank
        return not self.line(index - 1).strip(" \t>")


@dataclass(slots=True)
class Frame:
    """An open container, or the open table.

    Attributes:
        kind: None for a list, whose items carry the level, for a table and for made-up items.
        item: Running number of the item or quote.
        marker: What is drawn beside the item; for a list its delimiter.
        number: The next item's number in a numbered list.
        is_loose: The list has had a blank line between its items or inside one.
        is_fresh: No block of the item has been seen.
        task: As in `Level`.
        rows: Rows of the table so far.
        start: Code point where the table or item began.
        end: Code point after the item's first line.
    """

    kind: LevelKind | None = None
    item: int = 0
    marker: str = ""
    number: int = 1
    is_loose: bool = False
    is_fresh: bool = True
    task: bool | None = None
    rows: Rows = field(default_factory=list)
    start: int = 0
    end: int = 0


@dataclass(slots=True)
class Builder:
    """Makes blocks, and remembers what the text after them continues.

    Attributes:
        frames: Open containers, outermost first.
        items: Running number of the last item or quote.
    """

    frames: list[Frame] = field(default_factory=list)
    items: int = 0

    def copy(self) -> "Builder":
        """A builder that goes on from here without changing this one."""
        return Builder([replace(frame) for frame in self.frames], self.items)

    def build(self, tokens: "list[Token]", source: Source, stop: int | None = None) -> list[Block]:
        """Blocks of all tokens, or of those before the one that begins at line `stop`.

        Frames are left as they are at that point.
        """
        walk = _Walk(self, source)
        for token in tokens:
            if stop is not None and _begins_at(token, stop):
                break
            walk.take(token)
        self.frames = walk.live
        return walk.blocks

    def build_to_table(self, tokens: "list[Token]", source: Source, index: int) -> list[Block]:
        """Blocks of the tokens before a table, whose rows but the last one are kept."""
        token = tokens[index]
        rows: Rows = token.meta["rows"]
        line = 0 if token.map is None else token.map[0]
        if line < source.prefix:
            self.frames[0].rows += rows[1:-1]
            return []
        blocks = self.build(tokens[:index], source)
        self.frames = [Frame(rows=rows[:-1], start=source.offset(line))]
        return blocks


def _begins_at(token: "Token", line: int) -> bool:
    return token.nesting >= 0 and token.map is not None and token.map[0] >= line


class _Walk:
    """One pass over tokens."""

    def __init__(self, builder: Builder, source: Source) -> None:
        self.blocks: list[Block] = []
        self.live: list[Frame] = []
        self._waiting = list(builder.frames)
        self._builder = builder
        self._source = source

    def take(self, token: "Token") -> None:
        """Handles one token: a leaf, or the begin or end of a container."""
        if token.nesting < 0:
            self._close(token)
            return
        start, end = token.map or (0, 0)
        if token.nesting > 0:
            self._open(token, start)
        elif start >= self._source.prefix or token.type == "table":
            self._leaf(token, start, end)

    def _close(self, token: "Token") -> None:
        """Ends a container; an empty item becomes an empty paragraph, so that it is seen."""
        frame = self.live[-1]
        if token.type == "list_item_close" and frame.is_fresh:
            levels = self._levels()
            self.blocks.append(Block(BlockKind.PARAGRAPH, "", levels, frame.start, frame.end))
        self.live.pop()

    def _open(self, token: "Token", line: int) -> None:
        if line < self._source.prefix:
            self.live.append(self._waiting.pop(0) if self._waiting else Frame(is_fresh=False))
            return
        self._loosen(line, is_item=token.type == "list_item_open")
        if token.type in _LISTS:
            start = token.attrGet("start")
            number = 1 if start is None else int(start)
            self.live.append(Frame(marker=token.markup, number=number))
        else:
            self.live.append(self._level_frame(token, line))

    def _level_frame(self, token: "Token", line: int) -> Frame:
        self._builder.items += 1
        frame = Frame(LevelKind.QUOTE, self._builder.items)
        frame.start, frame.end = self._source.offset(line), self._source.offset(line + 1)
        if token.type == "list_item_open":
            parent = self.live[-1]
            is_ordered = parent.marker in {".", ")"}
            frame.kind = LevelKind.ORDERED if is_ordered else LevelKind.BULLET
            frame.marker = f"{parent.number}{parent.marker}" if is_ordered else "•"
            parent.number += 1
            parent.is_fresh = False
        return frame

    def _loosen(self, line: int, *, is_item: bool) -> None:
        """Marks the list around a new item, or around a new child of an item, as loose."""
        if not self.live or self.live[-1].is_fresh or not self._source.is_blank_above(line):
            return
        if is_item:
            self.live[-1].is_loose = True
        elif self.live[-1].kind in _ITEMS:
            self.live[-2].is_loose = True

    def _leaf(self, token: "Token", first: int, after: int) -> None:
        """Adds a block of the lines from `first` up to `after`."""
        if first >= self._source.prefix:
            self._loosen(first, is_item=False)
        start, end = self._source.offset(first), self._source.offset(after)
        if token.type == "table":
            self._table(token, start, end)
            return
        kind, raw = _KINDS.get(token.type, BlockKind.PARAGRAPH), token.content
        info, level = "", 0
        if token.type == "text_block":
            level = token.meta["level"]
            kind = BlockKind.HEADING if level else BlockKind.PARAGRAPH
            raw = raw if level else self._without_task(raw)
        elif token.type == "math_block" and not token.meta["is_closed"]:
            kind = BlockKind.PARAGRAPH
        elif token.type == "fence":
            info = label_of(token.info)
        self.blocks += pieces_of(Block(kind, raw, self._levels(), start, end, info, level))

    def _table(self, token: "Token", start: int, end: int) -> None:
        rows, aligns = token.meta["rows"], token.meta["aligns"]
        if start < self._source.base:
            frame = self._waiting.pop(0)
            rows, start = [*frame.rows, *rows[1:]], frame.start
        self.blocks.append(
            Block(BlockKind.TABLE, "", self._levels(), start, end, rows=tuple(rows), aligns=aligns)
        )

    def _without_task(self, raw: str) -> str:
        frame = self.live[-1] if self.live else None
        found = _TASK.match(raw)
        if frame is None or frame.kind not in _ITEMS or not frame.is_fresh or found is None:
            return raw
        frame.task = found[1] != " "
        return raw[found.end() :]

    def _levels(self) -> tuple[Level, ...]:
        levels = []
        is_loose = False
        for frame in self.live:
            if frame.kind is None:
                is_loose = frame.is_loose
                continue
            is_item = frame.kind is not LevelKind.QUOTE
            levels.append(
                Level(
                    frame.kind,
                    frame.marker,
                    is_item and frame.is_fresh,
                    frame.item,
                    is_item and is_loose,
                    frame.task,
                )
            )
            frame.is_fresh = False
        return tuple(levels)


_KINDS = {
    "code_block": BlockKind.CODE,
    "fence": BlockKind.CODE,
    "hr": BlockKind.RULE,
    "math_block": BlockKind.MATH,
}
_ITEMS = frozenset({LevelKind.BULLET, LevelKind.ORDERED})


def label_of(info: str) -> str:
    """Language label of a fence: the first word of its info string, entities and escapes read."""
    from markdown_it.common.utils import unescapeAll

    words = unescapeAll(info).split(maxsplit=1)
    return words[0] if words else ""
