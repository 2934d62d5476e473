"""A formula that stands by itself: its picture in the middle, made smaller where it is too wide."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from desktop.markup.blocks import Block
from desktop.ui.transcript.elements import Marks
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.math import MathKey, MathMetrics, MathState
from desktop.ui.transcript.prose import ProseElement
from desktop.ui.transcript.units import unit_count

_PAD = 6
_STEPS = 64
_SMALLEST = 0.4
"""Share of its size; a formula that would have to be smaller is shown as source."""


class MathElement(ProseElement):
    """A formula block; as long as it has no picture, and if it never gets one, its source."""

    __slots__ = ("_picture", "_share")

    def __init__(
        self, block: Block, references: Mapping[str, Any], *, is_muted: bool = False
    ) -> None:
        super().__init__(block, references, is_muted=is_muted)
        self._share = 1.0
        self._picture: tuple[MathKey, MathMetrics] | None = None

    def lay_out(self, look: Look) -> None:
        """Takes the picture's measures, or lays out the source."""
        self._picture = self._find_picture(look)
        if self._picture is None:
            super().lay_out(look)
            return
        _, measured = self._picture
        self.box, self.areas = None, []
        self.is_waiting = measured.state is MathState.PENDING
        height = (measured.ascent + measured.descent) * self._share
        self.height = height + 2 * look.px(_PAD)

    def _find_picture(self, look: Look) -> tuple[MathKey, MathMetrics] | None:
        """The picture and its measures, smaller if that fits the column; None for the source."""
        if look.maths is None:
            return None
        self._share = 1.0
        size, room = look.body.pixelSize(), look.width - self.left(look)
        key = MathKey(self.block.raw, is_display=True, pixel_size=size, dpr=look.dpr)
        measured = look.maths.metrics(key)
        if measured.state is MathState.READY and measured.width > room:
            self._share = int(_STEPS * room / measured.width) / _STEPS
            key = key._replace(dpr=look.dpr * self._share)
            measured = look.maths.metrics(key)
        failed = measured.state is MathState.FAILED or self._share < _SMALLEST
        return None if failed else (key, measured)

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints the picture in the middle of the column, or the source."""
        if self._picture is None or look.maths is None:
            super().paint(painter, look, at, clip, marks)
            return
        self.paint_frame(painter, look, at, is_rtl=False)
        box = self._place(look).translated(at)
        if marks.selection is not None:
            painter.fillRect(box, look.selection)
        color = look.roles.muted if self.is_muted else look.roles.text
        key, measured = self._picture
        baseline = (at.y() + look.px(_PAD)) / self._share + measured.ascent
        painter.save()
        painter.scale(self._share, self._share)
        look.maths.paint(painter, key, box.x() / self._share, baseline, color)
        painter.restore()

    def hit(self, x: float, y: float) -> int:
        """Before the formula or behind it; in the source the nearest position."""
        if self._picture is None or self._look is None:
            return super().hit(x, y)
        return 0 if x < self._place(self._look).center().x() else unit_count(self.text)

    def word(self, position: int) -> tuple[int, int]:
        """The whole formula."""
        return (0, unit_count(self.text)) if self._picture else super().word(position)

    def _place(self, look: Look) -> QRectF:
        width = self._picture[1].width * self._share if self._picture else 0.0
        left = self.left(look)
        return QRectF(left + max((look.width - left - width) / 2, 0.0), 0.0, width, self.height)
