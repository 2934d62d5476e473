"""The transcript's area: what is in sight of a timeline, the scroll bar, one paint a frame."""

import time

from PySide6.QtCore import QEvent, QMetaObject, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from desktop.domain.messages import Growth
from desktop.ui.theme import Roles, light_roles
from desktop.ui.transcript.anchor import Slot
from desktop.ui.transcript.code_block import CodeElement
from desktop.ui.transcript.elements import Element
from desktop.ui.transcript.find import Finder
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.math import MathImages
from desktop.ui.transcript.painter import Highlights, paint_stage
from desktop.ui.transcript.source import Source
from desktop.ui.transcript.stage import Stage

PARSE_BUDGET_MS = 4.0
_COLOUR_BUDGET_MS = 3.0
_FRAME_MS = 16
_TICK_MS = 250
_NEAR_SCREENS = 3
_POSITIONS_KEPT = 200


class TranscriptArea(QAbstractScrollArea):
    """Places and paints the rows of a timeline; input is the view's.

    Attributes:
        stage: What lies where.
        highlights: What is focused or under the pointer.
        finder: The search in the conversation.
        is_keyboard_shown: Whether the focused row is marked.

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
        rows_appended: (count) messages came at the end; 0 when all are other ones.
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
    rows_appended = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._roles = light_roles()
        self._zoom = 100
        self._wraps_code = False
        self._source: Source | None = None
        self._connections: list[QMetaObject.Connection] = []
        self._key: object = None
        self._positions: dict[object, tuple[Slot, float]] = {}
        self._was_at_tail = True
        self._is_scrolling = False
        self.is_keyboard_shown = False
        self._maths = MathImages(self)
        self._maths.ready.connect(self.refresh)
        self.stage = Stage(self._make_look(600.0))
        self.highlights = Highlights()
        self.finder = Finder(self, self)
        self._parsing = QTimer(self, singleShot=True, interval=_FRAME_MS)
        self._parsing.timeout.connect(self._on_parsing_timeout)
        self._colouring = QTimer(self, singleShot=True, interval=_FRAME_MS)
        self._colouring.timeout.connect(self._on_colouring_timeout)
        self._waiting = QTimer(self, interval=_TICK_MS)
        self._waiting.timeout.connect(self._on_waiting_timeout)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.verticalScrollBar().valueChanged.connect(self._on_bar_value_changed)

    # What the window calls

    def set_source(self, source: Source) -> None:
        """Shows a timeline; it may show many conversations, one after the other."""
        for connection in self._connections:
            QObject.disconnect(connection)
        self._source = source
        self._connections = [
            source.reset.connect(self._on_source_reset),
            source.inserted.connect(self._on_source_inserted),
            source.removed.connect(self._on_source_removed),
            source.changed.connect(self._on_source_changed),
            source.loaded.connect(self._on_source_loaded),
            source.grown.connect(self._on_source_grown),
        ]
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

    def wrap_code(self, is_wrapped: bool) -> None:
        """Sets whether long lines of code go on in the next line."""
        self._wraps_code = is_wrapped
        self._renew_look()

    def jump_to_latest(self) -> None:
        """Goes to the end and follows it."""
        self.stage.anchor.is_following = True
        self.refresh()

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

    def _after_move(self, *, is_bar_right: bool = False, top: int = 0) -> None:
        """Shows where the view is; everything below ``top`` is painted anew."""
        if not (is_bar_right and self.verticalScrollBar().isSliderDown()):
            self._show_position()
        size = self.viewport().size()
        self.viewport().update(0, top, size.width(), size.height() - top)
        is_at_tail = self.is_at_tail
        if is_at_tail != self._was_at_tail:
            self._was_at_tail = is_at_tail
            self.at_tail_changed.emit(is_at_tail)
        running = bool(self.stage.flow.running())
        if running != self._waiting.isActive():
            self._waiting.start() if running else self._waiting.stop()
        if not self._parsing.isActive() and self.stage.has_pending:
            self._parsing.start()
        if not self._colouring.isActive() and any(e.is_colouring for e in self._code_in_sight()):
            self._colouring.start()

    def _code_in_sight(self) -> list[CodeElement]:
        found = map(self.stage.element, self.stage.placed)
        return [element for element in found if isinstance(element, CodeElement)]

    def _on_colouring_timeout(self) -> None:
        for element in self._code_in_sight():
            if element.is_colouring and element.colour(_COLOUR_BUDGET_MS):
                self._colouring.start()
                break
        self.viewport().update()

    def _show_position(self) -> None:
        bar = self.verticalScrollBar()
        self._is_scrolling = True
        bar.setPageStep(max(int(self.stage.height), 1))
        bar.setSingleStep(int(self.stage.look.line))
        top = max(int(self.stage.total - self.stage.height), 0)
        bar.setRange(0, top)
        bar.setValue(top if self.is_at_tail else int(self.stage.position))
        self._is_scrolling = False

    # What the timeline says

    def _on_source_reset(self) -> None:
        if self._source is None:
            return
        self._keep_position()
        is_other = self._source.conversation_key() != self._key
        self._key = self._source.conversation_key()
        self.stage.flow.reset()
        self.stage.selection.clear()
        self.highlights.clear()
        if is_other:
            self._take_position()
        self.refresh()
        self.rows_appended.emit(0)

    def _on_source_inserted(self, first: int, count: int) -> None:
        self.stage.insert(first, count)
        self.highlights.insert(first, count)
        self.refresh()
        if first + count == self.stage.flow.row_count():
            self.rows_appended.emit(count)

    def _on_source_removed(self, first: int, count: int) -> None:
        self.stage.remove(first, count)
        self.highlights.clear()
        self.refresh()

    def _on_source_changed(self, index: int) -> None:
        self.stage.flow.replace(index)
        self.refresh()

    def _on_source_loaded(self, first: int, count: int) -> None:
        self.stage.flow.load(first, count)
        self.refresh()

    def _on_source_grown(self, index: int, growth: Growth) -> None:
        before = self.stage.shown()
        self.stage.flow.grow(index, growth)
        self._parse(before)

    def _on_parsing_timeout(self) -> None:
        self._parse(self.stage.shown())

    def _parse(self, before: dict[Element, tuple[float, float]]) -> None:
        """Parses what waits, and paints what is not as it was before."""
        if self.stage.flow.advance(PARSE_BUDGET_MS):
            self._parsing.start()
        self._after_move(top=int(self.stage.place_after(before)))

    def _on_waiting_timeout(self) -> None:
        if sum(entry.tick(time.monotonic()) for entry in self.stage.flow.running()):
            self.viewport().update()

    def _keep_position(self) -> None:
        anchor = self.stage.anchor
        self._positions.pop(self._key, None)
        if not anchor.is_following:
            self._positions[self._key] = (anchor.slot, anchor.offset)
            if len(self._positions) > _POSITIONS_KEPT:
                del self._positions[next(iter(self._positions))]

    def _take_position(self) -> None:
        kept = self._positions.get(self._key)
        if kept is None:
            self.stage.anchor.is_following = True
        else:
            self.stage.anchor.move_to(*kept)

    # Looks

    def _make_look(self, width: float) -> Look:
        column = Stage.column_width(width, self._zoom / 100)
        look = Look(self.font(), self._roles, self._zoom, column)
        look.dpr, look.maths = self.devicePixelRatioF(), self._maths
        look.wraps_code = self._wraps_code
        return look

    def _renew_look(self) -> None:
        self.stage.set_look(self._make_look(float(self.viewport().width())))
        self.refresh()

    # Qt's events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays out for the new width, keeping what is read in its place."""
        size = self.viewport().size()
        width, height = float(size.width()), float(size.height())
        column = Stage.column_width(width, self._zoom / 100)
        self.stage.width, self.stage.height = width, height
        if column != self.stage.look.width:
            self.stage.set_look(self._make_look(width))
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Takes another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.DevicePixelRatioChange):
            self._renew_look()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints what is in sight."""
        painter = QPainter(self.viewport())
        clip = QRectF(event.rect())
        has_focus = self.hasFocus() and self.is_keyboard_shown
        paint_stage(painter, self.stage, clip, self.highlights, self.finder, has_focus=has_focus)
        painter.end()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Nothing: the reading position decides, the scroll bar only shows it."""

    def _on_bar_value_changed(self, value: int) -> None:
        if self._is_scrolling:
            return
        distance = value - self.stage.position
        if abs(distance) <= _NEAR_SCREENS * self.stage.height:
            self.stage.scroll(distance)
        else:
            self.stage.jump(float(value))
        if value == self.verticalScrollBar().maximum():
            self.stage.anchor.is_following = True
            self.stage.place()
        self._after_move(is_bar_right=True)
