"""The transcript with "Jump to latest" over it; the button is no part of the list of messages."""

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from desktop.ui.transcript.view import TranscriptView

_MARGIN = 14


class TranscriptPanel(QWidget):
    """The view and its button.

    Attributes:
        view: The transcript.
        latest: Shown while the end of the conversation is out of sight.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = TranscriptView(self)
        self.latest = QPushButton(self.tr("Jump to latest"), self)
        self.latest.setObjectName("jump_to_latest")
        self.latest.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self.latest.clicked.connect(self.view.jump_to_latest)
        self.latest.raise_()
        self._missed = 0
        self.view.at_tail_changed.connect(self._on_view_at_tail_changed)
        self.view.rows_appended.connect(self._on_view_rows_appended)
        self.setFocusProxy(self.view)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the button at the lower edge."""
        super().resizeEvent(event)
        self._place_button()

    def changeEvent(self, event: QEvent) -> None:
        """Keeps the button as wide as its text."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._place_button()

    def _on_view_at_tail_changed(self, is_at_tail: bool) -> None:
        if is_at_tail and self.latest.hasFocus():
            self.view.setFocus()
        self.latest.setVisible(not is_at_tail)
        self._show_missed(0)

    def _on_view_rows_appended(self, count: int) -> None:
        if not self.view.is_at_tail:
            self._show_missed(self._missed + count if count else 0)

    def _show_missed(self, count: int) -> None:
        """Says how many messages came since the end was in sight."""
        self._missed = count
        text = self.tr("Jump to latest")
        new = self.tr("{count} new").format(count=count) if count else ""
        self.latest.setText(f"{text} \u00b7 {new}" if new else text)
        self.latest.setAccessibleName(text)
        self.latest.setAccessibleDescription(new)
        self._place_button()

    def _place_button(self) -> None:
        self.latest.adjustSize()
        x = (self.width() - self.latest.width()) // 2
        self.latest.move(x, self.height() - self.latest.height() - _MARGIN)
        self.latest.raise_()
