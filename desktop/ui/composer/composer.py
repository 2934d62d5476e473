"""The message box with Send and Stop; it says what was asked for and does none of it."""

from typing import Literal

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.ui.composer.editor import MessageEdit, SendKey

DRAFT_DELAY_MS = 400
LONG_DRAFT_DELAY_MS = 3000
LONG_DRAFT = 500_000
"""Characters from which a draft is saved less often."""

_RADIUS = 14.0
_KEYS = {"enter": SendKey.ENTER, "ctrl_enter": SendKey.CTRL_ENTER}


class Composer(QWidget):
    """The card below the chat.

    Nothing typed is removed by sending: whoever took the message calls :meth:`clear_sent`.

    Signals:
        send_requested(text): Send was pressed with text in the box, and it may send.
        stop_requested(): Stop was pressed.
        edit_last_requested(): Up was pressed in the empty box.
        edit_cancelled(): Editing was given up; ``set_editing(False)`` is up to the receiver.
        draft_changed(text): The text is another one for a while, or was taken.
        blocked_send(reason): The send key was pressed while it may not send.
        paste_question(size_bytes, text): A long paste; :meth:`insert_paste` inserts it.
    """

    send_requested = Signal(str)
    stop_requested = Signal()
    edit_last_requested = Signal()
    edit_cancelled = Signal()
    draft_changed = Signal(str)
    blocked_send = Signal(str)
    paste_question = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._block = ""
        self._is_running = False
        self._draft_due = QTimer(self)
        self._draft_due.setSingleShot(True)
        self._draft_due.setInterval(DRAFT_DELAY_MS)
        self._card = _Card(self)
        self._editor = MessageEdit(self._card)
        self._editor.setAccessibleName(self.tr("Message"))
        self._editor.setPlaceholderText(self.tr("Message"))
        self.setFocusProxy(self._editor)
        self._hint = QLabel(self._card)
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.setProperty("look", "small")
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._stop = self._button(self.tr("Stop"))
        self._send = self._button(self.tr("Send"))
        self._send.setProperty("primary", "true")
        self._stop.setEnabled(False)
        self._editing = self._editing_line()
        self._lay_out()
        self._connect()
        self._show_state()

    def text(self) -> str:
        """What is in the box."""
        return self._editor.text()

    def set_text(self, text: str) -> None:
        """Puts a stored draft or a message to edit into the box; no signal follows."""
        self._draft_due.stop()
        self._editor.set_text(text)
        self._draft_due.stop()

    def clear_sent(self) -> None:
        """Empties the box after its text was taken, and says that there is no draft."""
        self.set_text("")
        self.draft_changed.emit("")

    def flush_draft(self) -> None:
        """Says now what the draft is, if that is still to be said."""
        if self._draft_due.isActive():
            self._draft_due.stop()
            self._on_draft_due()

    def insert_paste(self, text: str) -> None:
        """Inserts a paste that was asked about; undo takes it back in one step."""
        self._editor.insert(text)
        self.focus_editor()

    def send(self) -> None:
        """Does what Send does, or says why not; nothing happens without text."""
        text, reason = self.text(), self._reason()
        if not text.strip():
            return
        if reason:
            self.blocked_send.emit(reason)
        else:
            self.send_requested.emit(text)

    def focus_editor(self) -> None:
        """Puts the caret into the box."""
        self._editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_running(self, is_running: bool) -> None:
        """Enables Stop and holds Send back while a reply runs, or the reverse."""
        self._is_running = is_running
        self._show_state()

    def set_block(self, reason: str) -> None:
        """Holds Send back for a reason, said in its tooltip and description; "" lets it send."""
        self._block = reason
        self._show_state()

    def set_send_key(self, key: Literal["enter", "ctrl_enter"]) -> None:
        """Chooses the key that sends."""
        self._editor.send_key = _KEYS[key]
        self._show_state()

    def set_editing(self, is_editing: bool) -> None:
        """Shows or hides that an earlier message is being edited."""
        self._editor.catches_escape = is_editing
        self._editing.setVisible(is_editing)

    def _button(self, text: str) -> QPushButton:
        button = QPushButton(text, self._card)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _editing_line(self) -> QWidget:
        """The line that says what is being edited, hidden."""
        line = QWidget(self._card)
        label = QLabel(self.tr("Editing a message. Esc cancels."), line)
        label.setProperty("look", "muted")
        cancel = QPushButton(self.tr("Cancel"), line)
        cancel.setAccessibleName(self.tr("Cancel"))
        cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        cancel.clicked.connect(self.edit_cancelled)
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label, 1)
        row.addWidget(cancel)
        line.hide()
        return line

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._hint, 1)
        buttons.addWidget(self._stop)
        buttons.addWidget(self._send)
        column = QVBoxLayout(self._card)
        column.setContentsMargins(18, 16, 12, 12)
        column.setSpacing(12)
        column.addWidget(self._editing)
        column.addWidget(self._editor)
        column.addLayout(buttons)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._card)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def _connect(self) -> None:
        self._send.clicked.connect(self.send)
        self._stop.clicked.connect(self.stop_requested)
        self._editor.send_pressed.connect(self.send)
        self._editor.up_pressed.connect(self.edit_last_requested)
        self._editor.escape_pressed.connect(self.edit_cancelled)
        self._editor.paste_refused.connect(self.paste_question)
        self._editor.focus_changed.connect(self._card.update)
        self._editor.textChanged.connect(self._on_text_changed)
        self._draft_due.timeout.connect(self._on_draft_due)

    def _reason(self) -> str:
        """Why it may not send now; "" if it may."""
        if self._is_running:
            return self.tr("A reply is still running. Stop it, or wait.")
        return self._block

    def _on_text_changed(self) -> None:
        is_long = self._editor.document().characterCount() > LONG_DRAFT
        self._draft_due.start(LONG_DRAFT_DELAY_MS if is_long else DRAFT_DELAY_MS)

    def _on_draft_due(self) -> None:
        self.draft_changed.emit(self.text())

    def _show_state(self) -> None:
        reason = self._reason()
        self._stop.setEnabled(self._is_running)
        self._send.setEnabled(not reason)
        self._send.setAccessibleDescription(reason)
        is_enter = self._editor.send_key is SendKey.ENTER
        key = self.tr("Enter") if is_enter else self.tr("Ctrl+Enter")
        self._send.setToolTip(reason or self.tr("Send ({0})").format(key))
        self._stop.setToolTip(self.tr("Stop the reply (Esc)"))
        self._hint.setText(self._block or self._keys_hint(is_enter=is_enter))

    def _keys_hint(self, *, is_enter: bool) -> str:
        if is_enter:
            return self.tr("Enter sends · Shift+Enter breaks the line")
        return self.tr("Ctrl+Enter sends · Enter breaks the line")


class _Card(QWidget):
    """The rounded ground, with a ring while the keyboard is in the box."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the ground in the palette's colours."""
        editor = self.findChild(MessageEdit)
        has_focus = editor is not None and editor.hasFocus()
        palette, roles = self.palette(), QPalette.ColorRole
        width = 2.0 if has_focus else 1.0
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(palette.color(roles.Accent if has_focus else roles.Dark), width))
        painter.setBrush(palette.color(roles.Base))
        inset = width / 2
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(area, _RADIUS, _RADIUS)
        painter.end()
