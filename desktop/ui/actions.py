"""Every command of the application, once: its words, its shortcut and its place in the menus."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

_K = QKeySequence.StandardKey


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        name: Its key in :class:`Actions`.
        text: English source text, with the mnemonic's ampersand.
        shortcut: A standard key, a portable sequence, or "".
        is_checkable: Whether it is switched on and off.
    """

    name: str
    text: str
    shortcut: QKeySequence.StandardKey | str = ""
    is_checkable: bool = False


_SEPARATOR = Command("", "")

MENUS: tuple[tuple[str, tuple[Command, ...]], ...] = (
    (
        "&File",
        (
            Command("new", "&New conversation", "Ctrl+N"),
            _SEPARATOR,
            Command("enter_key", "Enter API &key…"),
            Command("demo", "Try the &demo"),
            Command("leave_demo", "&Leave demo"),
            _SEPARATOR,
            Command("settings", "&Settings…", "Ctrl+,"),
            Command("quit", "&Quit", "Ctrl+Q"),
        ),
    ),
    (
        "&Edit",
        (
            Command("undo", "&Undo", _K.Undo),
            Command("redo", "&Redo", _K.Redo),
            _SEPARATOR,
            Command("cut", "Cu&t", _K.Cut),
            Command("copy", "&Copy", _K.Copy),
            Command("paste", "&Paste", _K.Paste),
            Command("select_all", "Select &all", _K.SelectAll),
            _SEPARATOR,
            Command("find", "&Find in conversation…", "Ctrl+F"),
            Command("find_next", "Find &next", "F3"),
            Command("find_previous", "Find pre&vious", "Shift+F3"),
            Command("search", "Search &history", "Ctrl+K"),
        ),
    ),
    (
        "&Conversation",
        (
            Command("send", "&Send", "Ctrl+Return"),
            Command("stop", "S&top", "Esc"),
            Command("regenerate", "&Regenerate the last reply", "Ctrl+R"),
            Command("continue", "&Continue the last reply", "Ctrl+Shift+R"),
            Command("edit_last", "&Edit the last message", "Ctrl+Shift+E"),
            _SEPARATOR,
            Command("previous_version", "&Previous version", "Alt+Left"),
            Command("next_version", "Ne&xt version", "Alt+Right"),
            _SEPARATOR,
            Command("rename", "Re&name…", "Ctrl+Shift+N"),
            Command("delete", "&Delete conversation", "Ctrl+Shift+Backspace"),
        ),
    ),
    (
        "&View",
        (
            Command("history_pane", "&History", "Ctrl+B", is_checkable=True),
            Command("sidebar_pane", "&Parameters", "Ctrl+Alt+B", is_checkable=True),
            _SEPARATOR,
            Command("next_pane", "&Next pane", "F6"),
            Command("previous_pane", "&Previous pane", "Shift+F6"),
            Command("latest", "&Jump to latest", "Ctrl+End"),
            _SEPARATOR,
            Command("zoom_in", "Zoom &in", "Ctrl++"),
            Command("zoom_out", "Zoom &out", "Ctrl+-"),
            Command("zoom_reset", "&Actual size", "Ctrl+0"),
            _SEPARATOR,
            Command("theme_system", "Theme as the &system has it", is_checkable=True),
            Command("theme_light", "&Light theme", is_checkable=True),
            Command("theme_dark", "&Dark theme", is_checkable=True),
        ),
    ),
    (
        "&Help",
        (
            Command("shortcuts", "&Keyboard shortcuts", "F1"),
            _SEPARATOR,
            Command("quickstart", "Provider's &quickstart"),
            Command("page_5_1", "About the model &gpt-5.1"),
            Command("page_chat", "About the model gpt-5.1-&chat-latest"),
            _SEPARATOR,
            Command("diagnostics", "Copy &diagnostics"),
            Command("about", "&About Sounding"),
        ),
    ),
)


class Actions(QObject):
    """The commands as QActions, by name."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._actions: dict[str, QAction] = {}

    def __getitem__(self, name: str) -> QAction:
        """The command with that name."""
        return self._actions[name]

    def fill(self, bar: QMenuBar) -> None:
        """Makes every command and the menus that hold them."""
        for title, commands in MENUS:
            menu = bar.addMenu(_translated(title))
            for command in commands:
                self._add(menu, command)
        themes = QActionGroup(self)
        for name in ("theme_system", "theme_light", "theme_dark"):
            themes.addAction(self._actions[name])

    def assign(self, handlers: dict[str, Callable[[], object]]) -> None:
        """Connects commands to what they do."""
        for name, handler in handlers.items():
            self._actions[name].triggered.connect(handler)

    def rows(self) -> list[tuple[str, str]]:
        """(words, shortcut) of every command that has a shortcut, in menu order."""
        return [
            (action.text().replace("&", "").rstrip("…"), shortcut)
            for action in self._actions.values()
            if (shortcut := action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
        ]

    def _add(self, menu: QMenu, command: Command) -> None:
        if command is _SEPARATOR:
            menu.addSeparator()
            return
        action = menu.addAction(_translated(command.text))
        action.setCheckable(command.is_checkable)
        if command.shortcut:
            action.setShortcut(QKeySequence(command.shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        self._actions[command.name] = action


def _translated(text: str) -> str:
    return QCoreApplication.translate("Actions", text)
