"""The wire format of ``POST /v1/responses``: body out, whole responses in.

The stream's events are in :mod:`desktop.api.response_events`.

Source: https://docs.aimlapi.com/api-references/text-models-llm/openai/gpt-5-1 and the OpenAPI
document behind its second example.
"""

from collections.abc import Sequence

from desktop.api.body import (
    answered_calls,
    assembled,
    function_calls,
    new_turn,
    tool_results,
)
from desktop.api.chat_completions import EMPTY, json_object
from desktop.api.errors import from_stream_object, is_error_object
from desktop.api.items import parts_of
from desktop.api.wire import (
    Payload,
    cost_event,
    mapping,
    mappings,
    string,
    usage_event,
)
from desktop.domain.capabilities import Endpoint, capability
from desktop.domain.errors import EmptyReplyError, ProtocolError
from desktop.domain.events import Event, Finished, ReplyReplaced, Started
from desktop.domain.messages import (
    ActivityPart,
    Choice,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolCallPart,
)
from desktop.domain.requests import Turn

WAITING = ("queued", "in_progress")
_REASONS = {"max_output_tokens": "length", "max_tokens": "length"}
CUT = {"length", "content_filter"}


# Body


def encode(turn: Turn) -> Payload:
    """The body of a request: model, input, then the parameters that are set.

    With a previous response set, the input is only what came after the last reply.

    Raises:
        DesktopError: A parameter is not valid.
    """
    body = assembled(turn.settings, {"model": turn.settings.model, "input": []})
    is_chained = bool(body.get("previous_response_id"))
    history = new_turn(turn.history) if is_chained else turn.history
    if body["input"] == []:
        takes_reasoning = (
            capability(turn.settings.model, Endpoint.RESPONSES).field("reasoning") is not None
        )
        body["input"] = _input(history, takes_reasoning=takes_reasoning, is_chained=is_chained)
    return body


def _input(history: Sequence[Message], *, takes_reasoning: bool, is_chained: bool) -> list[Payload]:
    answered = answered_calls(history)
    items: list[Payload] = []
    for message in history:
        if message.role is Role.ASSISTANT:
            items += _reply_items(message, answered, takes_reasoning=takes_reasoning)
        elif message.role is Role.TOOL:
            items += [
                {"type": "function_call_output", "call_id": part.call_id, "output": part.text}
                for part in tool_results(message, None if is_chained else answered)
            ]
        else:
            role = message.role.value
            items.append({"type": "message", "role": role, "content": message.text})
    return items


def _reply_items(message: Message, answered: set[str], *, takes_reasoning: bool) -> list[Payload]:
    """A reply as input: what the endpoint takes back, in the order it came."""
    sent = list(function_calls(message, answered))
    text = message.text or "\n\n".join(
        part.text for part in message.parts if isinstance(part, RefusalPart)
    )
    items: list[Payload] = []
    is_text_placed = not text
    for part in message.parts:
        if isinstance(part, ReasoningPart) and takes_reasoning:
            items += _reasoning_item(part)
        elif isinstance(part, TextPart | RefusalPart) and not is_text_placed:
            is_text_placed = True
            items.append({"type": "message", "role": "assistant", "content": text})
        elif isinstance(part, ToolCallPart) and part in sent:
            items.append(_call_item(part))
    if items and items[-1]["type"] == "reasoning":
        items = _without_trailing_reasoning(items)
    return items


def _without_trailing_reasoning(items: list[Payload]) -> list[Payload]:
    """Reasoning is refused without the item it led to."""
    end = len(items)
    while end and items[end - 1]["type"] == "reasoning":
        end -= 1
    return items[:end]


def _call_item(part: ToolCallPart) -> Payload:
    return {
        "type": "function_call",
        "call_id": part.call_id,
        "name": part.name,
        "arguments": part.text,
    }


def _reasoning_item(part: ReasoningPart) -> list[Payload]:
    """A reasoning item that can be sent back: only with its encrypted content."""
    encrypted, id_ = part.raw.get("encrypted_content"), part.raw.get("id")
    if not (isinstance(encrypted, str) and encrypted and isinstance(id_, str)):
        return []
    summary = [
        {"type": "summary_text", "text": string(each.get("text"))}
        for each in mappings(part.raw.get("summary"))
    ]
    return [{"type": "reasoning", "id": id_, "summary": summary, "encrypted_content": encrypted}]


# Whole responses


def decode_whole(body: bytes) -> list[Event]:
    """The events of a response that came as one JSON object, ``Finished`` last.

    Raises:
        DesktopError: It is an error, failed, empty, or no JSON object.
    """
    reply = json_object(body)
    parts = final_parts(reply)
    if string(reply.get("status")) == "failed" or (is_error_object(reply) and not parts):
        raise from_stream_object(reply)
    if not parts and not {"output", "output_text", "id"} & set(reply):
        raise ProtocolError("The answer is not a response of this API. Try again.")
    events = identity_and_accounts(reply)
    status = string(reply.get("status"))
    if not parts and status in WAITING:
        raw: Payload = {"id": string(reply.get("id")), "status": status}
        parts = (ActivityPart("background", status, raw),)
    reason = finish_reason(reply, parts)
    if not parts and reason not in CUT:
        raise EmptyReplyError(EMPTY, detail="a response without output")
    events.append(ReplyReplaced((Choice(parts, 0, reason),)))
    return [*events, Finished(reason)]


def identity_and_accounts(response: Payload) -> list[Event]:
    """Who answered, what was used and what it cost, as far as the object says."""
    events: list[Event] = [
        Started(
            string(response.get("id")),
            string(response.get("model")),
            string(response.get("status")),
        )
    ]
    accounts = (usage_event(response.get("usage")), cost_event(response.get("meta")))
    return events + [event for event in accounts if event is not None]


def final_parts(response: Payload) -> tuple[Part, ...]:
    """All parts of a response's output; its ``output_text`` only where there is no other text."""
    parts = [part for item in mappings(response.get("output")) for part in parts_of(item)]
    shown = (TextPart, RefusalPart)
    text = string(response.get("output_text"))
    if text and not any(isinstance(part, shown) and part.text for part in parts):
        parts.append(TextPart(text))
    return tuple(
        part for part in parts if not (isinstance(part, TextPart) and part == TextPart(""))
    )


def finish_reason(response: Payload, parts: Sequence[Part]) -> str:
    """Why a response ended, in the words of chat completions where those exist.

    The status may be missing: then an incomplete reason decides.
    """
    details = mapping(response.get("incomplete_details"))
    status = string(response.get("status"))
    if (details and status in ("", "incomplete")) or status == "incomplete":
        reason = string(details.get("reason")) or "incomplete"
        return _REASONS.get(reason, reason)
    if status in ("", "completed"):
        is_call = any(isinstance(part, ToolCallPart) and part.kind == "function" for part in parts)
        return "tool_calls" if is_call else "stop"
    return status
