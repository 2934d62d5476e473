"""One conversation at work: the only writer of its messages.

A session is told what the user wants, stores it, asks the backend, and reports every change to
its listener in the order it happened. Cancelling the task that runs a reply stops the reply:
what was received is kept and marked, then ``CancelledError`` travels on.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from desktop.core.assembler import Assembler, GrowthReader
from desktop.core.ports import ChatBackend, HistoryStore
from desktop.domain.errors import (
    ApiError,
    DesktopError,
    OfflineError,
    RateLimitError,
    ServerError,
    StorageError,
)
from desktop.domain.events import Batch
from desktop.domain.history import (
    Checkpoint,
    Conversation,
    ConversationRow,
    Outcome,
    title_from,
)
from desktop.domain.ids import ExchangeId, MessageId, new_client_request_id
from desktop.domain.messages import (
    Choice,
    ExchangeSummary,
    Fault,
    Growth,
    Message,
    Note,
    Role,
    Status,
    TextPart,
)
from desktop.domain.parameters import ChatSettings
from desktop.domain.requests import PreparedRequest, Turn

T = TypeVar("T")

log = logging.getLogger(__name__)

CHECKPOINT_INTERVAL_S = 0.5
"""At most this much of a reply is lost when the process dies."""

CHECKPOINT_BYTES = 2 * 1024 * 1024
"""In a flood a checkpoint is also made after this many bytes (measured: keeps steps short)."""

RETRY_DELAYS_S = (1.0, 3.0)
MAX_RETRY_AFTER_S = 60.0
RETRIED_STATUSES = frozenset({500, 502, 503})

CONTINUE_TEXT = "Continue exactly where you stopped."

_NOTES = {"length": Note.LENGTH, "content_filter": Note.FILTERED}


class SessionListener(Protocol):
    """Hears of every change, on the loop's thread; must not raise and must not block."""

    async def on_conversation(self, conversation: Conversation) -> None:
        """The conversation was created, or another branch is shown; waited for.

        No other change is told before this returns, so that none is lost or told twice.
        """

    def on_message_added(self, message: Message) -> None:
        """A message is the last of the shown branch; it may have come with its conversation."""

    def on_message_changed(self, message: Message) -> None:
        """A message of the shown branch has another state."""

    def on_growth(self, message_id: MessageId) -> None:
        """The running reply grew; ask :attr:`Session.growth` for what is new."""

    def on_retry_wait(self, seconds: float, error: DesktopError) -> None:
        """The reply is tried again after ``seconds``; 0 when the wait is over."""

    def on_storage_error(self, error: StorageError) -> None:
        """Something could not be written; the text stays in memory."""


@dataclass(slots=True)
class _Run:
    """A reply while it is made, with the settings it began with."""

    message: Message
    settings: ChatSettings
    assembler: Assembler
    view: GrowthReader
    store: GrowthReader
    started_s: float
    exchange_id: ExchangeId | None = None
    request: PreparedRequest | None = None
    raw: bytearray = field(default_factory=bytearray)
    arrivals: list[tuple[int, float]] = field(default_factory=list)
    attempts: int = 1
    status: Status = Status.SENDING
    fault: Fault | None = None


def _now() -> datetime:
    return datetime.now(UTC)


async def _kept(awaitable: Awaitable[T]) -> T:
    """The result of a write that must not be torn by a cancel; the cancel follows after it."""
    task = asyncio.ensure_future(awaitable)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is not None:
            log.warning("a write failed while its reply was stopped: %s", task.exception())
        raise


class Session:
    """One conversation.

    Attributes:
        conversation: As last stored; None before its first message.
        settings: What the next request uses.
        listener: Hears of changes; None while nobody looks.
    """

    def __init__(
        self,
        store: HistoryStore,
        backend: Callable[[], ChatBackend],
        settings: ChatSettings,
        conversation: Conversation | None = None,
    ) -> None:
        self.conversation = conversation
        self.settings = settings
        self.listener: SessionListener | None = None
        self._store = store
        self._backend = backend
        self._run: _Run | None = None
        self._tree = asyncio.Lock()
        self._unsaved: list[tuple[MessageId, ExchangeId | None, Outcome]] = []

    # -- what is going on ------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        """Whether a reply is being made."""
        return self._run is not None

    @property
    def running_id(self) -> MessageId | None:
        """The reply that is being made, or None."""
        return self._run.message.id if self._run else None

    def running_message(self) -> Message | None:
        """The reply that is being made, as it stands."""
        if self._run is None:
            return None
        return replace(
            self._run.message, status=self._run.status, choices=self._run.assembler.choices()
        )

    def growth(self) -> Growth:
        """What the running reply gained since this was last asked."""
        return self._run.view.take() if self._run else Growth()

    # -- what the user can ask for ---------------------------------------------------------

    async def send(self, text: str) -> None:
        """Stores the user's message and gets a reply to it."""
        await self._reply(await _kept(self._add_question(text)))

    async def continue_reply(self) -> None:
        """Asks the model to go on after a reply that was cut; a visible user turn."""
        await self.send(CONTINUE_TEXT)

    async def regenerate(self, message: Message) -> None:
        """Another reply to the same message; the old one stays as its sibling."""
        if message.parent_id is None:
            return
        path = await self._store.path(message.parent_id)
        await self._reply(path[-1], is_branch=True)

    async def edit(self, message: Message, text: str) -> None:
        """The user's message again with another text, as a sibling, and a reply to it."""
        await self._reply(await _kept(self._add_version(message, text)))

    async def show_sibling(self, message_id: MessageId, step: int) -> None:
        """Shows the branch of the sibling ``step`` places after a message, if there is one."""
        async with self._tree:
            sibling = await self._store.sibling(message_id, step)
            if sibling is not None:
                row = self._required().row
                await self._tell_conversation(await self._store.select(row.id, sibling))

    async def delete_message(self, message_id: MessageId) -> None:
        """Takes a message and everything below it away."""
        async with self._tree:
            row = self._required().row
            await self._tell_conversation(await self._store.delete_messages(row.id, message_id))

    def renamed(self, row: ConversationRow) -> None:
        """The list's row of this conversation has changed."""
        if self.conversation is not None:
            self.conversation = replace(self.conversation, row=row)

    async def save_again(self) -> bool:
        """Writes what could not be written before; says whether all of it is safe now."""
        pending, self._unsaved = self._unsaved, []
        for message_id, exchange_id, outcome in pending:
            await self._save(message_id, exchange_id, outcome)
        return not self._unsaved

    # -- a reply ---------------------------------------------------------------------------

    async def _add_question(self, text: str) -> Message:
        """Stores and tells a message of the user at the end of the branch."""
        async with self._tree:
            conversation = self.conversation or await self._create(text)
            user = await self._store.add(
                conversation.row.id, conversation.leaf_id, Role.USER, (TextPart(text),), _now()
            )
            self._set_leaf(user)
            self._tell_added(user)
            return user

    async def _add_version(self, message: Message, text: str) -> Message:
        """Stores and shows another version of a message of the user."""
        async with self._tree:
            row = self._required().row
            user = await self._store.add(
                row.id, message.parent_id, Role.USER, (TextPart(text),), _now()
            )
            await self._reload()
            self._tell_added(user)
            return user

    async def _create(self, text: str) -> Conversation:
        created = await self._store.create(title_from(text), self.settings, _now())
        await self._tell_conversation(created)
        return created

    async def _reply(self, parent: Message, *, is_branch: bool = False) -> None:
        """Makes one reply below ``parent``; on cancel what was received is kept."""
        run: _Run | None = None
        try:
            run = await _kept(self._begin(parent, is_branch=is_branch))
            await self._attempts(run, parent)
            run.status = Status.COMPLETE
        except asyncio.CancelledError:
            run = self._run
            if run is not None:
                run.status = Status.STOPPED
            raise
        except DesktopError as error:
            if run is None:
                raise
            run.fault = Fault.from_error(error)
            has_content = run.assembler.has_content
            run.status = Status.INTERRUPTED if has_content else Status.FAILED
        finally:
            if run is not None:
                if run.status.is_running:  # a bug ends it; no reply may look alive for ever
                    run.status = Status.INTERRUPTED
                await _kept(self._finish(run))

    async def _begin(self, parent: Message, *, is_branch: bool) -> _Run:
        """Stores and tells an empty reply."""
        async with self._tree:
            row = self._required().row
            added = await self._store.add(row.id, parent.id, Role.ASSISTANT, (), _now())
            settings = self.settings
            summary = ExchangeSummary(settings.endpoint.value, settings.model)
            message = replace(added, exchange=summary)
            made = Assembler()
            run = _Run(message, settings, made, made.reader(), made.reader(), time.monotonic())
            self._run = run
            if is_branch:
                await self._reload()
            else:
                self._set_leaf(message)
                self._tell_added(message)
            return run

    async def _attempts(self, run: _Run, parent: Message) -> None:
        """Asks once, and again where that is safe; raises the last error."""
        history = await self._store.path(parent.id)
        while True:
            turn = Turn(run.settings, history, new_client_request_id())
            run.request = self._backend().prepare(turn)
            run.started_s = time.monotonic()
            run.exchange_id = await _kept(
                self._store.begin_exchange(run.message.id, run.request, _now())
            )
            error = await self._attempt(run, run.request)
            if error is None:
                return
            delay_s = _retry_delay_s(error, run)
            if delay_s is None:
                raise error
            await self._wait(delay_s, error)
            run.attempts += 1

    async def _wait(self, delay_s: float, error: DesktopError) -> None:
        if self.listener:
            self.listener.on_retry_wait(delay_s, error)
        try:
            await asyncio.sleep(delay_s)
        finally:
            if self.listener:
                self.listener.on_retry_wait(0, error)

    async def _attempt(self, run: _Run, request: PreparedRequest) -> DesktopError | None:
        """Follows one answer to its end; returns the error that ended it, if one did."""
        error: DesktopError | None = None
        run.raw, run.arrivals = bytearray(), []
        async with asyncio.TaskGroup() as group:
            ticker = group.create_task(self._tick(run))
            try:
                await self._follow(run, request)
            except DesktopError as caught:
                error = caught
            finally:
                ticker.cancel()
        return error

    async def _follow(self, run: _Run, request: PreparedRequest) -> None:
        async with contextlib.aclosing(self._backend().stream(request)) as batches:
            async for batch in batches:
                self._take(run, batch)
                if len(run.raw) >= CHECKPOINT_BYTES:
                    await self._checkpoint(run)

    def _take(self, run: _Run, batch: Batch) -> None:
        run.arrivals.append((len(run.raw), batch.at_s))
        run.raw += batch.raw
        run.assembler.feed(batch)
        if run.status is Status.SENDING and run.assembler.has_content:
            run.status = Status.STREAMING
            self._tell_changed(self.running_message())
        if self.listener:
            self.listener.on_growth(run.message.id)

    async def _tick(self, run: _Run) -> None:
        while True:
            await asyncio.sleep(CHECKPOINT_INTERVAL_S)
            await self._checkpoint(run)

    async def _checkpoint(self, run: _Run) -> None:
        growth = run.store.take()
        raw, run.raw = run.raw, bytearray()
        arrivals, run.arrivals = run.arrivals, []
        if run.exchange_id is None or not (growth or arrivals):
            return
        try:
            await _kept(
                self._store.checkpoint(
                    Checkpoint(run.message.id, run.exchange_id, growth, bytes(raw), arrivals)
                )
            )
        except StorageError as error:
            self._tell_storage(error)

    async def _finish(self, run: _Run) -> None:
        run.assembler.close()
        await self._checkpoint(run)
        outcome = _outcome(run, time.monotonic() - run.started_s)
        message = await self._save(run.message.id, run.exchange_id, outcome)
        if message is None:
            message = replace(
                run.message,
                status=outcome.status,
                choices=outcome.choices,
                note=outcome.note,
                exchange=outcome.summary,
            )
        self._run = None
        self._tell_changed(message)

    async def _save(
        self, message_id: MessageId, exchange_id: ExchangeId | None, outcome: Outcome
    ) -> Message | None:
        try:
            return await self._store.finish(message_id, exchange_id, outcome)
        except StorageError as error:
            self._unsaved.append((message_id, exchange_id, outcome))
            self._tell_storage(error)
            return None

    # -- telling ---------------------------------------------------------------------------

    def _required(self) -> Conversation:
        if self.conversation is None:
            raise StorageError("This conversation has no messages yet.")
        return self.conversation

    async def _reload(self) -> None:
        found = await self._store.conversation(self._required().row.id)
        if found is not None:
            await self._tell_conversation(found)

    def _set_leaf(self, message: Message) -> None:
        self.conversation = replace(self._required(), leaf_id=message.id, length=message.depth + 1)

    async def _tell_conversation(self, conversation: Conversation) -> None:
        self.conversation = conversation
        if self.listener:
            await self.listener.on_conversation(conversation)

    def _tell_added(self, message: Message) -> None:
        if self.listener:
            self.listener.on_message_added(message)

    def _tell_changed(self, message: Message | None) -> None:
        if self.listener and message is not None:
            self.listener.on_message_changed(message)

    def _tell_storage(self, error: StorageError) -> None:
        if self.listener:
            self.listener.on_storage_error(error)


def _retry_delay_s(error: DesktopError, run: _Run) -> float | None:
    """Seconds until an automatic retry, or None where only the user may ask again.

    A request is sent again by itself only where the provider cannot have billed it: it was never
    sent, or was refused before anything of an answer came.
    """
    if run.attempts > len(RETRY_DELAYS_S) or run.assembler.has_content or not error.retryable:
        return None
    is_refused = isinstance(error, RateLimitError) or (
        isinstance(error, ServerError)
        and error.status in RETRIED_STATUSES
        and run.assembler.http_status == error.status
    )
    if not (is_refused or isinstance(error, OfflineError)):
        return None
    delay_s = RETRY_DELAYS_S[run.attempts - 1]
    if isinstance(error, ApiError) and error.retry_after_s is not None:
        delay_s = max(error.retry_after_s, 0.0)
    return delay_s if delay_s <= MAX_RETRY_AFTER_S else None


def _outcome(run: _Run, duration_s: float) -> Outcome:
    """How the reply ended, as it is stored."""
    assembler = run.assembler
    choices = assembler.choices() if assembler.has_content else (Choice(),)
    is_complete = run.status is Status.COMPLETE
    note = _NOTES.get(assembler.finish_reason, Note.NONE) if is_complete else Note.NONE
    summary = ExchangeSummary(
        endpoint=run.message.exchange.endpoint if run.message.exchange else "",
        requested_model=run.message.exchange.requested_model if run.message.exchange else "",
        model=assembler.model,
        is_streamed=assembler.is_stream,
        usage=assembler.usage,
        cost=assembler.cost,
        first_token_s=assembler.first_content_s,
        duration_s=duration_s,
        delta_count=assembler.delta_count,
        delta_span_s=assembler.delta_span_s,
        response_id=assembler.response_id,
        inference_id=dict(assembler.headers).get("x-inference-id", ""),
        client_request_id=run.request.client_request_id if run.request else "",
        attempts=run.attempts,
        fault=run.fault,
    )
    return Outcome(
        run.status,
        choices,
        note,
        summary,
        assembler.http_status,
        assembler.headers,
        tuple(assembler.anomalies),
    )
