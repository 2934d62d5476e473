"""One cell of a table, laid out: text, links and formulas."""

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPainter

from desktop.markup.blocks import Inline, Style
from desktop.ui.transcript.inline_math import OBJECT, ShownText
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.prose import is_openable
from desktop.ui.transcript.textbox import BoxStyle, Format, TextBox

_MEASURED = 400
"""Characters of a cell that its column's width comes from."""

_HEADER_LEVEL = 5


class Cell:
    """The layout of a cell at a width.

    Attributes:
        box: Its text.
        shown: The same text, with formulas as pictures.
    """

    __slots__ = ("_inline", "box", "shown")

    def __init__(
        self, look: Look, inline: Inline, width: float, align: str, *, is_header: bool
    ) -> None:
        font = look.heading(_HEADER_LEVEL)[0] if is_header else look.body
        self._inline = inline
        shown = self.shown = ShownText(inline, look.maths, font, look.dpr)
        formats = shown.room(font)
        for run in inline.runs:
            start, end = shown.run_range(run)
            if shown.text[start:end] != OBJECT:
                formats.append(Format(start, end - start, look.format(run.style)))
        style = BoxStyle(font, look.line, alignment=align)
        self.box = TextBox(shown.text, style, max(width, 1.0), formats, objects=shown.objects)

    @property
    def is_waiting(self) -> bool:
        """Whether a picture was still being made."""
        return self.shown.is_waiting

    def link_areas(self) -> Iterator[list[QRectF]]:
        """Where its links are, relative to the cell's text."""
        for run in self._inline.runs:
            if run.style & Style.LINK and is_openable(run.target):
                yield self.box.rectangles(*self.shown.run_range(run))

    def paint(
        self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, ranges: list[Format]
    ) -> None:
        """Paints text, what is over it, and formulas."""
        painter.setPen(look.roles.text)
        self.box.draw(painter, at, clip, self.shown.marks(ranges))
        if look.maths is not None:
            pictures = zip(self.shown.keys, self.box.places, strict=True)
            for key, place in pictures:
                x, y = at.x() + place.x(), at.y() + place.y()
                look.maths.paint(painter, key, x, y, look.roles.text)

    def hit(self, x: float, y: float) -> int:
        """The text position nearest to a point."""
        return self.shown.position(self.box.hit(x, y))

    def word(self, position: int) -> tuple[int, int]:
        """The word around a position."""
        start, end = self.box.word(self.shown.range(position, position)[0])
        return self.shown.position(start), self.shown.position(end)


def natural_width(look: Look, inline: Inline, *, is_header: bool) -> float:
    """Width of a cell's text in one line, about."""
    font = look.heading(_HEADER_LEVEL)[0] if is_header else look.body
    metrics = QFontMetricsF(font)
    if look.maths is None or not any(run.style & Style.MATH for run in inline.runs):
        return metrics.horizontalAdvance(inline.text[:_MEASURED])
    shown = ShownText(inline, look.maths, font, look.dpr)
    text = shown.text[:_MEASURED].replace(OBJECT, "")
    return metrics.horizontalAdvance(text) + sum(each.width for each in shown.objects)
