"""A table: a simple grid whose columns are as wide as their content, within the reading column.

One with more columns than can be read there scrolls sideways.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from desktop.markup.blocks import Block, Inline, Style
from desktop.markup.inline import inline
from desktop.ui.transcript.elements import Action, ActionKind, Marks, selection_formats
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.math import MathState
from desktop.ui.transcript.prose import BlockElement, is_openable
from desktop.ui.transcript.strokes import paint_bar, paint_card, paint_focus
from desktop.ui.transcript.table_cell import Cell, natural_width
from desktop.ui.transcript.textbox import Format
from desktop.ui.transcript.units import unit_count

MEASURED_ROWS = 50
"""Column widths come from these rows only, so that a streamed and a reopened table look alike."""

_CELL_PAD_X = 10
_CELL_PAD_Y = 4
_MIN_COLUMN = 36
_RADIUS = 10
_READABLE = 130
_BAR_ROOM = 11


class TableElement(BlockElement):
    """A table block; its text is cells by tab and rows by newline.

    Attributes:
        scroll_x: Pixels by which a wide table is scrolled to the left.
    """

    __slots__ = (
        "_boxes",
        "_cells",
        "_columns",
        "_end",
        "_left",
        "_look",
        "_pad",
        "_pad_y",
        "_row_areas",
        "_starts",
        "_tops",
        "_waiting",
        "scroll_x",
    )

    def __init__(self, block: Block, references: Mapping[str, Any]) -> None:
        BlockElement.__init__(self, block, references)
        self._cells: list[list[Inline]] = []
        self._end = 0
        self._row_areas: list[list[list[QRectF]]] = []
        self._look: Look | None = None
        self._boxes: list[list[Cell]] = []
        self._columns: list[float] = []
        self._tops = [0.0]
        self._starts: list[list[int]] = []
        self._left = self._pad = self._pad_y = 0.0
        self._waiting: set[int] = set()
        self.scroll_x = 0.0

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

    def ensure(self, look: Look) -> None:
        """Lays it out for a look, or again if it was waiting for a picture."""
        if self.is_waiting:
            self.generation = 0
        super().ensure(look)

    def lay_out(self, look: Look) -> None:
        """Measures the columns, then lays out the cells that are not yet."""
        self._left, self._pad = self.left(look), look.px(_CELL_PAD_X)
        self._pad_y = look.px(_CELL_PAD_Y)
        columns = self._measure(look, look.width - self._left)
        if self._look is not look or columns != self._columns:
            self._drop()
        self._columns, self._look = columns, look
        self._lay_out_again(look)
        for number in range(len(self._boxes), len(self.cells)):
            self._boxes.append(self._row(look, number))
            self._tops.append(self._tops[-1] + self._row_height(number))
            self._row_areas.append(self._areas_in(number))
        self.height = self._tops[-1] + (look.px(_BAR_ROOM) if self._overflow() else 0.0)
        self.scroll_x = min(self.scroll_x, self._overflow())
        self._place_areas()

    def _row(self, look: Look, number: int) -> list[Cell]:
        made = [
            Cell(look, cell, width - 2 * self._pad, align or "", is_header=number == 0)
            for cell, width, align in zip(
                self.cells[number], self._columns, self.block.aligns, strict=True
            )
        ]
        if any(cell.is_waiting for cell in made):
            self._waiting.add(number)
        return made

    def _row_height(self, number: int) -> float:
        return max(cell.box.height for cell in self._boxes[number]) + 2 * self._pad_y

    def _lay_out_again(self, look: Look) -> None:
        """Lays out the rows whose pictures have come."""
        rows = [number for number in self._waiting if number < len(self._boxes)]
        self._waiting.clear()
        come = [number for number in rows if not self._is_pending(look, number)]
        self._waiting.update(set(rows).difference(come))
        for number in come:
            self._boxes[number] = self._row(look, number)
        if come:
            first = min(come)
            del self._tops[first + 1 :], self._row_areas[first:]
            for number in range(first, len(self._boxes)):
                self._tops.append(self._tops[-1] + self._row_height(number))
                self._row_areas.append(self._areas_in(number))

    def _is_pending(self, look: Look, number: int) -> bool:
        maths = look.maths
        return maths is not None and any(
            maths.metrics(key).state is MathState.PENDING
            for cell in self._boxes[number]
            for key in cell.shown.keys
        )

    def scroll_by(self, distance: float) -> bool:
        """Scrolls it sideways where it is wider than the column; whether anything moved."""
        before = self.scroll_x
        self.scroll_x = min(max(before + distance, 0.0), self._overflow())
        if self.scroll_x != before:
            self._place_areas()
        return self.scroll_x != before

    def show_action(self, index: int) -> None:
        """Scrolls sideways to a link."""
        areas = [area for areas in self._row_areas for area in areas]
        if index < len(areas) and areas[index]:
            left = areas[index][0].left() - self._left
            if not 0 <= left - self.scroll_x < self._seen_width() - 4 * self._pad:
                self.scroll_by(left - self.scroll_x - self._seen_width() / 3)

    def release(self) -> None:
        """Drops the layouts of the cells."""
        self._drop()
        self.generation = 0

    @property
    def is_waiting(self) -> bool:
        """Whether a picture of a formula is still being made."""
        return bool(self._waiting)

    def _drop(self) -> None:
        self._boxes, self._tops, self._row_areas = [], [0.0], []
        self._waiting.clear()

    def _keep(self, rows: int) -> None:
        """Forgets all but the first rows."""
        del self._cells[rows:], self._starts[rows:], self._boxes[rows:], self._row_areas[rows:]
        del self._tops[max(min(rows, len(self._boxes)), 0) + 1 :]
        self._waiting = {number for number in self._waiting if number < rows}
        self._end = 0
        if self._cells:
            self._end = self._starts[-1][-1] + unit_count(self._cells[-1][-1].text) + 1

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints the grid and the cells in sight."""
        self.paint_frame(painter, look, at, is_rtl=False)
        roles, radius = look.roles, look.px(_RADIUS)
        card = QRectF(at.x() + self.left(look), at.y(), self._seen_width(), self.height)
        paint_card(painter, card, radius, roles.window, roles.line)
        painter.save()
        painter.setClipRect(card.adjusted(1, 0, -1, 0), Qt.ClipOperation.IntersectClip)
        first = max(bisect_right(self._tops, clip.top() - at.y()) - 1, 0)
        for number in range(first, len(self._boxes)):
            y = at.y() + self._tops[number]
            if y > clip.bottom():
                break
            if number:
                painter.fillRect(QRectF(card.x() + 1, y, card.width() - 2, 1), roles.line)
            ranges = [self._selected(look, marks, number, c) for c in range(len(self._columns))]
            x = card.x() - self.scroll_x
            for column, cell in enumerate(self._boxes[number]):
                if x + self._columns[column] >= card.left() and x <= card.right():
                    place = QPointF(x + self._pad, y + self._pad_y)
                    cell.paint(painter, look, place, clip.intersected(card), ranges[column])
                x += self._columns[column]
        paint_focus(painter, look, at, self.areas, marks.focused)
        painter.restore()
        paint_bar(painter, look, card, self.scroll_x, self._overflow())

    def hit(self, x: float, y: float) -> int:
        """The text position nearest to a point."""
        if not self._boxes:
            return 0
        number = min(max(bisect_right(self._tops, y) - 1, 0), len(self._boxes) - 1)
        column, left = 0, x - self._left + self.scroll_x
        while column + 1 < len(self._columns) and left >= self._columns[column]:
            left -= self._columns[column]
            column += 1
        y -= self._tops[number] + self._pad_y
        inside = self._boxes[number][column].hit(left - self._pad, y)
        return self._starts[number][column] + inside

    def word(self, position: int) -> tuple[int, int]:
        """The word around a position."""
        number = max(bisect_right(self._starts, position, key=_first_of) - 1, 0)
        if number >= len(self._boxes):
            return position, position
        starts = self._starts[number]
        column = max(bisect_right(starts, position) - 1, 0)
        first, last = self._boxes[number][column].word(position - starts[column])
        return starts[column] + first, starts[column] + last

    def _measure(self, look: Look, room: float) -> list[float]:
        widths = [look.px(_MIN_COLUMN)] * len(self.block.aligns)
        for number, row in enumerate(self.cells[:MEASURED_ROWS]):
            for column, cell in enumerate(row):
                width = natural_width(look, cell, is_header=number == 0) + 2 * self._pad + 4
                widths[column] = max(widths[column], float(round(width)))
        return _fitted(widths, room, look.px(_READABLE))

    def _areas_in(self, number: int) -> list[list[QRectF]]:
        """Where the links of a row are, as if nothing were scrolled."""
        areas, x, y = [], self._left + self._pad, self._tops[number] + self._pad_y
        for cell, width in zip(self._boxes[number], self._columns, strict=True):
            areas += [[rect.translated(x, y) for rect in rects] for rects in cell.link_areas()]
            x += width
        return areas

    def _place_areas(self) -> None:
        """Moves the links to where they are scrolled to; those out of sight have no area."""
        seen = QRectF(self._left, 0, self._seen_width(), self.height)
        self.areas = [
            [rect.translated(-self.scroll_x, 0).intersected(seen) for rect in area]
            for areas in self._row_areas
            for area in areas
        ]

    def _seen_width(self) -> float:
        room = self._look.width - self._left if self._look else 0.0
        return min(sum(self._columns), room)

    def _overflow(self) -> float:
        return max(sum(self._columns) - self._seen_width(), 0.0)

    def _selected(self, look: Look, marks: Marks, number: int, column: int) -> list[Format]:
        offset = self._starts[number][column]
        drawn = selection_formats(look, marks)
        return [mark._replace(start=mark.start - offset) for mark in drawn]


def _first_of(starts: list[int]) -> int:
    return starts[0]


def _starts(cells: list[Inline], position: int) -> list[int]:
    """Where each cell of a row begins in the table's text, in UTF-16 units."""
    starts = []
    for cell in cells:
        starts.append(position)
        position += unit_count(cell.text) + 1
    return starts


def _fitted(widths: list[float], room: float, readable: float) -> list[float]:
    """Widths that fit: columns wider than a fair share give way, the others keep theirs.

    Where that would leave columns too narrow to read, the table is wider than the room.
    """
    if sum(widths) <= room:
        return widths
    least = [min(width, readable) for width in widths]
    if sum(least) > room:
        return least
    fair, rest, left = room / len(widths), room, len(widths)
    for width in sorted(widths):
        if width > rest / left:
            break
        rest -= width
        left -= 1
    fair = rest / left if left else fair
    return [max(min(width, fair), low) for width, low in zip(widths, least, strict=True)]
