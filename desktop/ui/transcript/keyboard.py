"""The keyboard in the transcript: messages, their actions, scrolling, selecting, reading."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from desktop.ui.transcript.extending import Extender
from desktop.ui.transcript.reading import Reading

if TYPE_CHECKING:
    from desktop.ui.transcript.area import TranscriptArea
    from desktop.ui.transcript.commands import Commands
    from desktop.ui.transcript.voice import TranscriptVoice

_PAGE_SHARE = 0.9
_SIDE_LINES = 3
_Key = Qt.Key


class Keyboard:
    """Turns key events into moves and presses; the focus is shown only after a key."""

    def __init__(
        self, view: "TranscriptArea", commands: "Commands", voice: "TranscriptVoice"
    ) -> None:
        self._view = view
        self._commands = commands
        self._voice = voice
        self.reading = Reading(view, voice)
        self._extender = Extender(view)

    def enter(self, *, is_by_key: bool) -> None:
        """The view got the focus."""
        view = self._view
        view.is_keyboard_shown = is_by_key
        if is_by_key and view.highlights.focused_row < 0:
            placed = view.stage.placed
            view.highlights.focused_row = placed[-1].slot.row if placed else -1
            self._voice.focus_moved()
        view.viewport().update()

    def press(self, event: QKeyEvent) -> bool:
        """Handles a key; False leaves it to others."""
        if self.reading.press(event) or self._extender.press(event):
            return True
        if event.matches(QKeySequence.StandardKey.Copy):
            self._commands.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._view.select_all()
        else:
            return self._move(event)
        return True

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key is for the transcript though the window has a command on it."""
        if event.key() == _Key.Key_Escape:
            return self.reading.is_on
        is_far = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        return is_far and event.key() == _Key.Key_End

    def leave(self) -> None:
        """The view lost the focus."""
        self.reading.end()

    def tab(self, *, is_forward: bool) -> bool:
        """Goes to the next action of the focused message; False when there is none."""
        view = self._view
        self.reading.end()
        row = view.highlights.focused_row
        if not 0 <= row < view.stage.flow.row_count():
            return False
        actions = view.stage.actions_of(row)
        focused = view.highlights.focused
        index = actions.index(focused) if focused in actions else -1
        index += 1 if is_forward else -1
        self._view.is_keyboard_shown = True
        if focused is None and not is_forward:
            return False
        if 0 <= index < len(actions):
            view.highlights.focused = actions[index]
            self._reveal()
            self._voice.focus_moved()
            return True
        view.highlights.focused = None
        view.viewport().update()
        if index < 0:
            self._voice.focus_moved()
        return index < 0

    def focus_row(self, row: int) -> None:
        """Moves the focus to a message and brings it into sight."""
        view = self._view
        count = view.stage.flow.row_count()
        if count == 0:
            return
        row = min(max(row, 0), count - 1)
        is_from_below = row < view.highlights.focused_row
        view.stage.show_row(row, is_from_below=is_from_below)
        view.highlights.focused_row, view.highlights.focused = row, None
        self._view.is_keyboard_shown = True
        view.refresh()
        self._voice.focus_moved()

    def _move(self, event: QKeyEvent) -> bool:
        view, key = self._view, event.key()
        row = view.highlights.focused_row
        page = view.stage.height * _PAGE_SHARE
        if key in (_Key.Key_Up, _Key.Key_Down):
            self._step(row, -1 if key == _Key.Key_Up else 1)
        elif key in (_Key.Key_Left, _Key.Key_Right):
            self._sideways(-1 if key == _Key.Key_Left else 1)
        elif key == _Key.Key_Home:
            self.focus_row(0)
        elif key == _Key.Key_End:
            self.focus_row(view.stage.flow.row_count() - 1)
            view.jump_to_latest()
        elif key in (_Key.Key_PageUp, _Key.Key_PageDown):
            view.scroll_by(-page if key == _Key.Key_PageUp else page)
        elif key == _Key.Key_Space:
            is_up = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            view.scroll_by(-page if is_up else page)
        elif key in (_Key.Key_Return, _Key.Key_Enter):
            return self._press_focused()
        elif key == _Key.Key_F7:
            self.reading.begin(row)
        else:
            return False
        return True

    def _step(self, row: int, step: int) -> None:
        """Goes to the next message, or scrolls within one that is taller than the view."""
        stage = self._view.stage
        rect = stage.row_rect(row) if row >= 0 else None
        if rect is not None and rect.height() > stage.height:
            is_more_below = step > 0 and rect.bottom() > stage.height
            if is_more_below or (step < 0 and rect.top() < 0):
                self._view.scroll_by(step * stage.height / 2)
                return
        if row < 0:
            row = stage.flow.row_count() if step < 0 else -1
        self.focus_row(row + step)

    def _sideways(self, step: int) -> None:
        """Scrolls the wide table or code of the focus, else the first of the focused message."""
        view = self._view
        marks, stage = view.highlights, view.stage
        found = [placed for placed in stage.placed if placed.slot.row == marks.focused_row]
        if marks.focused is not None:
            mine = marks.focused.element
            found.sort(key=lambda placed: placed.slot.element != mine)
        distance = step * stage.look.line * _SIDE_LINES
        if any(stage.element(placed).scroll_by(distance) for placed in found):
            view.viewport().update()

    def _press_focused(self) -> bool:
        focused = self._view.highlights.focused
        if focused is None:
            return False
        self._commands.activate(focused)
        return True

    def _reveal(self) -> None:
        view = self._view
        focused = view.highlights.focused
        if focused is None:
            return
        view.stage.flow.entry(focused.row).elements[focused.element].show_action(focused.action)
        rect = view.stage.action_rect(focused)
        if rect is None:
            slot = view.stage.anchor.slot._replace(row=focused.row, element=focused.element)
            view.stage.anchor.move_to(slot)
        elif rect.top() < 0:
            view.stage.scroll(rect.top() - view.stage.look.line)
        elif rect.bottom() > view.stage.height:
            view.stage.scroll(rect.bottom() - view.stage.height + view.stage.look.line)
        view.refresh()
