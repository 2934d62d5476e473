"""The bar that finds text in the open conversation: a field, the count, next, previous, close."""

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from desktop.ui.icons import Icon, icon

MAX_COUNT = 1_000
"""Beyond this many hits their exact number says nothing more."""

_TYPING_MS = 150
_FIELD_PX = 220
_MAX_QUERY = 500
_OWN_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FindBar(QFrame):
    """What is looked for, and where one is among the hits.

    Signals:
        query_changed(text): Another text, a moment after the last key.
        step_requested(step): To the next hit, or to the one before for -1.
        closed(): The user is done.
    """

    query_changed = Signal(str)
    step_requested = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("findBar")
        self.field = QLineEdit(self)
        self.field.setAccessibleName(self.tr("Find in conversation"))
        self.field.setPlaceholderText(self.tr("Find in conversation"))
        self.field.setMaxLength(_MAX_QUERY)
        self.field.setMinimumWidth(_FIELD_PX)
        self.field.textChanged.connect(self._on_text_changed)
        self._count = QLabel(self)
        self._count.setTextFormat(Qt.TextFormat.PlainText)
        self._count.setProperty("look", "muted")
        self._previous = self._button(self.tr("Previous match"), "Shift+F3")
        self._previous.clicked.connect(lambda: self._step(-1))
        self._next = self._button(self.tr("Next match"), "F3")
        self._next.clicked.connect(lambda: self._step(1))
        self._close = self._button(self.tr("Close find"), "Esc")
        self._close.clicked.connect(self.closed)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self._tell_query)
        self._told = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 10, 6)
        row.setSpacing(6)
        row.addWidget(self.field, 1)
        for part in (self._count, self._previous, self._next, self._close):
            row.addWidget(part)
        self._draw_icons()
        self.show_count(0, 0, is_searching=False)

    def _button(self, name: str, shortcut: str) -> QToolButton:
        button = QToolButton(self)
        button.setAccessibleName(name)
        button.setToolTip(f"{name} ({shortcut})")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _draw_icons(self) -> None:
        palette, role = self.palette(), QPalette.ColorRole.WindowText
        usual = palette.color(QPalette.ColorGroup.Active, role)
        disabled = palette.color(QPalette.ColorGroup.Disabled, role)
        for button, name in (
            (self._previous, Icon.CHEVRON_UP),
            (self._next, Icon.CHEVRON_DOWN),
            (self._close, Icon.CLOSE),
        ):
            button.setIcon(icon(name, usual, disabled))

    def begin(self, text: str = "") -> None:
        """Takes the keyboard, with a text to look for, or with the one from before."""
        if text:
            self.field.setText(text)
        self.field.selectAll()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._tell_query()

    def show_count(self, ordinal: int, total: int, *, is_searching: bool) -> None:
        """Says which hit is current, and how many there are."""
        text = self._words(ordinal, total, is_searching=is_searching)
        self._count.setText(text)
        self.field.setAccessibleDescription(text)
        is_missing = bool(self.field.text().strip()) and not total and not is_searching
        self._count.setProperty("look", "warning" if is_missing else "muted")
        self._count.style().polish(self._count)
        self._previous.setEnabled(total > 0)
        self._next.setEnabled(total > 0)

    @property
    def count_text(self) -> str:
        """The count as it is shown."""
        return self._count.text()

    def _words(self, ordinal: int, total: int, *, is_searching: bool) -> str:
        if not self.field.text().strip():
            return ""
        if is_searching:
            return self.tr("Searching…")
        if not total:
            return self.tr("No matches")
        many = f"{MAX_COUNT:,}+" if total > MAX_COUNT else f"{total:,}"
        if not 0 < ordinal <= MAX_COUNT:
            one, more = self.tr("1 match"), self.tr("{count} matches").format(count=many)
            return one if total == 1 else more
        return self.tr("{number} of {count}").format(number=f"{ordinal:,}", count=many)

    def _step(self, step: int) -> None:
        if self._typing.isActive():
            self._tell_query()
        else:
            self.step_requested.emit(step)

    def _tell_query(self) -> None:
        self._typing.stop()
        text = self.field.text()
        if text != self._told:
            self._told = text
            self.query_changed.emit(text)

    def _on_text_changed(self) -> None:
        self._typing.start()

    # Qt's events

    def event(self, event: QEvent) -> bool:
        """Keeps Escape and Return from the window's own commands."""
        is_asked = event.type() == QEvent.Type.ShortcutOverride
        if is_asked and isinstance(event, QKeyEvent) and event.key() in _OWN_KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return goes to the next hit, with Shift to the one before; Escape closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            if isinstance(focused, QToolButton):
                focused.click()
                return
            is_back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._step(-1 if is_back else 1)
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Takes other colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icons()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Separates the bar from what is below it."""
        super().paintEvent(event)
        painter = QPainter(self)
        line = self.palette().color(QPalette.ColorRole.Mid)
        painter.fillRect(0, self.height() - 1, self.width(), 1, line)
        painter.end()

    def showEvent(self, event: QShowEvent) -> None:
        """Looks for the text again that was there before."""
        super().showEvent(event)
        self._told = ""
