"""Where the window and its panes are, kept on a screen that exists."""

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

FIRST_SIZE = QSize(1280, 800)
SCREEN_SHARE = 0.85
LEAST_SIZE = QSize(480, 400)


@dataclass(frozen=True, slots=True)
class WindowGeometry:
    """Place, size and panes of the window, in device-independent pixels; None is "not known".

    The names are those of the preferences.
    """

    window_x: int | None = None
    window_y: int | None = None
    window_width: int | None = None
    window_height: int | None = None
    window_maximized: bool = False
    history_width: int = 264
    history_collapsed: bool = False
    sidebar_width: int = 308
    sidebar_collapsed: bool = False


def place(window: QWidget, geometry: WindowGeometry) -> None:
    """Gives a window its remembered place and size, clamped onto a screen.

    Wayland does not let a client choose its place, so there only the size is set.
    """
    x, y = geometry.window_x, geometry.window_y
    screen = None
    if x is not None and y is not None:
        screen = QGuiApplication.screenAt(QPoint(x + 40, y + 40))
    available = (screen or QGuiApplication.primaryScreen()).availableGeometry()
    size = _size(geometry, available)
    window.setMinimumSize(LEAST_SIZE.boundedTo(available.size()))
    window.resize(size)
    if screen is not None and x is not None and y is not None and not _is_wayland():
        window.move(
            _clamped(x, available.left(), available.right() - size.width()),
            _clamped(y, available.top(), available.bottom() - size.height()),
        )


def _size(geometry: WindowGeometry, available: QRect) -> QSize:
    if geometry.window_width is not None and geometry.window_height is not None:
        wanted = QSize(geometry.window_width, geometry.window_height)
        return wanted.expandedTo(LEAST_SIZE).boundedTo(available.size())
    return FIRST_SIZE.boundedTo(available.size() * SCREEN_SHARE).expandedTo(
        LEAST_SIZE.boundedTo(available.size())
    )


def _clamped(value: int, low: int, high: int) -> int:
    return max(low, min(value, max(low, high)))


def _is_wayland() -> bool:
    return QGuiApplication.platformName().startswith("wayland")
