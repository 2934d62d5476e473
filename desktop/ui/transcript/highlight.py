"""Colours of code, found in slices, line by line while a block grows. It knows no Qt.

A growing block is read on from where its last line began, so what only its end makes plain may
look otherwise for a while. One reading of the whole, once the block is closed, puts that right: a
block that streamed looks as it does when it is opened again.
"""

import time
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from desktop.ui.transcript.lexing import (
    START,
    Token,
    Walk,
    is_resumable,
    lexer_for,
)
from desktop.ui.transcript.units import UnitMap

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

Role = Literal["keyword", "string", "name", "comment", "number", "inserted", "deleted"]

CHUNK_LINES = 50
"""Lines whose colours are asked for at once."""

MAX_CHARS = 200_000
MAX_LINES = 5_000
MAX_LINE = 2_000
MAX_BLANK_LINES = 100
"""From the first line on that is beyond one of these, code has no colours.

Blank lines count in a row: rules that skip them try again at each. Source: measured.
"""

PATIENCE_S = 5.0
"""Time for the slices of one block: there are texts a lexer hardly ever comes to the end of."""

_PIECE = 2_000
_ROLES: tuple[Role, ...] = (
    "keyword",
    "string",
    "name",
    "comment",
    "number",
    "inserted",
    "deleted",
)
_BY_TOKEN: dict[str, Role] = {
    "Keyword": "keyword",
    "Operator.Word": "keyword",
    "Name.Attribute": "name",
    "Name.Class": "name",
    "Name.Decorator": "name",
    "Name.Entity": "name",
    "Name.Exception": "name",
    "Name.Function": "name",
    "Name.Label": "name",
    "Name.Namespace": "name",
    "Name.Property": "name",
    "Name.Tag": "name",
    "Literal.Number": "number",
    "Literal": "string",
    "Comment": "comment",
    "Generic.Inserted": "inserted",
    "Generic.Deleted": "deleted",
    "Generic.Heading": "keyword",
    "Generic.Subheading": "keyword",
    "Generic.Prompt": "comment",
}
"""Roles by type of token; a type not named here is like the nearest one above it."""

_PLAIN = -1


class Span(NamedTuple):
    """A coloured stretch of a chunk.

    Attributes:
        start: First UTF-16 unit in the chunk's text; the end of a line is one unit.
        length: Number of units.
        role: What it is.
    """

    start: int
    length: int
    role: Role


class Highlighter:
    """The colours of one code block, by chunks of CHUNK_LINES lines."""

    def __init__(self, language: str) -> None:
        """Begins without text.

        Args:
            language: The block's label. One that no lexer goes by means no colours.
        """
        self._language = language
        self._lexer: Lexer | None = None
        self._is_known = True
        self._given = ""
        self._is_closed = False
        self._text = _Lines()
        self._colours: list[array[int]] = []
        self._changed: set[int] = set()
        self._is_done = True
        self._spent_s = 0.0
        self._mark = START
        self._reading: _Reading | None = None

    def set_text(self, text: str, is_closed: bool) -> None:
        """Takes the block's text as it is now; nothing is read yet.

        Args:
            text: With the newline of its last line once that has come. It may only grow, but for
                its last line, or everything is read again.
            is_closed: Nothing will be added.
        """
        if text == self._given and is_closed == self._is_closed:
            return
        self._pause()
        self._given, self._is_closed, self._is_done = text, is_closed, False
        if not text.startswith(self._text.finished):
            self._changed.update(range(len(self._colours)))
            self._colours, self._mark, self._text = [], START, _Lines()
        before = len(self._text.text)
        self._text.take(text)
        if len(self._text.text) < before:
            self._clip()

    def _clip(self) -> None:
        """Takes the colours from what is no longer there."""
        last = len(self._text.starts) - 1
        if last < len(self._colours):
            size = len(self._text.text) - self._text.starts[last]
            self._put(last, self._until(last, self._text.units(last)(size)))

    def advance(self, budget_ms: float) -> bool:
        """Reads on for about a time; whether there is more to read."""
        start = time.perf_counter()
        while self._spent_s < PATIENCE_S and (self._reading is not None or self._begin()):
            deadline = start + budget_ms / 1000
            is_over = self._reading is not None and not self._read(self._reading, deadline)
            if is_over:
                self._spent_s += time.perf_counter() - start
                return self._spent_s < PATIENCE_S
        return False

    def take_changed(self) -> list[int]:
        """The chunks whose colours changed since this was last asked, in order."""
        changed = sorted(self._changed)
        self._changed.clear()
        return changed

    def spans(self, chunk: int) -> tuple[Span, ...]:
        """The colours of a chunk, in order, not overlapping."""
        if not 0 <= chunk < len(self._colours):
            return ()
        found = _triples(self._colours[chunk])
        return tuple(Span(start, length, _ROLES[role]) for start, length, role in found)

    def _begin(self) -> bool:
        """Begins to read what was not read yet; False where there is nothing."""
        text, at = self._text.text, 0 if self._is_closed else self._mark[0]
        if self._is_done or not text or (lexer := self._found_lexer()) is None:
            return False
        if self._is_closed:
            self._reading = _Reading(lexer.get_tokens_unprocessed(text), 0, len(text))
        elif is_resumable(lexer):
            walk = Walk(lexer, text, self._mark, self._text.tail)
            self._reading = _Reading(walk.tokens(), at, len(text), walk)
        else:
            end = text.find("\n", at + _PIECE) + 1 or len(text)
            self._reading = _Reading(lexer.get_tokens_unprocessed(text[at:end]), at, end)
        self._reading.enter(self._text, self._text.chunk_of(at))
        limit = self._reading.to_units(at - self._text.starts[self._reading.chunk])
        self._reading.colours = self._until(self._reading.chunk, limit)
        return True

    def _found_lexer(self) -> "Lexer | None":
        if self._lexer is None and self._is_known:
            self._lexer = lexer_for(self._language)
            self._is_known = self._lexer is not None
        return self._lexer

    def _read(self, reading: "_Reading", deadline: float) -> bool:
        """Colours from a reading; whether it came to its end before the deadline."""
        clock = time.perf_counter
        for at, kind, value in reading.tokens:
            start = max(reading.lead + at, reading.at)
            end = min(reading.lead + at + len(value), reading.end)
            if end > start:
                self._colour(reading, start, end, _role(kind))
                reading.at = end
            if clock() > deadline:
                return False
        self._colour(reading, reading.end, reading.end, _PLAIN)
        reading.at = reading.end
        self._keep(reading)
        self._reading = None
        self._is_done = reading.end == len(self._text.text)
        if not self._is_closed:
            self._mark = (
                reading.walk.mark if reading.walk else (self._text.line_at(reading.end), ())
            )
        return True

    def _pause(self) -> None:
        """Keeps what the reading under way has found: its text is no longer all there is."""
        reading, self._reading = self._reading, None
        if reading is not None and not self._is_closed:
            self._keep(reading)
            self._mark = reading.walk.mark if reading.walk else self._mark

    def _colour(self, reading: "_Reading", start: int, end: int, role: int) -> None:
        """Gives a stretch a role, chunk by chunk."""
        while True:
            first, stop = self._text.chunk(reading.chunk)
            if start < min(end, stop) and role != _PLAIN:
                at = reading.to_units(start - first)
                size = reading.to_units(min(end, stop) - first) - at
                _append(reading.colours, at, size, role)
            if end < stop or reading.chunk + 1 == len(self._text.starts):
                return
            self._put(reading.chunk, reading.colours)
            start = max(start, stop)
            reading.enter(self._text, reading.chunk + 1)

    def _keep(self, reading: "_Reading") -> None:
        """Puts what was found in an unfinished chunk before what it has behind that."""
        first, end = self._text.chunk(reading.chunk)
        if reading.at < end and reading.chunk < len(self._colours):
            limit = reading.to_units(reading.at - first)
            for start, length, role in _triples(self._colours[reading.chunk]):
                if start >= limit:
                    reading.colours.extend((start, length, role))
        self._put(reading.chunk, reading.colours)

    def _until(self, chunk: int, limit: int) -> "array[int]":
        """The colours a chunk has before a unit."""
        kept = array("I")
        if limit and chunk < len(self._colours):
            for start, length, role in _triples(self._colours[chunk]):
                if start < limit:
                    kept.extend((start, min(length, limit - start), role))
        return kept

    def _put(self, chunk: int, colours: "array[int]") -> None:
        while len(self._colours) <= chunk:
            self._colours.append(array("I"))
        if self._colours[chunk] != colours:
            self._colours[chunk] = colours
            self._changed.add(chunk)


class _Lines:
    """The text that gets colours, and where its chunks begin.

    Attributes:
        text: All of it.
        tail: Start of its last line.
        starts: Start of each chunk.
    """

    __slots__ = ("_blank", "_count", "starts", "tail", "text")

    def __init__(self) -> None:
        self.text = ""
        self.tail = 0
        self.starts = [0]
        self._count = 0
        self._blank = 0

    @property
    def finished(self) -> str:
        """All lines but the last."""
        return self.text[: self.tail]

    def take(self, text: str) -> None:
        """Goes on from the last line; what is beyond the caps is left out."""
        while True:
            newline = text.find("\n", self.tail)
            end = len(text) if newline < 0 else newline
            is_over = end - self.tail > MAX_LINE or end > MAX_CHARS
            is_over = is_over or self._count == MAX_LINES or self._blank == MAX_BLANK_LINES
            if is_over or newline < 0:
                self.text = text[: self.tail] if is_over else text
                return
            self._blank = 0 if text[self.tail : end].strip() else self._blank + 1
            self.tail = newline + 1
            self._count += 1
            if self._count % CHUNK_LINES == 0:
                self.starts.append(self.tail)

    def chunk(self, index: int) -> tuple[int, int]:
        """Start and end of a chunk."""
        is_last = index + 1 == len(self.starts)
        return self.starts[index], len(self.text) if is_last else self.starts[index + 1]

    def chunk_of(self, position: int) -> int:
        """The chunk a position is in."""
        return bisect_right(self.starts, position) - 1

    def line_at(self, position: int) -> int:
        """Start of the line a position is in."""
        return self.text.rfind("\n", 0, position) + 1

    def units(self, index: int) -> Callable[[int], int]:
        """What converts positions in a chunk to UTF-16 units."""
        start, end = self.chunk(index)
        return UnitMap(self.text[start:end]).to_units


class _Reading:
    """Tokens on their way to colours.

    Attributes:
        tokens: What is left of them.
        lead: Position in the text that is 0 to the tokens.
        at: How far the text has been read.
        end: Where reading ends.
        walk: The loop the tokens come from, where there is one.
        chunk: The chunk that is being coloured.
        colours: Start, length and role of each span found in it, as numbers in a row.
        to_units: Converts positions in it.
    """

    __slots__ = ("at", "chunk", "colours", "end", "lead", "to_units", "tokens", "walk")

    def __init__(
        self, tokens: Iterator[Token], at: int, end: int, walk: Walk | None = None
    ) -> None:
        self.tokens = tokens
        self.lead = 0 if walk else at
        self.at = at
        self.end = end
        self.walk = walk
        self.chunk = 0
        self.colours = array("I")
        self.to_units: Callable[[int], int] = int

    def enter(self, text: _Lines, chunk: int) -> None:
        """Goes on in a chunk, with no colours yet."""
        self.chunk, self.to_units = chunk, text.units(chunk)
        self.colours = array("I")


def _append(colours: "array[int]", start: int, length: int, role: int) -> None:
    """Adds a span, as part of the one before where they touch and look the same."""
    if colours and colours[-1] == role and colours[-3] + colours[-2] == start:
        colours[-2] += length
    else:
        colours.extend((start, length, role))


def _triples(colours: Iterable[int]) -> Iterator[tuple[int, int, int]]:
    numbers = iter(colours)
    return zip(numbers, numbers, numbers, strict=True)


@cache
def _role(kind: "_TokenType") -> int:
    """The number of the role of a type of token."""
    name = str(kind).removeprefix("Token.")
    while name:
        if name in _BY_TOKEN:
            return _ROLES.index(_BY_TOKEN[name])
        name = name.rpartition(".")[0]
    return _PLAIN
