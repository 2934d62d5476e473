"""The conversations at work and the one that is shown; what menus, composer and lists call."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.bridge.tasks import TaskScope
from desktop.bridge.timeline import Timeline
from desktop.core.ports import ChatBackend, HistoryStore
from desktop.core.session import Session
from desktop.domain.capabilities import Endpoint
from desktop.domain.errors import DesktopError, StorageError
from desktop.domain.history import Conversation
from desktop.domain.ids import ConversationId, MessageId
from desktop.domain.messages import Message, Role
from desktop.domain.parameters import ChatSettings


@dataclass(slots=True)
class _Chat:
    """A conversation that is shown, or runs, or both."""

    session: Session
    stop: Callable[[], object] | None = None


class ChatController(QObject):
    """Owns the sessions.

    Signals:
        leaving(): Another conversation is about to be shown.
        conversation_opened(conversation): Another conversation is shown; None for a new one.
        conversation_changed(conversation): The shown one was stored, grew or was renamed.
        title_changed(title): Of the shown conversation.
        settings_changed(settings): Model, endpoint or parameters of the shown conversation.
        running_changed(is_running): Whether the shown conversation makes a reply.
        accepted(): What was sent is stored; the message box may forget it.
        retry_waiting(seconds, error): A reply is tried again; 0 seconds when the wait is over.
        listed(conversation_id): The history list shows something else for this conversation.
        activity_changed(conversation_id, is_running): A reply began or ended somewhere.
        draft_loaded(text): Unsent text of the conversation that was opened.
        failed(error): Something did not work; not a reply's own error.
        storage_failed(error): Text is only in memory.
        noticed(text): Something about the history that the user should know.
        reply_ended(message): A reply ended in whatever conversation.
    """

    leaving = Signal()
    conversation_opened = Signal(object)
    conversation_changed = Signal(object)
    title_changed = Signal(str)
    settings_changed = Signal(object)
    running_changed = Signal(bool)
    accepted = Signal()
    retry_waiting = Signal(float, object)
    listed = Signal(int)
    activity_changed = Signal(int, bool)
    draft_loaded = Signal(str)
    failed = Signal(object)
    storage_failed = Signal(object)
    noticed = Signal(str)
    reply_ended = Signal(object)

    def __init__(
        self,
        store: HistoryStore,
        backend: Callable[[], ChatBackend],
        scope: TaskScope,
        timeline: Timeline,
    ) -> None:
        super().__init__()
        self._store = store
        self._backend = backend
        self._scope = scope
        self.timeline = timeline
        self._running: dict[int, _Chat] = {}
        self._current = self._new_chat(ChatSettings())
        self._opening = 0
        self._has_shown = False
        timeline.begin(self._current.session)

    # -- state -----------------------------------------------------------------------------

    @property
    def settings(self) -> ChatSettings:
        """What the shown conversation's next request uses."""
        return self._current.session.settings

    @property
    def conversation(self) -> Conversation | None:
        """The shown conversation, or None for one without messages."""
        return self._current.session.conversation

    @property
    def is_running(self) -> bool:
        """Whether the shown conversation makes a reply."""
        return self._current.stop is not None

    def is_shown(self, chat: _Chat) -> bool:
        """Whether this is the shown conversation."""
        return chat is self._current

    def running_count(self) -> int:
        """How many replies are being made."""
        return len(self._running)

    # -- which conversation ------------------------------------------------------------------

    def begin(self, draft: str) -> None:
        """Starts with the conversation that does not exist yet, and its unsent text."""
        self._has_shown = True
        self.draft_loaded.emit(draft)

    def new_conversation(self) -> None:
        """Shows an empty conversation with the settings of the open one; one at a time."""
        self._opening += 1
        if self.conversation is None and not self.is_running:
            return
        self._scope.spawn(self._show(self._new_chat(self.settings), self._opening))

    def open(self, conversation_id: int) -> None:
        """Shows a conversation; a reply that runs elsewhere goes on."""
        self._opening += 1
        shown = self.conversation
        if shown is not None and shown.row.id == conversation_id:
            return
        self._scope.spawn(self._open(ConversationId(conversation_id), self._opening))

    async def _open(self, conversation_id: ConversationId, opening: int) -> None:
        chat = self._running.get(conversation_id)
        if chat is None:
            conversation = await self._store.conversation(conversation_id)
            if conversation is None:
                await self._stay(conversation_id)
                return
            chat = self._new_chat(conversation.settings, conversation)
        await self._show(chat, opening)

    async def _stay(self, conversation_id: ConversationId) -> None:
        """A conversation is gone: the list learns of it, and what is shown stays."""
        self.listed.emit(conversation_id)
        if not self._has_shown:
            self.begin(await self._store.new_draft())
        self.conversation_changed.emit(self.conversation)

    async def _show(self, chat: _Chat, opening: int) -> None:
        conversation = chat.session.conversation
        stored = None
        if conversation is not None:
            stored = await self._store.conversation(conversation.row.id)
        draft = stored.draft if stored else await self._store.new_draft()
        if opening != self._opening:
            return
        if not await self.timeline.show(chat.session, lambda: opening == self._opening):
            return
        if self._has_shown:  # before the first, what is typed is for the one that opens
            self.leaving.emit()
        self._has_shown = True
        self._current = chat
        self.conversation_opened.emit(chat.session.conversation)
        self.title_changed.emit(self.title)
        self.settings_changed.emit(chat.session.settings)
        self.running_changed.emit(self.is_running)
        self.draft_loaded.emit(draft)

    @property
    def title(self) -> str:
        """Title of the shown conversation, "" for a new one."""
        return self.conversation.row.title if self.conversation else ""

    def rename(self, conversation_id: int, title: str) -> None:
        """Gives a conversation another title; blank titles are refused silently."""
        if title.strip():
            self._scope.spawn(self._rename(ConversationId(conversation_id), title.strip()))

    async def _rename(self, conversation_id: ConversationId, title: str) -> None:
        await self._store.rename(conversation_id, title)
        stored = await self._store.conversation(conversation_id)
        for chat in {id(c): c for c in (self._current, *self._running.values())}.values():
            conversation = chat.session.conversation
            if stored and conversation and conversation.row.id == conversation_id:
                chat.session.renamed(stored.row)
        if self.conversation and self.conversation.row.id == conversation_id:
            self.title_changed.emit(self.title)
            self.conversation_changed.emit(self.conversation)
        self.listed.emit(conversation_id)

    def delete(self, conversation_id: int) -> None:
        """Takes a conversation off the list, stopping its reply; :meth:`restore` undoes it."""
        self._scope.spawn(self._delete(ConversationId(conversation_id)))

    async def _delete(self, conversation_id: ConversationId) -> None:
        chat = self._running.get(conversation_id)
        if chat is not None and chat.stop is not None:
            chat.stop()
        await self._store.delete(conversation_id)
        self.listed.emit(conversation_id)
        if self.conversation is not None and self.conversation.row.id == conversation_id:
            self._opening += 1
            await self._show(self._new_chat(self.settings), self._opening)

    def restore(self, conversation_id: int) -> None:
        """Undoes a delete and shows the conversation again."""
        self._scope.spawn(self._restore(ConversationId(conversation_id)))

    async def _restore(self, conversation_id: ConversationId) -> None:
        await self._store.restore(conversation_id)
        self.listed.emit(conversation_id)
        self.open(conversation_id)

    def save_draft(self, text: str) -> None:
        """Keeps unsent text with the shown conversation."""
        id_ = self.conversation.row.id if self.conversation else None
        self._scope.spawn(self._store.save_draft(id_, text))

    # -- settings --------------------------------------------------------------------------

    def set_settings(self, settings: ChatSettings) -> None:
        """What the next request of the shown conversation uses."""
        if settings == self.settings:
            return
        self._current.session.settings = settings
        self.settings_changed.emit(settings)
        if self.conversation is not None:
            self._scope.spawn(self._store.save_settings(self.conversation.row.id, settings))

    def set_model(self, model: str) -> None:
        """Chooses the model of the next request."""
        self.set_settings(replace(self.settings, model=model))

    def set_endpoint(self, endpoint: Endpoint) -> None:
        """Chooses the endpoint of the next request."""
        self.set_settings(replace(self.settings, endpoint=endpoint))

    # -- replies ---------------------------------------------------------------------------

    def send(self, text: str) -> None:
        """Sends a message in the shown conversation."""
        self._start(self._current.session.send(text))

    def stop(self) -> None:
        """Stops the reply of the shown conversation at once; what came is kept."""
        if self._current.stop is not None:
            self._current.stop()

    def regenerate(self, message_id: int) -> None:
        """Makes another reply beside one; without an id beside the last."""
        message = self._message(message_id) if message_id else self.last_reply()
        if message is not None and message.role is Role.ASSISTANT:
            self._start(self._current.session.regenerate(message))

    def edit(self, message: Message, text: str) -> None:
        """Sends a user message again with another text, as a sibling; ``accepted`` follows."""
        self._start(self._current.session.edit(message, text))

    def continue_reply(self) -> None:
        """Asks for the rest of a reply that was cut."""
        self._start(self._current.session.continue_reply())

    def save_again(self) -> None:
        """Writes what could not be written before."""
        for chat in {id(c): c for c in (self._current, *self._running.values())}.values():
            self._scope.spawn(chat.session.save_again())

    def show_sibling(self, message_id: int, step: int) -> None:
        """Shows the branch of the next or previous sibling of a message."""
        if not self.is_running:
            session = self._current.session
            self._scope.spawn(session.show_sibling(MessageId(message_id), step))

    def delete_message(self, message_id: int) -> None:
        """Takes a message and all below it away."""
        if not self.is_running:
            self._scope.spawn(self._current.session.delete_message(MessageId(message_id)))

    def last_reply(self) -> Message | None:
        """The newest reply of the shown branch."""
        return self.timeline.last_message(lambda message: message.role is Role.ASSISTANT)

    def last_question(self) -> Message | None:
        """The newest user message of the shown branch."""
        return self.timeline.last_message(lambda message: message.role is Role.USER)

    def message(self, message_id: int) -> Message | None:
        """A message of the shown branch by its id."""
        return self._message(message_id)

    # -- inside ------------------------------------------------------------------------------

    def _message(self, message_id: int) -> Message | None:
        return self.timeline.find(message_id)

    def _new_chat(self, settings: ChatSettings, conversation: Conversation | None = None) -> _Chat:
        chat = _Chat(Session(self._store, self._backend, settings, conversation))
        chat.session.listener = _Listener(self, chat)
        return chat

    def _start(self, turn: Coroutine[Any, Any, None]) -> None:
        chat = self._current
        if chat.stop is not None:
            turn.close()
            return
        task = self._scope.spawn(turn, on_done=lambda: self._on_turn_done(chat))
        chat.stop = task.cancel
        self._register(chat)
        self.running_changed.emit(True)

    def _register(self, chat: _Chat) -> None:
        """Keeps a running conversation alive under its id, once it has one."""
        conversation = chat.session.conversation
        if conversation is None or chat.stop is None:
            return
        if conversation.row.id not in self._running:
            self._running[conversation.row.id] = chat
            self.activity_changed.emit(conversation.row.id, True)

    def _on_turn_done(self, chat: _Chat) -> None:
        chat.stop = None
        conversation = chat.session.conversation
        if conversation is not None:
            self._running.pop(conversation.row.id, None)
            self.activity_changed.emit(conversation.row.id, False)
            self.listed.emit(conversation.row.id)
            self._scope.spawn(self._read_row(chat, conversation.row.id))
        if chat is self._current:
            self.running_changed.emit(False)

    async def _read_row(self, chat: _Chat, conversation_id: ConversationId) -> None:
        """Takes over the new cost and count of a conversation after a reply."""
        row = await self._store.row(conversation_id)
        if row is not None:
            chat.session.renamed(row)
        if row is not None and chat is self._current:
            self.conversation_changed.emit(chat.session.conversation)

    async def _conversation_told(self, chat: _Chat, conversation: Conversation) -> None:
        self._register(chat)
        self.listed.emit(conversation.row.id)
        if conversation.length == 0:
            await self._store.save_draft(None, "")
        if chat is self._current:
            self.title_changed.emit(self.title)
            self.conversation_changed.emit(conversation)
            await self.timeline.show_branch(chat.session, conversation)

    def _message_added(self, chat: _Chat, message: Message) -> None:
        if chat is self._current:
            self.timeline.message_added(message)
            if message.role is Role.USER:
                self.accepted.emit()

    def _message_changed(self, chat: _Chat, message: Message) -> None:
        if chat is self._current:
            self.timeline.message_changed(message)
        if not message.status.is_running:
            self.reply_ended.emit(message)


class _Listener:
    """Hears one session and passes on what concerns the shown conversation."""

    def __init__(self, controller: ChatController, chat: _Chat) -> None:
        self._controller = controller
        self._chat = chat

    async def on_conversation(self, conversation: Conversation) -> None:
        await self._controller._conversation_told(self._chat, conversation)  # noqa: SLF001

    def on_message_added(self, message: Message) -> None:
        self._controller._message_added(self._chat, message)  # noqa: SLF001

    def on_message_changed(self, message: Message) -> None:
        self._controller._message_changed(self._chat, message)  # noqa: SLF001

    def on_growth(self, message_id: MessageId) -> None:
        if self._controller.is_shown(self._chat):
            self._controller.timeline.grew()

    def on_retry_wait(self, seconds: float, error: DesktopError) -> None:
        if self._controller.is_shown(self._chat):
            self._controller.retry_waiting.emit(seconds, error)

    def on_storage_error(self, error: StorageError) -> None:
        self._controller.storage_failed.emit(error)
