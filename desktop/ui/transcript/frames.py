"""What stands around leaf blocks: indents, list markers, quote bars, and gaps between them."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from desktop.markup.blocks import Block, BlockKind, Level, LevelKind, Piece
from desktop.ui.transcript.look import Look

_QUOTE_INDENT = 16
_LIST_INDENT = 24
_MARKER_GAP = 8
_BAR = 3
_MAX_INDENT = 10 * _LIST_INDENT
"""Deeper nesting is drawn at this indent, so that text keeps room."""

_RIGHT_TO_LEFT = "\u2067{}\u2069"
"""Puts the full stop of "1." to its left."""

_GAP = 10
_TIGHT_GAP = 3
_HEADING_GAP = 20
_CARD_GAP = 14


def indent(levels: tuple[Level, ...], look: Look) -> float:
    """Pixels that the containers take from the left."""
    steps = (_QUOTE_INDENT if level.kind is LevelKind.QUOTE else _LIST_INDENT for level in levels)
    return look.px(min(sum(steps), _MAX_INDENT))


def shared_levels(above: Block | None, block: Block) -> int:
    """How many containers, outermost first, hold both blocks."""
    if above is None:
        return 0
    count = 0
    for one, other in zip(above.levels, block.levels, strict=False):
        if one.kind is not other.kind or one.item != other.item:
            break
        count += 1
    return count


def gap_above(above: Block | None, block: Block) -> int:
    """Free space between two blocks, in pixels at 100 %."""
    if above is None or block.piece not in (Piece.WHOLE, Piece.FIRST):
        return 0
    if block.kind is BlockKind.HEADING:
        return _HEADING_GAP
    cards = (BlockKind.CODE, BlockKind.TABLE, BlockKind.RULE, BlockKind.MATH)
    if block.kind in cards or above.kind in cards:
        return _CARD_GAP
    if above.kind is BlockKind.HEADING:
        return _GAP - 2
    if above.levels and block.levels and _is_tight(above, block):
        return _TIGHT_GAP
    return _GAP


def _is_tight(above: Block, block: Block) -> bool:
    last = block.levels[-1]
    if last.kind is LevelKind.QUOTE or above.levels[-1].kind is LevelKind.QUOTE:
        return False
    return not last.is_loose


def marker_of(level: Level) -> str:
    """The marker beside the first block of an item, or ""."""
    if not level.is_first or level.kind is LevelKind.QUOTE:
        return ""
    if level.task is not None:
        return "☑" if level.task else "☐"
    return level.marker


def paint_levels(
    painter: QPainter,
    look: Look,
    at: QPointF,
    box: QRectF,
    levels: tuple[Level, ...],
    *,
    joined: int,
    is_rtl: bool,
) -> None:
    """Paints quote bars and the marker.

    Args:
        painter: Where to.
        look: Colours and fonts.
        at: Top left of the block's element.
        box: Width and extent of the element; its negative top is the gap above.
        levels: The containers.
        joined: How many of them also hold the block above, so that bars go on through the gap.
        is_rtl: Whether the block is written from right to left.
    """
    x = 0.0
    painter.setFont(look.body)
    for depth, level in enumerate(levels):
        if level.kind is LevelKind.QUOTE:
            top = box.top() if depth < joined else 0.0
            left = box.width() - x - look.px(_BAR) if is_rtl else x
            bar = QRectF(left, top, look.px(_BAR), box.bottom() - top)
            painter.fillRect(bar.translated(at), look.roles.control_border)
            x += look.px(_QUOTE_INDENT)
            continue
        x = min(x + look.px(_LIST_INDENT), look.px(_MAX_INDENT))
        marker = marker_of(level)
        if marker:
            painter.setPen(look.roles.muted)
            mirror = box.width() if is_rtl else 0.0
            _paint_marker(painter, look, at, indent_px=x, mirror_px=mirror, marker=marker)


def _paint_marker(
    painter: QPainter, look: Look, at: QPointF, *, indent_px: float, mirror_px: float, marker: str
) -> None:
    """Paints a marker in front of the text; ``mirror_px`` is the width in right-to-left blocks."""
    gap, width = look.px(_MARKER_GAP), look.px(60)
    if mirror_px:
        area = QRectF(mirror_px - indent_px + gap, 0, width, look.line)
        align = Qt.AlignmentFlag.AlignLeft
        marker = _RIGHT_TO_LEFT.format(marker)
    else:
        area = QRectF(indent_px - gap - width, 0, width, look.line)
        align = Qt.AlignmentFlag.AlignRight
    painter.drawText(area.translated(at), align | Qt.AlignmentFlag.AlignVCenter, marker)
