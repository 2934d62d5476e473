"""A check box drawn as a switch with a word, unlike the check boxes that mark a parameter."""

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QCheckBox, QStyle

from desktop.ui.sidebar.words import value_word

_TRACK = QSize(28, 16)
_RING_PX = 2
_GAP_PX = 8
_R = QPalette.ColorRole


class Switch(QCheckBox):
    """On or off; the state is also a word, so that it is not told by colour alone."""

    def sizeHint(self) -> QSize:
        """Room for the longer word and the track."""
        metrics = self.fontMetrics()
        words = max(metrics.horizontalAdvance(value_word(is_on)) for is_on in (True, False))
        width = words + _GAP_PX + _TRACK.width() + 2 * _RING_PX
        return QSize(width, max(metrics.height(), _TRACK.height() + 2 * _RING_PX))

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:  # noqa: N802 - a Qt override
        """Takes clicks on the word too."""
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws word, track, knob and, with the keyboard in it, a ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = self._track()
        self._paint_word(painter, track)
        self._paint_track(painter, QRectF(track).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _track(self) -> QRect:
        left = self.width() - _TRACK.width() - _RING_PX
        track = QRect(QPoint(left, (self.height() - _TRACK.height()) // 2), _TRACK)
        return QStyle.visualRect(self.layoutDirection(), self.rect(), track)

    def _paint_word(self, painter: QPainter, track: QRect) -> None:
        room = self.rect().adjusted(0, 0, -(_TRACK.width() + _RING_PX + _GAP_PX), 0)
        room = QStyle.visualRect(self.layoutDirection(), self.rect(), room)
        is_quiet = self.property("sent") is False and self.isEnabled()
        role = _R.PlaceholderText if is_quiet else _R.WindowText
        painter.setPen(self.palette().color(role))
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        align = QStyle.visualAlignment(self.layoutDirection(), side)
        painter.drawText(room, int(align), value_word(self.isChecked()))

    def _paint_track(self, painter: QPainter, track: QRectF) -> None:
        colors = self.palette()
        is_lit = self.isChecked() and self.isEnabled() and self.property("sent") is not False
        if self.hasFocus():
            ring = track.adjusted(-1, -1, 1, 1)
            painter.setPen(QPen(colors.color(_R.WindowText if is_lit else _R.Accent), _RING_PX))
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)
        edge = _R.Accent if is_lit else (_R.Dark if self.isEnabled() else _R.Mid)
        painter.setPen(QPen(colors.color(edge), 1))
        painter.setBrush(colors.color(_R.Accent if is_lit else _R.Base))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        is_right = self.isChecked() == (self.layoutDirection() == Qt.LayoutDirection.LeftToRight)
        side = track.height() - 6
        left = track.right() - 3 - side if is_right else track.left() + 3
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color(_R.HighlightedText if is_lit else edge))
        painter.drawEllipse(QRectF(left, track.top() + 3, side, side))
