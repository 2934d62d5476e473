"""The whole application in this process, used by the verbs of its user.

Everything is real: window, controllers, history file, provider client and the lifetime that plugs
them together. Left out is only what belongs to a process: signal handlers, exception hooks and the
tamed garbage collector; what runs in a process of its own is in ``tests.flows.child``.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton, QWidget

from desktop import log
from desktop.app.folders import open_folders
from desktop.app.lifetime import Lifetime
from desktop.app.options import Options
from desktop.bridge.chat import ChatController
from desktop.bridge.workspace import Workspace
from desktop.paths import ensure_private
from desktop.ui.geometry import WindowGeometry
from desktop.ui.main_window import MainWindow
from desktop.ui.theme import ThemeController
from desktop.ui.transcript.view import TranscriptView

CANARY = "sk-canary-5b1f0e7c2d9a4b6883f0d1c2e3a4b5c6"
"""The key of every story; no file may ever hold it."""

POLL_S = 0.002

W = TypeVar("W", bound=QWidget)


async def until(condition: Callable[[], object]) -> None:
    """Returns once the condition holds; the story's own limit ends a wait in vain."""
    while not condition():  # noqa: ASYNC110 - any turn of the loop may be the one
        await asyncio.sleep(POLL_S)


@dataclass
class App:
    """One user at the application.

    Attributes:
        folder: Its data folder.
        url: The provider.
        key: What the user enters; "" for nothing.
        is_demo: Whether it starts as ``--demo`` does.
    """

    folder: Path
    url: str = ""
    key: str = CANARY
    is_demo: bool = False
    _lifetime: Lifetime | None = None
    _window: MainWindow | None = None
    _follower: "asyncio.Task[None] | None" = None
    themes: list[ThemeController] = field(default_factory=list)

    # -- life --------------------------------------------------------------------------------

    async def start(self) -> "App":
        """Opens the window and the workspace, and enters the key."""
        options = Options(data_dir=self.folder, base_url=self.url, is_demo=self.is_demo)
        folders = open_folders(options)
        log.setup(ensure_private(folders.paths.log_dir), "DEBUG")
        qt = QApplication.instance()
        assert isinstance(qt, QApplication)
        if not self.themes:
            self.themes.append(ThemeController(qt, "light"))
        self._window = MainWindow(self.themes[0], WindowGeometry(**_geometry(folders.settings)))
        self._window.present()
        self._lifetime = Lifetime(options, folders, self._window)
        self._lifetime._connect_window()
        await self._lifetime._fill_window()
        await self._lifetime._enter_workspace()
        self._follower = asyncio.get_running_loop().create_task(self._lifetime._follow_switches())
        await until(lambda: self.workspace.account.is_loaded)
        last = self.workspace.preferences.settings.last_conversation
        await until(lambda: not last or self.chat.conversation is not None)
        if self.key and not self.is_demo:
            self.workspace.account.enter_key(self.key, is_tested=False, is_kept=False)
            await until(lambda: self.workspace.account.has_key)
        return self

    async def close(self) -> None:
        """Closes the window as its user does, and waits until everything is saved."""
        lifetime, window, follower = self._lifetime, self._window, self._follower
        if lifetime is None or window is None or follower is None:
            return
        self._lifetime = self._window = self._follower = None
        window.close()
        await follower
        await lifetime._close()
        log.shutdown()
        window.theme.changed.disconnect(window._dress)
        window.deleteLater()
        await asyncio.sleep(0)

    async def restart(self) -> None:
        """Closes the window and starts again with the same folder."""
        await self.close()
        await self.start()

    # -- parts -------------------------------------------------------------------------------

    @property
    def window(self) -> MainWindow:
        """The window."""
        assert self._window is not None, "the application is not running"
        return self._window

    @property
    def workspace(self) -> Workspace:
        """What the window talks to."""
        assert self._lifetime is not None, "the application is not running"
        workspace = self._lifetime._open.workspace
        assert workspace is not None
        return workspace

    @property
    def is_in_demo(self) -> bool:
        """Whether the demo's workspace is open and shown."""
        workspace = self._lifetime._open.workspace if self._lifetime else None
        return workspace is not None and workspace.is_demo and self.window.is_demo

    @property
    def is_at_home(self) -> bool:
        """Whether the user's own workspace is open and shown."""
        workspace = self._lifetime._open.workspace if self._lifetime else None
        return workspace is not None and not workspace.is_demo and not self.window.is_demo

    @property
    def chat(self) -> ChatController:
        """The conversations."""
        return self.workspace.chat

    @property
    def view(self) -> TranscriptView:
        """The transcript."""
        view = self.window.chat.view
        assert view is not None
        return view

    def named(self, kind: type[W], name: str) -> W:
        """The one widget of a kind with an accessible name."""
        found = [w for w in self.window.findChildren(kind) if _name_of(w) == name]
        assert len(found) == 1, f"{len(found)} widgets are named {name!r}"
        return found[0]

    @property
    def message_box(self) -> QPlainTextEdit:
        """Where messages are typed."""
        return self.named(QPlainTextEdit, "Message")

    @property
    def send_button(self) -> QPushButton:
        """Send."""
        return self.named(QPushButton, "Send")

    @property
    def stop_button(self) -> QPushButton:
        """Stop."""
        return self.named(QPushButton, "Stop")

    # -- verbs -------------------------------------------------------------------------------

    def type(self, text: str) -> None:
        """Types into the message box."""
        for number, line in enumerate(text.split("\n")):
            if number:
                shift = Qt.KeyboardModifier.ShiftModifier
                QTest.keyClick(self.message_box, Qt.Key.Key_Return, shift)
            QTest.keyClicks(self.message_box, line)

    def type_and_send(self, text: str) -> None:
        """Types a message and presses Enter; Stop is live when this returns."""
        self.type(text)
        QTest.keyClick(self.message_box, Qt.Key.Key_Return)
        assert self.stop_button.isEnabled(), self.send_button.accessibleDescription()

    async def ask(self, text: str) -> str:
        """Sends a message and gives the last item's name once the reply has ended."""
        self.type_and_send(text)
        await self.wait_for_end()
        return self.names()[-1]

    async def wait_for_end(self) -> None:
        """Waits until the shown conversation makes no reply."""
        await until(lambda: not self.stop_button.isEnabled())

    async def wait_for_text(self, text: str) -> None:
        """Waits until the last item's name holds a text."""
        await until(lambda: any(text in name for name in self.names()[-1:]))

    async def wait_for_last(self, name: str) -> None:
        """Waits until the last item has exactly this name."""
        await until(lambda: self.names()[-1:] == [name])

    async def wait_for_title(self, title: str) -> None:
        """Waits until a conversation is shown, by its title."""
        await until(lambda: self.chat.title == title)

    def stop(self) -> None:
        """Presses Stop."""
        self.stop_button.click()

    def menu(self, command: str) -> None:
        """Chooses a command of the menu bar by its name in ``Actions``."""
        action = self.window.actions_[command]
        assert action.isEnabled(), f"{command} is disabled"
        action.trigger()

    def press(self, row: int, name: str) -> None:
        """Presses a button inside a transcript item."""
        item = self.items()[row]
        found = [item.child(n) for n in range(item.childCount())]
        names = [child.text(QAccessible.Text.Name) for child in found]
        assert name in names, f"{names} are in item {row}, not {name!r}"
        found[names.index(name)].actionInterface().doAction("Press")

    def notice(self) -> str:
        """The notice that is shown, or ""."""
        bar = self.window.chat.notices
        return bar.accessibleName() if not bar.isHidden() else ""

    async def new_conversation(self) -> None:
        """Presses New conversation and waits for the empty one."""
        self.named(QPushButton, "New conversation").click()
        await until(lambda: self.chat.conversation is None)

    async def open(self, title: str) -> None:
        """Chooses a conversation in the history by its title, and waits until it is shown."""
        model = self.workspace.history
        await until(lambda: title in self.titles())
        index = model.index(self.titles().index(title))
        self.window.history._view.setCurrentIndex(index)
        await self.wait_for_title(title)

    # -- what is seen ------------------------------------------------------------------------

    def items(self) -> list[QAccessibleInterface]:
        """The items of the transcript, as a screen reader gets them."""
        return items_of(self.view)

    def names(self) -> list[str]:
        """The names of the transcript's items."""
        return item_names(self.view)

    def titles(self) -> list[str]:
        """The titles of the history list."""
        model = self.workspace.history
        return [str(model.index(row).data()) for row in range(model.rowCount())]


def items_of(view: TranscriptView) -> list[QAccessibleInterface]:
    """The items of a transcript, as a screen reader gets them."""
    root = QAccessible.queryAccessibleInterface(view)
    assert root is not None
    assert root.role() == QAccessible.Role.List
    items = [root.child(n) for n in range(root.childCount())]
    assert all(item.role() == QAccessible.Role.ListItem for item in items)
    return items


def item_names(view: TranscriptView) -> list[str]:
    """The names of a transcript's items."""
    return [item.text(QAccessible.Text.Name) for item in items_of(view)]


def _name_of(widget: QWidget) -> str:
    shown = widget.text() if isinstance(widget, QPushButton) else ""
    return widget.accessibleName() or shown


def _geometry(settings: object) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in WindowGeometry.__dataclass_fields__}
