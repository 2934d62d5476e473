"""Stand-ins for what ``core.ports`` names; mypy holds them to it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import datetime

from desktop.core.ports import ChatBackend, CredentialStore, HistoryStore
from desktop.domain.errors import DesktopError, StorageError
from desktop.domain.events import Batch
from desktop.domain.history import (
    Checkpoint,
    Conversation,
    ConversationRow,
    ListCursor,
    Outcome,
)
from desktop.domain.ids import ConversationId, ExchangeId, MessageId
from desktop.domain.keys import KeySource, KeyStatus, SecretKey
from desktop.domain.messages import Choice, Message, Part, Role, Status
from desktop.domain.parameters import ChatSettings
from desktop.domain.requests import PreparedRequest, Turn


class Held:
    """A point in a scripted answer where the server is silent until the test goes on."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()


Script = Sequence[Batch | DesktopError | Held]


class FakeBackend:
    """Answers each request with the next script; records what was asked.

    Attributes:
        turns: Every turn that was prepared.
        error_on_prepare: Raised by the next ``prepare``.
        key_error: Raised by ``check_key``.
    """

    def __init__(self, *scripts: Script) -> None:
        self.turns: list[Turn] = []
        self.error_on_prepare: DesktopError | None = None
        self.key_error: DesktopError | None = None
        self._scripts = list(scripts)

    def prepare(self, turn: Turn) -> PreparedRequest:
        self.turns.append(turn)
        if self.error_on_prepare is not None:
            raise self.error_on_prepare
        return PreparedRequest(
            endpoint=turn.settings.endpoint,
            model=turn.settings.model,
            method="POST",
            url="http://127.0.0.1/v1",
            headers=(),
            body=b"{}",
            is_streamed=True,
            client_request_id=turn.client_request_id,
        )

    async def stream(self, request: PreparedRequest) -> AsyncGenerator[Batch, None]:
        for step in self._scripts.pop(0):
            if isinstance(step, Held):
                step.reached.set()
                await step.go_on.wait()
            elif isinstance(step, DesktopError):
                raise step
            else:
                yield step

    async def check_key(self, key: SecretKey) -> None:
        if self.key_error is not None:
            raise self.key_error

    async def balance(self) -> str:
        return "12.34"


class FakeHistory:
    """A store in memory: one tree a conversation.

    Attributes:
        checkpoints: In the order they were made.
        outcomes: By message.
        broken: Raised by every write while it is set.
    """

    def __init__(self) -> None:
        self.checkpoints: list[Checkpoint] = []
        self.outcomes: dict[MessageId, Outcome] = {}
        self.requests: list[PreparedRequest] = []
        self.broken: StorageError | None = None
        self._conversations: dict[ConversationId, Conversation] = {}
        self._messages: dict[MessageId, Message] = {}
        self._owners: dict[MessageId, ConversationId] = {}
        self._deleted: set[ConversationId] = set()
        self._drafts: dict[ConversationId | None, str] = {}

    def _check(self) -> None:
        if self.broken is not None:
            raise self.broken

    async def conversations(
        self, *, after: ListCursor | None = None, query: str = "", limit: int = 60
    ) -> list[ConversationRow]:
        rows = [c.row for id_, c in self._conversations.items() if id_ not in self._deleted]
        rows.sort(key=lambda row: (row.updated_at, row.id), reverse=True)
        if after is not None:
            rows = [row for row in rows if (row.updated_at, row.id) < (after.updated_at, after.id)]
        words = query.casefold().split()
        return [row for row in rows if all(w in row.title.casefold() for w in words)][:limit]

    async def row(
        self, conversation_id: ConversationId, *, query: str = ""
    ) -> ConversationRow | None:
        rows = await self.conversations(query=query, limit=1_000_000)
        return next((row for row in rows if row.id == conversation_id), None)

    async def conversation(self, conversation_id: ConversationId) -> Conversation | None:
        found = self._conversations.get(conversation_id)
        if found is None or conversation_id in self._deleted:
            return None
        depths = tuple(m.depth for m in self._branch(conversation_id) if m.has_error_row)
        length = len(self._branch(conversation_id))
        draft = self._drafts.get(conversation_id, "")
        return replace(found, length=length, error_depths=depths, draft=draft)

    async def create(
        self, title: str, settings: ChatSettings, created_at: datetime
    ) -> Conversation:
        self._check()
        id_ = ConversationId(len(self._conversations) + 1)
        row = ConversationRow(id_, title, created_at, settings.model, settings.endpoint.value)
        self._conversations[id_] = Conversation(row, settings)
        return self._conversations[id_]

    async def rename(self, conversation_id: ConversationId, title: str) -> None:
        self._check()
        found = self._conversations[conversation_id]
        self._conversations[conversation_id] = replace(found, row=replace(found.row, title=title))

    async def save_settings(self, conversation_id: ConversationId, settings: ChatSettings) -> None:
        found = self._conversations[conversation_id]
        self._conversations[conversation_id] = replace(found, settings=settings)

    async def delete(self, conversation_id: ConversationId) -> None:
        self._deleted.add(conversation_id)

    async def restore(self, conversation_id: ConversationId) -> None:
        self._deleted.discard(conversation_id)

    async def save_draft(self, conversation_id: ConversationId | None, text: str) -> None:
        self._drafts[conversation_id] = text

    async def new_draft(self) -> str:
        return self._drafts.get(None, "")

    async def page(
        self, conversation_id: ConversationId, first_depth: int, last_depth: int
    ) -> list[Message]:
        return self.page_now(conversation_id, first_depth, last_depth)

    def page_now(
        self, conversation_id: ConversationId, first_depth: int, last_depth: int
    ) -> list[Message]:
        return self._branch(conversation_id)[first_depth : last_depth + 1]

    async def find(
        self, conversation_id: ConversationId, query: str, first_depth: int, last_depth: int
    ) -> list[tuple[int, int]]:
        counted = (
            (message.depth, message.text.casefold().count(query.casefold()))
            for message in self.page_now(conversation_id, first_depth, last_depth)
        )
        return [(depth, count) for depth, count in counted if count]

    async def path(self, message_id: MessageId) -> list[Message]:
        return self._path(message_id)

    async def add(
        self,
        conversation_id: ConversationId,
        parent_id: MessageId | None,
        role: Role,
        parts: Sequence[Part],
        created_at: datetime,
    ) -> Message:
        self._check()
        id_ = MessageId(len(self._messages) + 1)
        depth = 0 if parent_id is None else self._messages[parent_id].depth + 1
        status = Status.SENDING if role is Role.ASSISTANT else Status.COMPLETE
        self._messages[id_] = Message(
            id_,
            parent_id,
            role,
            status,
            (Choice(tuple(parts)),),
            created_at=created_at,
            depth=depth,
        )
        self._owners[id_] = conversation_id
        self._lead(conversation_id, id_)
        return self._counted(id_)

    async def begin_exchange(
        self, message_id: MessageId, request: PreparedRequest, started_at: datetime
    ) -> ExchangeId:
        self._check()
        self.requests.append(request)
        return ExchangeId(len(self.requests))

    async def checkpoint(self, checkpoint: Checkpoint) -> None:
        self._check()
        self.checkpoints.append(checkpoint)

    async def finish(
        self, message_id: MessageId, exchange_id: ExchangeId | None, outcome: Outcome
    ) -> Message:
        self._check()
        self.outcomes[message_id] = outcome
        self._messages[message_id] = replace(
            self._messages[message_id],
            status=outcome.status,
            choices=outcome.choices,
            note=outcome.note,
            exchange=outcome.summary,
        )
        return self._counted(message_id)

    async def sibling(self, message_id: MessageId, step: int) -> MessageId | None:
        ids = self._siblings(message_id)
        place = ids.index(message_id) + step
        return ids[place] if 0 <= place < len(ids) else None

    async def select(self, conversation_id: ConversationId, message_id: MessageId) -> Conversation:
        leaf = message_id
        while children := [m.id for m in self._messages.values() if m.parent_id == leaf]:
            leaf = max(children)
        self._lead(conversation_id, leaf)
        return await self._opened(conversation_id)

    async def delete_messages(
        self, conversation_id: ConversationId, message_id: MessageId
    ) -> Conversation:
        gone = self._messages.pop(message_id)
        others = [m.id for m in self._messages.values() if m.parent_id == gone.parent_id]
        self._lead(conversation_id, others[-1] if others else gone.parent_id)
        return await self._opened(conversation_id)

    async def _opened(self, conversation_id: ConversationId) -> Conversation:
        found = await self.conversation(conversation_id)
        assert found is not None
        return found

    def _lead(self, conversation_id: ConversationId, leaf: MessageId | None) -> None:
        found = self._conversations[conversation_id]
        self._conversations[conversation_id] = replace(found, leaf_id=leaf)

    def _siblings(self, message_id: MessageId) -> list[MessageId]:
        me = self._messages[message_id]
        owner = self._owners[message_id]
        return sorted(
            m.id
            for m in self._messages.values()
            if m.parent_id == me.parent_id and self._owners[m.id] == owner
        )

    def _counted(self, message_id: MessageId) -> Message:
        ids = self._siblings(message_id)
        return replace(
            self._messages[message_id],
            sibling_index=ids.index(message_id),
            sibling_count=len(ids),
        )

    def _path(self, message_id: MessageId | None) -> list[Message]:
        out: list[Message] = []
        while message_id is not None:
            out.append(self._counted(message_id))
            message_id = self._messages[message_id].parent_id
        return out[::-1]

    def _branch(self, conversation_id: ConversationId) -> list[Message]:
        return self._path(self._conversations[conversation_id].leaf_id)


class FakeCredentials:
    """Keys in memory; ``error`` is raised by the next save."""

    def __init__(self, key: SecretKey | None = None) -> None:
        self.error: DesktopError | None = None
        self._key = key
        self._source = KeySource.KEYRING if key else KeySource.NONE

    async def load(self, origin: str) -> KeyStatus:
        return self.status(origin)

    def current(self, origin: str) -> SecretKey | None:
        return self._key

    def status(self, origin: str) -> KeyStatus:
        return KeyStatus(source=self._source, prefix=self._key.prefix if self._key else "")

    async def save(self, origin: str, key: SecretKey) -> KeyStatus:
        if self.error is not None:
            raise self.error
        self._key, self._source = key, KeySource.KEYRING
        return self.status(origin)

    async def use_for_session(self, origin: str, key: SecretKey) -> KeyStatus:
        self._key, self._source = key, KeySource.SESSION
        return self.status(origin)

    async def remove(self, origin: str) -> KeyStatus:
        self._key, self._source = None, KeySource.NONE
        return self.status(origin)


def held_to_the_ports(
    backend: FakeBackend, store: FakeHistory, credentials: FakeCredentials
) -> tuple[ChatBackend, HistoryStore, CredentialStore]:
    """The fakes as the ports they stand for; mypy checks that they fit."""
    return backend, store, credentials
