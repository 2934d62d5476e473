"""The middle of the window: top bar, notices, transcript or welcome page, message box."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.domain.capabilities import Endpoint
from desktop.ui.composer.composer import Composer
from desktop.ui.notices import NoticeBar
from desktop.ui.top_bar import TopBar

if TYPE_CHECKING:
    from desktop.bridge.chat import ChatController
    from desktop.domain.errors import DesktopError
    from desktop.domain.messages import Message
    from desktop.domain.parameters import ChatSettings
    from desktop.ui.find_bar import FindBar
    from desktop.ui.transcript.panel import TranscriptPanel
    from desktop.ui.transcript.view import TranscriptView
    from desktop.ui.welcome import WelcomePage

COLUMN_PX = 760
"""Widest column that is comfortable to read."""

MARGIN_PX = 16


class ChatPane(QWidget):
    """One conversation.

    Signals:
        send_blocked(reason): The user pressed Enter where nothing can be sent.
    """

    send_blocked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chatPane")
        self.top_bar = TopBar(self)
        self.notices = NoticeBar(self)
        self.composer = Composer(self)
        self._empty = QLabel(self.tr("What would you like to know?"), self)
        self._empty.setObjectName("emptyState")
        self._empty.setTextFormat(Qt.TextFormat.PlainText)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._empty)
        self._welcome: WelcomePage | None = None
        self._transcript: TranscriptPanel | None = None
        self._chat: ChatController | None = None
        self._is_welcome_wanted = False
        self._edited: Message | None = None
        self._draft_before_edit = ""
        self._is_retry_noticed = False
        self._is_first_draft = True
        self._find_bar: FindBar | None = None
        self._lay_out()
        self._connect_composer()

    def _lay_out(self) -> None:
        self.composer.setMaximumWidth(COLUMN_PX)
        column = QHBoxLayout()
        column.setContentsMargins(MARGIN_PX, 0, MARGIN_PX, MARGIN_PX)
        column.addStretch(1)
        column.addWidget(self.composer, 1000)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.top_bar)
        layout.addWidget(self.notices)
        layout.addWidget(self._stack, 1)
        layout.addLayout(column)

    def _connect_composer(self) -> None:
        self.composer.send_requested.connect(self._on_send_requested)
        self.composer.stop_requested.connect(self.stop)
        self.composer.edit_last_requested.connect(self.edit_last)
        self.composer.edit_cancelled.connect(self._on_edit_cancelled)
        self.composer.draft_changed.connect(self._on_draft_changed)
        self.composer.paste_question.connect(self._on_paste_question)
        self.composer.blocked_send.connect(self.send_blocked)
        self.top_bar.model_chosen.connect(self._on_model_chosen)
        self.top_bar.endpoint_chosen.connect(self._on_endpoint_chosen)

    # -- what it shows ---------------------------------------------------------------------

    @property
    def view(self) -> "TranscriptView | None":
        """The transcript, once it was added."""
        return self._transcript.view if self._transcript else None

    @property
    def welcome(self) -> "WelcomePage | None":
        """The welcome page, once it was added."""
        return self._welcome

    def add_pages(self, transcript: "TranscriptPanel", welcome: "WelcomePage") -> None:
        """Takes in the pages that the first paint does not need."""
        self._transcript, self._welcome = transcript, welcome
        self._stack.addWidget(transcript)
        over = QVBoxLayout(transcript.view.viewport())
        over.addWidget(self._empty)
        self._stack.addWidget(welcome)
        view = transcript.view
        view.regenerate_requested.connect(self._on_regenerate_requested)
        view.retry_requested.connect(self._on_regenerate_requested)
        view.edit_requested.connect(self._on_edit_requested)
        view.sibling_requested.connect(self._on_sibling_requested)
        view.continue_requested.connect(self._on_continue_requested)
        view.delete_requested.connect(self._on_delete_requested)

    def attach(self, chat: "ChatController") -> None:
        """Shows the conversations of a controller."""
        self._chat = chat
        chat.leaving.connect(self.composer.flush_draft)
        chat.conversation_opened.connect(self._on_conversation_opened)
        chat.title_changed.connect(self.top_bar.set_title)
        chat.settings_changed.connect(self._on_settings_changed)
        chat.running_changed.connect(self.composer.set_running)
        chat.accepted.connect(self._on_accepted)
        chat.draft_loaded.connect(self._on_draft_loaded)
        chat.retry_waiting.connect(self._on_retry_waiting)
        chat.timeline.inserted.connect(self._choose_page)
        chat.timeline.reset.connect(self._choose_page)
        if self.view is not None:
            self.view.set_source(chat.timeline)
            self.view.finder.set_searcher(chat.timeline)
        self.top_bar.set_title(chat.title)
        self.composer.set_running(chat.is_running)
        self._on_settings_changed(chat.settings)
        self._choose_page()

    def set_welcome_wanted(self, is_wanted: bool) -> None:
        """Whether an empty conversation shows the welcome page."""
        self._is_welcome_wanted = is_wanted
        self._choose_page()

    def _choose_page(self) -> None:
        is_empty = self._chat is None or not self._chat.timeline.count()
        page: QWidget | None = self._transcript
        if is_empty and self._is_welcome_wanted:
            page = self._welcome
        self._empty.setVisible(is_empty)
        if is_empty and self._find_bar is not None and self._find_bar.isVisible():
            self.close_find()
        if page is not None and self._stack.currentWidget() is not page:
            self._stack.setCurrentWidget(page)

    def keep_text(self) -> None:
        """Saves what is in the message box, also while a message is edited; for leaving."""
        self.composer.flush_draft()
        if self._edited is not None and self._chat is not None:
            self._chat.save_draft(self.composer.text())

    # -- commands ----------------------------------------------------------------------------

    def stop(self) -> None:
        """Stops the reply, or ends editing where none runs."""
        if self._chat is not None and self._chat.is_running:
            self._chat.stop()
        elif self._edited is not None:
            self._on_edit_cancelled()
        elif self._find_bar is not None and self._find_bar.isVisible():
            self.close_find()

    def open_find(self) -> None:
        """Opens the bar that finds text in the conversation, with the selected words if any."""
        if self.view is None:
            return
        bar = self._shown_find_bar(self.view)
        bar.begin(self.view.selected_words())

    def find_step(self, step: int) -> None:
        """Goes to the next hit, or to the one before for -1; opens the bar where it is closed."""
        if self.view is None:
            return
        if self._find_bar is None or not self._find_bar.isVisible():
            self.open_find()
        else:
            self.view.finder.step(step)

    def close_find(self) -> None:
        """Closes the bar; the keyboard goes back to the message box."""
        if self._find_bar is not None and self.view is not None:
            self._find_bar.hide()
            self.view.finder.clear()
            self.composer.focus_editor()

    def _shown_find_bar(self, view: "TranscriptView") -> "FindBar":
        if self._find_bar is None:
            from desktop.ui.find_bar import FindBar

            self._find_bar = bar = FindBar(self)
            bar.query_changed.connect(view.finder.set_query)
            bar.step_requested.connect(view.finder.step)
            bar.closed.connect(self.close_find)
            view.finder.changed.connect(self._on_finder_changed)
            layout = self.layout()
            if isinstance(layout, QVBoxLayout):
                layout.insertWidget(layout.indexOf(self.top_bar) + 1, bar)
        self._find_bar.show()
        return self._find_bar

    def _on_finder_changed(self) -> None:
        if self._find_bar is not None and self.view is not None:
            finder = self.view.finder
            is_searching = finder.is_searching
            self._find_bar.show_count(finder.ordinal, finder.total, is_searching=is_searching)

    def edit_last(self) -> None:
        """Puts the last message of the user into the message box."""
        question = self._chat.last_question() if self._chat else None
        if question is not None and self._chat and not self._chat.is_running:
            self._edit(question)

    def step_version(self, step: int) -> None:
        """Shows the next or previous version of the last message that has several."""
        if self._chat is None:
            return
        found = self._chat.timeline.last_message(lambda message: message.sibling_count > 1)
        if found is not None:
            self._chat.show_sibling(found.id, step)

    def _edit(self, message: "Message") -> None:
        if self._edited is None:
            self.composer.flush_draft()
            self._draft_before_edit = self.composer.text()
        self._edited = message
        self.composer.set_text(message.text)
        self.composer.set_editing(True)
        self.composer.focus_editor()

    def _end_edit(self, text: str) -> None:
        self._edited = None
        self.composer.set_editing(False)
        self.composer.set_text(text)
        self.composer.focus_editor()

    # -- reactions ---------------------------------------------------------------------------

    def _on_send_requested(self, text: str) -> None:
        if self._chat is None:
            return
        if self._edited is not None:
            self._chat.edit(self._edited, text)
        else:
            self._chat.send(text)

    def _on_accepted(self) -> None:
        if self._edited is not None:
            self._end_edit(self._draft_before_edit)
        else:
            self.composer.clear_sent()
        if self.view is not None:
            self.view.jump_to_latest()

    def _on_edit_cancelled(self) -> None:
        self._end_edit(self._draft_before_edit)

    def _on_draft_changed(self, text: str) -> None:
        if self._chat is not None and self._edited is None:
            self._chat.save_draft(text)

    def _on_draft_loaded(self, text: str) -> None:
        typed = self.composer.text() if self._is_first_draft else ""
        self._is_first_draft = False
        self._edited = None
        self.composer.set_editing(False)
        self.composer.set_text("\n".join(part for part in (text, typed) if part))
        self.composer.focus_editor()

    def _on_conversation_opened(self) -> None:
        if self._is_retry_noticed:
            self._on_retry_waiting(0, None)
        self._choose_page()

    def _on_settings_changed(self, settings: "ChatSettings") -> None:
        self.top_bar.set_model(settings.model)
        self.top_bar.set_endpoint(settings.endpoint.value)

    def _on_model_chosen(self, model: str) -> None:
        if self._chat is not None:
            self._chat.set_model(model)

    def _on_endpoint_chosen(self, endpoint: str) -> None:
        if self._chat is not None:
            self._chat.set_endpoint(Endpoint(endpoint))

    def _on_regenerate_requested(self, message_id: int) -> None:
        if self._chat is not None:
            self._chat.regenerate(message_id)

    def _on_edit_requested(self, message_id: int) -> None:
        message = self._chat.message(message_id) if self._chat else None
        if message is not None and message.role == "user":
            self._edit(message)

    def _on_sibling_requested(self, message_id: int, step: int) -> None:
        if self._chat is not None:
            self._chat.show_sibling(message_id, step)

    def _on_continue_requested(self, _message_id: int) -> None:
        if self._chat is not None:
            self._chat.continue_reply()

    def _on_delete_requested(self, message_id: int) -> None:
        if self._chat is not None:
            self._chat.delete_message(message_id)

    def _on_retry_waiting(self, seconds: float, error: "DesktopError | None") -> None:
        self._is_retry_noticed = seconds > 0
        if seconds <= 0 or error is None:
            self.notices.clear()
            return
        waiting = self.tr("Trying again in {seconds} s. Stop cancels it.")
        text = f"{error.user_text} {waiting.format(seconds=round(seconds))}"
        self.notices.show_notice(text, kind="warning")

    def _on_paste_question(self, size_bytes: int, text: str) -> None:
        from PySide6.QtWidgets import QMessageBox

        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle(self.tr("Paste a large text?"))
        question = self.tr("The text on the clipboard is {size} KB long. All of it is sent.")
        box.setText(question.format(size=f"{size_bytes // 1024:,}"))
        box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel)
        box.button(QMessageBox.StandardButton.Yes).setText(self.tr("Paste it"))
        box.accepted.connect(lambda: self.composer.insert_paste(text))
        box.open()
