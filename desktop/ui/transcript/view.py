"""The transcript widget: an area with keyboard, pointer, commands and a voice."""

from html import escape

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from desktop.ui.transcript.accessible import install_accessibility
from desktop.ui.transcript.area import TranscriptArea
from desktop.ui.transcript.commands import Commands
from desktop.ui.transcript.copying import selected_text
from desktop.ui.transcript.keyboard import Keyboard
from desktop.ui.transcript.pointer import Pointer
from desktop.ui.transcript.source import Source
from desktop.ui.transcript.voice import TranscriptVoice

_WHEEL_LINES = 3
_WHEEL_STEP = 120
_PASSING = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


class TranscriptView(TranscriptArea):
    """Shows a conversation.

    Attributes:
        commands: What links, buttons and the menu do.
        voice: What assistive technology hears.
        keyboard: What keys do.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Transcript"))
        install_accessibility()
        self.commands = Commands(self)
        self.voice = TranscriptVoice(self, self.commands)
        self.keyboard = Keyboard(self, self.commands, self.voice)
        self.pointer = Pointer(self, self.commands)

    def set_source(self, source: Source) -> None:
        """Shows a timeline; it may show many conversations, one after the other."""
        super().set_source(source)
        self._connections += [
            source.reset.connect(self.voice.reset),
            source.inserted.connect(self.voice.inserted),
            source.removed.connect(self.voice.removed),
            source.changed.connect(self.voice.changed),
            source.grown.connect(self.voice.grown),
            source.reset.connect(self.keyboard.reading.reset),
            source.inserted.connect(self.keyboard.reading.inserted),
            source.removed.connect(self.keyboard.reading.removed),
            source.changed.connect(self.keyboard.reading.replaced),
            source.grown.connect(self.keyboard.reading.grown),
            source.reset.connect(self.finder.reset),
            source.inserted.connect(self.finder.inserted),
            source.removed.connect(self.finder.removed),
            source.changed.connect(self.finder.replaced),
            source.loaded.connect(self.finder.loaded),
            source.grown.connect(self.finder.grown),
        ]
        self.voice.reset()

    def copy(self) -> None:
        """Copies the selected text, or the message with keyboard focus."""
        self.commands.copy()

    def selected_words(self) -> str:
        """The selected text where it is part of one line, else ""."""
        ends = self.stage.selection.ends
        if ends is None or ends[0].place != ends[1].place:
            return ""
        text = selected_text(self.stage.flow, self.stage.selection)
        return text if "\n" not in text else ""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls; with Shift or sideways the code block or table under the pointer."""
        pixels, degrees = event.pixelDelta(), event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        step = self.stage.look.line * _WHEEL_LINES / _WHEEL_STEP
        dx = pixels.x() if not pixels.isNull() else degrees.x() * step
        dy = pixels.y() if not pixels.isNull() else degrees.y() * step
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not dx:
            dx, dy = dy, 0
        if abs(dx) > abs(dy):
            self._scroll_sideways(-dx, event.position())
        else:
            self.scroll_by(-dy)
        event.accept()

    def _scroll_sideways(self, distance: float, position: QPointF) -> None:
        placed = self.stage.placed_at(position.y())
        element = self.stage.element(placed) if placed else None
        if element is not None and element.scroll_by(distance):
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves, extends the selection, copies, presses."""
        if self.keyboard.press(event):
            event.accept()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002
        """Goes through the actions of the focused message before it leaves."""
        return self.keyboard.tab(is_forward=next) or super().focusNextPrevChild(next)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows where the keyboard is."""
        super().focusInEvent(event)
        reasons = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.keyboard.enter(is_by_key=event.reason() in reasons)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hides where the keyboard is."""
        super().focusOutEvent(event)
        if event.reason() not in _PASSING:
            self.keyboard.leave()
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a selection or a press."""
        self.pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Extends the selection, or finds what is under the pointer."""
        self.pointer.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a selection or a press."""
        self.pointer.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Selects a word."""
        self.pointer.double_click(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Opens the menu of the message under the pointer or with focus."""
        is_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        row = self.highlights.focused_row
        if not is_key:
            placed = self.stage.placed_at(event.pos().y())
            row = placed.slot.row if placed else -1
        if row >= 0:
            self.commands.open_menu(row, event.globalPos())

    def event(self, event: QEvent) -> bool:
        """Keeps keys that it needs itself from the window's commands."""
        is_asked = event.type() == QEvent.Type.ShortcutOverride
        if is_asked and isinstance(event, QKeyEvent) and self.keyboard.wants(event):
            event.accept()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints what is in sight, and the caret of the message that is read."""
        super().paintEvent(event)
        caret = self.keyboard.reading.caret()
        if caret is not None:
            painter = QPainter(self.viewport())
            painter.fillRect(caret, self.stage.look.roles.accent)
            painter.end()

    def _tip_at(self, position: QPointF) -> str:
        ref = self.stage.action_at(position)
        action = self.stage.action(ref) if ref else None
        placed = self.stage.placed_at(position.y())
        if action is not None or placed is None:
            return action.tip if action else ""
        inside = QPointF(position.x() - self.stage.left, position.y() - self.stage.top_of(placed))
        return self.stage.element(placed).tip_at(inside)

    def viewportEvent(self, event: QEvent) -> bool:
        """Shows tool tips and forgets the pointer when it leaves."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self._tip_at(QPointF(event.pos()))
            tip = f"<qt>{escape(text)}</qt>" if text else ""
            QToolTip.showText(event.globalPos(), tip, self.viewport())
            return True
        if event.type() == QEvent.Type.Leave:
            self.pointer.leave()
        return super().viewportEvent(event)
