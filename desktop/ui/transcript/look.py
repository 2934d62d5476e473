"""Fonts, measures and colours of the transcript at one zoom; a generation tells old layouts."""

from itertools import count
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QFontMetricsF, QTextCharFormat

from desktop.markup.blocks import Style
from desktop.ui.theme import Roles

if TYPE_CHECKING:
    from desktop.ui.transcript.highlight import Role
    from desktop.ui.transcript.math import MathImages

COLUMN_PX = 760
_LINE_HEIGHT = 1.5
_BUBBLE_LINE_HEIGHT = 1.4
_CODE_LINE_HEIGHT = 1.45
_CODE_SIZE = 0.94
_SMALL_SIZE = 0.88
_HEADING_SIZES = (1.5, 1.28, 1.14, 1.04, 1.0, 1.0)
_TAB_COLUMNS = 4
_SELECTION_ALPHA = {False: 62, True: 92}
_generations = count(1)
_CODE_ROLES: dict["Role", str] = {
    "keyword": "keyword",
    "string": "string",
    "number": "string",
    "name": "name",
    "comment": "muted",
    "inserted": "ok",
    "deleted": "error",
}


class Look:
    """Everything a layout depends on but its width limits and text.

    Attributes:
        roles: The palette.
        scale: Zoom, 1.0 is 100 %.
        width: Width of the reading column in pixels.
        dpr: Device pixels in a logical one.
        maths: Pictures of formulas; None shows their source.
        wraps_code: Whether long lines of code go on in the next line.
        generation: Differs between any two looks: layouts made for another one are void.
    """

    def __init__(self, font: QFont, roles: Roles, zoom_percent: int, width: float) -> None:
        self.dpr = 1.0
        self.maths: MathImages | None = None
        self.wraps_code = False
        self.roles = roles
        self.scale = zoom_percent / 100
        self.width = width
        self.generation = next(_generations)
        base = QFontInfo(font).pixelSize() * self.scale
        self.body = _sized(font, base)
        self.small = _sized(font, base * _SMALL_SIZE)
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setStyleHint(QFont.StyleHint.Monospace)
        self.mono = _sized(fixed, base * _CODE_SIZE)
        self.line = float(round(base * _LINE_HEIGHT))
        self.bubble_line = float(round(base * _BUBBLE_LINE_HEIGHT))
        self.code_line = float(round(base * _CODE_SIZE * _CODE_LINE_HEIGHT))
        self.small_line = float(round(base * _SMALL_SIZE * _LINE_HEIGHT))
        self.char_width = QFontMetricsF(self.body).averageCharWidth()
        self.mono_width = QFontMetricsF(self.mono).horizontalAdvance("0")
        self.tab_width = self.mono_width * _TAB_COLUMNS
        self._headings = [_heading(font, base * size) for size in _HEADING_SIZES]
        self._formats: dict[int, QTextCharFormat] = {}
        self._code_formats: dict[Role, QTextCharFormat] = {}
        self.selection = QColor(roles.accent)
        self.selection.setAlpha(_SELECTION_ALPHA[roles.is_dark])

    def px(self, length: float) -> float:
        """A length of the design at this zoom."""
        return length * self.scale

    def heading(self, level: int) -> tuple[QFont, float]:
        """Font and line height of a heading."""
        font = self._headings[min(max(level, 1), 6) - 1]
        return font, float(round(font.pixelSize() * 1.35))

    def format(self, style: Style) -> QTextCharFormat:
        """The character format of an inline style."""
        made = self._formats.get(style.value)
        if made is None:
            made = self._formats[style.value] = self._make_format(style)
        return made

    def code_format(self, role: "Role") -> QTextCharFormat:
        """The format of a coloured stretch of code."""
        made = self._code_formats.get(role)
        if made is None:
            made = self._code_formats[role] = QTextCharFormat()
            made.setForeground(getattr(self.roles, _CODE_ROLES[role]))
        return made

    def link_format(self) -> QTextCharFormat:
        """The format of a link outside Markdown."""
        return self.format(Style.LINK)

    def muted_format(self) -> QTextCharFormat:
        """The format of secondary text beside text."""
        made = QTextCharFormat()
        made.setForeground(self.roles.muted)
        return made

    def hidden_format(self) -> QTextCharFormat:
        """The format of marks for characters that are not seen."""
        made = QTextCharFormat()
        made.setForeground(self.roles.warning)
        made.setFontWeight(QFont.Weight.Bold)
        return made

    def selection_format(self) -> QTextCharFormat:
        """The format drawn over selected text."""
        made = QTextCharFormat()
        made.setBackground(self.selection)
        return made

    def _make_format(self, style: Style) -> QTextCharFormat:
        made = QTextCharFormat()
        if style & Style.BOLD:
            made.setFontWeight(QFont.Weight.Bold)
        if style & (Style.ITALIC | Style.IMAGE):
            made.setFontItalic(True)
        if style & Style.STRIKE:
            made.setFontStrikeOut(True)
        if style & (Style.CODE | Style.MATH):
            made.setFontFamilies(self.mono.families())
            made.setFontFixedPitch(True)
            made.setProperty(QTextCharFormat.Property.FontPixelSize, self.mono.pixelSize())
        if style & Style.LINK:
            made.setForeground(self.roles.accent)
            made.setFontUnderline(True)
        if style & Style.SUPERSCRIPT:
            made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSuperScript)
            made.setForeground(self.roles.accent)
        return made


def _sized(font: QFont, size_px: float) -> QFont:
    made = QFont(font)
    made.setPixelSize(max(round(size_px), 1))
    return made


def _heading(font: QFont, size_px: float) -> QFont:
    made = _sized(font, size_px)
    made.setWeight(QFont.Weight.DemiBold)
    return made
