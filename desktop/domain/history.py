"""Rows of the history list, and what is written while a reply runs; plain values."""

from dataclasses import dataclass, field
from datetime import datetime

from desktop.domain.ids import ConversationId, ExchangeId, MessageId
from desktop.domain.messages import Choice, ExchangeSummary, Growth, Note, Status
from desktop.domain.parameters import ChatSettings

TITLE_LENGTH = 60
"""Characters of the first line of a first message that become the title."""


def title_from(text: str) -> str:
    """The title a conversation takes from its first message: its first line with words in it."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line[:TITLE_LENGTH].rstrip()


@dataclass(slots=True, frozen=True)
class ConversationRow:
    """One row of the history list.

    Attributes:
        id: Identity in the store.
        title: As shown.
        updated_at: When it last changed; aware, UTC.
        model: Model id of its next request.
        endpoint: Value of ``capabilities.Endpoint``.
        message_count: Messages in all branches.
        cost_usd: Sum of all billed costs as decimal text; "" where nothing is known.
    """

    id: ConversationId
    title: str
    updated_at: datetime
    model: str = ""
    endpoint: str = ""
    message_count: int = 0
    cost_usd: str = ""


@dataclass(slots=True, frozen=True)
class Conversation:
    """A conversation as it is opened.

    Attributes:
        row: As in the list.
        settings: What its next request uses.
        leaf_id: Last message of the branch that is shown, or None while it is empty.
        length: Number of messages on that branch.
        draft: Unsent text of the message box.
        error_depths: Depths on the branch whose reply kept text and ended by an error, ascending.
    """

    row: ConversationRow
    settings: ChatSettings
    leaf_id: MessageId | None = None
    length: int = 0
    draft: str = ""
    error_depths: tuple[int, ...] = ()


@dataclass(slots=True, frozen=True)
class ListCursor:
    """Where the next page of the history list begins: after this row, newest first."""

    updated_at: datetime
    id: ConversationId


@dataclass(slots=True)
class Checkpoint:
    """What a running reply gained since the last checkpoint, in one transaction.

    Attributes:
        message_id: The reply.
        exchange_id: Its call.
        growth: New text, or the whole reply where its structure changed.
        raw: Body bytes received since, exactly as they came.
        arrivals: (offset in this ``raw``, seconds since the request was sent) by read.
    """

    message_id: MessageId
    exchange_id: ExchangeId
    growth: Growth
    raw: bytes = b""
    arrivals: list[tuple[int, float]] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Outcome:
    """How a reply ended; written in one transaction.

    Attributes:
        status: ``complete``, ``stopped``, ``interrupted`` or ``failed``.
        choices: The whole reply.
        note: Why it is not whole.
        summary: What is known of the call.
        http_status: 0 where nothing was answered.
        headers: Response headers in order.
        anomalies: Oddities of the wire, in plain words.
    """

    status: Status
    choices: tuple[Choice, ...]
    note: Note
    summary: ExchangeSummary
    http_status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    anomalies: tuple[str, ...] = ()
