"""A code block: a card with its language, "Copy", and lines laid out fifty at a time.

Its height is the number of lines times the line height, so nothing needs to be estimated and only
the lines in sight are ever laid out.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from desktop.markup.blocks import Block
from desktop.ui.transcript import words
from desktop.ui.transcript.controls import hidden_places, visible
from desktop.ui.transcript.elements import Action, ActionKind, Marks, selection_formats
from desktop.ui.transcript.highlight import CHUNK_LINES, Highlighter
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.prose import BlockElement
from desktop.ui.transcript.strokes import button_row, paint_bar, paint_buttons, paint_card
from desktop.ui.transcript.textbox import BoxStyle, Format, TextBox
from desktop.ui.transcript.units import UnitMap, unit_count

MAX_LINE = 2_000
"""Characters of a shown line; the rest goes on in the next one. Source: measured."""

MAX_WRAPPED = 5_000
"""Lines of a block that can be wrapped: all of them have to be laid out. Source: measured."""

_CHUNKS_KEPT = 12
_FIRST_COLOURS_MS = 2.0
_HEADER = 30
_PAD = 14
_BOTTOM = 12
_RADIUS = 10
_TAB = 4
_NO_WIDTH = 1e6


class CodeElement(BlockElement):
    """A fenced or indented code block.

    Attributes:
        is_colouring: Whether there are colours to find.
        scroll_x: Pixels by which long lines are scrolled to the left.
    """

    __slots__ = (
        "_boxes",
        "_chunks",
        "_highlighter",
        "_is_closed",
        "_is_wide",
        "_longest",
        "_look",
        "_measured",
        "_text",
        "_tops",
        "is_colouring",
        "rows",
        "scroll_x",
    )

    def __init__(self, block: Block, references: Mapping[str, Any]) -> None:
        BlockElement.__init__(self, block, references)
        self.scroll_x = 0.0
        self.rows = 0
        self._text = ""
        self._chunks: list[_Chunk] = []
        self._tops = [0.0]
        self._boxes: OrderedDict[int, TextBox] = OrderedDict()
        self._longest = 0
        self._measured = 0.0
        self._look: Look | None = None
        self._highlighter: Highlighter | None = None
        self._is_closed = self.is_colouring = self._is_wide = False
        self._read(block.raw)

    @property
    def text(self) -> str:
        """The code as it stands, without the end of the last line."""
        return self._text

    @property
    def actions(self) -> tuple[Action, ...]:
        """Copying it, and wrapping where a line is too long."""
        copy = Action(ActionKind.COPY_CODE, words.copy_code(), self.block.raw, "", words.copy())
        if self._look is None or not self._is_wide:
            return (copy,)
        return copy, Action(ActionKind.WRAP, words.wrap(is_wrapped=self._look.wraps_code))

    def label_text(self) -> str:
        """The code after its language label."""
        return f"{self.block.info}\n{self.copy_text()}" if self.block.info else self.copy_text()

    def close(self) -> None:
        """Nothing will be added to the block."""
        self._is_closed = True
        self.generation = 0

    def colour(self, budget_ms: float) -> bool:
        """Finds colours for about a time; whether there are more to find."""
        if self._highlighter is None:
            self._highlighter = Highlighter(self.block.info)
        self._highlighter.set_text(self.block.raw, self._is_closed)
        self.is_colouring = self._highlighter.advance(budget_ms)
        for index in self._highlighter.take_changed():
            self._boxes.pop(index, None)
        return self.is_colouring

    def take(self, block: Block) -> None:
        """Takes the block as it is now; what was laid out stays where the text only grew."""
        if block.info != self.block.info:
            self._highlighter = None
            self._boxes.clear()
        self.block = block
        self._read(block.raw)
        self.generation = 0

    def estimate(self, look: Look) -> float:
        """Exact: lines times line height; of wrapped lines only once they are laid out."""
        is_known = self._look is look and self._is_wrapped(look)
        lines = self._tops[-1] if is_known else self.rows * look.code_line
        return look.px(_HEADER + _BOTTOM) + lines

    def lay_out(self, look: Look) -> None:
        """Takes the measures; lines are laid out when they are painted."""
        if self._look is not look:
            self._boxes.clear()
            self._measured = 0.0
            self._tops = [0.0]
            self._look = look
        if self._is_wrapped(look):
            for index in range(len(self._tops) - 1, len(self._chunks)):
                self._tops.append(self._tops[-1] + self._box(index, look).height)
        self.height = self.estimate(look)
        self._is_wide = self.rows <= MAX_WRAPPED and self._excess(look) > 0
        labels = [action.label or action.name for action in reversed(self.actions)]
        areas = button_row(look, labels, look.width - look.px(_PAD), look.px(4))
        self.areas = areas[::-1]
        self.scroll_by(0.0)
        self.colour(_FIRST_COLOURS_MS)

    def release(self) -> None:
        """Drops all laid out lines."""
        self._boxes.clear()
        self.generation = 0

    def scroll_by(self, distance: float) -> bool:
        """Scrolls long lines sideways; whether anything moved."""
        before = self.scroll_x
        self.scroll_x = min(max(before + distance, 0.0), self._overflow())
        return self.scroll_x != before

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints the card, its header and the lines in sight."""
        self.paint_frame(painter, look, at, is_rtl=False)
        roles, left = look.roles, self.left(look)
        card = QRectF(at.x() + left, at.y(), look.width - left, self.height)
        paint_card(painter, card, look.px(_RADIUS), roles.code, roles.line)
        painter.setFont(look.small)
        painter.setPen(roles.muted)
        header = QRectF(card.x() + look.px(_PAD), at.y(), card.width() / 2, look.px(_HEADER))
        painter.drawText(header, Qt.AlignmentFlag.AlignVCenter, self.block.info)
        paint_buttons(painter, look, at, self.actions, self.areas, marks)
        inside = card.adjusted(look.px(_PAD) - 2, look.px(_HEADER), -look.px(_PAD) + 2, 0)
        painter.save()
        painter.setClipRect(inside, Qt.ClipOperation.IntersectClip)
        painter.setPen(roles.text)
        self._paint_lines(painter, look, at, clip.intersected(inside), marks)
        painter.restore()
        paint_bar(painter, look, card, self.scroll_x, self._overflow())

    def hit(self, x: float, y: float) -> int:
        """The text position nearest to a point."""
        look = self._look
        if look is None or y < look.px(_HEADER):
            return 0
        y -= look.px(_HEADER)
        if y >= self.height - look.px(_HEADER + _BOTTOM):
            return unit_count(self._text)
        index = self._chunk_at(y, look)
        x -= self.left(look) + look.px(_PAD) - self.scroll_x
        return self._chunks[index].unit + self._box(index, look).hit(x, y - self._top(index, look))

    def word(self, position: int) -> tuple[int, int]:
        """The word around a position."""
        index = max(bisect_right(self._chunks, position, key=_unit_of) - 1, 0)
        if self._look is None:
            return position, position
        unit = self._chunks[index].unit
        start, end = self._box(index, self._look).word(position - unit)
        return unit + start, unit + end

    def _overflow(self) -> float:
        look = self._look
        if look is None or self._is_wrapped(look):
            return 0.0
        return self._excess(look)

    def _excess(self, look: Look) -> float:
        """By how much the longest line is wider than the block."""
        content = max(self._longest * look.mono_width, self._measured) + 2 * look.px(_PAD)
        return max(content - (look.width - self.left(look)), 0.0)

    def _paint_lines(
        self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks
    ) -> None:
        top = at.y() + look.px(_HEADER)
        x = at.x() + self.left(look) + look.px(_PAD) - self.scroll_x
        selected = selection_formats(look, marks)
        for index in range(self._chunk_at(clip.top() - top, look), len(self._chunks)):
            chunk = self._chunks[index]
            y = top + self._top(index, look)
            if y > clip.bottom():
                break
            shifted = [mark._replace(start=mark.start - chunk.unit) for mark in selected]
            self._box(index, look).draw(painter, QPointF(x, y), clip, shifted)

    def _box(self, index: int, look: Look) -> TextBox:
        box = self._boxes.get(index)
        if box is None:
            is_wrapped = self._is_wrapped(look)
            style = BoxStyle(look.mono, look.code_line, is_wrapped, look.tab_width, is_code=True)
            spans = self._highlighter.spans(index) if self._highlighter else ()
            formats = [Format(s.start, s.length, look.code_format(s.role)) for s in spans]
            text = self._chunk_text(index)
            units, mark = UnitMap(text), look.hidden_format()
            formats += [Format(units.to_units(at), 1, mark) for at in hidden_places(text)]
            width = look.width - self.left(look) - 2 * look.px(_PAD) if is_wrapped else _NO_WIDTH
            box = TextBox(visible(text), style, width, formats)
            self._boxes[index] = box
            self._measured = max(self._measured, box.natural_width)
            if len(self._boxes) > _CHUNKS_KEPT:
                self._boxes.popitem(last=False)
        return box

    def _chunk_text(self, index: int) -> str:
        is_last = index + 1 == len(self._chunks)
        end = len(self._text) if is_last else self._chunks[index + 1].start
        text = self._text[self._chunks[index].start : end]
        return text if is_last else text.removesuffix("\n")

    def _is_wrapped(self, look: Look) -> bool:
        return look.wraps_code and self.rows <= MAX_WRAPPED

    def _top(self, index: int, look: Look) -> float:
        """Where a chunk begins below the header."""
        if self._is_wrapped(look):
            return self._tops[index]
        return self._chunks[index].row * look.code_line

    def _chunk_at(self, y: float, look: Look) -> int:
        """The chunk at a height below the header."""
        if self._is_wrapped(look):
            return max(min(bisect_right(self._tops, y), len(self._tops) - 1) - 1, 0)
        return max(bisect_right(self._chunks, int(y // look.code_line), key=_row_of) - 1, 0)

    def _read(self, raw: str) -> None:
        """Finds lines and chunks, from the last chunk on where the text only grew."""
        text = raw.removesuffix("\n")
        if not text.startswith(self._text):
            self._chunks, self._boxes = [], OrderedDict()
            self._longest, self._measured = 0, 0.0
        self._text = text
        chunk = self._chunks.pop() if self._chunks else _Chunk(0, 0, 0)
        self._boxes.pop(len(self._chunks), None)
        del self._tops[len(self._chunks) + 1 :]
        row, is_ascii = chunk.row, text.isascii()
        self._chunks.append(chunk)
        for start, end in _shown_lines(text, chunk.start):
            is_cut = start > chunk.start and text[start - 1] != "\n"
            if row - chunk.row == CHUNK_LINES or is_cut:
                size = start - chunk.start
                units = size if is_ascii else unit_count(text[chunk.start : start])
                chunk = _Chunk(start, chunk.unit + units, row)
                self._chunks.append(chunk)
            row += 1
            columns = end - start + (_TAB - 1) * text.count("\t", start, end)
            self._longest = max(self._longest, columns)
        self.rows = row


class _Chunk(NamedTuple):
    """Lines laid out together: where their text begins, in code points and units, and their row."""

    start: int
    unit: int
    row: int


def _unit_of(chunk: _Chunk) -> int:
    return chunk.unit


def _row_of(chunk: _Chunk) -> int:
    return chunk.row


def _shown_lines(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Start and end of each line as it is shown: at most MAX_LINE characters."""
    while True:
        end = text.find("\n", start)
        stop = len(text) if end < 0 else end
        while stop - start > MAX_LINE:
            yield start, start + MAX_LINE
            start += MAX_LINE
        yield start, stop
        if end < 0:
            return
        start = end + 1
