"""The application's own icons: line drawings in a role's colour.

They are drawn with painter paths, which costs a tenth of a millisecond each and needs neither
QtSvg nor an image plugin (measured: the first SVG icon 1.3 to 2.5 ms).
"""

from enum import StrEnum
from functools import cache

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPainterPath, QPen, QPixmap

from desktop.paths import resource

GRID = 16
"""The drawings are on a grid of 16 x 16 units."""

_STROKE = 1.5
_APP_SIZES = (16, 32, 48, 128)
APP_ID = "dev.sounding.Sounding"


class Icon(StrEnum):
    """Every icon; the value is its drawing.

    ``M x y`` moves, ``L x y`` draws a line, ``Z`` closes, ``O x y r`` is a circle and
    ``R x y w h r`` a rounded rectangle.
    """

    PLUS = "M 8 3 L 8 13 M 3 8 L 13 8"
    CLOSE = "M 4 4 L 12 12 M 12 4 L 4 12"
    PANE_LEFT = "R 2 3 12 10 2 M 6 3 L 6 13"
    PANE_RIGHT = "R 2 3 12 10 2 M 10 3 L 10 13"
    CHEVRON_UP = "M 3.5 10 L 8 5.5 L 12.5 10"
    CHEVRON_DOWN = "M 3.5 6 L 8 10.5 L 12.5 6"
    WARNING = "M 8 2.5 L 14.5 13.5 L 1.5 13.5 Z M 8 6.5 L 8 9.5 M 8 11.6 L 8 11.7"


@cache
def icon_path(name: Icon) -> QPainterPath:
    """The drawing on the 16 x 16 grid, to be stroked."""
    path = QPainterPath()
    words = iter(name.value.split())
    for command in words:
        match command:
            case "M":
                path.moveTo(float(next(words)), float(next(words)))
            case "L":
                path.lineTo(float(next(words)), float(next(words)))
            case "Z":
                path.closeSubpath()
            case "O":
                center = QPointF(float(next(words)), float(next(words)))
                radius = float(next(words))
                path.addEllipse(center, radius, radius)
            case _:
                x, y, width, height, radius = (float(next(words)) for _ in range(5))
                path.addRoundedRect(QRectF(x, y, width, height), radius, radius)
    return path


def paint_icon(painter: QPainter, name: Icon, area: QRectF, color: QColor) -> None:
    """Draws an icon into a square area."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(area.topLeft())
    painter.scale(area.width() / GRID, area.height() / GRID)
    pen = QPen(color, _STROKE)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(icon_path(name), pen)
    painter.restore()


class _IconEngine(QIconEngine):
    """Draws an icon when it is shown, at whatever size and scale."""

    def __init__(self, name: Icon, color: QColor, disabled: QColor) -> None:
        super().__init__()
        self._name = name
        self._color = color
        self._disabled = disabled

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        """Draws it."""
        color = self._disabled if mode is QIcon.Mode.Disabled else self._color
        paint_icon(painter, self._name, QRectF(rect), color)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Draws it onto a transparent ground."""
        made = QPixmap(size)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return made

    def clone(self) -> "_IconEngine":
        """A copy."""
        return _IconEngine(self._name, self._color, self._disabled)


def icon(name: Icon, color: QColor, disabled: QColor | None = None) -> QIcon:
    """An icon in one colour, sharp at every scale.

    Args:
        name: Which one.
        color: Its colour.
        disabled: Its colour on a disabled control; None for the same.
    """
    return QIcon(_IconEngine(name, color, disabled or color))


def app_icon() -> QIcon:
    """The application's icon, from the images that are shipped."""
    made = QIcon()
    for size_px in _APP_SIZES:
        made.addFile(str(resource(f"icons/app/{size_px}.png")))
    return made
