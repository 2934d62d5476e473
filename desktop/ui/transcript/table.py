"""A table: a simple grid whose columns are as wide as their content, within the reading column."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPainter

from desktop.markup.blocks import Block, Inline, Style
from desktop.markup.inline import inline
from desktop.ui.transcript.elements import Action, ActionKind, Marks, selection_formats
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.prose import BlockElement, is_openable
from desktop.ui.transcript.strokes import paint_card, paint_focus
from desktop.ui.transcript.textbox import BoxStyle, Format, TextBox
from desktop.ui.transcript.units import UnitMap, unit_count

MEASURED_ROWS = 50
"""Column widths come from these rows only, so that a streamed and a reopened table look alike."""

_CELL_PAD_X = 10
_CELL_PAD_Y = 4
_MIN_COLUMN = 36
_RADIUS = 10


class TableElement(BlockElement):
    """A table block; its text is cells by tab and rows by newline."""

    __slots__ = (
        "_boxes",
        "_cells",
        "_columns",
        "_end",
        "_left",
        "_look",
        "_pad",
        "_row_areas",
        "_starts",
        "_tops",
    )

    def __init__(self, block: Block, references: Mapping[str, Any]) -> None:
        BlockElement.__init__(self, block, references)
        self._cells: list[list[Inline]] = []
        self._end = 0
        self._row_areas: list[list[list[QRectF]]] = []
        self._look: Look | None = None
        self._boxes: list[list[TextBox]] = []
        self._columns: list[float] = []
        self._tops = [0.0]
        self._starts: list[list[int]] = []
        self._left = self._pad = 0.0

    @property
    def cells(self) -> list[list[Inline]]:
        """Inline text of all cells, row by row, all rows of the same length."""
        columns = len(self.block.aligns)
        for row in self.block.rows[len(self._cells) :]:
            padded = (*row, *[""] * (columns - len(row)))[:columns]
            cells = [inline(cell, self.references) for cell in padded]
            self._cells.append(cells)
            self._starts.append(_starts(cells, self._end))
            self._end = self._starts[-1][-1] + unit_count(cells[-1].text) + 1
        return self._cells

    @property
    def text(self) -> str:
        """Cells by tab, rows by newline."""
        return "\n".join("\t".join(cell.text for cell in row) for row in self.cells)

    @property
    def actions(self) -> tuple[Action, ...]:
        """The links in its cells."""
        return tuple(
            Action(ActionKind.LINK, cell.text[r.start : r.start + r.length], r.target, r.target)
            for row in self.cells
            for cell in row
            for r in cell.runs
            if r.style & Style.LINK and is_openable(r.target)
        )

    def take(self, block: Block) -> None:
        """Takes the block as it is now; rows that did not change keep their layout."""
        same = 0
        if block.aligns == self.block.aligns:
            for old, new in zip(self.block.rows, block.rows, strict=False):
                if old != new:
                    break
                same += 1
        self.block = block
        self._keep(min(same, len(self._cells)))
        self.generation = 0

    def renew(self, references: Mapping[str, Any]) -> None:
        """Reads its cells again: a definition came late."""
        self.references = references
        self._keep(0)
        self.generation = 0

    def estimate(self, look: Look) -> float:
        """One line a row."""
        return len(self.block.rows) * (look.line + 2 * look.px(_CELL_PAD_Y))

    def lay_out(self, look: Look) -> None:
        """Measures the columns, then lays out the cells that are not yet."""
        pad_x, pad_y = look.px(_CELL_PAD_X), look.px(_CELL_PAD_Y)
        self._left, self._pad = self.left(look), pad_x
        columns = self._measure(look, look.width - self._left, pad_x)
        if self._look is not look or columns != self._columns:
            self._boxes, self._tops, self._row_areas = [], [0.0], []
        self._columns, self._look = columns, look
        y = self._tops[-1]
        for number, row in enumerate(self.cells[len(self._boxes) :], len(self._boxes)):
            boxes = [
                _cell_box(look, cell, width - 2 * pad_x, align, is_header=number == 0)
                for cell, width, align in zip(row, columns, self._aligns(), strict=True)
            ]
            self._boxes.append(boxes)
            self._row_areas.append(self._areas_in(row, boxes, y + pad_y))
            y += max(box.height for box in boxes) + 2 * pad_y
            self._tops.append(y)
        self.height = y
        self.areas = [area for areas in self._row_areas for area in areas]

    def release(self) -> None:
        """Drops the layouts of the cells."""
        self._boxes, self._tops, self._row_areas = [], [0.0], []
        self.generation = 0

    def _keep(self, rows: int) -> None:
        """Forgets all but the first rows."""
        del self._cells[rows:], self._starts[rows:], self._boxes[rows:], self._row_areas[rows:]
        del self._tops[max(min(rows, len(self._boxes)), 0) + 1 :]
        self._end = 0
        if self._cells:
            self._end = self._starts[-1][-1] + unit_count(self._cells[-1][-1].text) + 1

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints the grid and the cells in sight."""
        self.paint_frame(painter, look, at, is_rtl=False)
        roles, left = look.roles, self.left(look)
        pad_x, pad_y = look.px(_CELL_PAD_X), look.px(_CELL_PAD_Y)
        card = QRectF(at.x() + left, at.y(), sum(self._columns), self.height)
        paint_card(painter, card, look.px(_RADIUS), roles.window, roles.line)
        first = max(bisect_right(self._tops, clip.top() - at.y()) - 1, 0)
        for number in range(first, len(self._boxes)):
            boxes, y = self._boxes[number], at.y() + self._tops[number]
            if y > clip.bottom():
                break
            if number:
                painter.fillRect(QRectF(card.x() + 1, y, card.width() - 2, 1), roles.line)
            x = card.x()
            for column, box in enumerate(boxes):
                painter.setPen(roles.text)
                ranges = self._selected(look, marks, number, column)
                box.draw(painter, QPointF(x + pad_x, y + pad_y), clip, ranges)
                x += self._columns[column]
        paint_focus(painter, look, at, self.areas, marks.focused)

    def hit(self, x: float, y: float) -> int:
        """The text position nearest to a point."""
        if not self._boxes:
            return 0
        number = min(max(bisect_right(self._tops, y) - 1, 0), len(self._boxes) - 1)
        column, left = 0, x - self._left
        while column + 1 < len(self._columns) and left >= self._columns[column]:
            left -= self._columns[column]
            column += 1
        inside = self._boxes[number][column].hit(left - self._pad, y - self._tops[number])
        return self._starts[number][column] + inside

    def word(self, position: int) -> tuple[int, int]:
        """The word around a position."""
        for starts, boxes in zip(self._starts, self._boxes, strict=False):
            for start, box in zip(starts, boxes, strict=True):
                if start <= position <= start + box.length:
                    first, last = box.word(position - start)
                    return start + first, start + last
        return position, position

    def _aligns(self) -> tuple[str, ...]:
        return tuple(align or "left" for align in self.block.aligns)

    def _measure(self, look: Look, room: float, pad: float) -> list[float]:
        body, bold = QFontMetricsF(look.body), QFontMetricsF(look.heading(4)[0])
        widths = [look.px(_MIN_COLUMN)] * len(self.block.aligns)
        for number, row in enumerate(self.cells[:MEASURED_ROWS]):
            metrics = body if number else bold
            for column, cell in enumerate(row):
                width = metrics.horizontalAdvance(cell.text[:400]) + 2 * pad + 4
                widths[column] = max(widths[column], float(round(width)))
        return _fitted(widths, room)

    def _areas_in(self, row: list[Inline], boxes: list[TextBox], y: float) -> list[list[QRectF]]:
        areas, x = [], self._left + self._pad
        for column, (cell, box) in enumerate(zip(row, boxes, strict=True)):
            units = UnitMap(cell.text)
            for run in cell.runs:
                if run.style & Style.LINK and is_openable(run.target):
                    start, end = run.start, run.start + run.length
                    rects = box.rectangles(units.to_units(start), units.to_units(end))
                    areas.append([rect.translated(x, y) for rect in rects])
            x += self._columns[column]
        return areas

    def _selected(self, look: Look, marks: Marks, number: int, column: int) -> list[Format]:
        offset = self._starts[number][column]
        drawn = selection_formats(look, marks)
        return [mark._replace(start=mark.start - offset) for mark in drawn]


def _starts(cells: list[Inline], position: int) -> list[int]:
    """Where each cell of a row begins in the table's text, in UTF-16 units."""
    starts = []
    for cell in cells:
        starts.append(position)
        position += unit_count(cell.text) + 1
    return starts


def _fitted(widths: list[float], room: float) -> list[float]:
    """Widths that fit: columns wider than a fair share give way, the others keep theirs."""
    if sum(widths) <= room:
        return widths
    fair, rest, left = room / len(widths), room, len(widths)
    for width in sorted(widths):
        if width > rest / left:
            break
        rest -= width
        left -= 1
    fair = rest / left if left else fair
    return [min(width, fair) for width in widths]


def _cell_box(look: Look, cell: Inline, width: float, align: str, *, is_header: bool) -> TextBox:
    units = UnitMap(cell.text)
    formats = [
        Format(
            units.to_units(run.start),
            units.to_units(run.start + run.length) - units.to_units(run.start),
            look.format(run.style),
        )
        for run in cell.runs
    ]
    font = look.heading(5)[0] if is_header else look.body
    return TextBox(cell.text, BoxStyle(font, look.line, alignment=align), max(width, 1.0), formats)
