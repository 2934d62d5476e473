"""A table: a simple grid whose columns are as wide as their content, within the reading column."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPainter

from desktop.markup.blocks import Block, Inline, Style
from desktop.markup.inline import inline
from desktop.ui.transcript.elements import Action, ActionKind, Marks
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

    __slots__ = ("_boxes", "_cells", "_columns", "_left", "_pad", "_starts", "_tops")

    def __init__(self, block: Block, references: Mapping[str, Any]) -> None:
        BlockElement.__init__(self, block, references)
        self._cells: list[list[Inline]] | None = None
        self._boxes: list[list[TextBox]] = []
        self._columns: list[float] = []
        self._tops: list[float] = []
        self._starts: list[list[int]] = []
        self._left = self._pad = 0.0

    @property
    def cells(self) -> list[list[Inline]]:
        """Inline text of all cells, row by row."""
        if self._cells is None:
            columns = len(self.block.aligns)
            self._cells = [
                [inline(c, self.references) for c in (*row, *[""] * (columns - len(row)))][:columns]
                for row in self.block.rows
            ]
            self._starts = _starts(self._cells)
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
        """Takes the block as it is now."""
        self.block = block
        self._cells = None
        self.release()

    def renew(self, references: Mapping[str, Any]) -> None:
        """Reads its cells again: a definition came late."""
        self.references = references
        self.take(self.block)

    def estimate(self, look: Look) -> float:
        """One line a row."""
        return len(self.block.rows) * (look.line + 2 * look.px(_CELL_PAD_Y))

    def lay_out(self, look: Look) -> None:
        """Measures the columns, then lays out every cell."""
        pad_x, pad_y = look.px(_CELL_PAD_X), look.px(_CELL_PAD_Y)
        self._left, self._pad = self.left(look), pad_x
        self._columns = self._measure(look, look.width - self._left, pad_x)
        self._boxes, self._tops, y = [], [0.0], 0.0
        for number, row in enumerate(self.cells):
            boxes = [
                _cell_box(look, cell, width - 2 * pad_x, align, is_header=number == 0)
                for cell, width, align in zip(row, self._columns, self._aligns(), strict=True)
            ]
            self._boxes.append(boxes)
            y += max(box.height for box in boxes) + 2 * pad_y
            self._tops.append(y)
        self.height = y
        self.areas = self._link_areas(look, pad_x, pad_y)

    def release(self) -> None:
        """Drops the layouts of the cells."""
        self._boxes = []
        self.generation = 0

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints the grid and the cells in sight."""
        self.paint_frame(painter, look, at, is_rtl=False)
        roles, left = look.roles, self.left(look)
        pad_x, pad_y = look.px(_CELL_PAD_X), look.px(_CELL_PAD_Y)
        card = QRectF(at.x() + left, at.y(), sum(self._columns), self.height)
        paint_card(painter, card, look.px(_RADIUS), roles.window, roles.line)
        for number, boxes in enumerate(self._boxes):
            y = at.y() + self._tops[number]
            if y > clip.bottom() or at.y() + self._tops[number + 1] < clip.top():
                continue
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
        number = max(sum(top <= y for top in self._tops[1:-1]), 0)
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

    def _link_areas(self, look: Look, pad_x: float, pad_y: float) -> list[list[QRectF]]:
        areas = []
        for number, row in enumerate(self.cells):
            x = self.left(look) + pad_x
            for column, cell in enumerate(row):
                box, units = self._boxes[number][column], UnitMap(cell.text)
                for run in cell.runs:
                    if run.style & Style.LINK and is_openable(run.target):
                        start = units.to_units(run.start)
                        end = units.to_units(run.start + run.length)
                        rects = box.rectangles(start, end)
                        areas.append([r.translated(x, self._tops[number] + pad_y) for r in rects])
                x += self._columns[column]
        return areas

    def _selected(self, look: Look, marks: Marks, number: int, column: int) -> list[Format]:
        if marks.selection is None:
            return []
        start, end = marks.selection
        offset = self._starts[number][column]
        return [Format(start - offset, end - start, look.selection_format())]


def _starts(cells: list[list[Inline]]) -> list[list[int]]:
    """Where each cell begins in the table's text, in UTF-16 units."""
    found, position = [], 0
    for row in cells:
        starts = []
        for cell in row:
            starts.append(position)
            position += unit_count(cell.text) + 1
        found.append(starts)
    return found


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
