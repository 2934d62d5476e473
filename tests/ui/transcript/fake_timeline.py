"""A timeline in memory with the signals of the real one, and messages to put in."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from desktop.domain.ids import MessageId
from desktop.domain.messages import (
    Choice,
    Cost,
    ExchangeSummary,
    Fault,
    Growth,
    Message,
    Part,
    Role,
    Status,
    TextPart,
    Usage,
)
from desktop.domain.timeline import Row, rows_of


class FakeTimeline(QObject):
    reset = Signal()
    inserted = Signal(int, int)
    removed = Signal(int, int)
    changed = Signal(int)
    loaded = Signal(int, int)
    grown = Signal(int, object)

    def __init__(self, rows: list[Row] | None = None, key: object = 1) -> None:
        super().__init__()
        self.rows = list(rows or [])
        self.key = key
        self.missing: set[int] = set()
        self.asked = 0

    def count(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> Row | None:
        self.asked += 1
        return None if index in self.missing else self.rows[index]

    def row_now(self, index: int) -> Row:
        return self.rows[index]

    def conversation_key(self) -> object:
        return self.key

    def show(self, rows: list[Row], key: object) -> None:
        self.rows, self.key = list(rows), key
        self.reset.emit()

    def append(self, *rows: Row) -> None:
        first = len(self.rows)
        self.rows.extend(rows)
        self.inserted.emit(first, len(rows))

    def insert(self, first: int, *rows: Row) -> None:
        self.rows[first:first] = rows
        self.inserted.emit(first, len(rows))

    def remove(self, first: int, count: int) -> None:
        del self.rows[first : first + count]
        self.removed.emit(first, count)

    def change(self, index: int, **fields: object) -> None:
        row = self.rows[index]
        self.rows[index] = replace(row, message=replace(row.message, **fields))
        self.changed.emit(index)

    def grow(self, index: int, growth: Growth) -> None:
        row = self.rows[index]
        choices = growth.applied_to(row.message.choices)
        self.rows[index] = replace(row, message=replace(row.message, choices=choices))
        self.grown.emit(index, growth)

    def append_text(self, index: int, text: str, part: int = 0) -> None:
        self.grow(index, Growth(appended=[(0, part, text)]))


def exchange(**fields: object) -> ExchangeSummary:
    base = ExchangeSummary(
        endpoint="chat_completions",
        requested_model="gpt-5.1",
        model="gpt-5.1-2025-11-13",
        is_streamed=True,
        usage=Usage(input_tokens=40, output_tokens=272, total_tokens=312),
        cost=Cost(usd="0.001240000"),
        first_token_s=0.42,
        duration_s=3.5,
        delta_count=259,
        delta_span_s=3.0,
    )
    return replace(base, **fields)


def user(text: str, number: int = 1, **fields: object) -> Row:
    return _row(Role.USER, number, (TextPart(text),), fields)


def assistant(*parts: Part | str, number: int = 2, **fields: object) -> Row:
    made = tuple(TextPart(part) if isinstance(part, str) else part for part in parts)
    fields.setdefault("exchange", exchange())
    return _row(Role.ASSISTANT, number, made, fields)


def running(*parts: Part | str, number: int = 2) -> Row:
    return assistant(*parts, number=number, status=Status.STREAMING, exchange=None)


def failed(fault: Fault, *parts: Part | str, number: int = 2) -> list[Row]:
    made = assistant(
        *parts, number=number, status=Status.FAILED, exchange=exchange(fault=fault)
    ).message
    return list(rows_of(made))


def _row(role: Role, number: int, parts: tuple[Part, ...], fields: dict[str, object]) -> Row:
    message = Message(MessageId(number), None, role, choices=(Choice(parts),))
    return rows_of(replace(message, **fields))[0]
