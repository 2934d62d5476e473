r"""Formulas as pictures: TeX becomes SVG on a worker, then an image, tinted when it is painted.

The only SVG read here is what ziamath made, checked to hold nothing but shapes. What cannot be
shown as a formula is said to have failed, and its source is shown instead.
"""
# ruff: noqa: A005

import logging
import re
import time
from collections import OrderedDict
from enum import Enum, auto
from math import ceil, floor
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QByteArray, QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.ui.transcript.math_worker import Worker

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_log = logging.getLogger(__name__)

MAX_CHARS = 500
MAX_BRACES = 20
"""Length and nesting of a formula; more is shown as source. Source: measured: 200 characters take
58 ms, 1,000 take 350 ms, 10,000 take 18 s."""

MAX_PIXELS = 4_000_000
"""Of one picture: TeX can ask for any amount of empty space."""

MAX_NODES = 3_000
"""Nodes laid out for one formula; there are twice as many with each row in a row.

Source: measured, 0.1 to 0.2 ms each."""

CACHE_BYTES = 16 * 1024 * 1024
MAX_KNOWN = 4_096
"""Formulas whose measures are kept."""

_SCALE = 1.1
"""Size of a formula beside text: the letters of its font are smaller. Source: measured."""

_TICK_MS = 16
_TICK_BUDGET_S = 0.004
_SHAPES = {"svg", "g", "path", "rect", "line", "polyline", "polygon", "circle", "ellipse"}
_ATTRIBUTES = re.compile(
    r"xmlns(:xlink)?|width|height|viewBox|d|[xy][12]?|c[xy]|r[xy]?|points|fill|stroke(-width)?"
    r"|stroke-dasharray|transform"
)
_COLOR = re.compile(r"[A-Za-z]+|#[0-9A-Fa-f]{3,8}")
_ONCE = (
    "mfrac mi mmultiscripts mn mo mover mprescripts ms mspace msub msubsup msup mtable mtext "
    "munder munderover none"
)
_TWICE = "math menclose merror mpadded mphantom mroot mrow msqrt mstyle mtd mtr"
_LAYOUTS = dict.fromkeys(_ONCE.split(), 1) | dict.fromkeys(_TWICE.split(), 2) | {"mfenced": 4}
"""How often ziamath lays out what is in an element, for all it knows. Source: its code."""

_COMMAND = re.compile(r"\\([A-Za-z]+|.)")
_NO_WIDTH = re.compile(r"[{}^_&\s]")
_COLORED = re.compile(r"\\(text|f)?color")
_ESTIMATED_SYMBOL = 0.6
_ESTIMATED_ASCENT = 0.8
_ESTIMATED_DESCENT = 0.25
_BLACK = b'"black"'


class MathKey(NamedTuple):
    """What one picture depends on.

    Attributes:
        tex: The formula without its delimiters.
        is_display: Whether it stands by itself.
        pixel_size: Of the text around it, logical pixels.
        dpr: Device pixels in a logical one.
    """

    tex: str
    is_display: bool
    pixel_size: int
    dpr: float


class MathState(Enum):
    """How far a formula is."""

    PENDING = auto()
    READY = auto()
    FAILED = auto()


class MathMetrics(NamedTuple):
    """Measures of a formula in logical pixels; estimated while it is pending, 0 if it failed."""

    state: MathState
    width: float = 0.0
    ascent: float = 0.0
    descent: float = 0.0


_FAILED = MathMetrics(MathState.FAILED)


class MathImages(QObject):
    """Pictures of formulas, made when they are first asked for.

    Signals:
        ready(frozenset[MathKey]): They are no longer pending.
    """

    ready = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: OrderedDict[MathKey, MathMetrics] = OrderedDict()
        self._pictures: OrderedDict[MathKey, _Picture] = OrderedDict()
        self._size_bytes = 0
        self._worker: Worker[MathKey, bytes | None] = Worker(svg_of)
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._on_timer_timeout)

    @property
    def size_bytes(self) -> int:
        """What the pictures take."""
        return self._size_bytes

    def metrics(self, key: MathKey) -> MathMetrics:
        """Measures of a formula; one that is not known yet is begun."""
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            return known
        if not is_drawable(key.tex):
            return self._learn(key, _FAILED)
        self._ask(key)
        return _estimate(key)

    def paint(
        self, painter: QPainter, key: MathKey, x: float, baseline: float, color: QColor
    ) -> bool:
        """Paints a formula; False when its picture has to be made first.

        Args:
            painter: Of a device with the key's ratio.
            key: Which one.
            x: Its left edge.
            baseline: Of the line it stands in; both are moved to whole device pixels.
            color: Of everything in it that has no colour of its own.
        """
        picture = self._pictures.get(key)
        if picture is None:
            if self.metrics(key).state is MathState.READY:
                self._ask(key)
            return False
        self._pictures.move_to_end(key)
        left = (round(x * key.dpr) + picture.left) / key.dpr
        top = (round(baseline * key.dpr) - picture.ascent) / key.dpr
        painter.drawImage(QPointF(left, top), picture.tinted(color))
        return True

    def stop(self) -> None:
        """Forgets what was asked for and not begun; nothing more is told."""
        self._worker.clear()
        self._timer.stop()

    def _ask(self, key: MathKey) -> None:
        self._worker.ask(key)
        if not self._timer.isActive():
            self._timer.start()

    def _on_timer_timeout(self) -> None:
        done = set()
        end = time.perf_counter() + _TICK_BUDGET_S
        while time.perf_counter() < end and (result := self._worker.take()) is not None:
            key, svg = result
            done.add(key)
            self._take(key, svg)
        if not self._worker.is_busy:
            self._timer.stop()
        if done:
            self.ready.emit(frozenset(done))

    def _take(self, key: MathKey, svg: bytes | None) -> None:
        picture = _drawn(key, svg) if svg is not None else None
        if picture is None:
            self._learn(key, _FAILED)
            return
        self._learn(key, picture.metrics)
        old = self._pictures.pop(key, None)
        self._size_bytes += picture.size_bytes - (old.size_bytes if old else 0)
        self._pictures[key] = picture
        while self._size_bytes > CACHE_BYTES and len(self._pictures) > 1:
            self._size_bytes -= self._pictures.popitem(last=False)[1].size_bytes

    def _learn(self, key: MathKey, metrics: MathMetrics) -> MathMetrics:
        self._known[key] = metrics
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return metrics


class _Picture:
    """A formula as it is drawn: a mask, or with colours of its own an image for one text colour.

    Attributes:
        metrics: Its measures.
        left: Device pixels from its place to the image's left edge.
        ascent: Device pixels from the image's top to the baseline.
        size_bytes: What it takes.
    """

    __slots__ = ("_dpr", "_image", "_svg", "_text", "ascent", "left", "metrics", "size_bytes")

    def __init__(self, svg: bytes, box: QRectF, dpr: float, *, is_colored: bool) -> None:
        """Draws it.

        Args:
            svg: As ziamath made it.
            box: Its view box: the baseline is at 0.
            dpr: Device pixels in a logical one.
            is_colored: Whether parts of it have a colour of their own.
        """
        width = max(box.right(), 0.0) - min(box.left(), 0.0)
        self.metrics = MathMetrics(MathState.READY, width, -box.top(), box.bottom())
        self.left, self.ascent = floor(min(box.left(), 0.0) * dpr), ceil(-box.top() * dpr)
        self._dpr, self._svg = dpr, svg if is_colored else b""
        drawn = _rasterised(svg, dpr, self.left, self.ascent)
        self._text: int | None = QColor("black").rgba() if is_colored else None
        self._image = drawn
        if not is_colored:
            self._image = drawn.convertToFormat(QImage.Format.Format_Alpha8)
        self.size_bytes = self._image.sizeInBytes() + len(self._svg)

    def tinted(self, color: QColor) -> QImage:
        """The image with what has no colour of its own in a colour."""
        if self._text is None:
            image = QImage(self._image.size(), QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(color)
            painter = QPainter(image)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
            painter.drawImage(0, 0, self._image)
            painter.end()
            image.setDevicePixelRatio(self._dpr)
            return image
        if self._text != color.rgba():
            svg = self._svg.replace(_BLACK, f'"{color.name()}"'.encode())
            self._image = _rasterised(svg, self._dpr, self.left, self.ascent)
            self._text = color.rgba()
        return self._image


def is_drawable(tex: str) -> bool:
    """Whether a formula is short and flat enough to be drawn."""
    depth = deepest = 0
    for char in tex[: MAX_CHARS + 1]:
        depth += (char == "{") - (char == "}")
        deepest = max(deepest, depth)
    return len(tex) <= MAX_CHARS and deepest <= MAX_BRACES and bool(tex.strip())


def svg_of(key: MathKey) -> bytes | None:
    """A formula as SVG, 1 unit a logical pixel, the baseline at 0; None if it cannot be drawn.

    Called on the worker; it does not touch Qt.
    """
    try:
        from xml.etree.ElementTree import fromstring

        from ziamath.config import config
        from ziamath.tex import tex2mml
        from ziamath.zmath import Latex

        config.svg2 = False  # QtSvg draws no <use>: all glyphs would be missing
        if _nodes(fromstring(tex2mml(key.tex))) > MAX_NODES:  # noqa: S314 - no entities in it
            return None
        size = key.pixel_size * _SCALE
        drawn = Latex(key.tex, size=size, inline=not key.is_display)
        is_known = all(char < "\x80" or drawn.font.glyphindex(char) for char in key.tex)
        return _checked(drawn.svgxml()) if is_known else None
    except Exception as error:  # noqa: BLE001 - ziamath raises whatever its parsers and tables raise
        _log.debug("A formula of %d characters failed: %s", len(key.tex), type(error).__name__)
        return None


def _nodes(element: "Element") -> int:
    """How many nodes are laid out for an element."""
    times = _LAYOUTS[element.tag.rpartition("}")[2]]
    return 1 + times * sum(map(_nodes, element))


def _checked(svg: "Element") -> bytes | None:
    """The SVG as text; None if there is anything in it but shapes in plain colours."""
    from xml.etree.ElementTree import tostring

    for element in svg.iter():
        if element.tag not in _SHAPES or not all(map(_ATTRIBUTES.fullmatch, element.attrib)):
            return None
        if any(not _COLOR.fullmatch(element.get(name, "none")) for name in ("fill", "stroke")):
            return None
    return tostring(svg)


def _drawn(key: MathKey, svg: bytes) -> _Picture | None:
    """The picture of a formula; None if it is empty or too large."""
    from PySide6.QtSvg import QSvgRenderer

    box = QSvgRenderer(QByteArray(svg)).viewBoxF()
    pixels = (box.width() * key.dpr + 2) * (box.height() * key.dpr + 2)
    if box.isEmpty() or not pixels <= MAX_PIXELS:
        return None
    return _Picture(svg, box, key.dpr, is_colored=_COLORED.search(key.tex) is not None)


def _rasterised(svg: bytes, dpr: float, left: int, ascent: int) -> QImage:
    """An image with the baseline between two rows of device pixels, under row ``ascent``."""
    from PySide6.QtSvg import QSvgRenderer

    renderer = QSvgRenderer(QByteArray(svg))
    box = renderer.viewBoxF()
    width, height = ceil(box.right() * dpr) - left, ceil(box.bottom() * dpr) + ascent
    image = QImage(max(width, 1), max(height, 1), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    place = QPointF(box.left() * dpr - left, box.top() * dpr + ascent)
    renderer.render(painter, QRectF(place, box.size() * dpr))
    painter.end()
    image.setDevicePixelRatio(dpr)
    return image


def _estimate(key: MathKey) -> MathMetrics:
    """Measures of a formula from the number of its symbols."""
    symbols = len(_NO_WIDTH.sub("", _COMMAND.sub("x", key.tex)))
    size = key.pixel_size * _SCALE
    return MathMetrics(
        MathState.PENDING,
        symbols * size * _ESTIMATED_SYMBOL,
        size * _ESTIMATED_ASCENT,
        size * _ESTIMATED_DESCENT,
    )
