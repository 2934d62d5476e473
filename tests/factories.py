"""Values for tests, with defaults that need no thought."""

from datetime import UTC, datetime

from desktop.domain.history import Conversation, ConversationRow
from desktop.domain.ids import ConversationId, MessageId
from desktop.domain.messages import (
    Choice,
    ExchangeSummary,
    Fault,
    Message,
    Note,
    Part,
    Role,
    Status,
    TextPart,
)
from desktop.domain.parameters import ChatSettings

MOMENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def message(
    id_: int = 1,
    text: str = "Hello",
    *,
    role: Role = Role.USER,
    parts: tuple[Part, ...] | None = None,
    depth: int = 0,
    parent_id: int | None = None,
    status: Status = Status.COMPLETE,
    note: Note = Note.NONE,
    exchange: ExchangeSummary | None = None,
    siblings: tuple[int, int] = (0, 1),
) -> Message:
    """A message; ``siblings`` is (index, count)."""
    content = (TextPart(text),) if parts is None else parts
    return Message(
        id=MessageId(id_),
        parent_id=None if parent_id is None else MessageId(parent_id),
        role=role,
        status=status,
        choices=(Choice(content),),
        note=note,
        created_at=MOMENT,
        depth=depth,
        sibling_index=siblings[0],
        sibling_count=siblings[1],
        exchange=exchange,
    )


def reply(
    id_: int = 2, text: str = "Hi there", *, depth: int = 1, fault: Fault | None = None
) -> Message:
    """An assistant's message with an exchange."""
    summary = ExchangeSummary("/v1/chat/completions", "openai/gpt-5-1", fault=fault)
    status = Status.COMPLETE if fault is None else Status.INTERRUPTED
    parts = (TextPart(text),) if text else ()
    return message(
        id_, role=Role.ASSISTANT, parts=parts, depth=depth, status=status, exchange=summary
    )


def row(id_: int = 1, title: str = "A conversation", *, at: datetime = MOMENT) -> ConversationRow:
    """A row of the history list."""
    return ConversationRow(ConversationId(id_), title, at, "openai/gpt-5-1")


def conversation(id_: int = 1, *, length: int = 0, title: str = "A conversation") -> Conversation:
    """A conversation as it is opened."""
    return Conversation(row(id_, title), ChatSettings(), length=length)
