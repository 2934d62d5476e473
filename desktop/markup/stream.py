"""Blocks of Markdown that comes in pieces.

What can never change again is frozen; only the open rest is parsed again, and what cannot be cut
is parsed at growing intervals. Any split of a text ends in the blocks of one whole parse.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from desktop.markup.blocks import Block, BlockChange, BlockKind
from desktop.markup.builder import Builder, Source, label_of
from desktop.markup.cuts import Cut, closing_fence, find_cut
from desktop.markup.grammar import parse_blocks
from desktop.markup.limits import CALM_CHARS, PIECE_CHARS, REST_FACTOR
from desktop.markup.normalise import Door, normalise
from desktop.markup.pieces import pieces_of
from desktop.markup.references import References

if TYPE_CHECKING:
    from markdown_it.token import Token

_GROWING = frozenset({BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.CODE})


def parse(text: str) -> tuple[Block, ...]:
    """Blocks of a whole text: those a stream of it ends in, however it is split."""
    source = Source(normalise(text))
    tokens, _definitions = parse_blocks(source.text, {})
    return tuple(Builder().build(tokens, source))


class MarkdownStream:
    """Turns text that grows into blocks.

    Frozen blocks keep their index for ever. `advance` is called once a frame while `pending` or
    new text is there, then `finish` once.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._door = Door()
        self._waiting = ""
        self._taken = 0
        self._tail = _Tail()
        self._references = References()
        self._fence: _OpenFence | None = None
        self._open: tuple[Block, ...] = ()
        self._shown = 0
        self._settled = 0
        self._rest_until = 0.0

    @property
    def references(self) -> Mapping[str, Any]:
        """Link definitions known for good, a live view for `inline`; opaque."""
        return self._references.known

    @property
    def pending(self) -> int:
        """Characters that were fed and are not in any block yet."""
        return len(self._waiting) - self._taken

    def feed(self, text: str) -> None:
        """Adds text; nothing is parsed before `advance`."""
        self._waiting = self._waiting[self._taken :] + self._door.take(text)
        self._taken = 0

    def advance(self, budget_ms: float = 4.0) -> BlockChange:
        """What changed, after parsing for about `budget_ms` milliseconds.

        When the budget is spent the rest of the text stays `pending` for the next call. Text of an
        open block that is not parsed yet is appended to it as it stands.
        """
        deadline = self._clock() + budget_ms / 1000
        frozen: list[Block] = []
        while self.pending:
            self._take()
            self._settle(frozen)
            if self._clock() >= deadline:
                break
        return self._change(frozen, self._open_blocks())

    def finish(self) -> BlockChange:
        """The last change: everything is frozen, and nothing may be fed any more."""
        self._waiting = self._waiting[self._taken :] + self._door.close()
        self._taken = 0
        frozen: list[Block] = []
        while self.pending:
            self._take()
            self._settle(frozen)
        frozen += self._rest()
        self._tail, self._fence = _Tail(), None
        return self._change(frozen, ())

    def _rest(self) -> Iterable[Block]:
        if self._fence is not None:
            return [self._fence.unclosed(self._tail, is_final=True)]
        source = self._tail.source(len(self._tail.text))
        tokens, definitions = parse_blocks(source.text, self._references.all)
        self._references.define(definitions, source.lines)
        return self._tail.builder.build(tokens, source)

    def _change(self, frozen: list[Block], still_open: tuple[Block, ...]) -> BlockChange:
        stale = self._references.stale()
        self._references.watch(frozen)
        return BlockChange(tuple(frozen), still_open, stale)

    def _take(self) -> None:
        """Moves a piece of waiting text into the tail, at most doubling it."""
        size = max(PIECE_CHARS, len(self._tail.text))
        piece = self._waiting[self._taken : self._taken + size]
        self._tail.text += piece
        self._taken += len(piece)
        if not self.pending:
            self._waiting, self._taken = "", 0

    # Freezing

    def _settle(self, frozen: list[Block]) -> None:
        """Freezes all that complete lines allow."""
        if self._fence is not None and not self._close_fence(self._fence, frozen):
            return
        end = self._tail.text.rfind("\n") + 1
        if end <= self._settled or not self._is_due():
            return
        started = self._clock()
        source = self._tail.source(end)
        tokens, definitions = parse_blocks(source.text, self._references.all)
        self._settled = end
        cut = find_cut(tokens, definitions, source)
        if cut is not None:
            frozen += self._freeze(tokens, source, cut)
            self._references.define(definitions, cut.line)
        self._rest_from(started)

    def _freeze(self, tokens: "list[Token]", source: Source, cut: Cut) -> list[Block]:
        builder = self._tail.builder
        stop = cut.line
        if cut.table is not None:
            blocks = builder.build_to_table(tokens, source, cut.table)
        else:
            blocks = builder.build(tokens, source, stop)
        self._tail = self._tail.cut(source, cut)
        self._fence = _OpenFence(cut.fence) if cut.fence else None
        self._settled, self._shown, self._open = 0, -1, ()
        return blocks

    def _close_fence(self, fence: "_OpenFence", frozen: list[Block]) -> bool:
        """Freezes the fence if its closing line is complete."""
        end = fence.find_end(self._tail.text)
        if end < 0:
            return False
        frozen.append(fence.closed(self._tail, end))
        self._tail = self._tail.drop(end)
        self._fence = None
        self._settled, self._shown, self._open = 0, -1, ()
        return True

    # Showing

    def _open_blocks(self) -> tuple[Block, ...]:
        if self._fence is not None:
            return (self._fence.unclosed(self._tail, is_final=False),)
        size = len(self._tail.text)
        if size != self._shown and (self._shown < 0 or self._is_due()):
            started = self._clock()
            source = self._tail.source(size)
            tokens, _tentative = parse_blocks(source.text, self._references.all)
            self._open = tuple(self._tail.builder.copy().build(tokens, source))
            self._shown = size
            self._rest_from(started)
        return _with_suffix(self._open, self._tail, self._shown)

    def _is_due(self) -> bool:
        size = len(self._tail.text)
        has_grown = size - self._shown > size // REST_FACTOR
        return size <= CALM_CHARS or has_grown or self._clock() >= self._rest_until

    def _rest_from(self, started: float) -> None:
        now = self._clock()
        self._rest_until = now + REST_FACTOR * (now - started)


class _Tail:
    """Source that is still open, and what it continues.

    Attributes:
        text: Lines of the document.
        base: Code point in the document where they begin.
        prefix: Made-up lines that reopen the containers.
        builder: The containers.
    """

    __slots__ = ("_is_after_blank", "base", "builder", "prefix", "text")

    def __init__(
        self,
        text: str = "",
        base: int = 0,
        prefix: str = "",
        builder: Builder | None = None,
        is_after_blank: bool = True,
    ) -> None:
        self.text = text
        self.base = base
        self.prefix = prefix
        self.builder = Builder() if builder is None else builder
        self._is_after_blank = is_after_blank

    def source(self, end: int) -> Source:
        """The text up to `end`, ready to be parsed."""
        text = self.prefix + self.text[:end]
        return Source(text, self.prefix.count("\n"), self.base, self._is_after_blank)

    def cut(self, source: Source, cut: Cut) -> "_Tail":
        """What stays open below a cut."""
        base = source.offset(cut.line)
        text = self.text[base - self.base :]
        return _Tail(text, base, cut.prefix, self.builder, source.is_blank_above(cut.line))

    def drop(self, size: int) -> "_Tail":
        """What is left without the first `size` characters, which end a block."""
        return _Tail(self.text[size:], self.base + size, "", self.builder, False)


class _OpenFence:
    """A code block without indent at the top level: its lines need no parser."""

    __slots__ = ("_closing", "_content", "_label", "_mark", "_scanned")

    def __init__(self, opening: str) -> None:
        self._closing: re.Pattern[str] = closing_fence(opening)
        self._mark = opening[0]
        self._label = label_of(opening.lstrip(self._mark))
        self._content = len(opening) + 1
        self._scanned = self._content

    def find_end(self, text: str) -> int:
        """Where the text after the closing line begins; -1 as long as there is none."""
        complete = text.rfind("\n") + 1
        if complete <= self._scanned:
            return -1
        found = self._closing.search(text, self._scanned, complete)
        self._scanned = complete
        return found.end() + 1 if found is not None else -1

    def closed(self, tail: _Tail, end: int) -> Block:
        """The code above the closing line that ends at `end`."""
        return self._block(tail, tail.text.rfind("\n", 0, end - 1) + 1, end)

    def unclosed(self, tail: _Tail, *, is_final: bool) -> Block:
        """The code so far; until the end is final, a line that may become the closing one waits."""
        end = len(tail.text)
        last = tail.text.rfind("\n") + 1
        line = tail.text[last:]
        if not line.strip(" \t"):
            return self._block(tail, last, last)
        is_mark = self._closing.fullmatch(line) or (
            not is_final and not line.strip(" \t" + self._mark)
        )
        return self._block(tail, last if is_mark else end, end)

    def _block(self, tail: _Tail, stop: int, end: int) -> Block:
        raw = tail.text[self._content : stop]
        return Block(BlockKind.CODE, raw, (), tail.base, tail.base + end, self._label)


def _with_suffix(blocks: tuple[Block, ...], tail: _Tail, shown: int) -> tuple[Block, ...]:
    """Open blocks, with text that was not parsed yet at the end of the last one."""
    size = len(tail.text)
    if shown >= size:
        return blocks
    if not blocks or blocks[-1].kind not in _GROWING:
        start, end = tail.base + shown, tail.base + size
        return (*blocks, *pieces_of(Block(BlockKind.PARAGRAPH, tail.text[shown:], (), start, end)))
    last = blocks[-1]
    while last.kind is not BlockKind.CODE and tail.text[shown - 1] in " \t\n":
        shown -= 1
    grown = replace(last, raw=last.raw + tail.text[shown:], end=tail.base + size)
    return (*blocks[:-1], *pieces_of(grown))
