"""Text shown exactly as it is: the user's messages, refusals, results of tools, errors."""

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath

from desktop.ui.transcript.elements import Element, Marks, selection_formats
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.textbox import MAX_PIECE, BoxStyle, TextBox

_BUBBLE_SHARE = 0.8
_BUBBLE_PAD_X = 14
_BUBBLE_PAD_Y = 9
_BUBBLE_RADIUS = 14
_BAR = 3
_BAR_PAD = 13


class TextElement(Element):
    """A stretch of plain text, at most MAX_PIECE characters of it.

    Attributes:
        tone: ``text``, ``muted`` or ``warning``: the last has a bar at its left.
    """

    __slots__ = ("_box", "_text", "_x", "tone")

    def __init__(self, text: str, *, tone: str = "text", is_cut: bool = False) -> None:
        Element.__init__(self)
        self._text = text
        self.tone = tone
        self.is_cut = is_cut
        self._x = 0.0
        self._box: TextBox | None = None

    @property
    def text(self) -> str:
        """The text."""
        return self._text

    def estimate(self, look: Look) -> float:
        """From the number of characters and lines."""
        per_line = max(look.width / look.char_width, 1)
        return (len(self._text) / per_line + self._text.count("\n") + 1) * look.line

    def lay_out(self, look: Look) -> None:
        """Lays the text out."""
        left = self._x = self._left(look)
        self._box = TextBox(self._text, BoxStyle(look.body, look.line), look.width - left)
        self.height = self._box.height

    def release(self) -> None:
        """Drops the layout."""
        self._box = None
        self.generation = 0

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints the text and its bar."""
        if self._box is None:
            return
        if self.tone == "warning":
            bar = QRectF(at.x(), at.y(), look.px(_BAR), self.height)
            painter.fillRect(bar, look.roles.warning)
        painter.setPen(look.roles.muted if self.tone == "muted" else look.roles.text)
        origin = QPointF(at.x() + self._left(look), at.y())
        self._box.draw(painter, origin, clip, selection_formats(look, marks))

    def hit(self, x: float, y: float) -> int:
        """The text position nearest to a point."""
        return self._box.hit(x - self._x, y) if self._box else 0

    def word(self, position: int) -> tuple[int, int]:
        """The word around a position."""
        return self._box.word(position) if self._box else (position, position)

    def _left(self, look: Look) -> float:
        return look.px(_BAR_PAD) if self.tone == "warning" else 0.0


class BubbleElement(TextElement):
    """A stretch of the user's text in its bubble at the right.

    Attributes:
        is_first: The bubble begins here.
        is_last: The bubble ends here.
    """

    __slots__ = ("_left_px", "_pad", "_top", "is_first", "is_last")

    def __init__(self, text: str, *, is_cut: bool, is_first: bool, is_last: bool) -> None:
        TextElement.__init__(self, text, is_cut=is_cut)
        self.is_first, self.is_last = is_first, is_last
        self._left_px = self._pad = self._top = 0.0

    def lay_out(self, look: Look) -> None:
        """Lays the text out, as narrow as it is; a bubble of several pieces takes all the room."""
        self._pad = look.px(_BUBBLE_PAD_X)
        room = max(look.width * _BUBBLE_SHARE - 2 * self._pad, 1.0)
        style = BoxStyle(look.body, look.bubble_line)
        box = TextBox(self._text, style, room)
        is_whole = self.is_first and self.is_last
        width = room
        if is_whole and box.natural_width < room - 1:
            width = float(int(box.natural_width) + 1)
            box = TextBox(self._text, style, width)
        self._box = box
        self._left_px = look.width - width - 2 * self._pad
        self._top = look.px(_BUBBLE_PAD_Y) if self.is_first else 0.0
        self.height = box.height + self._top + (look.px(_BUBBLE_PAD_Y) if self.is_last else 0.0)

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints this stretch of the bubble and its text."""
        if self._box is None:
            return
        area = QRectF(at.x() + self._left_px, at.y(), look.width - self._left_px, self.height)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(self._outline(area, look.px(_BUBBLE_RADIUS)), look.roles.bubble)
        painter.restore()
        painter.setPen(look.roles.text)
        origin = QPointF(area.x() + self._pad, at.y() + self._top)
        self._box.draw(painter, origin, clip, selection_formats(look, marks))

    def hit(self, x: float, y: float) -> int:
        """The text position nearest to a point."""
        return self._box.hit(x - self._left_px - self._pad, y - self._top) if self._box else 0

    def _outline(self, area: QRectF, radius: float) -> QPainterPath:
        path = QPainterPath()
        top = area if self.is_first else area.adjusted(0, -2 * radius, 0, 0)
        whole = top if self.is_last else top.adjusted(0, 0, 0, 2 * radius)
        path.addRoundedRect(whole, radius, radius)
        clip = QPainterPath()
        clip.addRect(area)
        return path.intersected(clip)


def text_pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, cut at newlines where there are some, and whether each was cut inside.

    A piece that is not cut inside a line follows the one before after a newline, which is in
    neither of them.
    """
    start, is_cut = 0, False
    while len(text) - start > MAX_PIECE:
        end = text.rfind("\n", start, start + MAX_PIECE)
        if end > start:
            yield text[start:end], is_cut
            start, is_cut = end + 1, False
        else:
            yield text[start : start + MAX_PIECE], is_cut
            start, is_cut = start + MAX_PIECE, True
    yield text[start:], is_cut
