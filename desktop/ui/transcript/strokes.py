"""Small things every element paints: cards, focus rings, and buttons made of text."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from desktop.ui.transcript.elements import Action, Marks
from desktop.ui.transcript.look import Look

_RING = 2.0
_RING_RADIUS = 4
_BUTTON_PAD = 7
_BUTTON_RADIUS = 5
_BAR = 4
_BAR_PAD = 14


def paint_card(
    painter: QPainter, rect: QRectF, radius: float, fill: QColor, line: QColor | None = None
) -> None:
    """A rounded rectangle, with a line of one pixel round it if given."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill)
    if line is None:
        painter.setPen(Qt.PenStyle.NoPen)
    else:
        painter.setPen(QPen(line, 1))
        rect = rect.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.drawRoundedRect(rect, radius, radius)
    painter.restore()


def paint_ring(painter: QPainter, look: Look, rect: QRectF) -> None:
    """The focus ring."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(look.roles.accent, _RING))
    radius = look.px(_RING_RADIUS)
    painter.drawRoundedRect(rect, radius, radius)
    painter.restore()


def paint_bar(
    painter: QPainter, look: Look, card: QRectF, scroll_x: float, overflow: float
) -> None:
    """The thin bar at the lower edge of what scrolls sideways."""
    if overflow <= 0:
        return
    pad = look.px(_BAR_PAD)
    track = card.width() - 2 * pad
    length = max(track * card.width() / (card.width() + overflow), look.px(24))
    x = card.x() + pad + (track - length) * scroll_x / overflow
    bar = QRectF(x, card.bottom() - look.px(_BAR + 3), length, look.px(_BAR))
    paint_card(painter, bar, look.px(_BAR / 2), look.roles.control_border)


def paint_focus(
    painter: QPainter, look: Look, at: QPointF, areas: Sequence[Sequence[QRectF]], focused: int
) -> None:
    """The focus ring round each rectangle of the focused action."""
    if 0 <= focused < len(areas):
        for rect in areas[focused]:
            paint_ring(painter, look, rect.translated(at).adjusted(-1, 0, 1, 0))


def button_size(look: Look, label: str, font: QFont | None = None) -> float:
    """Width of a text button."""
    width = QFontMetricsF(font or look.small).horizontalAdvance(label)
    return float(round(width + 2 * look.px(_BUTTON_PAD)))


def button_row(look: Look, labels: Sequence[str], right: float, y: float) -> list[list[QRectF]]:
    """Rectangles of text buttons in a row that ends at ``right`` plus the last one's padding."""
    widths = [button_size(look, label) for label in labels]
    x = right + look.px(_BUTTON_PAD) - sum(widths)
    rects = []
    for width in widths:
        rects.append([QRectF(x, y, width, look.small_line + look.px(2))])
        x += width
    return rects


def paint_buttons(  # noqa: PLR0917
    painter: QPainter,
    look: Look,
    at: QPointF,
    actions: Sequence[Action],
    areas: Sequence[Sequence[QRectF]],
    marks: Marks,
) -> None:
    """Paints actions as text buttons, with ground under the pointer and ring in focus."""
    painter.setFont(look.small)
    for index, (action, rects) in enumerate(zip(actions, areas, strict=True)):
        for rect in rects:
            placed = rect.translated(at)
            if index == marks.hovered:
                radius = look.px(_BUTTON_RADIUS)
                paint_card(painter, placed, radius, look.roles.accent_soft)
            painter.setPen(look.roles.text if index == marks.hovered else look.roles.muted)
            painter.drawText(placed, Qt.AlignmentFlag.AlignCenter, action.label or action.name)
            if index == marks.focused:
                paint_ring(painter, look, placed.adjusted(1, 1, -1, -1))
