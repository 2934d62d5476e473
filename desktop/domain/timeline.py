"""Rows of the transcript: one a message, and one for an error that follows kept text."""

from dataclasses import dataclass
from enum import StrEnum

from desktop.domain.messages import Message, Role


class RowKind(StrEnum):
    """Who a row belongs to."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    ERROR = "error"


@dataclass(slots=True, frozen=True)
class Row:
    """One row.

    Attributes:
        kind: Who it belongs to.
        message: The message; for an error the reply that it ended.
    """

    kind: RowKind
    message: Message

    @property
    def key(self) -> tuple[int, bool]:
        """Identity that survives reloads."""
        return (self.message.id, self.kind is RowKind.ERROR)


def rows_of(message: Message) -> tuple[Row, ...]:
    """The rows of a message: one, or two where an error follows kept text."""
    if message.is_error_only:
        return (Row(RowKind.ERROR, message),)
    row = Row(_KINDS.get(message.role, RowKind.USER), message)
    return (row, Row(RowKind.ERROR, message)) if message.has_error_row else (row,)


_KINDS = {Role.ASSISTANT: RowKind.ASSISTANT, Role.TOOL: RowKind.TOOL}
