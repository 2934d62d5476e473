"""What the core needs from the outside; ``app`` plugs the real things in, tests plug in fakes."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Protocol

from desktop.domain.events import Batch
from desktop.domain.history import (
    Checkpoint,
    Conversation,
    ConversationRow,
    ListCursor,
    Outcome,
)
from desktop.domain.ids import ConversationId, ExchangeId, MessageId
from desktop.domain.keys import KeyStatus, SecretKey
from desktop.domain.messages import Message, Part, Role
from desktop.domain.parameters import ChatSettings
from desktop.domain.requests import PreparedRequest, Turn


class ChatBackend(Protocol):
    """Talks to the provider."""

    def prepare(self, turn: Turn) -> PreparedRequest:
        """The exact request for a turn; sends nothing.

        Raises:
            DesktopError: The turn cannot be expressed on its endpoint.
        """

    def stream(self, request: PreparedRequest) -> AsyncGenerator[Batch, None]:
        """The answer, streamed or not, batch by batch; ends after exactly one ``Finished``.

        Cancelling the iterating task drops the connection at once.

        Raises:
            DesktopError: What went wrong; batches before it stand.
        """

    async def check_key(self, key: SecretKey) -> None:
        """Returns when the provider accepts the key.

        Raises:
            AuthError: It does not.
            DesktopError: It could not be asked.
        """

    async def balance(self) -> str:
        """The account's balance in US dollars as decimal text.

        Raises:
            DesktopError: It could not be asked.
        """


class HistoryStore(Protocol):
    """Keeps conversations; every method may raise ``StorageError``.

    Calls run one after another in the order they were made, on a thread of the store's own.
    """

    async def conversations(
        self, *, after: ListCursor | None = None, query: str = "", limit: int = 60
    ) -> list[ConversationRow]:
        """A page of the list, newest first; ``query`` keeps titles that hold all its words."""

    async def row(
        self, conversation_id: ConversationId, *, query: str = ""
    ) -> ConversationRow | None:
        """One row of the list, or None if it is gone or the query does not keep it."""

    async def conversation(self, conversation_id: ConversationId) -> Conversation | None:
        """One conversation as it is opened, or None if it is gone."""

    async def create(
        self, title: str, settings: ChatSettings, created_at: datetime
    ) -> Conversation:
        """A new, empty conversation."""

    async def rename(self, conversation_id: ConversationId, title: str) -> None:
        """Gives it another title."""

    async def save_settings(self, conversation_id: ConversationId, settings: ChatSettings) -> None:
        """What its next request uses; does not count as a change of the conversation."""

    async def delete(self, conversation_id: ConversationId) -> None:
        """Takes it off the list; :meth:`restore` brings it back."""

    async def restore(self, conversation_id: ConversationId) -> None:
        """Undoes a delete."""

    async def save_draft(self, conversation_id: ConversationId | None, text: str) -> None:
        """Keeps unsent text; None is the conversation that does not exist yet."""

    async def new_draft(self) -> str:
        """The unsent text of the conversation that does not exist yet."""

    async def page(
        self, conversation_id: ConversationId, first_depth: int, last_depth: int
    ) -> list[Message]:
        """Messages of the shown branch between two depths (both included), oldest first."""

    def page_now(
        self, conversation_id: ConversationId, first_depth: int, last_depth: int
    ) -> list[Message]:
        """As :meth:`page`, waiting for it; only for assistive technology that cannot wait."""

    async def find(
        self, conversation_id: ConversationId, query: str, first_depth: int, last_depth: int
    ) -> list[tuple[int, int]]:
        """Depth and number of hits of the messages of the shown branch that hold a text.

        Only those between two depths (both included), in that order; whatever the text's case
        and accents. Reasoning is not searched, nor is what a running reply gained.
        """

    async def path(self, message_id: MessageId) -> list[Message]:
        """All messages from the first to this one, oldest first, on whatever branch."""

    async def add(
        self,
        conversation_id: ConversationId,
        parent_id: MessageId | None,
        role: Role,
        parts: Sequence[Part],
        created_at: datetime,
    ) -> Message:
        """A new message below ``parent_id``, safely on disk; it becomes the shown leaf.

        An assistant message starts as ``sending``, any other is complete.
        """

    async def begin_exchange(
        self, message_id: MessageId, request: PreparedRequest, started_at: datetime
    ) -> ExchangeId:
        """Records the exact request that a reply is asked for with."""

    async def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Appends what a running reply gained."""

    async def finish(
        self, message_id: MessageId, exchange_id: ExchangeId | None, outcome: Outcome
    ) -> Message:
        """Writes a reply's end and folds its checkpoints; returns it as stored."""

    async def sibling(self, message_id: MessageId, step: int) -> MessageId | None:
        """The sibling ``step`` places after a message (before it if negative), or None."""

    async def select(self, conversation_id: ConversationId, message_id: MessageId) -> Conversation:
        """Shows the branch of a message, down to its newest leaf."""

    async def delete_messages(
        self, conversation_id: ConversationId, message_id: MessageId
    ) -> Conversation:
        """Takes a message and all below it away; a sibling or the parent is shown instead."""


class CredentialStore(Protocol):
    """Keeps API keys, one an origin such as ``https://api.aimlapi.com``."""

    async def load(self, origin: str) -> KeyStatus:
        """Looks in the environment, then in the keyring; remembers what it found."""

    def current(self, origin: str) -> SecretKey | None:
        """The key from memory; never waits."""

    def status(self, origin: str) -> KeyStatus:
        """Where the key is, from memory; never waits."""

    async def save(self, origin: str, key: SecretKey) -> KeyStatus:
        """Writes the key and reads it back.

        Raises:
            CredentialError: The keyring did not keep it.
        """

    async def use_for_session(self, origin: str, key: SecretKey) -> KeyStatus:
        """Keeps the key in memory until the program ends."""

    async def remove(self, origin: str) -> KeyStatus:
        """Forgets the key everywhere."""
