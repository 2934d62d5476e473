"""Selecting with the keyboard: the far end of the selection goes by character, word, line or page.

With Shift as in any text; it begins where the pointer was pressed, else at the focused message.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt, QTextBoundaryFinder
from PySide6.QtGui import QKeyEvent

from desktop.ui.transcript.anchor import Slot
from desktop.ui.transcript.elements import NOWHERE, Address, Element
from desktop.ui.transcript.places import caret_x, line_end, line_span, line_start
from desktop.ui.transcript.selection import Point
from desktop.ui.transcript.units import unit_count, unit_slice

if TYPE_CHECKING:
    from desktop.ui.transcript.area import TranscriptArea

_PAGE_SHARE = 0.9
_GRAPHEME_WINDOW = 64
_TRIES = 400
_Key = Qt.Key
_BACK = (_Key.Key_Left, _Key.Key_Up, _Key.Key_Home, _Key.Key_PageUp)
_ON = (_Key.Key_Right, _Key.Key_Down, _Key.Key_End, _Key.Key_PageDown)


class Extender:
    """Moves the far end of the selection."""

    def __init__(self, view: "TranscriptArea") -> None:
        self._view = view
        self._x: float | None = None
        self._last: Point | None = None

    def press(self, event: QKeyEvent) -> bool:
        """Handles Shift with a key that moves; False leaves the key to others."""
        key = _Key(event.key())
        is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if not is_shifted or key not in (*_BACK, *_ON):
            return False
        step = -1 if key in _BACK else 1
        selection = self._view.stage.selection
        if selection.anchor is None or selection.focus is None:
            start = self._start(step)
            if start is None:
                return True
            selection.set(start, start)
        focus = selection.focus
        if focus is None or selection.anchor is None:
            return True
        is_far = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        moved = self._moved(self._held(focus), key, step, is_far=is_far)
        selection.set(selection.anchor, moved)
        self._last = moved
        self._view.stage.reveal(self._slot(moved), moved.unit)
        self._view.refresh()
        return True

    def _moved(self, focus: Point, key: Qt.Key, step: int, *, is_far: bool) -> Point:
        if key in (_Key.Key_Up, _Key.Key_Down):
            return self._other_block(focus, step) if is_far else self._other_line(focus, step, 0.0)
        if key in (_Key.Key_PageUp, _Key.Key_PageDown):
            return self._other_line(focus, step, self._view.stage.height * _PAGE_SHARE)
        self._x = None
        if key in (_Key.Key_Left, _Key.Key_Right):
            return self._by_word(focus, step) if is_far else self._by_character(focus, step)
        if is_far:
            return self._far_end(step) or focus
        return self._line_end(focus, step)

    # Where it begins, and where things are

    def _start(self, step: int) -> Point | None:
        """The edge of the focused message, or of what is in sight."""
        view = self._view
        row = view.highlights.focused_row
        if row < 0:
            return view.stage.point_at(QPointF(0.0, 0.0 if step > 0 else view.stage.height))
        return self._edge(row, -step)

    def _edge(self, row: int, step: int) -> Point | None:
        """The first (-1) or last (1) text position of a row."""
        texts = [e for e in self._view.stage.flow.entry(row).elements if e.address != NOWHERE]
        if not texts:
            return None
        element = texts[0 if step < 0 else -1]
        unit = 0 if step < 0 else unit_count(element.text)
        return Point(row, *element.address, unit)

    def _held(self, point: Point) -> Point:
        """The point, where a selection of everything reaches beyond all text its last position."""
        if point.section >= 0 and self._element(point).address == (point.section, point.block):
            return point
        return self._edge(point.row, -1 if point.section < 0 else 1) or point

    def _slot(self, point: Point) -> Slot:
        entry = self._view.stage.flow.entry(point.row)
        return Slot(point.row, entry.index_of(Address(point.section, point.block)))

    def _element(self, point: Point) -> Element:
        slot = self._slot(point)
        return self._view.stage.flow.entry(slot.row).elements[slot.element]

    def _laid_out(self, point: Point) -> Element:
        self._view.stage.flow.extent(*self._slot(point))
        return self._element(point)

    # Steps

    def _by_character(self, focus: Point, step: int) -> Point:
        text = self._element(focus).text
        if step < 0 and focus.unit == 0:
            return self._next_block(focus, -1)
        if step > 0 and focus.unit >= unit_count(text):
            return self._next_block(focus, 1)
        start = max(focus.unit - _GRAPHEME_WINDOW, 0)
        window = unit_slice(text, start, focus.unit + _GRAPHEME_WINDOW)
        finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Grapheme, window)
        finder.setPosition(focus.unit - start)
        found = finder.toNextBoundary() if step > 0 else finder.toPreviousBoundary()
        return focus._replace(unit=start + found) if found >= 0 else focus

    def _by_word(self, focus: Point, step: int) -> Point:
        element = self._laid_out(focus)
        end = unit_count(element.text)
        unit = focus.unit
        while 0 <= unit + step <= end:
            unit += step
            first, last = element.word(min(unit, max(end - 1, 0)))
            if step > 0 and last > focus.unit:
                return focus._replace(unit=last)
            if step < 0 and first < focus.unit:
                return focus._replace(unit=first)
        return self._by_character(focus, step)

    def _line_end(self, focus: Point, step: int) -> Point:
        element = self._laid_out(focus)
        y = line_span(element, focus.unit)[1] - 1
        return focus._replace(unit=line_start(element, y) if step < 0 else line_end(element, y))

    def _other_block(self, focus: Point, step: int) -> Point:
        """The start of this block or the one before, or the end of this or the next one."""
        edge = self._block_edge(focus, step)
        return self._block_edge(self._next_block(focus, step), step) if edge == focus else edge

    def _block_edge(self, point: Point, step: int) -> Point:
        return point._replace(unit=0 if step < 0 else unit_count(self._element(point).text))

    def _next_block(self, focus: Point, step: int) -> Point:
        """The near edge of the next block, or of the one before; the focus where there is none."""
        anchor, slot = self._view.stage.anchor, self._slot(focus)
        while True:
            other = anchor.next_slot(slot) if step > 0 else anchor.previous_slot(slot)
            if other is None:
                return focus
            slot = other
            element = self._view.stage.flow.entry(slot.row).elements[slot.element]
            if element.address != NOWHERE:
                return self._block_edge(Point(slot.row, *element.address, 0), -step)

    def _other_line(self, focus: Point, step: int, distance: float) -> Point:
        """The nearest position in another line at about the same place across."""
        stage = self._view.stage
        stage.reveal(self._slot(focus), focus.unit)
        placed = next(placed for placed in stage.placed if placed.slot == self._slot(focus))
        element = stage.element(placed)
        bottom = line_span(element, focus.unit)[1]
        if self._x is None or self._last != focus:
            self._x = caret_x(element, focus.unit, bottom - 1)
        y = stage.top_of(placed) + bottom - stage.look.line / 2 + step * distance
        for _ in range(_TRIES):
            y += step * stage.look.line / 2
            beyond = min(y, 0.0) or max(y - stage.height + 1, 0.0)
            if beyond and not stage.scroll(beyond):
                return self._far_end(step) or focus
            y -= beyond
            point = stage.point_at(QPointF(stage.left + self._x, y))
            if point is not None and (point > focus if step > 0 else point < focus):
                return point
        return focus

    def _far_end(self, step: int) -> Point | None:
        rows = self._view.stage.flow.row_count()
        return self._edge(0 if step < 0 else rows - 1, step)
