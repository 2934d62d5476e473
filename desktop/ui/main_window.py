"""The window: three panes, menus and the status line.

What the first paint does not need (parameters, transcript, dialogs) is added by
:meth:`MainWindow.completion_steps`; what talks to the core comes in by :meth:`MainWindow.attach`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter, QVBoxLayout, QWidget

from desktop.ui.actions import Actions
from desktop.ui.chat_pane import ChatPane
from desktop.ui.geometry import WindowGeometry, place
from desktop.ui.history.panel import HistoryPanel
from desktop.ui.panes import LEFT, RIGHT, PaneLayout, enter, next_pane
from desktop.ui.status_line import StatusLine
from desktop.ui.theme import Roles, ThemeController

if TYPE_CHECKING:
    from desktop.bridge.workspace import Workspace
    from desktop.ui.sidebar.panel import ParametersPanel


class MainWindow(QMainWindow):
    """The one window.

    Signals:
        quit_requested(): The user wants to leave; nothing is closed yet.
        geometry_changed(): A pane or the window has another size or place.
        demo_requested(is_wanted): Go to the demo, or leave it.
    """

    quit_requested = Signal()
    geometry_changed = Signal()
    demo_requested = Signal(bool)

    def __init__(self, theme: ThemeController, geometry: WindowGeometry) -> None:
        super().__init__()
        self.theme = theme
        self.actions_ = Actions(self)
        self.actions_.fill(self.menuBar())
        self.history = HistoryPanel(self)
        self.chat = ChatPane(self)
        self.sidebar_slot = QWidget(self)
        self.sidebar_slot.setObjectName("sidebarSlot")
        self.sidebar: ParametersPanel | None = None
        self.status = StatusLine(self)
        self.is_demo = False
        self._title = ""
        self._lay_out()
        self.panes = PaneLayout(
            self._splitter,
            {LEFT: geometry.history_width, RIGHT: geometry.sidebar_width},
            _folded(geometry),
        )
        place(self, geometry)
        self.panes.resized(self.width())
        self.panes.changed.connect(self._on_panes_changed)
        self._starts_maximized = geometry.window_maximized
        self._show_title()
        self._sync_pane_actions()
        self._dress(theme.roles)
        theme.changed.connect(self._dress)
        self.chat.composer.focus_editor()

    def _lay_out(self) -> None:
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setHandleWidth(1)
        for pane in (self.history, self.chat, self.sidebar_slot):
            self._splitter.addWidget(pane)
        central = QWidget(self)
        layout = QVBoxLayout(central)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._splitter, 1)
        layout.addWidget(self.status)
        self.setCentralWidget(central)

    def _dress(self, roles: Roles) -> None:
        for part in (self.history, self.chat.top_bar, self.chat.notices, self.status):
            part.set_roles(roles)

    # -- filling -----------------------------------------------------------------------------

    def present(self) -> None:
        """Shows the window as it was left."""
        self.showMaximized() if self._starts_maximized else self.show()

    def completion_steps(self) -> tuple[Callable[[], None], ...]:
        """What the first paint did not need, in steps between which the window stays live."""
        return (self._add_transcript, self._add_sidebar)

    def _add_transcript(self) -> None:
        from desktop.ui.transcript.panel import TranscriptPanel
        from desktop.ui.welcome import WelcomePage

        transcript = TranscriptPanel(self.chat)
        transcript.view.set_roles(self.theme.roles)
        self.theme.changed.connect(transcript.view.set_roles)
        self.chat.add_pages(transcript, WelcomePage(self.chat))

    def _add_sidebar(self) -> None:
        from desktop.ui.sidebar.panel import ParametersPanel

        self.sidebar = ParametersPanel(self.sidebar_slot)
        layout = QVBoxLayout(self.sidebar_slot)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.sidebar)

    def attach(self, workspace: "Workspace") -> None:
        """Connects the window to a workspace; what it showed before must be detached."""
        self.is_demo = workspace.is_demo
        self.history.set_model(workspace.history)
        self.chat.attach(workspace.chat)
        self._show_title()

    # -- title and panes -----------------------------------------------------------------------

    def set_conversation_title(self, title: str) -> None:
        """Shows the open conversation's title."""
        self._title = " ".join(title.split())
        self._show_title()

    def _show_title(self) -> None:
        name = self.tr("Sounding (demo)") if self.is_demo else self.tr("Sounding")
        title = _scrubbed(self._title)
        self.setWindowTitle(f"{title} - {name}" if title else name)

    def toggle_pane(self, pane: int) -> None:
        """Folds or opens a side pane."""
        self.panes.set_shown(pane, not self.panes.is_shown(pane))
        self._sync_pane_actions()

    def _sync_pane_actions(self) -> None:
        for name, pane in (("history_pane", LEFT), ("sidebar_pane", RIGHT)):
            self.actions_[name].setChecked(self.panes.is_shown(pane))
        self.chat.top_bar.set_panes_shown(
            history=self.panes.is_shown(LEFT), parameters=self.panes.is_shown(RIGHT)
        )

    def go_to_pane(self, step: int) -> None:
        """Moves the keyboard to the next or previous pane."""
        panes: list[QWidget] = [self.history, self.chat.composer]
        if self.chat.view is not None:
            panes.insert(1, self.chat.view)
        if self.sidebar is not None:
            panes.append(self.sidebar)
        target = next_pane(panes, QApplication.focusWidget(), step)
        if target is not None:
            enter(target)

    def geometry_now(self) -> WindowGeometry:
        """Place, size and panes as they are."""
        frame = self.normalGeometry()
        return WindowGeometry(
            window_x=frame.x(),
            window_y=frame.y(),
            window_width=frame.width(),
            window_height=frame.height(),
            window_maximized=self.isMaximized(),
            history_width=self.panes.width(LEFT),
            history_collapsed=self.panes.is_folded(LEFT),
            sidebar_width=self.panes.width(RIGHT),
            sidebar_collapsed=self.panes.is_folded(RIGHT),
        )

    def _on_panes_changed(self) -> None:
        self._sync_pane_actions()
        self.geometry_changed.emit()

    # -- Qt ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Folds the side panes where there is no room for them."""
        super().resizeEvent(event)
        self.panes.resized(event.size().width())
        self._sync_pane_actions()
        self.geometry_changed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl it zooms the conversation."""
        steps = event.angleDelta().y()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and steps:
            self.actions_["zoom_in" if steps > 0 else "zoom_out"].trigger()
            event.accept()
        else:
            super().wheelEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks to leave; the window goes when everything is saved."""
        event.ignore()
        self.quit_requested.emit()


def _folded(geometry: WindowGeometry) -> set[int]:
    folded = {LEFT} if geometry.history_collapsed else set()
    return folded | ({RIGHT} if geometry.sidebar_collapsed else set())


def _scrubbed(title: str) -> str:
    """A title without secrets; the first one is empty and needs no patterns."""
    if not title:
        return ""
    from desktop.log import scrub

    return scrub(title)
