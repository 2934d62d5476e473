"""Inline text as it is laid out: each formula is one character, stretched to its picture's width.

Positions in the text, where a formula is its TeX, and positions in what is shown are converted.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF, QTextCharFormat

from desktop.markup.blocks import Inline, Run, Style
from desktop.ui.transcript.controls import visible
from desktop.ui.transcript.math import MathImages, MathKey, MathState
from desktop.ui.transcript.textbox import Format, InlineObject
from desktop.ui.transcript.units import UnitMap

OBJECT = "\ufffc"


class _Hole(NamedTuple):
    """A formula: where its TeX is in the text and its character in what is shown, in units."""

    start: int
    end: int
    shown: int


class ShownText:
    """Inline text with pictures in it.

    Attributes:
        text: What is laid out.
        objects: Room for the pictures, in order.
        keys: The pictures, in the same order.
        is_waiting: Whether a picture is still being made.
    """

    __slots__ = ("_holes", "_starts", "_units", "is_waiting", "keys", "objects", "text")

    def __init__(self, inline: Inline, maths: MathImages | None, font: QFont, dpr: float) -> None:
        """Finds the formulas that can be shown as pictures; the others stay source."""
        self._units = UnitMap(inline.text)
        self._holes: list[_Hole] = []
        self.keys: list[MathKey] = []
        self.objects: list[InlineObject] = []
        self.is_waiting = False
        text = _seen(inline)
        parts, at = [], 0
        for run in inline.runs if maths is not None else ():
            tex = inline.text[run.start : run.start + run.length]
            key = MathKey(tex, is_display=False, pixel_size=font.pixelSize(), dpr=dpr)
            if run.style & Style.MATH and maths is not None and self._add(run, key, maths):
                parts += [text[at : run.start], OBJECT]
                at = run.start + run.length
        self.text = "".join([*parts, text[at:]]) if parts else text
        self._starts = [hole.start for hole in self._holes]

    def range(self, start: int, end: int) -> tuple[int, int]:
        """Start and end in what is shown, for those in the text; formulas are taken whole."""
        return self._shown(start, is_end=False), self._shown(end, is_end=True)

    def run_range(self, run: Run) -> tuple[int, int]:
        """Where a run is in what is shown."""
        units = self._units
        return self.range(units.to_units(run.start), units.to_units(run.start + run.length))

    def position(self, shown: int) -> int:
        """The position in the text for one in what is shown."""
        for hole in reversed(self._holes):
            if shown > hole.shown:
                return hole.end + shown - hole.shown - 1
        return shown

    def marks(self, formats: Sequence[Format]) -> list[Format]:
        """Formats of ranges of the text, for what is shown."""
        if not self._holes:
            return list(formats)
        moved = []
        for mark in formats:
            start, end = self.range(mark.start, mark.start + mark.length)
            moved.append(mark._replace(start=start, length=end - start))
        return moved

    def room(self, font: QFont) -> list[Format]:
        """Formats that make room for the pictures."""
        natural = QFontMetricsF(font).horizontalAdvance(OBJECT)
        return [Format(each.position, 1, _stretched(each.width - natural)) for each in self.objects]

    def _shown(self, unit: int, *, is_end: bool) -> int:
        index = bisect_right(self._starts, unit - is_end) - 1
        if index < 0:
            return unit
        hole = self._holes[index]
        if unit < hole.end:
            return hole.shown + is_end
        return hole.shown + 1 + unit - hole.end

    def _add(self, run: Run, key: MathKey, maths: MathImages) -> bool:
        """Makes room for a formula; False if it stays source."""
        measured = maths.metrics(key)
        if measured.state is MathState.FAILED:
            return False
        self.is_waiting = self.is_waiting or measured.state is MathState.PENDING
        start = self._units.to_units(run.start)
        end = self._units.to_units(run.start + run.length)
        shown = start - sum(hole.end - hole.start - 1 for hole in self._holes)
        self._holes.append(_Hole(start, end, shown))
        self.keys.append(key)
        self.objects.append(InlineObject(shown, measured.width, measured.ascent, measured.descent))
        return True


def _seen(inline: Inline) -> str:
    """The text, with marks for characters in code that only change the direction."""
    text = inline.text
    if text.isascii() or not any(run.style & Style.CODE for run in inline.runs):
        return text
    for run in inline.runs:
        if run.style & Style.CODE:
            end = run.start + run.length
            text = text[: run.start] + visible(text[run.start : end]) + text[end:]
    return text


def _stretched(width: float) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(Qt.GlobalColor.transparent)
    made.setFontLetterSpacingType(QFont.SpacingType.AbsoluteSpacing)
    made.setFontLetterSpacing(width)
    return made
