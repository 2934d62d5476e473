import re
from collections.abc import Iterator
from itertools import product

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from desktop.paths import resource
from desktop.ui.icons import Icon, app_icon, icon
from desktop.ui.theme import (
    MIN_BORDER_CONTRAST,
    MIN_TEXT_CONTRAST,
    Roles,
    ThemeController,
    contrast,
    dark_roles,
    light_roles,
    mixed,
    palette_of,
    palette_roles,
    style_sheet,
)

PALETTES = [pytest.param(light_roles(), id="light"), pytest.param(dark_roles(), id="dark")]
GROUNDS = ("window", "side", "surface", "code")
TEXTS = ("text", "muted", "faint", "accent", "ok", "warning", "error")
TEXT_PAIRS = [
    *product(TEXTS, GROUNDS),
    *product(("keyword", "string", "name", "text", "muted"), ("code", "surface")),
    *product(("text", "muted"), ("accent_soft", "bubble")),
    ("on_accent", "accent"),
]


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[ThemeController]:
    made = ThemeController(qapp)
    yield made
    made.set_choice("system")
    qapp.setStyleSheet("")
    qapp.setPalette(QPalette())
    made.deleteLater()


@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS, ids="-on-".join)
@pytest.mark.parametrize("roles", PALETTES)
def test_text_can_be_read_on_its_ground(roles: Roles, ink: str, ground: str) -> None:
    assert contrast(getattr(roles, ink), getattr(roles, ground)) >= MIN_TEXT_CONTRAST


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("line", ["control_border", "accent", "error", "warning"])
@pytest.mark.parametrize("roles", PALETTES)
def test_borders_can_be_seen(roles: Roles, line: str, ground: str) -> None:
    assert contrast(getattr(roles, line), getattr(roles, ground)) >= MIN_BORDER_CONTRAST


@pytest.mark.parametrize("roles", PALETTES)
def test_hovered_main_buttons_can_be_read(roles: Roles) -> None:
    hovered = mixed(roles.accent, roles.text, 0.12)
    assert contrast(roles.on_accent, hovered) >= MIN_TEXT_CONTRAST


def test_contrast_is_that_of_the_standard() -> None:
    black, white = QColor("black"), QColor("white")
    assert contrast(black, white) == contrast(white, black) == pytest.approx(21)
    assert contrast(QColor("#767676"), white) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("roles", PALETTES)
def test_the_style_sheet_is_filled_in(qapp: QApplication, roles: Roles) -> None:
    text = style_sheet(roles, qapp.font())
    assert "@" not in text
    images = set(re.findall(r"url\((.*?)\)", text))
    assert images
    assert all(resource("icons").as_posix() in name for name in images)
    for name in images:
        assert not icon_file(name).isNull(), name


def icon_file(name: str) -> object:
    from PySide6.QtGui import QPixmap

    return QPixmap(name)


def test_the_style_sheet_names_colours_by_role_only() -> None:
    assert not re.search(r"#[0-9a-fA-F]{6}", resource("style.qss").read_text(encoding="utf-8"))


def test_a_choice_is_applied_at_once(theme: ThemeController, qapp: QApplication) -> None:
    seen: list[Roles] = []
    theme.changed.connect(seen.append)
    theme.set_choice("dark")
    assert seen == [dark_roles()]
    assert theme.roles.is_dark
    assert theme.choice == "dark"
    assert qapp.palette().color(QPalette.ColorRole.Window) == dark_roles().window
    assert dark_roles().surface.name() in qapp.styleSheet()
    theme.set_choice("dark")
    assert len(seen) == 1
    theme.set_choice("light")
    assert seen[1:] == [light_roles()]


def test_a_chosen_theme_reaches_widgets(theme: ThemeController, qtbot: QtBot) -> None:
    button = QPushButton("Send")
    button.setProperty("primary", "true")
    qtbot.addWidget(button)
    button.resize(120, 40)
    for choice, roles in (("light", light_roles()), ("dark", dark_roles())):
        theme.set_choice(choice)
        image = button.grab().toImage()
        assert image.pixelColor(20, 6) == roles.accent


def test_high_contrast_takes_the_systems_own_colours(qapp: QApplication) -> None:
    palette = QPalette(QColor("black"))
    palette.setColor(QPalette.ColorRole.WindowText, QColor("yellow"))
    palette.setColor(QPalette.ColorRole.Highlight, QColor("cyan"))
    palette.setColor(QPalette.ColorRole.HighlightedText, QColor("black"))
    roles = palette_roles(palette)
    assert roles.is_dark
    assert roles.text == roles.muted == roles.control_border == QColor("yellow")
    assert roles.accent == QColor("cyan")
    assert palette_of(roles).color(QPalette.ColorRole.WindowText) == QColor("yellow")


@pytest.mark.parametrize("name", list(Icon))
def test_every_icon_draws_something(qapp: QApplication, name: Icon) -> None:
    image = icon(name, QColor("red")).pixmap(16, 16).toImage()
    inks = sum(
        image.pixelColor(x, y).alpha() > 128
        for x, y in product(range(image.width()), range(image.height()))
    )
    assert 8 <= inks <= 140


def test_the_application_has_an_icon_at_all_sizes(qapp: QApplication) -> None:
    sizes = {size.width() for size in app_icon().availableSizes()}
    assert {16, 32, 48, 128} <= sizes
    image = app_icon().pixmap(48, 48).toImage()
    assert image.pixelColor(image.width() // 2, 4) == light_roles().accent
    assert image.pixelColor(0, 0).alpha() == 0


def test_following_the_system_is_the_default(theme: ThemeController, qapp: QApplication) -> None:
    assert theme.choice == "system"
    is_dark = qapp.styleHints().colorScheme() == Qt.ColorScheme.Dark
    assert theme.roles == (dark_roles() if is_dark else light_roles())


def test_the_system_is_followed_live(
    theme: ThemeController, qapp: QApplication, qtbot: QtBot
) -> None:
    hints = qapp.styleHints()
    with qtbot.assertNotEmitted(theme.changed, wait=0):
        hints.colorSchemeChanged.emit(hints.colorScheme())
    theme.set_choice("dark")
    hints.unsetColorScheme()
    theme._choice = "system"
    with qtbot.waitSignal(theme.changed) as caught:
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert caught.args == [light_roles()]
