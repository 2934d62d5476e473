"""The transcript widget: events, scroll bar, one placing and one paint a frame."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from desktop.domain.messages import Growth
from desktop.ui.theme import Roles, light_roles
from desktop.ui.transcript.accessible import TranscriptVoice, install_accessibility
from desktop.ui.transcript.commands import Commands
from desktop.ui.transcript.keyboard import Keyboard
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.painter import Highlights, paint_stage
from desktop.ui.transcript.pointer import Pointer
from desktop.ui.transcript.source import Source
from desktop.ui.transcript.stage import Stage

PARSE_BUDGET_MS = 4.0
_FRAME_MS = 16
_TICK_MS = 250
_WHEEL_LINES = 3
_WHEEL_STEP = 120
_NEAR_SCREENS = 3
_POSITIONS_KEPT = 200


class TranscriptView(QAbstractScrollArea):
    """Shows a conversation.

    Signals:
        regenerate_requested: (message id)
        edit_requested: (message id)
        sibling_requested: (message id, step) -1 for the previous version, 1 for the next.
        retry_requested: (message id)
        continue_requested: (message id)
        delete_requested: (message id)
        inspect_requested: (message id)
        link_activated: (address) http, https or mailto; not opened here.
        details_copied: An error's details are on the clipboard.
        at_tail_changed: (is at the tail) the end of the conversation came into sight or left it.
    """

    regenerate_requested = Signal(int)
    edit_requested = Signal(int)
    sibling_requested = Signal(int, int)
    retry_requested = Signal(int)
    continue_requested = Signal(int)
    delete_requested = Signal(int)
    inspect_requested = Signal(int)
    link_activated = Signal(str)
    details_copied = Signal()
    at_tail_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._roles = light_roles()
        self._zoom = 100
        self._source: Source | None = None
        self._key: object = None
        self._positions: dict[object, tuple[int, int, float]] = {}
        self._was_at_tail = True
        self._is_scrolling = False
        self.stage = Stage(self._make_look(600.0))
        self.highlights = Highlights()
        self.commands = Commands(self)
        self._pointer = Pointer(self)
        self._keyboard = Keyboard(self)
        self._parsing = QTimer(self, singleShot=True, interval=_FRAME_MS)
        self._parsing.timeout.connect(self._on_parsing_timeout)
        self._waiting = QTimer(self, interval=_TICK_MS)
        self._waiting.timeout.connect(self._on_waiting_timeout)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Transcript"))
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.verticalScrollBar().valueChanged.connect(self._on_bar_value_changed)
        install_accessibility()
        self.voice = TranscriptVoice(self)

    # What the window calls

    def set_source(self, source: Source) -> None:
        """Shows a timeline; it may show many conversations, one after the other."""
        self._source = source
        source.reset.connect(self._on_source_reset)
        source.inserted.connect(self._on_source_inserted)
        source.removed.connect(self._on_source_removed)
        source.changed.connect(self._on_source_changed)
        source.loaded.connect(self._on_source_loaded)
        source.grown.connect(self._on_source_grown)
        self.stage.flow.set_source(source)
        self._key = source.conversation_key()
        self._on_source_reset()

    def set_roles(self, roles: Roles) -> None:
        """Takes other colours."""
        self._roles = roles
        self._renew_look()

    def set_zoom(self, percent: int) -> None:
        """Sets the size of text, 100 is the interface's own."""
        self._zoom = percent
        self._renew_look()

    def jump_to_latest(self) -> None:
        """Goes to the end and follows it."""
        self.stage.anchor.is_following = True
        self.refresh()

    def copy(self) -> None:
        """Copies the selected text, or the message with keyboard focus."""
        self.commands.copy()

    def has_selection(self) -> bool:
        """Whether text is selected."""
        return self.stage.selection.ends is not None

    def select_all(self) -> None:
        """Selects the whole conversation."""
        self.stage.selection.select_all(self.stage.flow.row_count())
        self.viewport().update()

    @property
    def is_at_tail(self) -> bool:
        """Whether the end of the conversation is in sight."""
        return self.stage.anchor.is_following

    @property
    def source(self) -> Source | None:
        """The timeline that is shown."""
        return self._source

    # What its parts call

    def refresh(self) -> None:
        """Places what is in sight anew and asks for a paint."""
        self.stage.place()
        self._after_move()

    def scroll_by(self, distance: float) -> None:
        """Moves the reading position."""
        self.stage.scroll(distance)
        self._after_move()

    def _after_move(self) -> None:
        self._show_position()
        self.viewport().update()
        is_at_tail = self.is_at_tail
        if is_at_tail != self._was_at_tail:
            self._was_at_tail = is_at_tail
            self.at_tail_changed.emit(is_at_tail)
        if any(entry.is_pending for entry in self._visible_entries()):
            self._parsing.start()

    def _show_position(self) -> None:
        bar = self.verticalScrollBar()
        self._is_scrolling = True
        bar.setPageStep(max(int(self.stage.height), 1))
        bar.setSingleStep(int(self.stage.look.line))
        top = max(int(self.stage.total - self.stage.height), 0)
        bar.setRange(0, top)
        bar.setValue(top if self.is_at_tail else int(self.stage.position))
        self._is_scrolling = False

    def _visible_entries(self) -> list:  # type: ignore[type-arg]
        rows = {placed.slot.row for placed in self.stage.placed}
        return [self.stage.flow.entry(row) for row in rows]

    # What the timeline says

    def _on_source_reset(self) -> None:
        if self._source is None:
            return
        self._keep_position()
        self.stage.flow.reset()
        self.stage.selection.clear()
        self.highlights.__init__()  # type: ignore[misc]
        key = self._source.conversation_key()
        self._key = key
        self._take_position(self._positions.get(key))
        self.voice.reset()
        self._watch_running()
        self.refresh()
