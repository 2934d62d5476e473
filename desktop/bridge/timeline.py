"""The rows of the open conversation's shown branch, page by page; what the transcript draws."""

import asyncio
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from desktop.bridge.coalesce import FrameCoalescer
from desktop.bridge.tasks import TaskScope
from desktop.core.ports import HistoryStore
from desktop.core.session import Session
from desktop.domain.history import Conversation
from desktop.domain.ids import ConversationId
from desktop.domain.messages import Growth, Message
from desktop.domain.timeline import Row, RowKind, rows_of

PAGE = 64
"""Messages read at once."""

KEPT_PAGES = 64
"""Pages kept in memory: 4,096 messages."""

SEARCHED_AT_ONCE = 100
"""Messages searched in one go, so that nothing else waits long for the history: 5 ms for 180 KB
of ASCII, 30 ms for as much of other scripts. Source: measured."""


class Timeline(QObject):
    """Rows by position; only pages near what was asked for are in memory.

    Signals:
        reset(): Another conversation or branch.
        inserted(first, count): Rows came.
        removed(first, count): Rows went.
        changed(index): A row has another state.
        loaded(first, count): Rows that were not in memory are there now.
        grown(index, growth): The running reply grew; at most once a frame.
        found(query, hits): A search ended; a list of (row, number of hits), top down.
    """

    reset = Signal()
    inserted = Signal(int, int)
    removed = Signal(int, int)
    changed = Signal(int)
    loaded = Signal(int, int)
    grown = Signal(int, object)
    found = Signal(str, object)

    def __init__(self, store: HistoryStore, scope: TaskScope) -> None:
        super().__init__()
        self._store = store
        self._scope = scope
        self._session: Session | None = None
        self._length = 0
        self._errors: list[int] = []
        self._pages: OrderedDict[int, list[Message]] = OrderedDict()
        self._asked: set[int] = set()
        self._epoch = 0
        self._search: asyncio.Task[None] | None = None
        self._coalescer = FrameCoalescer(self._on_frame, self)

    # -- reading ---------------------------------------------------------------------------

    def conversation_key(self) -> object:
        """Identity of what is shown, for remembering where it was scrolled to."""
        return self._conversation_id()

    def count(self) -> int:
        """Number of rows: one a message, one more for each error after kept text."""
        return self._length + len(self._errors)

    def row(self, index: int) -> Row | None:
        """A row, or None while its page is being read; ``loaded`` follows."""
        depth, is_error = self._locate(index)
        message = self._message(depth)
        if message is None:
            self._ask(depth // PAGE)
            return None
        return _row_of(message, is_error)

    def row_now(self, index: int) -> Row:
        """A row, waiting for it; only for assistive technology and copying."""
        depth, is_error = self._locate(index)
        message = self._message(depth)
        if message is None:
            page = depth // PAGE
            self._keep(page, self._store.page_now(self._required_id(), *_bounds(page)))
            message = self._message(depth)
        if message is None:
            raise IndexError(index)
        return _row_of(message, is_error)

    def index_of(self, message: Message) -> int:
        """Position of a message's first row."""
        return self._row_at(message.depth)

    def last_message(self, matches: Callable[[Message], bool]) -> Message | None:
        """The newest message in memory that matches."""
        for depth in range(self._length - 1, -1, -1):
            message = self._message(depth)
            if message is None:
                return None
            if matches(message):
                return message
        return None

    def find(self, message_id: int) -> Message | None:
        """A message in memory by its id."""
        running = self._session.running_message() if self._session else None
        if running is not None and running.id == message_id:
            return running
        for page in self._pages.values():
            for message in page:
                if message.id == message_id:
                    return message
        return None

    def search(self, query: str) -> None:
        """Looks for a text in all rows, also those not in memory; ``found`` follows.

        Only the last search is answered, and none that another branch came between.
        """
        if self._search is not None:
            self._search.cancel()
        self._search = None
        conversation_id = self._conversation_id()
        if conversation_id is None:
            self.found.emit(query, [])
        else:
            self._search = self._scope.spawn(self._look_for(conversation_id, query, self._epoch))

    # -- following a session -----------------------------------------------------------------

    def begin(self, session: Session) -> None:
        """Follows a session that has no conversation yet."""
        self._session = session
        self._apply(None, {})

    async def show(self, session: Session, is_wanted: Callable[[], bool] = lambda: True) -> bool:
        """Shows a session's conversation; its last page is there when this returns.

        Args:
            session: Whose conversation.
            is_wanted: Asked once its rows are read; the rows that are shown stay if it says no.

        Returns:
            Whether it is shown.

        Raises:
            StorageError: It could not be read; what was shown stays.
        """
        while True:
            known, running = session.conversation, session.running_id
            stored = await self._store.conversation(known.row.id) if known else None
            pages = await self._tail_of(stored)
            if session.conversation is known and session.running_id == running:
                break
        if not is_wanted():
            return False
        self._session = session
        self._apply(stored, pages)
        return True

    async def show_branch(self, session: Session, conversation: Conversation) -> None:
        """Shows another branch of the session's conversation, if that is the one shown."""
        pages = await self._tail_of(conversation)
        if self._session is session:
            self._apply(conversation, pages)

    def message_added(self, message: Message) -> None:
        """The branch got another last message."""
        if message.depth != self._length:
            return
        first = self.count()
        page = self._pages.get(message.depth // PAGE)
        if message.depth % PAGE == 0:
            self._keep(message.depth // PAGE, [message])
        elif page is not None:
            page.append(message)
        self._length += 1
        self.inserted.emit(first, 1)

    def message_changed(self, message: Message) -> None:
        """A message of the branch has another state; its rows may become two, or one again."""
        self._coalescer.flush_now()
        page = self._pages.get(message.depth // PAGE)
        offset = message.depth % PAGE
        if message.depth >= self._length or page is None or offset >= len(page):
            return
        if page[offset].id != message.id:
            return
        first = self.index_of(message)
        had_error, has_error = page[offset].has_error_row, message.has_error_row
        page[offset] = message
        if has_error and not had_error:
            self._errors.insert(bisect_left(self._errors, message.depth), message.depth)
            self.changed.emit(first)
            self.inserted.emit(first + 1, 1)
        elif had_error and not has_error:
            self._errors.remove(message.depth)
            self.changed.emit(first)
            self.removed.emit(first + 1, 1)
        else:
            self.changed.emit(first)

    def grew(self) -> None:
        """The running reply grew; the view hears of it once a frame."""
        self._coalescer.request()

    # -- inside ------------------------------------------------------------------------------

    def _on_frame(self) -> None:
        session = self._session
        running = session.running_id if session else None
        if session is None or running is None:
            return
        growth: Growth = session.growth()
        message = self._message(self._length - 1)
        if growth and message is not None and message.id == running:
            self.grown.emit(self.index_of(message), growth)

    def _conversation_id(self) -> ConversationId | None:
        conversation = self._session.conversation if self._session else None
        return conversation.row.id if conversation else None

    def _required_id(self) -> ConversationId:
        found = self._conversation_id()
        if found is None:
            raise IndexError("no conversation is open")
        return found

    def _locate(self, index: int) -> tuple[int, bool]:
        """(depth, whether it is the error row) of a row."""
        if not 0 <= index < self.count():
            raise IndexError(index)
        lower = bisect_left(range(len(self._errors)), index, key=self._error_row)
        if lower < len(self._errors) and self._error_row(lower) == index:
            return self._errors[lower], True
        return index - lower, False

    def _row_at(self, depth: int) -> int:
        return depth + bisect_left(self._errors, depth)

    def _error_row(self, nth: int) -> int:
        return self._errors[nth] + nth + 1

    def _message(self, depth: int) -> Message | None:
        running = self._session.running_id if self._session else None
        page = self._pages.get(depth // PAGE)
        if page is None or depth % PAGE >= len(page):
            return None
        message = page[depth % PAGE]
        if self._session is not None and message.id == running:
            return replace(
                self._session.running_message() or message,
                sibling_index=message.sibling_index,
                sibling_count=message.sibling_count,
            )
        return message

    def _ask(self, page: int) -> None:
        if page not in self._asked and self._conversation_id() is not None:
            self._asked.add(page)
            self._scope.spawn(self._load(page, self._epoch))

    async def _load(self, page: int, epoch: int) -> None:
        messages = await self._store.page(self._required_id(), *_bounds(page))
        if epoch != self._epoch:
            return
        self._asked.discard(page)
        if messages:
            self._keep(page, messages)
            first, last = self.index_of(messages[0]), self.index_of(messages[-1])
            self.loaded.emit(first, last - first + 1)

    async def _look_for(self, conversation_id: ConversationId, query: str, epoch: int) -> None:
        hits: list[tuple[int, int]] = []
        for first in range(0, self._length, SEARCHED_AT_ONCE):
            last = first + SEARCHED_AT_ONCE - 1
            hits += await self._store.find(conversation_id, query, first, last)
            if epoch != self._epoch:
                return
        rows = [(self._row_at(depth), count) for depth, count in hits]
        self.found.emit(query, rows)

    def _keep(self, page: int, messages: list[Message]) -> None:
        self._pages[page] = messages
        self._pages.move_to_end(page)
        last = (self._length - 1) // PAGE
        while len(self._pages) > KEPT_PAGES:
            self._pages.pop(next(kept for kept in self._pages if kept not in (page, last)))

    async def _tail_of(self, conversation: Conversation | None) -> dict[int, list[Message]]:
        if conversation is None or conversation.length == 0:
            return {}
        last = (conversation.length - 1) // PAGE
        wanted = range(max(0, last - 1), last + 1)
        id_ = conversation.row.id
        return {page: await self._store.page(id_, *_bounds(page)) for page in wanted}

    def _apply(self, conversation: Conversation | None, pages: dict[int, list[Message]]) -> None:
        self._epoch += 1
        self._asked.clear()
        self._pages = OrderedDict(pages)
        self._length = conversation.length if conversation else 0
        self._errors = list(conversation.error_depths) if conversation else []
        self.reset.emit()


def _bounds(page: int) -> tuple[int, int]:
    return page * PAGE, page * PAGE + PAGE - 1


def _row_of(message: Message, is_error: bool) -> Row:
    rows = rows_of(message)
    return rows[-1] if is_error or rows[0].kind is RowKind.ERROR else rows[0]
