"""A notice inside the window: what happened, and perhaps one thing to do about it."""

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QEnterEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from desktop.ui.icons import Icon, icon
from desktop.ui.theme import Roles, light_roles

SHOWN_MS = 8000
MAX_TEXT = 1000

Kind = Literal["info", "warning", "error"]


class NoticeBar(QFrame):
    """One notice at a time; a new one takes the place of the one before.

    It goes by itself after 8 seconds, unless the pointer is over it, the keyboard is in it or it
    is sticky. It takes no focus when it appears.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._callback: Callable[[], object] | None = None
        self._kind: Kind = "info"
        self._roles = light_roles()
        self._end = QTimer(self)
        self._end.setSingleShot(True)
        self._end.setInterval(SHOWN_MS)
        self._end.timeout.connect(self._on_end)
        self._mark = QLabel(self)
        self._text = QLabel(self)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._action = QPushButton(self)
        self._action.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._action.clicked.connect(self._on_action)
        self._close = QToolButton(self)
        self._close.setAccessibleName(self.tr("Close the notice"))
        self._close.setToolTip(self.tr("Close the notice"))
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.clicked.connect(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(self._text, 1)
        row.addWidget(self._action)
        row.addWidget(self._close)
        self.set_roles(self._roles)
        self.hide()

    def show_notice(
        self,
        text: str,
        action_text: str = "",
        callback: Callable[[], object] | None = None,
        kind: Kind = "info",
        *,
        sticky: bool = False,
    ) -> None:
        """Shows a notice and has it read out.

        Args:
            text: What happened; plain text, one or two sentences.
            action_text: A verb for a button; "" for no button.
            callback: What the button does; it is called at most once, after the notice is gone.
            kind: How grave it is.
            sticky: Whether it stays until it is closed.
        """
        self._callback = callback
        self._kind = kind
        self._text.setText(text[:MAX_TEXT])
        self._action.setText(action_text)
        self._action.setAccessibleName(action_text)
        self._action.setVisible(bool(action_text))
        self.setAccessibleName(text[:MAX_TEXT])
        self.setProperty("kind", kind)
        self.style().polish(self)
        self._show_mark()
        self.show()
        self._end.stop()
        if not sticky:
            self._end.start()
        self._announce(text[:MAX_TEXT])

    def clear(self) -> None:
        """Hides the notice; its action is no longer offered."""
        self._end.stop()
        self._callback = None
        self.hide()

    def set_roles(self, roles: Roles) -> None:
        """Takes other colours."""
        self._roles = roles
        self._close.setIcon(icon(Icon.CLOSE, roles.muted))
        self._show_mark()

    def _show_mark(self) -> None:
        """The triangle that marks warnings and errors also for those who see no colours."""
        self._mark.setVisible(self._kind != "info")
        color = self._roles.error if self._kind == "error" else self._roles.warning
        if self._kind != "info":
            self._mark.setPixmap(icon(Icon.WARNING, color).pixmap(QSize(16, 16)))

    def _announce(self, text: str) -> None:
        """Tells screen readers: an alert, and its words."""
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent

        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
        spoken = QAccessibleAnnouncementEvent(self, text)
        if self._kind == "error":
            spoken.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(spoken)

    def _on_action(self) -> None:
        callback = self._callback
        self.clear()
        if callback is not None:
            callback()

    def _on_end(self) -> None:
        focus = QApplication.focusWidget()
        if self.underMouse() or (focus is not None and self.isAncestorOf(focus)):
            self._end.start()
        else:
            self.clear()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Gives the whole time again once the pointer has left."""
        super().enterEvent(event)
        if self._end.isActive():
            self._end.start()

    def leaveEvent(self, event: QEvent) -> None:
        """As on entering."""
        super().leaveEvent(event)
        if self._end.isActive():
            self._end.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes it while the keyboard is in it."""
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
        else:
            super().keyPressEvent(event)
