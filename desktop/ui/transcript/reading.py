"""Reading a message by character: hidden text edits that lend their text interface to items.

Two rows have one: the one that is read with the caret, and, for assistive technology, the reply
that is being made.
"""

import time
from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleTextCursorEvent,
    QAccessibleTextInsertEvent,
    QAccessibleTextRemoveEvent,
    QAccessibleTextSelectionEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QTextCursor,
)
from PySide6.QtWidgets import QTextEdit, QWidget
from shiboken6 import VoidPtr, getCppPointer

from desktop.domain.messages import Growth
from desktop.ui.transcript.anchor import Slot
from desktop.ui.transcript.chrome import HeaderElement
from desktop.ui.transcript.code_block import CodeElement
from desktop.ui.transcript.elements import NOWHERE, Address
from desktop.ui.transcript.entry import Entry
from desktop.ui.transcript.places import caret_x, line_span
from desktop.ui.transcript.selection import Point
from desktop.ui.transcript.textbox import cut_text
from desktop.ui.transcript.units import unit_count

if TYPE_CHECKING:
    from desktop.ui.transcript.area import TranscriptArea
    from desktop.ui.transcript.voice import TranscriptVoice

MAX_TEXT = 200_000
"""Characters of a message that can be read one by one: beyond, a text edit takes too long."""

_PAUSE_S = 0.25
_REST = 20
_HEIGHT_PX = 400
_CARET_PX = 2
_Key = Qt.Key
_MOVES = frozenset(
    {
        *(_Key.Key_Left, _Key.Key_Right, _Key.Key_Up, _Key.Key_Down),
        *(_Key.Key_Home, _Key.Key_End, _Key.Key_PageUp, _Key.Key_PageDown),
    }
)


class Stretch(NamedTuple):
    """A line of the text that is read.

    Attributes:
        start: Where it begins, in UTF-16 units.
        address: The element it is of.
        offset: Which position of the element's text that is; negative before a list marker.
    """

    start: int
    address: Address
    offset: int


class LentText:
    """A row's text in a text edit that is never shown.

    Attributes:
        row: The row.
        edit: The text edit.
        pointer: Its text interface, as an item gives it out.
    """

    def __init__(self, parent: QWidget, row: int) -> None:
        self.row = row
        self.edit = QTextEdit(parent)
        self.edit.hide()
        self.edit.setAccessibleName(QCoreApplication.translate("Transcript", "Message text"))
        self.edit.setReadOnly(True)
        self.edit.setUndoRedoEnabled(False)
        self.edit.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.edit.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByKeyboard
            | Qt.TextInteractionFlag.TextSelectableByMouse
        )
        self._interface = QAccessible.queryAccessibleInterface(self.edit)
        self._text_interface = self._interface.textInterface()
        self.pointer = VoidPtr(getCppPointer(self._text_interface)[0])
        self._text = ""
        self._stretches: list[Stretch] = []

    def take(self, entry: Entry) -> tuple[int, int, str]:
        """Takes a row's text as it is now: where it changed, how much went, what came."""
        text, self._stretches = read_text(entry)
        before, self._text = self._text, text
        same = _same(before, text)
        start, gone = unit_count(text[:same]), unit_count(before[same:])
        if before == text:
            return start, 0, ""
        kept = self.edit.textCursor()
        anchor, position = kept.anchor(), kept.position()
        cursor = QTextCursor(self.edit.document())
        cursor.setPosition(start)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text[same:])
        self._put(min(anchor, unit_count(text)), min(position, unit_count(text)))
        return start, gone, text[same:]

    def end(self) -> None:
        """Drops the text edit; nothing may ask for its interface any more."""
        self.edit.deleteLater()

    def point(self, position: int) -> Point:
        """The place in the conversation of a position in the text."""
        if not self._stretches:
            return Point(self.row, 0, 0, 0)
        index = max(bisect_right(self._stretches, position, key=_start_of) - 1, 0)
        stretch = self._stretches[index]
        unit = max(stretch.offset + position - stretch.start, 0)
        return Point(self.row, *stretch.address, unit)

    def _put(self, anchor: int, position: int) -> None:
        cursor = self.edit.textCursor()
        cursor.setPosition(anchor)
        cursor.setPosition(position, QTextCursor.MoveMode.KeepAnchor)
        self.edit.setTextCursor(cursor)


def read_text(entry: Entry) -> tuple[str, list[Stretch]]:
    """A row's text, line by line, and where its lines come from."""
    lines: list[str] = []
    stretches: list[Stretch] = []
    start = size = 0
    for address, offset, line in _lines(entry):
        lines.append(line)
        stretches.append(Stretch(start, address, offset))
        start += unit_count(line) + 1
        size += len(line) + 1
        if size > MAX_TEXT:
            break
    return "\n".join(lines), stretches


def _lines(entry: Entry) -> Iterator[tuple[Address, int, str]]:
    for element in entry.elements:
        if element.address == NOWHERE and not isinstance(element, HeaderElement):
            continue
        label = element.label_text()
        offset = unit_count(element.text) - unit_count(label)
        for line in label.split("\n"):
            for piece in cut_text(line):
                yield element.address, offset, piece
                offset += unit_count(piece)
            offset += 1


class Reading(QObject):
    """The caret in the message that is read, and the texts that are lent.

    Attributes:
        row: The row that is read, or -1.
    """

    def __init__(self, view: "TranscriptArea", voice: "TranscriptVoice") -> None:
        super().__init__(view)
        self._view = view
        self._voice = voice
        self.row = -1
        self._texts: dict[int, LentText] = {}
        self._stale: set[int] = set()
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(self._on_pause_timeout)
        voice.tree.lent = self.pointer

    @property
    def is_on(self) -> bool:
        """Whether a message is read."""
        return self.row >= 0

    @property
    def text(self) -> LentText | None:
        """What is read."""
        return self._texts.get(self.row)

    def pointer(self, row: int) -> VoidPtr | None:
        """The text interface that is lent to a row's item."""
        lent = self._texts.get(row)
        return lent.pointer if lent else None

    def begin(self, row: int) -> None:
        """Puts the caret at the start of a message."""
        if not 0 <= row < self._view.stage.flow.row_count():
            return
        self.end()
        self.row = row
        lent = self._lend(row)
        look = self._view.stage.look
        lent.edit.setFont(look.body)
        lent.edit.resize(int(look.width), _HEIGHT_PX)
        self._view.highlights.focused_row, self._view.highlights.focused = row, None
        self._view.is_keyboard_shown = True
        self._voice.tree.renew(row)
        self._voice.focus_moved()
        self._show()

    def end(self) -> None:
        """Goes back to moving by message."""
        if self.is_on:
            row, self.row = self.row, -1
            if not self._is_running(row):
                self._drop(row)
            self._view.viewport().update()
            self._voice.focus_moved()

    def press(self, event: QKeyEvent) -> bool:
        """Handles a key while a message is read; False leaves it to others."""
        lent = self.text
        if lent is None:
            return False
        if event.key() in (_Key.Key_Escape, _Key.Key_F7):
            self.end()
        elif event.matches(QKeySequence.StandardKey.Copy) and lent.edit.textCursor().hasSelection():
            text = lent.edit.textCursor().selection().toPlainText()
            QGuiApplication.clipboard().setText(text)
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            lent.edit.selectAll()
            self._moved(lent)
        elif event.key() in _MOVES:
            QCoreApplication.sendEvent(lent.edit, event)
            self._moved(lent)
        else:
            return False
        return True

    def caret(self) -> QRectF | None:
        """Where the caret is in the view; None out of sight."""
        lent, stage = self.text, self._view.stage
        if lent is None:
            return None
        point = lent.point(lent.edit.textCursor().position())
        slot = self._slot(point)
        placed = next((placed for placed in stage.placed if placed.slot == slot), None)
        if placed is None:
            return None
        element = stage.element(placed)
        top, bottom = line_span(element, point.unit)
        if isinstance(element, CodeElement):
            top = bottom - stage.look.code_line
        x = stage.left + caret_x(element, point.unit, bottom - 1)
        width = stage.look.px(_CARET_PX)
        return QRectF(x - width / 2, stage.top_of(placed) + top, width, bottom - top)

    # What the timeline says

    def reset(self) -> None:
        """All rows are other ones."""
        self.row = -1
        self._stale.clear()
        for row in list(self._texts):
            self._drop(row)

    def inserted(self, first: int, count: int) -> None:
        """Rows were added."""
        self._move(first, count)
        if QAccessible.isActive():
            for row in range(first, first + count):
                if self._is_running(row):
                    self._lend_running(row)

    def removed(self, first: int, count: int) -> None:
        """Rows went."""
        for row in [row for row in self._texts if first <= row < first + count]:
            self._drop(row)
        if first <= self.row < first + count:
            self.row = -1
        self._move(first + count, -count)

    def replaced(self, row: int) -> None:
        """A row is another one."""
        self._mark(row)

    def grown(self, row: int, _growth: Growth) -> None:
        """A running reply grew."""
        if row not in self._texts and QAccessible.isActive():
            self._lend_running(row)
        self._mark(row)

    # Inside

    def _is_running(self, row: int) -> bool:
        entry = self._view.stage.flow.held(row)
        return entry is not None and entry.is_running

    def _lend(self, row: int) -> LentText:
        lent = self._texts.get(row)
        if lent is None:
            lent = self._texts[row] = LentText(self._view, row)
        lent.take(self._view.stage.flow.entry_now(row))
        return lent

    def _lend_running(self, row: int) -> None:
        for other in [other for other in self._texts if other not in (row, self.row)]:
            self._drop(other)
        self._lend(row)

    def _drop(self, row: int) -> None:
        self._stale.discard(row)
        lent = self._texts.pop(row, None)
        if lent is not None:
            lent.end()

    def _move(self, first: int, count: int) -> None:
        moved = {(row + count if row >= first else row): lent for row, lent in self._texts.items()}
        for row, lent in moved.items():
            lent.row = row
        self._texts = moved
        if self.row >= first:
            self.row += count
        self._stale = {row + count if row >= first else row for row in self._stale}

    def _mark(self, row: int) -> None:
        if row in self._texts:
            self._stale.add(row)
            if not self._pause.isActive():
                self._on_pause_timeout()

    def _on_pause_timeout(self) -> None:
        """Brings the texts up to date, at most four times a second and a twentieth of the time."""
        if not self._stale:
            return
        start_s = time.monotonic()
        for row in list(self._stale):
            self._stale.discard(row)
            entry = self._view.stage.flow.held(row)
            if entry is not None and entry.row is not None:
                self._tell_change(self._texts[row], entry)
        used_s = time.monotonic() - start_s
        self._pause.start(int(max(_PAUSE_S, used_s * _REST) * 1000))

    def _tell_change(self, lent: LentText, entry: Entry) -> None:
        start, gone, came = lent.take(entry)
        item = self._voice.tree.item(lent.row) if QAccessible.isActive() else None
        if item is None:
            return
        if gone:
            QAccessible.updateAccessibility(QAccessibleTextRemoveEvent(item, start, " " * gone))
        if came:
            QAccessible.updateAccessibility(QAccessibleTextInsertEvent(item, start, came))

    def _moved(self, lent: LentText) -> None:
        """The caret went: shows it, selects what it selects, says so."""
        self._show()
        item = self._voice.tree.item(lent.row) if QAccessible.isActive() else None
        if item is None:
            return
        cursor = lent.edit.textCursor()
        QAccessible.updateAccessibility(QAccessibleTextCursorEvent(item, cursor.position()))
        if cursor.hasSelection():
            start, end = cursor.selectionStart(), cursor.selectionEnd()
            QAccessible.updateAccessibility(QAccessibleTextSelectionEvent(item, start, end))

    def _show(self) -> None:
        lent, stage = self.text, self._view.stage
        if lent is None:
            return
        cursor = lent.edit.textCursor()
        focus = lent.point(cursor.position())
        stage.selection.set(lent.point(cursor.anchor()), focus)
        stage.reveal(self._slot(focus), focus.unit)
        self._view.refresh()

    def _slot(self, point: Point) -> Slot:
        entry = self._view.stage.flow.entry(point.row)
        return Slot(point.row, entry.index_of(Address(point.section, point.block)))


def _same(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    if other.startswith(one):
        return len(one)
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _start_of(stretch: Stretch) -> int:
    return stretch.start
