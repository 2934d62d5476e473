"""A table of thousands of cells: only the cells in sight are ever laid out.

Its cells are shown as they were written, and a row's height comes from the number of characters in
it, so that nothing has to be laid out to know where a row is.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

from desktop.markup.blocks import Block
from desktop.ui.transcript.elements import Marks, selection_formats
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.prose import BlockElement
from desktop.ui.transcript.strokes import paint_bar, paint_card
from desktop.ui.transcript.textbox import BoxStyle, Format, TextBox
from desktop.ui.transcript.units import unit_count

LARGE_CELLS = 1_000
"""Cells of the largest table that is laid out whole: 60 to 90 ms. Source: measured."""

_MEASURED_CELLS = 1_000
_MEASURED_CHARS = 60
_BOXES_KEPT = 1_500
_CELL_PAD_X = 10
_CELL_PAD_Y = 4
_LEAST_COLUMN = 36
_WIDEST_COLUMN = 300
_WIDE_CHAR = 1.35
"""Width of a character that lines are counted with, in average ones; wide scripts take two."""
_BAR_ROOM = 11
_RADIUS = 10
_HEADER_LEVEL = 5


def is_large(block: Block) -> bool:
    """Whether a table block is too large to be laid out whole."""
    return len(block.rows) * len(block.aligns) > LARGE_CELLS


class LargeTableElement(BlockElement):
    """A table block; its text is cells by tab and rows by newline.

    Attributes:
        scroll_x: Pixels by which a wide table is scrolled to the left.
    """

    __slots__ = ("_boxes", "_lefts", "_look", "_measured", "_starts", "_text", "_tops", "scroll_x")

    def __init__(self, block: Block, references: Mapping[str, Any]) -> None:
        BlockElement.__init__(self, block, references)
        self.scroll_x = 0.0
        self._look: Look | None = None
        self._measured: tuple[tuple[str, ...], ...] = ()
        self._lefts: list[float] = [0.0]
        self._tops: list[float] = [0.0]
        self._boxes: OrderedDict[tuple[int, int], TextBox] = OrderedDict()
        self._text: str | None = None
        self._starts: list[int] | None = None

    @property
    def text(self) -> str:
        """Cells by tab, rows by newline."""
        if self._text is None:
            self._text = "\n".join(map("\t".join, self.block.rows))
        return self._text

    def take(self, block: Block) -> None:
        """Takes the block as it is now; rows that did not change keep their layout."""
        same = 0
        if block.aligns == self.block.aligns:
            pairs = zip(self.block.rows, block.rows, strict=False)
            least = min(len(self.block.rows), len(block.rows))
            same = next((n for n, (old, new) in enumerate(pairs) if old != new), least)
        self.block = block
        self._text = self._starts = None
        del self._tops[same + 1 :]
        self._boxes = OrderedDict((at, box) for at, box in self._boxes.items() if at[0] < same)
        self.generation = 0

    def estimate(self, look: Look) -> float:
        """One line a row."""
        return len(self.block.rows) * (look.line + 2 * look.px(_CELL_PAD_Y))

    def lay_out(self, look: Look) -> None:
        """Measures the columns by the first rows, and counts the lines of all."""
        lefts = [0.0, *accumulate(self._measure(look))]
        if self._look is not look or lefts != self._lefts:
            self._boxes.clear()
            self._tops = [0.0]
        self._look, self._lefts = look, lefts
        pad, wide = 2 * look.px(_CELL_PAD_X), look.char_width * _WIDE_CHAR
        room = [max((right - left - pad) / wide, 1.0) for left, right in pairwise(lefts)]
        least = min(room)
        for row in self.block.rows[len(self._tops) - 1 :]:
            lines = _lines(row, room, least)
            self._tops.append(self._tops[-1] + lines * look.line + 2 * look.px(_CELL_PAD_Y))
        self.height = self._tops[-1] + (look.px(_BAR_ROOM) if self._overflow() else 0.0)
        self.scroll_x = min(self.scroll_x, self._overflow())

    def release(self) -> None:
        """Drops the layouts of the cells."""
        self._boxes.clear()
        self.generation = 0

    def scroll_by(self, distance: float) -> bool:
        """Scrolls it sideways where it is wider than the column; whether anything moved."""
        before = self.scroll_x
        self.scroll_x = min(max(before + distance, 0.0), self._overflow())
        return self.scroll_x != before

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints the grid and the cells in sight."""
        self.paint_frame(painter, look, at, is_rtl=False)
        roles = look.roles
        card = QRectF(at.x() + self.left(look), at.y(), self._seen_width(), self.height)
        paint_card(painter, card, look.px(_RADIUS), roles.window, roles.line)
        painter.save()
        painter.setClipRect(card.adjusted(1, 0, -1, 0), Qt.ClipOperation.IntersectClip)
        painter.setPen(roles.text)
        selected = selection_formats(look, marks)
        for number in range(self._row_at(clip.top() - at.y()), len(self.block.rows)):
            y = at.y() + self._tops[number]
            if y > clip.bottom():
                break
            if number:
                painter.fillRect(QRectF(card.x() + 1, y, card.width() - 2, 1), roles.line)
            area = QRectF(card.x(), y, card.width(), self._tops[number + 1] - self._tops[number])
            self._paint_row(painter, look, number, area, selected)
        painter.restore()
        paint_bar(painter, look, card, self.scroll_x, self._overflow())

    def hit(self, x: float, y: float) -> int:
        """The text position nearest to a point."""
        look = self._look
        if look is None or not self.block.rows:
            return 0
        number = self._row_at(y)
        x += self.scroll_x - self.left(look)
        column = min(max(bisect_right(self._lefts, x) - 1, 0), len(self._lefts) - 2)
        x -= self._lefts[column] + look.px(_CELL_PAD_X)
        inside = self._box(look, number, column).hit(x, y - self._tops[number])
        return self._cell_starts(number)[column] + inside

    def word(self, position: int) -> tuple[int, int]:
        """The word around a position."""
        if self._look is None:
            return position, position
        number = max(bisect_right(self._row_starts(), position) - 1, 0)
        starts = self._cell_starts(number)
        column = max(bisect_right(starts, position, hi=len(starts) - 1) - 1, 0)
        box = self._box(self._look, number, column)
        start, end = box.word(min(position - starts[column], box.length))
        return starts[column] + start, starts[column] + end

    def _paint_row(
        self,
        painter: QPainter,
        look: Look,
        number: int,
        area: QRectF,
        selected: Sequence[Format],
    ) -> None:
        lefts, x = self._lefts, self.scroll_x
        pad_x, pad_y = look.px(_CELL_PAD_X), look.px(_CELL_PAD_Y)
        starts = self._cell_starts(number) if selected else []
        first = max(bisect_right(lefts, x) - 1, 0)
        for column in range(first, len(lefts) - 1):
            if lefts[column] > x + area.width():
                break
            place = QPointF(area.x() + lefts[column] - x + pad_x, area.y() + pad_y)
            ranges = [mark._replace(start=mark.start - starts[column]) for mark in selected]
            self._box(look, number, column).draw(painter, place, area, ranges)

    def _box(self, look: Look, number: int, column: int) -> TextBox:
        box = self._boxes.get((number, column))
        if box is None:
            row, align = self.block.rows[number], self.block.aligns[column]
            width = self._lefts[column + 1] - self._lefts[column] - 2 * look.px(_CELL_PAD_X)
            style = BoxStyle(_font(look, number), look.line, alignment=align or "left")
            box = TextBox(row[column] if column < len(row) else "", style, max(width, 1.0))
            self._boxes[number, column] = box
            if len(self._boxes) > _BOXES_KEPT:
                self._boxes.popitem(last=False)
        return box

    def _measure(self, look: Look) -> list[float]:
        columns = len(self.block.aligns)
        rows = self.block.rows[: max(_MEASURED_CELLS // columns, 2)]
        if self._look is look and rows == self._measured:
            return [right - left for left, right in pairwise(self._lefts)]
        self._measured = rows
        widths = [look.px(_LEAST_COLUMN)] * columns
        for number, row in enumerate(rows):
            metrics = QFontMetricsF(_font(look, number))
            for column, cell in enumerate(row):
                width = metrics.horizontalAdvance(cell[:_MEASURED_CHARS])
                width = float(round(width * _WIDE_CHAR + 2 * look.px(_CELL_PAD_X)))
                widths[column] = max(widths[column], min(width, look.px(_WIDEST_COLUMN)))
        return widths

    def _row_at(self, y: float) -> int:
        return min(max(bisect_right(self._tops, y) - 1, 0), len(self.block.rows) - 1)

    def _row_starts(self) -> list[int]:
        if self._starts is None:
            lengths = (unit_count("\t".join(row)) + 1 for row in self.block.rows)
            self._starts = list(accumulate(lengths, initial=0))
        return self._starts

    def _cell_starts(self, number: int) -> list[int]:
        """Where each cell of a row begins in the text, in UTF-16 units; one more for the end."""
        row, columns = self.block.rows[number], len(self.block.aligns)
        lengths = (unit_count(cell) + 1 for cell in row)
        starts = list(accumulate(lengths, initial=self._row_starts()[number]))
        return starts + [starts[-1]] * (columns + 1 - len(starts))

    def _seen_width(self) -> float:
        room = self._look.width - self.left(self._look) if self._look else 0.0
        return min(self._lefts[-1], room)

    def _overflow(self) -> float:
        return max(self._lefts[-1] - self._seen_width(), 0.0)


def _font(look: Look, number: int) -> QFont:
    return look.heading(_HEADER_LEVEL)[0] if number == 0 else look.body


def _lines(row: Sequence[str], room: Sequence[float], least: float) -> int:
    """Lines of the row's highest cell, rather one too many than one too few."""
    if max(map(len, row), default=0) <= least and all(map(str.isascii, row)):
        return 1
    lines = 1
    for cell, fits in zip(row, room, strict=False):
        chars = len(cell) if cell.isascii() else 2 * len(cell)
        if chars > fits:
            lines = max(lines, int(chars / fits) + 1)
    return lines
