"""What a row shows besides its text: folding headers, quiet lines, footers, errors, sources."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from desktop.domain.messages import Citation
from desktop.ui.transcript.elements import Action, ActionKind, Element, Marks, selection_formats
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.plain_text import TextElement
from desktop.ui.transcript.prose import is_openable
from desktop.ui.transcript.strokes import (
    button_row,
    button_size,
    paint_buttons,
    paint_card,
    paint_focus,
)
from desktop.ui.transcript.textbox import BoxStyle, Format, TextBox
from desktop.ui.transcript.units import unit_count

_FOOTER = 24
_HEADER = 24
_CARD_PAD = 14
_CARD_RADIUS = 10
_EDGE = 4
_ARROW = 14


class BlankElement(Element):
    """Stands for a row that is not in memory yet."""

    __slots__ = ("_height",)

    def __init__(self, height: float) -> None:
        Element.__init__(self)
        self._height = height

    def estimate(self, look: Look) -> float:
        """The height it was given."""
        return self._height


class HeaderElement(Element):
    """The line that folds and unfolds a reasoning part."""

    __slots__ = ("is_open", "label")

    def __init__(self, label: str, *, is_open: bool) -> None:
        Element.__init__(self)
        self.label = label
        self.is_open = is_open

    @property
    def text(self) -> str:
        """The label."""
        return self.label

    @property
    def actions(self) -> tuple[Action, ...]:
        """Folding."""
        return (Action(ActionKind.TOGGLE, self.label),)

    def estimate(self, look: Look) -> float:
        """Always one line."""
        return look.px(_HEADER)

    def lay_out(self, look: Look) -> None:
        """Takes the rectangle of the action."""
        self.height = self.estimate(look)
        width = look.px(_ARROW) + QFontMetricsF(look.small).horizontalAdvance(self.label)
        self.areas = [[QRectF(0, 0, width + look.px(6), self.height)]]

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints arrow and label."""
        painter.setFont(look.small)
        painter.setPen(look.roles.text if marks.hovered == 0 else look.roles.muted)
        box = QRectF(at.x(), at.y(), look.width, self.height)
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, align, "▾" if self.is_open else "▸")
        painter.drawText(box.adjusted(look.px(_ARROW), 0, 0, 0), align, self.label)
        paint_focus(painter, look, at, self.areas, marks.focused)


class LineElement(TextElement):
    """One quiet line: a tool call, an activity, an unknown part; or a status with Continue."""

    __slots__ = ("_actions",)

    def __init__(self, text: str, *, tone: str = "muted", actions: Sequence[Action] = ()) -> None:
        TextElement.__init__(self, text, tone=tone)
        self._actions = tuple(actions)

    @property
    def actions(self) -> tuple[Action, ...]:
        """What can be pressed beside the text."""
        return self._actions

    def lay_out(self, look: Look) -> None:
        """Lays the text out in the small font, the actions after it."""
        style = BoxStyle(look.small, look.small_line)
        self._box = TextBox(self._text, style, look.width)
        self.height = self._box.height + look.px(4)
        x = self._box.natural_width + look.px(8)
        self.areas = []
        for action in self._actions:
            width = button_size(look, action.label or action.name)
            self.areas.append([QRectF(x, 0, width, look.small_line + look.px(2))])
            x += width

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints text and actions."""
        if self._box is None:
            return
        tones = {"warning": look.roles.warning, "error": look.roles.error}
        painter.setPen(tones.get(self.tone, look.roles.muted))
        self._box.draw(painter, at, clip, selection_formats(look, marks))
        paint_buttons(painter, look, at, self._actions, self.areas, marks)


class FooterElement(Element):
    """The last line of a row: what is known of it at the left, its actions at the right.

    Attributes:
        line: The text at the left.
        when: Date and time of the row, or "".
        when_short: The same in few characters, shown beside the actions.
        version: Such as ``2/3``, shown between the actions for the versions; or "".
    """

    __slots__ = ("_actions", "_version_area", "line", "version", "when", "when_short")

    def __init__(self, line: str, actions: Sequence[Action], version: str = "") -> None:
        Element.__init__(self)
        self.line = line
        self.when = self.when_short = ""
        self.version = version
        self._actions = tuple(actions)
        self._version_area = QRectF()

    @property
    def actions(self) -> tuple[Action, ...]:
        """What can be done with the message."""
        return self._actions

    def estimate(self, look: Look) -> float:
        """Always one line."""
        return look.px(_FOOTER)

    def lay_out(self, look: Look) -> None:
        """Places the actions from the right."""
        self.height = self.estimate(look)
        labels = [action.label or action.name for action in self._actions]
        if self.version:
            labels.insert(1, self.version)
        rows = button_row(look, labels, look.width, (self.height - look.small_line) / 2 - 1)
        self._version_area = rows.pop(1)[0] if self.version else QRectF()
        self.areas = rows

    def tip_at(self, point: QPointF) -> str:
        """Date and time."""
        return self.when

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints the line, and the actions when they are to be seen."""
        is_shown = marks.is_revealed
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        room, gap = look.width, look.px(8)
        painter.setFont(look.small)
        painter.setPen(look.roles.muted)
        if is_shown and self.areas:
            width = QFontMetricsF(look.small).horizontalAdvance(self.when_short)
            room = self.areas[0][0].x() - gap - width
            place = QRectF(at.x() + room, at.y(), width + 1, self.height)
            painter.drawText(place, align, self.when_short)
            room -= gap if width else 0.0
        line = QFontMetricsF(look.small).elidedText(self.line, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(at.x(), at.y(), look.width, self.height), align, line)
        if is_shown:
            paint_buttons(painter, look, at, self._actions, self.areas, marks)
            painter.setPen(look.roles.muted)
            area = self._version_area.translated(at)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.version)


class ErrorElement(TextElement):
    """A card that says what went wrong and what can be done."""

    __slots__ = ("_actions", "_version_area", "version")

    def __init__(self, lines: Sequence[str], actions: Sequence[Action], version: str) -> None:
        TextElement.__init__(self, "\n".join(lines), tone="error")
        self._actions = tuple(actions)
        self.version = version
        self._version_area = QRectF()

    @property
    def actions(self) -> tuple[Action, ...]:
        """Retry, the link, Copy details."""
        return self._actions

    def lay_out(self, look: Look) -> None:
        """Lays out the text, our sentence darker than the rest, and the buttons under it."""
        pad = look.px(_CARD_PAD)
        sentence, _, rest = self._text.partition("\n")
        style = BoxStyle(look.body, look.line)
        formats = []
        if rest:
            muted = look.muted_format()
            formats = [Format(unit_count(sentence), unit_count(rest) + 1, muted)]
        self._x = pad + look.px(_EDGE)
        self._box = TextBox(self._text, style, look.width - 2 * pad - look.px(_EDGE), formats)
        labels = [action.label or action.name for action in self._actions]
        if self.version:
            labels.insert(1, self.version)
        widths = sum(button_size(look, label) for label in labels)
        y = look.px(10) + self._box.height + look.px(6)
        right = self._x + widths - 2 * (button_size(look, "") / 2)
        rows = button_row(look, labels, right, y)
        self._version_area = rows.pop(1)[0] if self.version else QRectF()
        self.areas = rows
        self.height = y + look.small_line + look.px(12)

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints the card."""
        if self._box is None:
            return
        roles, radius = look.roles, look.px(_CARD_RADIUS)
        card = QRectF(at.x(), at.y(), look.width, self.height)
        paint_card(painter, card, radius, roles.surface, roles.line)
        painter.save()
        painter.setClipRect(QRectF(card.x(), card.y(), look.px(_EDGE), card.height()))
        paint_card(painter, card, radius, roles.error)
        painter.restore()
        painter.setPen(roles.text)
        origin = QPointF(at.x() + self._x, at.y() + look.px(10))
        self._box.draw(painter, origin, clip, selection_formats(look, marks))
        paint_buttons(painter, look, at, self._actions, self.areas, marks)
        painter.setPen(roles.muted)
        area = self._version_area.translated(at)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.version)


class SourcesElement(TextElement):
    """The numbered list of what a reply refers to: title and host, each one a link."""

    __slots__ = ("_actions", "_places")

    def __init__(self, citations: Sequence[Citation]) -> None:
        lines, actions, places, at = [], [], [], 0
        for number, citation in enumerate(citations, 1):
            host = _host_of(citation.url)
            title = " ".join(citation.title.split()) or host or citation.kind
            line = f"[{number}] {title}" + (f"  {host}" if host and host != title else "")
            if is_openable(citation.url):
                actions.append(Action(ActionKind.LINK, title, citation.url, citation.url))
                start = at + len(f"[{number}] ")
                places.append((start, start + unit_count(title)))
            lines.append(line)
            at += unit_count(line) + 1
        TextElement.__init__(self, "\n".join(lines), tone="muted")
        self._actions = tuple(actions)
        self._places = places

    @property
    def actions(self) -> tuple[Action, ...]:
        """The links."""
        return self._actions

    def lay_out(self, look: Look) -> None:
        """Lays the list out in the small font."""
        link = look.link_format()
        formats = [Format(start, end - start, link) for start, end in self._places]
        style = BoxStyle(look.small, look.small_line)
        self._box = TextBox(self._text, style, look.width, formats)
        self.height = self._box.height
        self.areas = [self._box.rectangles(start, end) for start, end in self._places]

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints the list."""
        if self._box is not None:
            painter.setPen(look.roles.muted)
            self._box.draw(painter, at, clip, selection_formats(look, marks))
            paint_focus(painter, look, at, self.areas, marks.focused)


def _host_of(url: str) -> str:
    """The host of an address, or ""."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
