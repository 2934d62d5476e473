"""What the menu's commands do, and what the window shows of the workspace's state."""

from typing import TYPE_CHECKING, Literal, Protocol

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from desktop.domain.amounts import cost_text
from desktop.domain.capabilities import GPT_5_1, GPT_5_1_CHAT, MODEL_PAGES
from desktop.domain.errors import DesktopError
from desktop.domain.keys import KeySource, KeyStatus
from desktop.domain.messages import Message
from desktop.ui.links import open_url
from desktop.ui.main_window import MainWindow
from desktop.ui.panes import LEFT, RIGHT
from desktop.ui.theme import Choice
from desktop.ui.words import block_reason, key_place

if TYPE_CHECKING:
    from desktop.bridge.chat import ChatController
    from desktop.bridge.workspace import Workspace
    from desktop.domain.parameters import ChatSettings
    from desktop.ui.transcript.view import TranscriptView
    from desktop.ui.welcome import WelcomePage

_FAILED_CALLS = frozenset({"offline", "timeout", "connection_lost", "auth", "server"})

QUICKSTART = "https://docs.aimlapi.com/quickstart/setting-up"
ZOOMS = (50, 67, 80, 90, 100, 110, 125, 150, 175, 200, 250, 300)


class Shown(Protocol):
    """The preferences that the window shows at once."""

    @property
    def theme(self) -> Choice:
        """Light, dark, or as the system has it."""

    @property
    def send_key(self) -> Literal["enter", "ctrl_enter"]:
        """What sends a message."""

    @property
    def zoom_percent(self) -> int:
        """Size of the transcript's text."""

    @property
    def announce(self) -> bool:
        """Whether replies are announced to screen readers."""


class Commands(QObject):
    """Connects actions, panes and dialogs of one window to its workspace."""

    def __init__(self, window: MainWindow, view: "TranscriptView", welcome: "WelcomePage") -> None:
        super().__init__(window)
        self._window = window
        self._view = view
        self._welcome = welcome
        self._workspace: Workspace | None = None
        self._deleted: int | None = None
        self._key_dialog: QWidget | None = None
        self._assign_actions()
        self._connect_panes()

    # -- connecting ------------------------------------------------------------------------

    def _assign_actions(self) -> None:
        window, chat = self._window, self._window.chat
        window.actions_.assign(
            {
                "new": self.new_conversation,
                "enter_key": self.enter_key,
                "demo": lambda: window.demo_requested.emit(True),
                "leave_demo": lambda: window.demo_requested.emit(False),
                "settings": self.show_settings,
                "quit": window.quit_requested.emit,
                "undo": self.undo,
                "redo": lambda: self._edit("redo"),
                "cut": lambda: self._edit("cut"),
                "copy": lambda: self._edit("copy"),
                "paste": lambda: self._edit("paste"),
                "select_all": lambda: self._edit("selectAll"),
                "find": chat.open_find,
                "find_next": lambda: chat.find_step(1),
                "find_previous": lambda: chat.find_step(-1),
                "search": self.search,
                "send": chat.composer.send,
                "stop": chat.stop,
                "regenerate": lambda: self._chat().regenerate(0),
                "continue": lambda: self._chat().continue_reply(),
                "edit_last": chat.edit_last,
                "previous_version": lambda: chat.step_version(-1),
                "next_version": lambda: chat.step_version(1),
                "rename": self._window.history.rename_current,
                "delete": self.delete_current,
                "history_pane": lambda: window.toggle_pane(LEFT),
                "sidebar_pane": lambda: window.toggle_pane(RIGHT),
                "next_pane": lambda: window.go_to_pane(1),
                "previous_pane": lambda: window.go_to_pane(-1),
                "latest": self._view.jump_to_latest,
                "zoom_in": lambda: self._zoom(1),
                "zoom_out": lambda: self._zoom(-1),
                "zoom_reset": lambda: self._change(zoom_percent=100),
                "theme_system": lambda: self._change(theme="system"),
                "theme_light": lambda: self._change(theme="light"),
                "theme_dark": lambda: self._change(theme="dark"),
                "shortcuts": self.show_shortcuts,
                "quickstart": lambda: open_url(QUICKSTART),
                "page_5_1": lambda: open_url(MODEL_PAGES[GPT_5_1]),
                "page_chat": lambda: open_url(MODEL_PAGES[GPT_5_1_CHAT]),
                "diagnostics": self.copy_diagnostics,
                "about": self.show_about,
            }
        )

    def _connect_panes(self) -> None:
        window = self._window
        window.history.new_requested.connect(self.new_conversation)
        window.history.search_changed.connect(self._on_search_changed)
        window.history.opened.connect(self._on_opened)
        window.history.rename_requested.connect(self._on_rename_requested)
        window.history.delete_requested.connect(self.delete)
        top_bar = window.chat.top_bar
        top_bar.history_toggled.connect(lambda: window.toggle_pane(LEFT))
        top_bar.parameters_toggled.connect(lambda: window.toggle_pane(RIGHT))
        window.chat.send_blocked.connect(self._on_send_blocked)
        if window.sidebar is not None:
            window.sidebar.settings_edited.connect(self._on_settings_edited)
        welcome = self._welcome
        welcome.enter_key_requested.connect(self.enter_key)
        welcome.demo_requested.connect(lambda: window.demo_requested.emit(True))
        welcome.link_activated.connect(open_url)
        self._view.link_activated.connect(open_url)
        self._view.details_copied.connect(self._on_details_copied)

    def attach(self, workspace: "Workspace") -> None:
        """Shows and commands another workspace."""
        if self._workspace is not None:
            self._window.chat.notices.clear()  # its buttons would act on the one before
        self._workspace = workspace
        self._deleted = None
        chat, account, preferences = workspace.chat, workspace.account, workspace.preferences
        chat.conversation_opened.connect(self._on_conversation_opened)
        chat.conversation_changed.connect(self._on_conversation_opened)
        chat.timeline.reset.connect(self._enable_actions)
        chat.timeline.inserted.connect(self._enable_actions)
        chat.title_changed.connect(self._window.set_conversation_title)
        chat.settings_changed.connect(self._on_settings_changed)
        chat.running_changed.connect(self._on_running_changed)
        chat.listed.connect(workspace.history.refresh)
        chat.activity_changed.connect(workspace.history.set_running)
        chat.failed.connect(self.show_error)
        chat.storage_failed.connect(self._on_storage_failed)
        chat.noticed.connect(self._on_noticed)
        chat.reply_ended.connect(self._on_reply_ended)
        account.status_changed.connect(self._on_key_status_changed)
        account.removal_failed.connect(self._on_removal_failed)
        account.balance_changed.connect(self._on_balance_changed)
        account.host_changed.connect(self._on_host_changed)
        preferences.changed.connect(self._on_preferences_changed)
        self._window.status.set_demo(workspace.is_demo)
        self._on_preferences_changed(preferences.settings)
        self._on_settings_changed(chat.settings)
        self._on_key_status_changed(account.status)
        self._on_running_changed(chat.is_running)
        self._on_balance_changed("")
        self._window.set_conversation_title(chat.title)
        self._mark_current()
        self._show_cost()

    # -- commands ----------------------------------------------------------------------------

    def new_conversation(self) -> None:
        """Shows an empty conversation and puts the caret into the message box."""
        self._chat().new_conversation()
        self._window.chat.composer.focus_editor()

    def delete_current(self) -> None:
        """Deletes the open conversation."""
        conversation = self._chat().conversation
        if conversation is not None:
            self.delete(conversation.row.id)

    def delete(self, conversation_id: int) -> None:
        """Deletes a conversation and offers to undo it."""
        self._chat().delete(conversation_id)
        self._deleted = conversation_id
        self._window.chat.notices.show_notice(
            self.tr("Conversation deleted."), self.tr("Undo"), self._undo_delete
        )

    def undo(self) -> None:
        """Undoes typing in the focused field, else the last delete."""
        focused = QApplication.focusWidget()
        if isinstance(focused, QPlainTextEdit):
            can_undo = focused.document().isUndoAvailable()
        else:
            can_undo = isinstance(focused, QLineEdit) and focused.isUndoAvailable()
        if can_undo:
            self._edit("undo")
        else:
            self._undo_delete()

    def _undo_delete(self) -> None:
        if self._deleted is not None:
            self._chat().restore(self._deleted)
            self._deleted = None
            self._window.chat.notices.clear()

    def search(self) -> None:
        """Puts the caret into the history's search field."""
        if not self._window.panes.is_shown(LEFT):
            self._window.toggle_pane(LEFT)
        self._window.history.focus_search()

    def enter_key(self) -> None:
        """Asks for the API key."""
        from desktop.ui.key_dialog import KeyDialog

        account = self._here().account
        dialog = KeyDialog(self._window)
        dialog.set_status(account.status)
        dialog.submitted.connect(
            lambda text, is_tested, is_kept: account.enter_key(
                text, is_tested=is_tested, is_kept=is_kept
            )
        )
        dialog.link_activated.connect(open_url)
        dialog.rejected.connect(account.cancel_entry)
        account.busy_changed.connect(dialog.set_busy)
        account.key_refused.connect(dialog.show_error)
        account.key_tested.connect(dialog.accept)
        account.status_changed.connect(dialog.set_status)
        dialog.open()

    def show_settings(self) -> None:
        """Shows the preferences."""
        from desktop.ui.settings_dialog import SettingsDialog

        workspace = self._here()
        preferences = workspace.preferences
        dialog = SettingsDialog(self._window, preferences.settings, workspace.data_folder)
        dialog.set_status(workspace.account.status)
        workspace.account.status_changed.connect(dialog.set_status)
        dialog.accepted_changes.connect(lambda changes: preferences.change(**changes))
        dialog.replace_key_requested.connect(self.enter_key)
        dialog.remove_key_requested.connect(workspace.account.remove_key)
        dialog.open()

    def show_shortcuts(self) -> None:
        """Shows the list of shortcuts."""
        from desktop.ui.shortcuts_dialog import ShortcutsDialog

        ShortcutsDialog(self._window, self._window.actions_.rows()).open()

    def show_about(self) -> None:
        """Shows version and licences."""
        from desktop.ui.about_dialog import AboutDialog

        AboutDialog(self._window, self._here().diagnostics).open()

    def copy_diagnostics(self) -> None:
        """Copies what a bug report needs; no content and no secrets."""
        QGuiApplication.clipboard().setText(self._here().diagnostics())
        self._window.chat.notices.show_notice(self.tr("Diagnostics copied."))

    def show_error(self, error: DesktopError) -> None:
        """Says what did not work."""
        self._window.chat.notices.show_notice(error.user_text, kind="error")

    def _edit(self, name: str) -> None:
        """Passes an editing command to whatever has the keyboard."""
        target = QApplication.focusWidget()
        if name == "copy" and not isinstance(target, QPlainTextEdit | QLineEdit | QTextEdit):
            target = self._view
        command = getattr(target, name, None)
        if callable(command):
            command()

    def _zoom(self, step: int) -> None:
        now = self._here().preferences.settings.zoom_percent
        wider = [zoom for zoom in ZOOMS if (zoom > now if step > 0 else zoom < now)]
        if wider:
            self._change(zoom_percent=wider[0] if step > 0 else wider[-1])

    def _change(self, **values: object) -> None:
        self._here().preferences.change(**values)

    def _here(self) -> "Workspace":
        if self._workspace is None:
            raise RuntimeError("no workspace is attached")
        return self._workspace

    def _chat(self) -> "ChatController":
        return self._here().chat

    def action(self, name: str) -> QAction:
        """A command by name."""
        return self._window.actions_[name]

    # -- reactions ---------------------------------------------------------------------------

    def _on_search_changed(self, text: str) -> None:
        self._here().history.search(text)

    def _on_opened(self, conversation_id: int) -> None:
        self._chat().open(conversation_id)

    def _on_rename_requested(self, conversation_id: int, title: str) -> None:
        self._chat().rename(conversation_id, title)

    def _on_settings_edited(self, settings: "ChatSettings") -> None:
        self._chat().set_settings(settings)

    def _on_send_blocked(self, reason: str) -> None:
        self._window.chat.notices.show_notice(reason)

    def _on_details_copied(self) -> None:
        self._window.chat.notices.show_notice(self.tr("Details copied."))

    def _on_conversation_opened(self) -> None:
        self._mark_current()
        self._show_cost()
        conversation = self._chat().conversation
        shown = str(conversation.row.id) if conversation else ""
        self._here().preferences.change(last_conversation=shown)

    def _mark_current(self) -> None:
        conversation = self._chat().conversation
        self._window.history.set_current(int(conversation.row.id) if conversation else None)

    def _on_settings_changed(self, settings: "ChatSettings") -> None:
        if self._window.sidebar is not None:
            self._window.sidebar.set_settings(settings)
        self._show_block()

    def _on_running_changed(self, is_running: bool) -> None:
        if is_running:
            self._window.status.set_state("busy")
        self._enable_actions()

    def _enable_actions(self) -> None:
        """Commands that would do nothing now are disabled."""
        workspace = self._here()
        is_idle = not workspace.chat.is_running and workspace.chat.timeline.count() > 0
        for name in ("edit_last", "previous_version", "next_version"):
            self.action(name).setEnabled(is_idle)
        for name in ("regenerate", "continue"):
            self.action(name).setEnabled(is_idle and workspace.account.has_key)
        for name in ("find", "find_next", "find_previous"):
            self.action(name).setEnabled(workspace.chat.timeline.count() > 0)
        for name in ("rename", "delete"):
            self.action(name).setEnabled(workspace.chat.conversation is not None)

    def _on_reply_ended(self, message: Message) -> None:
        status, fault = self._window.status, message.fault
        if fault is None:
            status.set_state("ok" if message.parts else "unknown")
            self._here().account.refresh_balance()
        elif fault.kind in _FAILED_CALLS:
            status.set_state("failed", fault.user_text)
        else:
            status.set_state("ok")

    def _show_cost(self) -> None:
        conversation = self._chat().conversation
        cost = cost_text(conversation.row.cost_usd) if conversation else ""
        text = self.tr("This conversation {cost}").format(cost=cost) if cost else ""
        self._window.status.set_cost(text)

    def _on_host_changed(self, host: str) -> None:
        self._window.status.set_host(host)
        self._window.status.set_state("unknown")

    def _on_balance_changed(self, usd: str) -> None:
        amount = cost_text(usd)
        text = self.tr("Balance {amount}").format(amount=amount) if amount else ""
        self._window.status.set_balance(text)
        if amount and not self._chat().is_running:
            self._window.status.set_state("ok")

    def _on_key_status_changed(self, status: KeyStatus) -> None:
        workspace = self._here()
        self._welcome.set_status(status)
        has_key = status.source is not KeySource.NONE
        self._window.chat.set_welcome_wanted(workspace.account.is_loaded and not has_key)
        self._window.status.set_key(key_place(status))
        self.action("leave_demo").setVisible(workspace.is_demo)
        self.action("demo").setVisible(not workspace.is_demo)
        self.action("enter_key").setVisible(not workspace.is_demo)
        self._show_block()
        self._enable_actions()

    def _show_block(self) -> None:
        workspace = self._here()
        reason = ""
        if not workspace.account.has_key:
            reason = (
                self.tr("Enter an API key first")
                if workspace.account.is_loaded
                else self.tr("Looking for your API key")
            )
        elif problems := workspace.chat.settings.problems():
            reason = block_reason(problems[0])
        self._window.chat.composer.set_block(reason)

    def _on_removal_failed(self, error: DesktopError) -> None:
        self._window.chat.notices.show_notice(error.user_text, kind="error", sticky=True)

    def _on_noticed(self, text: str) -> None:
        self._window.chat.notices.show_notice(text, kind="warning", sticky=True)

    def _on_storage_failed(self, error: DesktopError) -> None:
        self._window.chat.notices.show_notice(
            error.user_text,
            self.tr("Try again"),
            self._chat().save_again,
            kind="error",
            sticky=True,
        )

    def _on_preferences_changed(self, settings: Shown) -> None:
        self._window.theme.set_choice(settings.theme)
        self._window.chat.composer.set_send_key(settings.send_key)
        self._view.set_zoom(settings.zoom_percent)
        self._view.voice.is_announcing = settings.announce
        self.action(f"theme_{settings.theme}").setChecked(True)
