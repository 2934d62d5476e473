"""One text laid out by hand in pieces of bounded size: draw, hit test, rectangles of a range."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QTextCharFormat, QTextLayout, QTextLine, QTextOption

from desktop.ui.transcript.units import unit_count

MAX_PIECE = 8_000
"""Characters of one QTextLayout: shaping is not linear in unbroken text. Source: measured."""

_DIRECTION_SCAN = 400
_OBJECT_GAP = 2.0
_LINE_SEPARATOR = "\u2028"


class Format(NamedTuple):
    """A character format over a range, in UTF-16 units.

    Attributes:
        is_ground: Whether only its background counts, filled before the text is drawn. Drawing
            formats with the text takes time that grows with their square (measured: 600 over one
            paragraph take ten seconds).
    """

    start: int
    length: int
    format: QTextCharFormat
    is_ground: bool = False


class InlineObject(NamedTuple):
    """Room for a picture in the text.

    Attributes:
        position: Its character, in UTF-16 units.
        width: Pixels; a format has to give them to that character.
        ascent: Pixels above the baseline.
        descent: Pixels below it.
    """

    position: int
    width: float
    ascent: float
    descent: float


@dataclass(slots=True, frozen=True)
class BoxStyle:
    """How a text is laid out.

    Attributes:
        font: Font of unformatted text.
        line: Height of a line in pixels; taller glyphs make taller lines.
        is_wrapped: Whether lines break at the width.
        tab_width: Distance of tab stops, 0 for Qt's own.
        is_code: Whether it is always written from left to right.
        alignment: ``left``, ``center`` or ``right``; "" follows the text's direction.
    """

    font: QFont
    line: float
    is_wrapped: bool = True
    tab_width: float = 0.0
    is_code: bool = False
    alignment: str = ""


@dataclass(slots=True)
class Piece:
    """A stretch of the text with a layout of its own, placed in the box.

    Attributes:
        is_ended: Whether its last character is a newline and more follows.
    """

    layout: QTextLayout
    text: str
    marks: list[Format]
    start: int
    length: int
    y: float
    tops: list[float]
    natural_width: float
    objects: list[InlineObject]
    places: list[QPointF]
    is_ended: bool


class TextBox:
    """A text of any length within a width.

    Attributes:
        height: Height of all lines.
        natural_width: Width of the longest line.
        length: Length of the text in UTF-16 units.
        pieces: What it is made of, top down.
    """

    __slots__ = ("_starts", "_tops", "height", "length", "natural_width", "pieces")

    def __init__(
        self,
        text: str,
        style: BoxStyle,
        width: float,
        formats: Sequence[Format] = (),
        *,
        earlier: "TextBox | None" = None,
        objects: Sequence[InlineObject] = (),
    ) -> None:
        """Lays out a text.

        Args:
            text: Any text; newlines break lines.
            style: How.
            width: Where lines break, in pixels.
            formats: Formats of ranges.
            earlier: A box of the same style and width whose text this one goes on from: pieces
                that did not change are taken over from it.
            objects: Pictures in the text, in order.
        """
        self.pieces: list[Piece] = []
        self.height = 0.0
        self.natural_width = 0.0
        self.length = 0
        option = _option(text, style)
        shown = text.replace("\n", _LINE_SEPARATOR)
        known = earlier.pieces if earlier else []
        parts = list(cut_text(shown))
        for part in parts:
            index = len(self.pieces)
            end = self.length + unit_count(part)
            marks = [mark for mark in formats if _meets(mark, self.length, end - self.length)]
            inside = [each for each in objects if self.length <= each.position < end]
            old = known[index] if index < len(known) else None
            is_ended = index + 1 < len(parts) and part.endswith(_LINE_SEPARATOR)
            wanted = (part, marks, inside, is_ended)
            if old and (old.text, old.marks, old.objects, old.is_ended) == wanted:
                self._take(old)
            else:
                self._add(part, style, width, marks, option, inside, is_ended=is_ended)
        self._tops = [piece.y for piece in self.pieces]
        self._starts = [piece.start for piece in self.pieces]

    @property
    def places(self) -> Iterator[QPointF]:
        """Left end of the baseline of each object, in order, relative to the box."""
        return (
            QPointF(place.x(), piece.y + place.y())
            for piece in self.pieces
            for place in piece.places
        )

    def draw(
        self,
        painter: QPainter,
        at: QPointF,
        clip: QRectF,
        ranges: Sequence[Format] = (),
    ) -> None:
        """Draws what meets the clip (in painter coordinates), with formats over ranges."""
        for piece in self.pieces:
            top = at.y() + piece.y
            if top > clip.bottom():
                break
            if top + piece.tops[-1] < clip.top():
                continue
            met = [mark for mark in ranges if _meets(mark, piece.start, piece.length)]
            for mark in met:
                if mark.is_ground:
                    _fill(painter, piece, mark, QPointF(at.x(), top))
            marks = [_range(mark, piece) for mark in met if not mark.is_ground]
            piece.layout.draw(painter, QPointF(at.x(), top), marks, clip)

    def hit(self, x: float, y: float) -> int:
        """The caret position nearest to a point."""
        piece = self.pieces[max(bisect_right(self._tops, y) - 1, 0)]
        line = piece.layout.lineAt(_line_index(piece, y - piece.y))
        if not line.isValid():
            return piece.start
        position = int(line.xToCursor(x))
        end = line.textStart() + line.textLength()
        is_last = end >= piece.length and not piece.is_ended
        if position >= end and not is_last:
            position = piece.layout.previousCursorPosition(end)
        return piece.start + position

    def word(self, position: int) -> tuple[int, int]:
        """Start and end of the word around a position."""
        piece = self._piece_of(position)
        layout, inside = piece.layout, position - piece.start
        text = layout.text()
        mode = QTextLayout.CursorMode.SkipWords
        start = layout.previousCursorPosition(min(inside + 1, piece.length), mode)
        end = layout.nextCursorPosition(start, mode)
        word = _units_between(text, start, end)
        return piece.start + start, piece.start + start + len(word.rstrip()) or end

    def rectangles(self, start: int, end: int) -> list[QRectF]:
        """What a range covers, one rectangle a line, relative to the box."""
        return [rect for piece in self.pieces for rect in _piece_rects(piece, start, end)]

    def _piece_of(self, position: int) -> Piece:
        return self.pieces[max(bisect_right(self._starts, position) - 1, 0)]

    def _add(  # noqa: PLR0917
        self,
        text: str,
        style: BoxStyle,
        width: float,
        formats: list[Format],
        option: QTextOption,
        objects: list[InlineObject],
        *,
        is_ended: bool,
    ) -> None:
        """Lays a stretch out; the empty line behind its end, if it is ended, is the next one's."""
        layout = QTextLayout(text, style.font)
        layout.setCacheEnabled(True)
        layout.setTextOption(option)
        length = unit_count(text)
        start, y = self.length, self.height
        piece = Piece(layout, text, formats, start, length, y, [], 0.0, objects, [], is_ended)
        if formats:
            layout.setFormats([_range(mark, piece) for mark in formats])
        y = 0.0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            if is_ended and line.textStart() == length:
                break
            line.setLineWidth(width)
            natural = line.height()
            tall = max(style.line, natural)
            lead = (tall - natural) / 2
            above, below = _excess(piece, line, lead + line.ascent(), tall)
            line.setPosition(QPointF(0.0, y + above + lead))
            _place_objects(piece, line, y + above + lead + line.ascent())
            piece.tops.append(y)
            y += above + tall + below
            piece.natural_width = max(piece.natural_width, line.naturalTextWidth())
        layout.endLayout()
        piece.tops.append(y)
        self._take(piece)

    def _take(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.length += piece.length
        self.height += piece.tops[-1]
        self.natural_width = max(self.natural_width, piece.natural_width)


def cut_text(text: str) -> Iterator[str]:
    """The text in pieces of at most MAX_PIECE characters, cut after a blank where there is one."""
    if len(text) <= MAX_PIECE:
        yield text
        return
    start = 0
    while len(text) - start > MAX_PIECE:
        end = start + MAX_PIECE
        cut = (text.rfind(_LINE_SEPARATOR, start, end) + 1) or (text.rfind(" ", start, end) + 1)
        if cut <= start:
            cut = end
            while cut > start + 1 and unicodedata.combining(text[cut]):
                cut -= 1
        yield text[start:cut]
        start = cut
    yield text[start:]


def is_right_to_left(text: str) -> bool:
    """Whether the first strong character is written from right to left."""
    for char in text[:_DIRECTION_SCAN]:
        if char < "\u0590" and not char.isalpha():
            continue
        kind = unicodedata.bidirectional(char)
        if kind == "L":
            return False
        if kind in ("R", "AL"):
            return True
    return False


def _option(text: str, style: BoxStyle) -> QTextOption:
    option = QTextOption()
    if style.is_wrapped:
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    else:
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
    if style.is_code:
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
    if style.tab_width:
        option.setTabStopDistance(style.tab_width)
    if style.alignment == "center":
        option.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    elif style.alignment == "right" or (
        style.is_wrapped and not style.alignment and not text.isascii() and is_right_to_left(text)
    ):
        option.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)
    return option


def _meets(mark: Format, start: int, length: int) -> bool:
    return mark.start < start + length and mark.start + mark.length > start


def _range(mark: Format, piece: Piece) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    start = max(mark.start - piece.start, 0)
    made.start = start
    made.length = min(mark.start + mark.length - piece.start, piece.length) - start
    made.format = mark.format
    return made


def _on_line(piece: Piece, line: QTextLine) -> Iterator[InlineObject]:
    start = piece.start + line.textStart()
    end = start + line.textLength()
    return (each for each in piece.objects if start <= each.position < end)


def _excess(piece: Piece, line: QTextLine, base: float, tall: float) -> tuple[float, float]:
    """By how much the objects of a line reach over its top and its bottom."""
    above = below = 0.0
    for each in _on_line(piece, line):
        above = max(above, each.ascent + _OBJECT_GAP - base)
        below = max(below, each.descent + _OBJECT_GAP - (tall - base))
    return above, below


def _place_objects(piece: Piece, line: QTextLine, baseline: float) -> None:
    for each in _on_line(piece, line):
        at = each.position - piece.start
        left = min(_x_of(line.cursorToX(at)), _x_of(line.cursorToX(at + 1)))
        piece.places.append(QPointF(left, baseline))


def _line_index(piece: Piece, y: float) -> int:
    return max(min(bisect_right(piece.tops, y), len(piece.tops) - 1) - 1, 0)


def _fill(painter: QPainter, piece: Piece, mark: Format, at: QPointF) -> None:
    for rect in _piece_rects(piece, mark.start, mark.start + mark.length):
        painter.fillRect(rect.translated(at.x(), at.y() - piece.y), mark.format.background())


def _piece_rects(piece: Piece, start: int, end: int) -> Iterator[QRectF]:
    first, last = max(start - piece.start, 0), min(end - piece.start, piece.length)
    if first >= last:
        return
    lines = [piece.layout.lineForTextPosition(place) for place in (first, last - 1)]
    if not all(line.isValid() for line in lines):
        return
    for index in range(lines[0].lineNumber(), lines[1].lineNumber() + 1):
        line = piece.layout.lineAt(index)
        line_start = line.textStart()
        left, right = max(first, line_start), min(last, line_start + line.textLength())
        if left < right:
            x1, x2 = _x_of(line.cursorToX(left)), _x_of(line.cursorToX(right))
            yield QRectF(
                min(x1, x2),
                piece.y + piece.tops[index],
                abs(x2 - x1),
                piece.tops[index + 1] - piece.tops[index],
            )


def _x_of(answer: object) -> float:
    return float(answer[0]) if isinstance(answer, tuple) else float(str(answer))


def _units_between(text: str, start: int, end: int) -> str:
    raw = text.encode("utf-16-le", "surrogatepass")
    return raw[2 * start : 2 * end].decode("utf-16-le", "replace")
