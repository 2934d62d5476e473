"""The colours by role, and the one place that gives them to Qt: style, palette, style sheet.

It knows no widget. Whoever paints takes :class:`Roles` and listens to ``ThemeController.changed``.
"""

import re
from dataclasses import dataclass, fields
from functools import cache
from typing import Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

from desktop.paths import resource

Choice = Literal["system", "light", "dark"]
CHOICES: tuple[Choice, ...] = ("system", "light", "dark")

MIN_TEXT_CONTRAST = 4.5
MIN_BORDER_CONTRAST = 3.0
_MIN_SMALL_PX = 10
_LINEAR_UP_TO = 0.04045
_HOVER_SHARE = 0.12
_PLACEHOLDER = re.compile(r"@([a-z_]+)@")
_G, _R = QPalette.ColorGroup, QPalette.ColorRole
_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


@dataclass(frozen=True, slots=True)
class Roles:
    """What each colour is for.

    Attributes:
        window: Ground of the reading column.
        side: Ground of the side panes and the status line.
        surface: Ground of fields and cards.
        code: Ground of code.
        line: Separators, one pixel wide; carries no meaning of its own.
        text: Text one reads.
        muted: Secondary text.
        faint: The least important text, and disabled text; not on ``bubble`` or ``accent_soft``.
        accent: Buttons that do the main thing, selection, focus ring.
        accent_soft: Ground of what is selected or under the pointer.
        on_accent: Text on ``accent``.
        bubble: Ground of the user's messages.
        ok: Text or dot: it works.
        warning: Text or dot: look here.
        error: Text or dot: it failed.
        keyword: Keywords in code.
        string: Strings in code.
        name: Names in code.
        control_border: Outline of check boxes and fields.
        is_dark: Whether text is lighter than its ground.
    """

    window: QColor
    side: QColor
    surface: QColor
    code: QColor
    line: QColor
    text: QColor
    muted: QColor
    faint: QColor
    accent: QColor
    accent_soft: QColor
    on_accent: QColor
    bubble: QColor
    ok: QColor
    warning: QColor
    error: QColor
    keyword: QColor
    string: QColor
    name: QColor
    control_border: QColor
    is_dark: bool


_NAMES = tuple(field.name for field in fields(Roles) if field.name != "is_dark")
_LIGHT = (
    "#FBFBFA #F3F4F3 #FFFFFF #F5F6F6 #E3E5E6 #1B1F23 #5E666F #676F78 #0B7285 #DDF0F4 #FFFFFF "
    "#E6F2F5 #287A4E #8A5800 #B3372F #8B3FB3 #2F7D32 #1F5FA8 #868E96"
)
_DARK = (
    "#15181C #111418 #1B1F24 #111418 #2B3138 #E6E8EB #98A0A9 #7F8790 #3FB8CF #17333B #06232A "
    "#1E3239 #5BC58A #D9A441 #EF7A72 #C792EA #9CCB8C #7FB4E8 #6F7882"
)


def _roles(values: str, *, is_dark: bool) -> Roles:
    """Roles from colours in the order of the fields."""
    colors = {name: QColor(value) for name, value in zip(_NAMES, values.split(), strict=True)}
    return Roles(is_dark=is_dark, **colors)


@cache
def light_roles() -> Roles:
    """The light palette."""
    return _roles(_LIGHT, is_dark=False)


@cache
def dark_roles() -> Roles:
    """The dark palette."""
    return _roles(_DARK, is_dark=True)


def palette_roles(palette: QPalette) -> Roles:
    """Roles made of nothing but a system palette's own colours, for high contrast.

    Secondary text is not fainter than text, and soft grounds are the window's.
    """
    window, base = palette.color(_R.Window), palette.color(_R.Base)
    text, accent = palette.color(_R.WindowText), palette.color(_R.Highlight)
    return Roles(
        window=window,
        side=window,
        surface=base,
        code=base,
        line=text,
        text=text,
        muted=text,
        faint=text,
        accent=accent,
        accent_soft=window,
        on_accent=palette.color(_R.HighlightedText),
        bubble=base,
        ok=text,
        warning=text,
        error=text,
        keyword=text,
        string=text,
        name=text,
        control_border=text,
        is_dark=not _is_light(window),
    )


def contrast(one: QColor, other: QColor) -> float:
    """The contrast of two opaque colours, 1 to 21.

    Source: https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio (2.1).
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: QColor) -> float:
    """Relative luminance, 0 to 1.

    Source: https://www.w3.org/TR/WCAG21/#dfn-relative-luminance (2.1).
    """
    red, green, blue = (_linear(part) for part in (color.redF(), color.greenF(), color.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _is_light(color: QColor) -> bool:
    """Whether black is easier to see on it than white."""
    return contrast(color, QColor("black")) > contrast(color, QColor("white"))


def _linear(part: float) -> float:
    """An sRGB component, 0 to 1, as light."""
    return part / 12.92 if part <= _LINEAR_UP_TO else ((part + 0.055) / 1.055) ** 2.4


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """A colour between two.

    Args:
        one: What it is mostly made of.
        other: What is mixed in.
        share: How much of ``other``, 0 to 1.
    """
    keep = 1 - share
    return QColor.fromRgbF(
        one.redF() * keep + other.redF() * share,
        one.greenF() * keep + other.greenF() * share,
        one.blueF() * keep + other.blueF() * share,
    )


def palette_of(roles: Roles) -> QPalette:
    """The palette for whatever the style draws and the style sheet leaves alone."""
    palette = QPalette()
    for role, color in (
        (_R.Window, roles.window),
        (_R.WindowText, roles.text),
        (_R.Base, roles.surface),
        (_R.AlternateBase, roles.side),
        (_R.Text, roles.text),
        (_R.Button, roles.surface),
        (_R.ButtonText, roles.text),
        (_R.BrightText, roles.error),
        (_R.PlaceholderText, roles.muted),
        (_R.Highlight, roles.accent),
        (_R.HighlightedText, roles.on_accent),
        (_R.Accent, roles.accent),
        (_R.Link, roles.accent),
        (_R.LinkVisited, roles.accent),
        (_R.ToolTipBase, roles.surface),
        (_R.ToolTipText, roles.text),
        (_R.Light, roles.surface),
        (_R.Midlight, roles.line),
        (_R.Mid, roles.line),
        (_R.Dark, roles.control_border),
        (_R.Shadow, roles.line),
    ):
        palette.setColor(role, color)
    for role in (_R.WindowText, _R.Text, _R.ButtonText):
        palette.setColor(_G.Disabled, role, roles.faint)
    palette.setColor(_G.Disabled, _R.Highlight, roles.line)
    palette.setColor(_G.Disabled, _R.HighlightedText, roles.text)
    return palette


def style_sheet(roles: Roles, font: QFont) -> str:
    """The application's style sheet with colours and sizes filled in.

    Args:
        roles: The colours.
        font: The interface font; titles and secondary text are sized after it.
    """
    px = QFontInfo(font).pixelSize()
    values = {name: getattr(roles, name).name() for name in _NAMES}
    values["accent_hover"] = mixed(roles.accent, roles.text, _HOVER_SHARE).name()
    values["hover"] = mixed(roles.surface, roles.text, _HOVER_SHARE / 2).name()
    values["heading_px"] = str(px + 9)
    values["large_px"] = str(px + 5)
    values["title_px"] = str(px + 1)
    values["small_px"] = str(max(px - 1, _MIN_SMALL_PX))
    values["label_px"] = str(max(px - 2, _MIN_SMALL_PX))
    icons = resource("icons").as_posix()
    values["on_ground"] = f"{icons}/on-{'dark' if roles.is_dark else 'light'}"
    values["on_fill"] = f"{icons}/on-{'dark' if _is_light(roles.on_accent) else 'light'}"
    text = resource("style.qss").read_text(encoding="utf-8")
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


class ThemeController(QObject):
    """Applies the chosen theme to the application and follows the system.

    Signals:
        changed(Roles): The colours are other ones; style, palette and style sheet are applied.
    """

    changed = Signal(object)

    def __init__(self, app: QApplication, choice: Choice = "system") -> None:
        super().__init__(app)
        self._app = app
        self._choice: Choice = choice
        self._hints = app.styleHints()
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.timeout.connect(self._apply)
        if not app.property("isFusion"):
            app.setStyle("Fusion")
        self._hints.setColorScheme(_SCHEMES[choice])
        self._roles = self._wanted()
        self._dress()
        self._hints.colorSchemeChanged.connect(self._on_system_changed)
        self._hints.accessibility().contrastPreferenceChanged.connect(self._on_system_changed)

    @property
    def roles(self) -> Roles:
        """The colours in use."""
        return self._roles

    @property
    def choice(self) -> Choice:
        """What the user chose."""
        return self._choice

    def set_choice(self, choice: Choice) -> None:
        """Follows the system, or stays light or dark; applied before it returns."""
        self._choice = choice
        self._hints.setColorScheme(_SCHEMES[choice])
        self._apply()

    def _on_system_changed(self, _value: object) -> None:
        self._due.start(0)

    def _apply(self) -> None:
        """Puts on the wanted colours if they are other ones; a no-op otherwise."""
        self._due.stop()
        roles = self._wanted()
        if roles == self._roles:
            return
        self._roles = roles
        self._dress()
        self.changed.emit(roles)

    def _wanted(self) -> Roles:
        if self._choice == "system" and self._is_high_contrast():
            own = self._app.palette()
            self._app.setPalette(QPalette())
            roles = palette_roles(self._app.palette())
            self._app.setPalette(own)
            return roles
        if self._choice == "system":
            is_dark = self._hints.colorScheme() == Qt.ColorScheme.Dark
        else:
            is_dark = self._choice == "dark"
        return dark_roles() if is_dark else light_roles()

    def _is_high_contrast(self) -> bool:
        wish = self._hints.accessibility().contrastPreference()
        return wish == Qt.ContrastPreference.HighContrast

    def _dress(self) -> None:
        self._app.setPalette(palette_of(self._roles))
        self._app.setStyleSheet(style_sheet(self._roles, self._app.font()))
