"""Paints what a stage holds in sight; it decides nothing."""

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from desktop.domain.timeline import RowKind
from desktop.ui.transcript.anchor import Placed
from desktop.ui.transcript.elements import NOWHERE, Element, Marks
from desktop.ui.transcript.find import Finder
from desktop.ui.transcript.stage import ActionRef, Stage
from desktop.ui.transcript.strokes import paint_ring
from desktop.ui.transcript.units import unit_count

_ROW_RING_MARGIN = 8


class Highlights:
    """Where pointer and keyboard are.

    Attributes:
        hovered_row: Row under the pointer, or -1.
        hovered: Action under the pointer.
        focused_row: Row with keyboard focus, or -1.
        focused: Action with keyboard focus.
    """

    def __init__(self) -> None:
        self.hovered_row = self.focused_row = -1
        self.hovered: ActionRef | None = None
        self.focused: ActionRef | None = None

    def clear(self) -> None:
        """Pointer and keyboard are nowhere."""
        self.hovered_row = self.focused_row = -1
        self.hovered = self.focused = None

    def insert(self, first: int, count: int) -> None:
        """Rows were added: the focus stays on its row."""
        self.hovered, self.hovered_row = None, -1
        if self.focused_row >= first:
            self.focused_row += count
            if self.focused is not None:
                self.focused = self.focused._replace(row=self.focused_row)


def paint_stage(
    painter: QPainter,
    stage: Stage,
    clip: QRectF,
    highlights: Highlights,
    finder: Finder,
    *,
    has_focus: bool,
) -> None:
    """Paints all elements in sight that meet the clip, and the focus ring of a row."""
    painter.fillRect(clip, stage.look.roles.window)
    last = stage.flow.row_count() - 1
    for placed in stage.placed:
        if placed.y > clip.bottom() or placed.y + placed.extent < clip.top():
            continue
        element = stage.element(placed)
        at = QPointF(stage.left, stage.top_of(placed))
        marks = _marks(stage, placed, element, highlights, last, has_focus=has_focus)
        marks.found = finder.formats(placed, element, clip.translated(-at))
        element.paint(painter, stage.look, at, clip, marks)
    if has_focus and highlights.focused_row >= 0 and highlights.focused is None:
        rect = stage.row_rect(highlights.focused_row)
        if rect is not None:
            margin = stage.look.px(_ROW_RING_MARGIN)
            paint_ring(painter, stage.look, rect.adjusted(-margin, -2, margin, 2))


def _marks(
    stage: Stage,
    placed: Placed,
    element: Element,
    highlights: Highlights,
    last: int,
    *,
    has_focus: bool,
) -> Marks:
    row, index = placed.slot
    selected = None
    if element.address != NOWHERE:
        found = stage.selection.range_in(row, element.address)
        if found is not None:
            start, end = found
            selected = (start, unit_count(element.text) if end is None else end)
    is_last = row == last and not _is_user(stage, row)
    has_row_focus = has_focus and highlights.focused_row == row
    return Marks(
        selection=selected,
        hovered=_action(highlights.hovered, row, index),
        focused=_action(highlights.focused, row, index) if has_focus else -1,
        is_revealed=is_last or has_row_focus or highlights.hovered_row == row,
    )


def _is_user(stage: Stage, row: int) -> bool:
    shown = stage.flow.entry(row).row
    return shown is not None and shown.kind is RowKind.USER


def _action(ref: ActionRef | None, row: int, element: int) -> int:
    return ref.action if ref is not None and (ref.row, ref.element) == (row, element) else -1
