"""Small scripted replies of both endpoints, whose text the stories know."""

from collections.abc import Sequence
from typing import Any

from desktop.domain.capabilities import Endpoint

Payload = dict[str, Any]

MODEL = "gpt-5.1-2025-11-13"
ANSWER = ("Grüße, ", "Welt! ", "你好 ", "👩🏽‍🚀", " and $5 or $6.\n", "\n", "A second paragraph.")
SHOWN = "Assistant: Grüße, Welt! 你好 👩🏽‍🚀 and $5 or $6.\nA second paragraph."
"""The item's name for ``ANSWER``."""


def answer(
    endpoint: Endpoint, pieces: Sequence[str] = ANSWER, *, finish: str = "stop"
) -> list[Payload]:
    """All events of a streamed reply."""
    return [*opening(endpoint, pieces), *ending(endpoint, "".join(pieces), finish=finish)]


def opening(endpoint: Endpoint, pieces: Sequence[str] = ANSWER) -> list[Payload]:
    """The events of a streamed reply up to its last piece of text."""
    if endpoint is Endpoint.CHAT_COMPLETIONS:
        return [_chunk({"role": "assistant", "content": ""}), *map(delta, pieces)]
    place = {"item_id": "msg_1", "output_index": 0}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "content": []}
    part = {"type": "output_text", "text": "", "annotations": []}
    return [
        {"type": "response.created", "response": _response("in_progress", "")},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **place, "content_index": 0, "part": part},
        *(
            {"type": "response.output_text.delta", **place, "content_index": 0, "delta": piece}
            for piece in pieces
        ),
    ]


def ending(endpoint: Endpoint, text: str, *, finish: str = "stop") -> list[Payload]:
    """The events that end a streamed reply; ``finish`` is ``stop`` or ``length``."""
    if endpoint is Endpoint.CHAT_COMPLETIONS:
        usage = {"prompt_tokens": 7, "completion_tokens": 11, "total_tokens": 18}
        return [_chunk({}, finish), {**_chunk({}), "choices": [], "usage": usage}]
    status = "completed" if finish == "stop" else "incomplete"
    return [{"type": f"response.{status}", "response": _response(status, text)}]


def whole(endpoint: Endpoint, text: str = "".join(ANSWER)) -> Payload:
    """A reply that is not streamed."""
    if endpoint is Endpoint.RESPONSES:
        return _response("completed", text)
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1767225600,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 11, "total_tokens": 18},
    }


def delta(piece: str) -> Payload:
    """One piece of text of a streamed chat completion."""
    return _chunk({"content": piece})


def _chunk(change: Payload, finish: str | None = None) -> Payload:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": MODEL,
        "choices": [{"index": 0, "delta": change, "finish_reason": finish}],
    }


def _response(status: str, text: str) -> Payload:
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "content": [part]}
    cut = {"reason": "max_output_tokens"} if status == "incomplete" else None
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1767225600,
        "status": status,
        "model": MODEL,
        "error": None,
        "incomplete_details": cut,
        "output": [item] if text else [],
        "usage": {"input_tokens": 7, "output_tokens": 11, "total_tokens": 18} if text else None,
    }
