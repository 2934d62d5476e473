"""The mouse in the transcript: selecting, dragging beyond the edges, pressing actions."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QMouseEvent

from desktop.ui.transcript.elements import Address
from desktop.ui.transcript.selection import Point
from desktop.ui.transcript.stage import ActionRef
from desktop.ui.transcript.units import unit_count

if TYPE_CHECKING:
    from desktop.ui.transcript.area import TranscriptArea
    from desktop.ui.transcript.commands import Commands

_TICK_MS = 16
_SPEED = 0.25
_MAX_STEP = 120.0


class Pointer(QObject):
    """Turns mouse events into selections and presses."""

    def __init__(self, view: "TranscriptArea", commands: "Commands") -> None:
        super().__init__(view)
        self._view = view
        self._commands = commands
        self._pressed: ActionRef | None = None
        self._is_selecting = False
        self._unit = "char"
        self._origin: tuple[Point, Point] | None = None
        self._last_double = QElapsedTimer()
        self._position = QPointF()
        self._dragging = QTimer(self, interval=_TICK_MS)
        self._dragging.timeout.connect(self._on_dragging_timeout)

    def press(self, event: QMouseEvent) -> None:
        """The left button went down."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        view = self._view
        view.is_keyboard_shown = False
        position = event.position()
        is_triple = (
            self._last_double.isValid()
            and self._last_double.elapsed()
            < QGuiApplication.styleHints().mouseDoubleClickInterval()
        )
        self._last_double.invalidate()
        self._pressed = view.stage.action_at(position)
        if self._pressed is not None and not is_triple:
            return
        point = view.stage.point_at(position)
        if point is None:
            return
        selection = view.stage.selection
        self._is_selecting, self._unit = True, "block" if is_triple else "char"
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and selection.anchor:
            self._origin = (selection.anchor, selection.anchor)
            selection.set(selection.anchor, point)
        else:
            self._origin = self._around(point)
            selection.set(*self._origin)
        view.viewport().update()

    def double_click(self, event: QMouseEvent) -> None:
        """Selects the word under the pointer."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        view = self._view
        if view.stage.action_at(event.position()) is not None:
            self.press(event)
            return
        point = view.stage.point_at(event.position())
        if point is None:
            return
        self._last_double.start()
        self._is_selecting, self._unit = True, "word"
        self._origin = self._around(point)
        view.stage.selection.set(*self._origin)
        view.viewport().update()

    def move(self, event: QMouseEvent) -> None:
        """Extends the selection, or finds what is under the pointer."""
        self._position = event.position()
        if not self._is_selecting:
            self._hover(event.position())
            return
        height = self._view.stage.height
        is_outside = not 0 <= self._position.y() < height
        if is_outside and not self._dragging.isActive():
            self._dragging.start()
        elif not is_outside:
            self._dragging.stop()
        self._extend()

    def release(self, event: QMouseEvent) -> None:
        """The left button came up."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._dragging.stop()
        view = self._view
        pressed, self._pressed = self._pressed, None
        if pressed is not None:
            if view.stage.action_at(event.position()) == pressed:
                self._commands.activate(pressed)
        elif self._is_selecting:
            self._is_selecting = False
            self._commands.offer_selection()

    def leave(self) -> None:
        """The pointer left the view."""
        if not self._is_selecting:
            self._set_hover(None, -1)

    def _hover(self, position: QPointF) -> None:
        stage = self._view.stage
        placed = stage.placed_at(position.y())
        ref = stage.action_at(position)
        self._set_hover(ref, placed.slot.row if placed else -1)
        cursor = Qt.CursorShape.ArrowCursor
        if ref is not None:
            cursor = Qt.CursorShape.PointingHandCursor
        elif placed and stage.element(placed).text:
            cursor = Qt.CursorShape.IBeamCursor
        if self._view.viewport().cursor().shape() != cursor:
            self._view.viewport().setCursor(cursor)

    def _set_hover(self, ref: ActionRef | None, row: int) -> None:
        marks = self._view.highlights
        if marks.hovered != ref or marks.hovered_row != row:
            marks.hovered, marks.hovered_row = ref, row
            self._view.viewport().update()

    def _extend(self) -> None:
        stage = self._view.stage
        y = min(max(self._position.y(), 0.0), stage.height - 1)
        point = stage.point_at(QPointF(self._position.x(), y))
        if point is None or self._origin is None:
            return
        first, last = self._around(point)
        if first < self._origin[0]:
            stage.selection.set(self._origin[1], first)
        else:
            stage.selection.set(self._origin[0], max(last, self._origin[1]))
        self._view.viewport().update()

    def _around(self, point: Point) -> tuple[Point, Point]:
        """The character, word or block at a point."""
        if self._unit == "char":
            return point, point
        entry = self._view.stage.flow.entry(point.row)
        element = entry.elements[entry.index_of(Address(point.section, point.block))]
        if self._unit == "word":
            start, end = element.word(point.unit)
        else:
            start, end = 0, unit_count(element.text)
        return point._replace(unit=start), point._replace(unit=end)

    def _on_dragging_timeout(self) -> None:
        height = self._view.stage.height
        y = self._position.y()
        beyond = y if y < 0 else max(y - height, 0.0)
        step = max(min(beyond * _SPEED, _MAX_STEP), -_MAX_STEP)
        self._view.scroll_by(step)
        self._extend()
