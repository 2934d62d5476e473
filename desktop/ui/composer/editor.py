"""The text box of the composer: keys, pastes and height; it does not know what sending means."""

import re
from collections.abc import Iterator
from enum import Enum, auto
from math import ceil

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

MAX_LINES = 10
"""Lines the box grows to before it scrolls."""

PASTE_LIMIT_BYTES = 256 * 1024
"""A longer paste is asked about first."""

LONG_RUN = 10_000
"""Characters without a blank from which the box wraps anywhere.

Wrapping between words takes 20 s for one word of 1 MB, wrapping anywhere 0.2 s (measured).
"""

_SLACK_PX = 1
"""Without it Qt takes a box as high as its text for one that scrolls by a line (measured)."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff\ufdd0-\ufdd2]")
"""NUL, lone surrogates, the two code points with which Qt marks frames in a document, and ours."""

_JOINT = "\ufdd2"
"""A noncharacter that marks a line break of ours, put where a line is too long for Qt.

Source: https://www.unicode.org/faq/private_use.html#noncharacters."""

MAX_LINE = 50_000
"""Longer lines are broken for display: Qt lays out a whole line at a time, and one of 10 MB takes
3 s at every key (measured)."""

_PIECE = 8_000

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_NO_KEYS = Qt.KeyboardModifier.NoModifier


class SendKey(Enum):
    """The key that sends."""

    ENTER = auto()
    CTRL_ENTER = auto()


def _broken(text: str) -> str:
    """The text with marked breaks in its overlong lines, at blanks where there are any."""
    if len(text) <= MAX_LINE or all(len(line) <= MAX_LINE for line in text.split("\n")):
        return text
    return "\n".join(
        line if len(line) <= MAX_LINE else f"{_JOINT}\n".join(_pieces(line))
        for line in text.split("\n")
    )


def _pieces(line: str) -> Iterator[str]:
    start = 0
    while len(line) - start > _PIECE:
        end = line.rfind(" ", start, start + _PIECE) + 1 or start + _PIECE
        yield line[start:end]
        start = end
    yield line[start:]


def _joined(raw: str) -> str:
    """Qt's raw text with line feeds, without the breaks that are ours."""
    text = raw.replace("\u2029", "\n").replace("\u2028", "\n")
    return text.replace(f"{_JOINT}\n", "").replace(_JOINT, "") if _JOINT in text else text


def longest_run(text: str) -> int:
    """Characters of the longest word."""
    return max(map(len, text.split()), default=0)


class MessageEdit(QPlainTextEdit):
    """A plain text box that grows with its text.

    Signals:
        send_pressed(): The send key was pressed, not held, and no input method is composing.
        up_pressed(): Up was pressed in the empty box.
        escape_pressed(): Escape was pressed while ``catches_escape`` is on.
        paste_refused(size_bytes, text): A paste over the limit; nothing was inserted.
        focus_changed(): It got or lost the keyboard focus.
    """

    send_pressed = Signal()
    up_pressed = Signal()
    escape_pressed = Signal()
    paste_refused = Signal(int, str)
    focus_changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.send_key = SendKey.ENTER
        self.catches_escape = False
        self._is_composing = False
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.document().clearUndoRedoStacks()  # the margin would be undone first
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def text(self) -> str:
        """The text exactly as typed, lines ended by line feeds; no-break spaces are kept."""
        return _joined(self.document().toRawText())

    def set_text(self, text: str) -> None:
        """Puts a text in place of all, with the caret at its end; it cannot be undone."""
        text = _UNSTORABLE.sub("", text)
        self._wrap_for(text)
        self.setPlainText(_broken(text))
        self.moveCursor(QTextCursor.MoveOperation.End)

    def insert(self, text: str) -> None:
        """Puts a text in place of the selection as one step that can be undone."""
        text = _UNSTORABLE.sub("", text)
        cursor = self.textCursor()
        start, end = cursor.selectionStart(), cursor.selectionEnd()
        first, last = self.document().findBlock(start), self.document().findBlock(end)
        before = first.text()[: start - first.position()]
        after = last.text()[end - last.position() :]
        self._wrap_for(before + text + after)
        cursor.beginEditBlock()
        cursor.insertText(_broken(text))
        cursor.endEditBlock()
        self.ensureCursorVisible()

    def _wrap_for(self, text: str) -> None:
        """Wraps anywhere from now on if the text has a very long word."""
        if len(text) > LONG_RUN and longest_run(text) > LONG_RUN:
            self.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        elif self.document().isEmpty():
            self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)

    def createMimeDataFromSelection(self) -> QMimeData:
        """The selected text as it was typed or pasted."""
        data = QMimeData()
        data.setText(_joined(self.textCursor().selectedText()))
        return data

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Whether there is text in what is pasted or dropped."""
        return source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Takes the plain text of a paste or drop, unless it is too long."""
        text = source.text()
        size_bytes = len(text.encode("utf-8", "replace"))
        if size_bytes > PASTE_LIMIT_BYTES:
            self.paste_refused.emit(size_bytes, text)
        else:
            self.insert(text)

    def event(self, event: QEvent) -> bool:
        """Claims Escape before a shortcut of the window does, while it means something here.

        Undo is left to the window while there is nothing to undo here.
        """
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape and self.catches_escape:
                event.accept()
                return True
            is_undo = event.matches(QKeySequence.StandardKey.Undo)
            if is_undo and not self.document().isUndoAvailable():
                event.ignore()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter sends or breaks the line, Up in the empty box edits, Escape cancels."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in _ENTER:
            self._on_enter(event, modifiers)
        elif event.key() == Qt.Key.Key_Escape and self.catches_escape:
            self.escape_pressed.emit()
        elif event.key() == Qt.Key.Key_Up and modifiers == _NO_KEYS and self._is_untouched():
            self.up_pressed.emit()
        else:
            super().keyPressEvent(event)

    def _is_untouched(self) -> bool:
        return self.document().isEmpty() and not self._is_composing

    def _on_enter(self, event: QKeyEvent, modifiers: Qt.KeyboardModifier) -> None:
        sends = modifiers == Qt.KeyboardModifier.ControlModifier or (
            modifiers == _NO_KEYS and self.send_key is SendKey.ENTER
        )
        if self._is_composing:
            return
        if not sends:
            self.textCursor().insertBlock()
            self.ensureCursorVisible()
        elif not event.isAutoRepeat():
            self.send_pressed.emit()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Follows whether an input method is composing."""
        self._is_composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tells that it has the focus."""
        super().focusInEvent(event)
        self.focus_changed.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tells that it lost the focus, which also ends any composition."""
        super().focusOutEvent(event)
        self._is_composing = False
        self.focus_changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Follows another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def minimumSizeHint(self) -> QSize:
        """Room for one line and a few words."""
        return QSize(120, self.height())

    def _fit(self) -> None:
        """Takes the height of the text, up to the limit, and scrolls beyond it."""
        lines = max(1, round(self.document().size().height()))
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded
        if lines <= MAX_LINES:
            policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if self.verticalScrollBarPolicy() != policy:
            self.setVerticalScrollBarPolicy(policy)
        height = self._height_of(lines)
        if self.minimumHeight() != height:
            self.setFixedHeight(height)

    def _height_of(self, lines: int) -> int:
        """Pixels for that many lines; exact, whatever fonts they need, while all are shown."""
        if lines > MAX_LINES:
            return MAX_LINES * self.fontMetrics().lineSpacing() + _SLACK_PX
        height, block = 0.0, self.document().firstBlock()
        while block.isValid():
            height += self.blockBoundingRect(block).height()
            block = block.next()
        return ceil(height) + _SLACK_PX

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows the first line again once there is room for all."""
        super().resizeEvent(event)
        if self.verticalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff:
            self.verticalScrollBar().setValue(0)
        self.ensureCursorVisible()
