"""The visible part of a conversation: what lies where, what is hit, what is selected. No widget."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF

from desktop.ui.transcript.anchor import Anchor, Placed, Slot
from desktop.ui.transcript.code_block import CodeElement
from desktop.ui.transcript.elements import NOWHERE, Action, Element
from desktop.ui.transcript.flow import TranscriptFlow
from desktop.ui.transcript.large_table import LargeTableElement
from desktop.ui.transcript.look import COLUMN_PX, Look
from desktop.ui.transcript.places import caret_x, line_span
from desktop.ui.transcript.selection import Point, Selection
from desktop.ui.transcript.table import TableElement

SIDE_MARGIN = 24
BOTTOM_PAD = 20
_REVEAL_SHARE = 0.3
_SIDE_ROOM = 40


class ActionRef(NamedTuple):
    """An action by row, element of the row, and place in ``Element.actions``."""

    row: int
    element: int
    action: int


class Stage:
    """A flow, the reading position in it, and what is in sight.

    Attributes:
        flow: The rows.
        anchor: The reading position.
        selection: What is selected.
        placed: Elements in sight, top down.
        width: Of the view, in pixels.
        height: Of the view, in pixels.
    """

    def __init__(self, look: Look) -> None:
        self.flow = TranscriptFlow(look)
        self.anchor = Anchor(self.flow, look.px(BOTTOM_PAD))
        self.selection = Selection()
        self.placed: list[Placed] = []
        self.width = 0.0
        self.height = 0.0

    @property
    def look(self) -> Look:
        """What everything is laid out for."""
        return self.flow.look

    @property
    def left(self) -> float:
        """Left edge of the reading column."""
        return float(int(max((self.width - self.look.width) / 2, 0.0)))

    @staticmethod
    def column_width(width: float, scale: float) -> float:
        """Width of the reading column in a view of a width."""
        return float(int(max(min(COLUMN_PX * scale, width - 2 * SIDE_MARGIN), 40.0)))

    def set_look(self, look: Look) -> None:
        """Lays everything out anew, keeping what is read in its place."""
        extent = self._anchor_extent()
        self.flow.set_look(look)
        self.anchor.bottom_pad = look.px(BOTTOM_PAD)
        if extent > 0:
            self.anchor.offset *= self._anchor_extent() / extent

    @property
    def has_pending(self) -> bool:
        """Whether a row in sight has text that waits to be parsed."""
        rows = {placed.slot.row for placed in self.placed}
        return any(self.flow.entry(row).is_pending for row in rows)

    def insert(self, first: int, count: int) -> None:
        """Rows were added; what is read stays in its place."""
        is_first_ever = self.flow.row_count() == 0
        self.flow.insert(first, count)
        self.selection.insert(first, count)
        slot = self.anchor.slot
        if slot.row >= first and not is_first_ever:
            self.anchor.slot = slot._replace(row=slot.row + count)

    def remove(self, first: int, count: int) -> None:
        """Rows went; what is read stays in its place, unless it went too."""
        self.flow.remove(first, count)
        self.selection.remove(first, count)
        slot = self.anchor.slot
        if slot.row >= first + count:
            self.anchor.slot = slot._replace(row=slot.row - count)
        elif slot.row >= first:
            self.anchor.slot, self.anchor.offset = slot._replace(row=first, element=0), 0.0

    def place(self) -> None:
        """Finds what is in sight."""
        self.placed = self.anchor.place(self.height)

    def shown(self) -> dict[Element, tuple[float, float]]:
        """Elements in sight with their tops and extents; for :meth:`place_after`."""
        return {self.element(each): (each.y, each.extent) for each in self.placed}

    def place_after(self, before: dict[Element, tuple[float, float]]) -> float:
        """Finds what is in sight; the top of the first thing that looks other than before.

        An element that changed has lost its layout, or is another one.
        """
        generation = self.look.generation
        kept = {each: at for each, at in before.items() if each.generation == generation}
        self.place()
        bottom = 0.0
        for each in self.placed:
            if kept.get(self.element(each)) != (each.y, each.extent):
                return max(each.y, 0.0)
            bottom = each.y + each.extent
        return bottom

    def scroll(self, distance: float) -> float:
        """Moves the reading position; by how much it really moved."""
        before = self.position
        self.placed = self.anchor.scroll(distance, self.height)
        return self.position - before

    @property
    def position(self) -> float:
        """Top of the view in the whole, as far as heights are known."""
        slot = self.anchor.slot
        if slot.row >= self.flow.row_count():
            return 0.0
        entry = self.flow.entry(slot.row)
        inside = entry.heights.top(min(slot.element, len(entry.elements)))
        return self.flow.rows.top(slot.row) + inside + self.anchor.offset

    @property
    def total(self) -> float:
        """Height of the whole, as far as it is known."""
        return self.flow.rows.total + self.anchor.bottom_pad

    def jump(self, position: float) -> None:
        """Puts the top of the view at a position of the whole."""
        if self.flow.row_count() == 0:
            return
        row = self.flow.rows.at(position)
        entry = self.flow.entry(row)
        inside = position - self.flow.rows.top(row)
        element = entry.heights.at(inside)
        self.anchor.move_to(
            self.anchor.slot._replace(row=row, element=element),
            max(inside - entry.heights.top(element), 0.0),
        )
        self.place()

    def show_row(self, row: int, *, is_from_below: bool = False) -> None:
        """Brings a row into sight, coming from a row above or below it."""
        rect = self.row_rect(row)
        if rect is not None and rect.top() >= 0 and rect.bottom() <= self.height:
            return
        if rect is None:
            self.anchor.move_to(self.anchor.slot._replace(row=row, element=0))
            self.place()
            rect = self.row_rect(row)
        if rect is not None and is_from_below == (rect.height() > self.height):
            self.scroll(rect.bottom() - self.height + self.anchor.bottom_pad)
        elif rect is not None:
            self.scroll(rect.top() - self.anchor.bottom_pad)

    def reveal(self, slot: Slot, unit: int) -> None:
        """Brings a text position into sight; nothing moves if it is."""
        placed = next((placed for placed in self.placed if placed.slot == slot), None)
        if placed is None:
            self.anchor.move_to(slot)
            self.place()
            placed = next(placed for placed in self.placed if placed.slot == slot)
        element = self.element(placed)
        top, bottom = line_span(element, unit)
        y = self.top_of(placed)
        if y + top < 0 or y + bottom > self.height - self.anchor.bottom_pad:
            self.scroll(y + top - self.height * _REVEAL_SHARE)
        if isinstance(element, CodeElement | TableElement | LargeTableElement):
            self._reveal_sideways(element, unit, bottom - 1)

    def _reveal_sideways(
        self, element: CodeElement | TableElement | LargeTableElement, unit: int, y: float
    ) -> None:
        x, room = caret_x(element, unit, y), self.look.width
        if not 0 <= x < room - self.look.px(_SIDE_ROOM):
            element.scroll_by(x - room * _REVEAL_SHARE)

    def element(self, placed: Placed) -> Element:
        """The element that was placed."""
        return self.flow.entry(placed.slot.row).elements[placed.slot.element]

    def top_of(self, placed: Placed) -> float:
        """Top of an element in the view, below its gap."""
        return placed.y + self.look.px(self.element(placed).gap)

    def row_rect(self, row: int) -> QRectF | None:
        """Where a row is in the view, as far as it is in sight or next to it; else None."""
        mine = [placed for placed in self.placed if placed.slot.row == row]
        if not mine:
            return None
        entry = self.flow.entry(row)
        first = mine[0]
        top = first.y - entry.heights.top(first.slot.element)
        gap = self.look.px(entry.elements[0].gap)
        return QRectF(self.left, top + gap, self.look.width, entry.heights.total - gap)

    def placed_at(self, y: float) -> Placed | None:
        """What is in sight at a height; the nearest one above for gaps and the space below."""
        found = None
        for placed in self.placed:
            if placed.y > y and found is not None:
                break
            found = placed
        return found

    def point_at(self, position: QPointF) -> Point | None:
        """The text position nearest to a point in the view."""
        placed = self.placed_at(position.y())
        if placed is None:
            return None
        start = self.placed.index(placed)
        candidates = [*self.placed[start::-1], *self.placed[start + 1 :]]
        for candidate in candidates:
            element = self.element(candidate)
            if element.address != NOWHERE:
                top = self.top_of(candidate)
                x, y = position.x() - self.left, position.y() - top
                if candidate is not placed and candidate.slot < placed.slot:
                    x, y = self.look.width, element.height
                elif candidate is not placed:
                    x, y = 0.0, 0.0
                return Point(candidate.slot.row, *element.address, element.hit(x, y))
        return None

    def action_at(self, position: QPointF) -> ActionRef | None:
        """The action at a point in the view."""
        placed = self.placed_at(position.y())
        if placed is None:
            return None
        element = self.element(placed)
        inside = QPointF(position.x() - self.left, position.y() - self.top_of(placed))
        index = element.action_at(inside)
        return ActionRef(*placed.slot, index) if index >= 0 else None

    def action(self, ref: ActionRef) -> Action | None:
        """The action a reference names, if it is still there."""
        if ref.row >= self.flow.row_count():
            return None
        elements = self.flow.entry(ref.row).elements
        if ref.element >= len(elements):
            return None
        actions = elements[ref.element].actions
        return actions[ref.action] if ref.action < len(actions) else None

    def actions_of(self, row: int) -> list[ActionRef]:
        """All actions of a row, in reading order."""
        return [
            ActionRef(row, index, number)
            for index, element in enumerate(self.flow.entry(row).elements)
            for number in range(len(element.actions))
        ]

    def action_rect(self, ref: ActionRef) -> QRectF | None:
        """Where an action is in the view; None out of sight."""
        for placed in self.placed:
            if placed.slot == (ref.row, ref.element):
                areas = self.element(placed).areas
                if ref.action < len(areas) and areas[ref.action]:
                    return areas[ref.action][0].translated(self.left, self.top_of(placed))
        return None

    def _anchor_extent(self) -> float:
        slot = self.anchor.slot
        if slot.row >= self.flow.row_count():
            return 0.0
        if slot.element >= self.flow.element_count(slot.row):
            return 0.0
        return self.flow.extent(*slot)
