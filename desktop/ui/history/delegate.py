"""How one conversation looks in the history list, with the day above the first of each day."""

from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontInfo, QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from desktop.domain.history_roles import HistoryRole
from desktop.ui.theme import Roles, light_roles

MAX_TITLE = 200
"""Characters a title may have when it is typed; no more of a longer one are painted."""

_PAD_X, _PAD_Y = 10, 8
_LINE_GAP = 3
_HEADER_GAP = 14
_RADIUS = 8.0
_DOT_PX = 7
_MIN_SMALL_PX = 10

Index = QModelIndex | QPersistentModelIndex
_State = QStyle.StateFlag


class HistoryDelegate(QStyledItemDelegate):
    """Paints rows and edits titles.

    Signals:
        renamed(id, title): A new title was typed; blanks around it are gone, it is not empty.
    """

    renamed = Signal(int, str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._roles = light_roles()
        self.set_font(QFont())

    def set_roles(self, roles: Roles) -> None:
        """Takes other colours."""
        self._roles = roles

    def set_font(self, font: QFont) -> None:
        """Takes another interface font; secondary text is two pixels smaller."""
        self._title_font = QFont(font)
        self._small_font = QFont(font)
        self._small_font.setPixelSize(max(QFontInfo(font).pixelSize() - 2, _MIN_SMALL_PX))
        self._header_font = QFont(self._small_font)
        self._header_font.setWeight(QFont.Weight.DemiBold)
        self._title_metrics = QFontMetrics(self._title_font)
        self._small_metrics = QFontMetrics(self._small_font)
        lines = self._title_metrics.height() + self._small_metrics.height()
        self._row_height = lines + _LINE_GAP + 2 * _PAD_Y
        self._header_height = self._small_metrics.height() + _HEADER_GAP

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """One height for all, and the day's on top of it for the first of a day."""
        header = index.data(HistoryRole.DAY_HEADER)
        return QSize(0, self._row_height + (self._header_height if header else 0))

    def row_area(self, area: QRect, index: Index) -> QRect:
        """The part of an item's area that is the row, without the day above it."""
        if index.data(HistoryRole.DAY_HEADER):
            return area.adjusted(0, self._header_height, 0, 0)
        return area

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paints the day, the ground, the title and the line below it."""
        area: QRect = option.rect
        row = self.row_area(area, index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row != area:
            self._paint_header(painter, area, str(index.data(HistoryRole.DAY_HEADER)))
        self._paint_ground(painter, row, option.state)
        self._paint_words(painter, row, index)
        painter.restore()

    def _paint_header(self, painter: QPainter, area: QRect, text: str) -> None:
        painter.setFont(self._header_font)
        painter.setPen(self._roles.muted)
        place = QRect(area.left(), area.top(), area.width(), self._header_height - 4)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        painter.drawText(place, flags, text.upper())

    def _paint_ground(self, painter: QPainter, row: QRect, state: QStyle.StateFlag) -> None:
        has_ring = _State.State_HasFocus in state and _State.State_KeyboardFocusChange in state
        is_selected = _State.State_Selected in state
        if not (is_selected or has_ring or _State.State_MouseOver in state):
            return
        painter.setPen(Qt.PenStyle.NoPen)
        if has_ring:
            painter.setPen(QPen(self._roles.accent, 2))
        painter.setBrush(self._roles.accent_soft if is_selected else self._roles.surface)
        painter.drawRoundedRect(QRectF(row).adjusted(1, 1, -1, -1), _RADIUS, _RADIUS)

    def _paint_words(self, painter: QPainter, row: QRect, index: Index) -> None:
        inner = row.adjusted(_PAD_X, _PAD_Y, -_PAD_X, -_PAD_Y)
        if index.data(HistoryRole.RUNNING):
            self._paint_dot(painter, inner)
            inner.setRight(inner.right() - _DOT_PX - _PAD_X // 2)
        title = str(index.data(HistoryRole.TITLE) or "")[:MAX_TITLE]
        painter.setFont(self._title_font)
        painter.setPen(self._roles.text)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine
        elide = Qt.TextElideMode.ElideRight
        shown = self._title_metrics.elidedText(title, elide, inner.width())
        painter.drawText(inner, flags | Qt.AlignmentFlag.AlignTop, shown)
        painter.setFont(self._small_font)
        painter.setPen(self._roles.muted)
        subtitle = str(index.data(HistoryRole.SUBTITLE) or "")
        shown = self._small_metrics.elidedText(subtitle, elide, inner.width())
        painter.drawText(inner, flags | Qt.AlignmentFlag.AlignBottom, shown)

    def _paint_dot(self, painter: QPainter, inner: QRect) -> None:
        """The mark of a conversation in which a reply runs."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._roles.accent)
        radius = _DOT_PX / 2
        center = QPointF(inner.right() - radius, inner.center().y() + 0.5)
        painter.drawEllipse(center, radius, radius)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        """Shows a title that has no room as a tool tip, never as rich text."""
        title = str(index.data(HistoryRole.TITLE) or "")[:MAX_TITLE]
        area: QRect = option.rect
        if event.type() != QEvent.Type.ToolTip:
            return super().helpEvent(event, view, option, index)
        from html import escape

        if self._title_metrics.horizontalAdvance(title) > area.width() - 2 * _PAD_X:
            QToolTip.showText(event.globalPos(), f"<span>{escape(title)}</span>", view)
        else:
            QToolTip.hideText()
        return True

    def createEditor(
        self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index
    ) -> QWidget:
        """A line to type the title into."""
        editor = QLineEdit(parent)
        editor.setMaxLength(MAX_TITLE)
        editor.setAccessibleName(self.tr("Title"))
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Starts with the present title, all of it selected."""
        if isinstance(editor, QLineEdit):
            editor.setText(str(index.data(HistoryRole.TITLE) or ""))
            editor.selectAll()

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Covers the row, not the day above it."""
        area: QRect = option.rect
        editor.setGeometry(self.row_area(area, index).adjusted(1, 6, -1, -6))

    def setModelData(self, editor: QWidget, _model: QAbstractItemModel, index: Index) -> None:
        """Asks for the new title; the model is not written to."""
        if not isinstance(editor, QLineEdit):
            return
        title = editor.text().strip()
        known: Any = index.data(HistoryRole.ID)
        if title and title != index.data(HistoryRole.TITLE) and known is not None:
            self.renamed.emit(int(known), title)
