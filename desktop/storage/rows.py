"""Values as columns and back: times, texts, choices, messages, conversations; no SQL runs here."""

import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from desktop.domain.history import ConversationRow
from desktop.domain.ids import ConversationId, MessageId
from desktop.domain.messages import (
    Choice,
    Cost,
    ExchangeSummary,
    Fault,
    Message,
    Note,
    Role,
    Status,
    Usage,
    part_from_payload,
    part_to_payload,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

SUMMARY_COLUMNS = """
    x.endpoint, x.requested_model, x.model, x.is_streamed, x.first_token_s, x.duration_s,
    x.delta_count, x.delta_span_s, x.response_id, x.inference_id, x.client_request_id, x.attempts,
    x.fault, x.usage, x.input_tokens, x.output_tokens, x.total_tokens,
    x.cost_usd, x.cost_credits, x.cost_source
"""
"""Of ``exchange x``; see :func:`summary_from_row`."""

MESSAGE_COLUMNS = f"""
    m.id, m.parent, m.role, m.status, m.note, m.created, m.depth, m.content, m.text,
    (select count(*) from message s
        where s.parent is m.parent and s.conversation = m.conversation and s.id < m.id),
    (select count(*) from message s
        where s.parent is m.parent and s.conversation = m.conversation),
    {SUMMARY_COLUMNS}
"""  # noqa: S608
"""Of ``message m left join exchange x``; see :func:`message_from_row`."""

LIST_COLUMNS = "id, title, updated, model, endpoint, message_count, cost_usd"
"""Of ``conversation``; see :func:`list_row`."""


def to_column(at: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (at - _EPOCH) // _MICROSECOND


def from_column(value: int) -> datetime:
    """The aware time that :func:`to_column` stored."""
    return _EPOCH + value * _MICROSECOND


def clean(text: str) -> str:
    """The text as SQLite can keep it: lone halves of surrogate pairs become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def folded(text: str) -> str:
    """The text as it is searched: without case, accents and compatibility forms."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


def to_json(value: object) -> str:
    """Compact JSON that SQLite can keep."""
    return clean(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def choices_to_payload(choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """JSON-ready dicts, in order, without empty fields."""
    return [_choice_to_payload(choice) for choice in choices]


def _choice_to_payload(choice: Choice) -> dict[str, Any]:
    payload: dict[str, Any] = {"parts": [part_to_payload(part) for part in choice.parts]}
    if choice.index:
        payload["index"] = choice.index
    if choice.finish_reason:
        payload["finish_reason"] = choice.finish_reason
    return payload


def choices_from_payload(payload: list[dict[str, Any]]) -> tuple[Choice, ...]:
    """The choices that :func:`choices_to_payload` wrote."""
    return tuple(
        Choice(
            parts=tuple(part_from_payload(part) for part in entry["parts"]),
            index=entry.get("index", 0),
            finish_reason=entry.get("finish_reason", ""),
        )
        for entry in payload
    )


def _main_text(payload: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The part whose text has a column of its own: the first text part that is shown."""
    shown = payload[0]["parts"] if payload else []
    return next((part for part in shown if part["type"] == "text"), None)


def choices_to_columns(choices: Sequence[Choice]) -> tuple[str, str]:
    """``content`` and ``text`` of a message."""
    payload = choices_to_payload(choices)
    main = _main_text(payload)
    text = main.pop("text") if main else ""
    return to_json(payload), clean(text)


def choices_from_columns(content: str, text: str) -> tuple[Choice, ...]:
    """The choices that :func:`choices_to_columns` wrote."""
    payload = json.loads(content)
    main = _main_text(payload)
    if main is not None:
        main["text"] = text
    return choices_from_payload(payload)


def fault_to_column(fault: Fault | None) -> str | None:
    """JSON of a fault."""
    if fault is None:
        return None
    return to_json({name: getattr(fault, name) for name in Fault.__slots__})


def summary_to_columns(summary: ExchangeSummary) -> dict[str, Any]:
    """Values by column of ``exchange``."""
    usage, cost = summary.usage, summary.cost
    values: dict[str, Any] = {
        "endpoint": summary.endpoint,
        "requested_model": summary.requested_model,
        "model": summary.model,
        "is_streamed": int(summary.is_streamed),
        "first_token_s": summary.first_token_s,
        "duration_s": summary.duration_s,
        "delta_count": summary.delta_count,
        "delta_span_s": summary.delta_span_s,
        "response_id": summary.response_id,
        "inference_id": summary.inference_id,
        "client_request_id": summary.client_request_id,
        "attempts": summary.attempts,
        "fault": fault_to_column(summary.fault),
        "usage": to_json(usage.raw) if usage else None,
        "input_tokens": usage.input_tokens if usage else None,
        "output_tokens": usage.output_tokens if usage else None,
        "total_tokens": usage.total_tokens if usage else None,
        "cost_usd": cost.usd if cost else None,
        "cost_credits": cost.credits if cost else None,
        "cost_source": cost.source if cost else None,
    }
    return {key: clean(value) if isinstance(value, str) else value for key, value in values.items()}


def summary_from_row(row: Sequence[Any]) -> ExchangeSummary | None:
    """The summary in ``SUMMARY_COLUMNS``, None where there is no exchange."""
    if row[0] is None:
        return None
    (endpoint, requested_model, model, is_streamed, first_token_s, duration_s) = row[:6]
    (delta_count, delta_span_s, response_id, inference_id, client_request_id, attempts) = row[6:12]
    (fault, usage, input_tokens, output_tokens, total_tokens) = row[12:17]
    (cost_usd, cost_credits, cost_source) = row[17:20]
    return ExchangeSummary(
        endpoint=endpoint,
        requested_model=requested_model,
        model=model,
        is_streamed=bool(is_streamed),
        usage=None
        if usage is None
        else Usage(input_tokens, output_tokens, total_tokens, json.loads(usage)),
        cost=None if cost_usd is None else Cost(cost_usd, cost_credits, cost_source),
        first_token_s=first_token_s,
        duration_s=duration_s,
        delta_count=delta_count,
        delta_span_s=delta_span_s,
        response_id=response_id,
        inference_id=inference_id,
        client_request_id=client_request_id,
        attempts=attempts,
        fault=None if fault is None else Fault(**json.loads(fault)),
    )


def message_from_row(row: Sequence[Any]) -> Message:
    """The message in ``MESSAGE_COLUMNS``."""
    id_, parent, role, status, note, created, depth, content, text, index, count = row[:11]
    return Message(
        id=MessageId(id_),
        parent_id=None if parent is None else MessageId(parent),
        role=Role(role),
        status=Status(status),
        choices=choices_from_columns(content, text),
        note=Note(note),
        created_at=from_column(created),
        depth=depth,
        sibling_index=index,
        sibling_count=count,
        exchange=summary_from_row(row[11:]),
    )


def list_row(row: Sequence[Any]) -> ConversationRow:
    """The conversation in ``LIST_COLUMNS``."""
    id_, title, updated, model, endpoint, message_count, cost_usd = row
    return ConversationRow(
        id=ConversationId(id_),
        title=title,
        updated_at=from_column(updated),
        model=model,
        endpoint=endpoint,
        message_count=message_count,
        cost_usd=cost_usd,
    )


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Headers from their JSON."""
    return tuple((name, value) for name, value in json.loads(text))
