"""What assistive technology is told while things happen: events and announcements.

Whole sentences, at most one announcement a second; nothing is sent when nobody listens.
"""

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
)

from desktop.domain.messages import Growth, Message, TextPart
from desktop.domain.timeline import RowKind
from desktop.ui.transcript import words
from desktop.ui.transcript.accessible import AccessibleTree, send

if TYPE_CHECKING:
    from desktop.ui.transcript.area import TranscriptArea
    from desktop.ui.transcript.commands import Commands

_PAUSE_MS = 1_000
_MARKS = re.compile(r"[*_`#>|~]+")
_SENTENCE_END = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s|\n")
_MAX_ANNOUNCED = 2_000
_NEW_ITEMS_TOLD = 8


class TranscriptVoice(QObject):
    """Speaks for one transcript.

    Attributes:
        tree: The accessible tree.
        is_announcing: Whether anything is announced.
    """

    def __init__(self, view: "TranscriptArea", commands: "Commands") -> None:
        super().__init__(view)
        self._view = view
        self.tree = AccessibleTree(view, commands)
        view.destroyed.connect(self.tree.end)
        self.is_announcing = True
        self._running: dict[int, str] = {}
        self._waiting: list[str] = []
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._on_pause_timeout)

    def reset(self) -> None:
        """All rows are other ones."""
        self._running.clear()
        self._waiting.clear()
        self.tree.forget()
        if QAccessible.isActive():
            send(self.tree.root, QAccessible.Event.ObjectReorder)

    def inserted(self, first: int, count: int) -> None:
        """Rows were added."""
        self.tree.forget(first)
        self._running = {r + count if r >= first else r: t for r, t in self._running.items()}
        if not QAccessible.isActive():
            return
        for row in range(first, min(first + count, first + _NEW_ITEMS_TOLD)):
            item = self.tree.item(row)
            if item is not None:
                send(item, QAccessible.Event.ObjectCreated)
            self._tell_error(row)

    def removed(self, first: int, count: int) -> None:
        """Rows went."""
        self._running.clear()
        if QAccessible.isActive():
            for row in range(first, first + count):
                known = self.tree.known(row)
                if known is not None:
                    send(known, QAccessible.Event.ObjectDestroyed)
        self.tree.forget(first)

    def grown(self, row: int, growth: Growth) -> None:
        """A running reply grew."""
        item = self.tree.known(row)
        if item is not None:
            item.refresh()
        if not QAccessible.isActive():
            self._running[row] = ""
            return
        if row not in self._running:
            self.announce(words.started())
        text = self._running.get(row, "") + "".join(
            piece for choice, _, piece in growth.appended if choice == 0
        )
        *sentences, rest = _SENTENCE_END.split(text)
        self._running[row] = rest
        for sentence in sentences:
            self.announce(sentence)

    def changed(self, row: int) -> None:
        """A row was replaced."""
        item = self.tree.known(row)
        if item is not None:
            item.refresh()
        if not QAccessible.isActive():
            self._running.pop(row, None)
            return
        entry = self._view.stage.flow.held(row)
        shown = entry.row if entry else None
        if shown is None or shown.message.status.is_running:
            return
        rest = self._running.pop(row, None)
        named = self.tree.item(row)
        if named is not None:
            send(named, QAccessible.Event.NameChanged)
        if rest is not None and shown.kind is RowKind.ASSISTANT:
            self.announce(rest)
            self.announce(words.finished(_word_count(shown.message)))
        self._tell_error(row)

    def focus_moved(self) -> None:
        """The keyboard went to another message or action."""
        if QAccessible.isActive():
            focused = self.tree.focused()
            if focused is not None:
                send(focused, QAccessible.Event.Focus)

    def announce(self, text: str) -> None:
        """Says something, at once or with what else waits when a second has passed."""
        plain = " ".join(_MARKS.sub("", text).split())
        if not plain or not self.is_announcing or not QAccessible.isActive():
            return
        self._waiting.append(plain)
        if not self._pause.isActive():
            self._on_pause_timeout()

    def _tell_error(self, row: int) -> None:
        entry = self._view.stage.flow.entry(row)
        if entry.row is not None and entry.row.kind is RowKind.ERROR and entry.row.message.fault:
            self.announce(entry.row.message.fault.user_text)

    def _on_pause_timeout(self) -> None:
        if not self._waiting:
            return
        text, self._waiting = " ".join(self._waiting), []
        event = QAccessibleAnnouncementEvent(self._view, text[-_MAX_ANNOUNCED:])
        QAccessible.updateAccessibility(event)
        self._pause.start()


def _word_count(message: Message) -> int:
    return sum(len(part.text.split()) for part in message.parts if isinstance(part, TextPart))
