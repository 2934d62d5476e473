"""The wire form of chat completions.

Source: the OpenAPI document of gpt-5.1 for chat completions at https://docs.aimlapi.com
(2026-08-21).
"""

import asyncio
from collections.abc import AsyncIterator, Iterator

from desktop.demo.exchange import Exchange
from desktop.demo.payloads import Payload, dumps, mapping
from desktop.demo.replies import tokens
from desktop.demo.server import Response, StreamedResponse

DONE = b"data: [DONE]\n\n"
MIDWAY_ERROR: Payload = {
    "error": {
        "message": "Something wrong with the server: this error is part of the demo.",
        "type": "server_error",
        "param": None,
        "code": "server_error",
    }
}


def answer(exchange: Exchange) -> Response:
    """The reply as one JSON body or as a stream, as the request asks."""
    if exchange.turn.is_streamed:
        headers = [*exchange.headers("text/event-stream"), ("Cache-Control", "no-cache")]
        return StreamedResponse(headers=headers, chunks=_stream(exchange))
    body = dumps(completion(exchange))
    return Response(body, headers=exchange.headers("application/json; charset=utf-8"))


def completion(exchange: Exchange) -> Payload:
    """The whole reply as one object."""
    choices = range(exchange.turn.choices)
    return {
        "id": f"chatcmpl-{exchange.id}",
        "object": "chat.completion",
        "created": exchange.created_s,
        "model": exchange.model,
        "choices": [_choice(exchange, index) for index in choices],
        "usage": _usage(exchange),
        "service_tier": "default",
        "system_fingerprint": None,
        "meta": exchange.meta(),
    }


def chunks(exchange: Exchange) -> Iterator[Payload]:
    """The reply as the objects of a stream, cost last; `[DONE]` is not among them."""
    for index in range(exchange.turn.choices):
        for delta, logprobs in _deltas(exchange):
            yield _chunk(exchange, index, delta, logprobs)
        if exchange.reply.breaks:
            yield MIDWAY_ERROR
            return
        yield _chunk(exchange, index, {}, None, _finish_reason(exchange))
    if mapping(exchange.turn.body.get("stream_options")).get("include_usage") is True:
        usage = {"choices": [], "usage": _usage(exchange)}
        yield {**_base(exchange), **usage, "meta": exchange.meta()}
    else:
        yield {**_base(exchange), "choices": [], "meta": exchange.meta()}


async def _stream(exchange: Exchange) -> AsyncIterator[bytes]:
    for chunk in chunks(exchange):
        yield b"data: " + dumps(chunk) + b"\n\n"
        await asyncio.sleep(exchange.pace_s)
    yield DONE


def _base(exchange: Exchange) -> Payload:
    return {
        "id": f"chatcmpl-{exchange.id}",
        "object": "chat.completion.chunk",
        "created": exchange.created_s,
        "model": exchange.model,
    }


def _chunk(
    exchange: Exchange,
    index: int,
    delta: Payload,
    logprobs: Payload | None,
    finish_reason: str | None = None,
) -> Payload:
    choice = {
        "index": index,
        "delta": delta,
        "logprobs": logprobs,
        "finish_reason": finish_reason,
    }
    return {**_base(exchange), "choices": [choice], "usage": None}


def _deltas(exchange: Exchange) -> Iterator[tuple[Payload, Payload | None]]:
    reply = exchange.reply
    yield {"role": "assistant", "content": "", "refusal": None}, None
    for piece in tokens("\n\n".join(reply.summaries)):
        yield {"reasoning_content": piece}, None
    if reply.call is not None:
        head = {"name": reply.call.name, "arguments": ""}
        call = {"index": 0, "id": _call_id(exchange), "type": "function", "function": head}
        yield {"tool_calls": [call]}, None
        for piece in tokens(reply.call.arguments):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}, None
    for piece in tokens(reply.text):
        yield ({"refusal" if reply.is_refusal else "content": piece}, _logprobs(exchange, [piece]))
    if annotations := _annotations(exchange):
        yield {"annotations": annotations}, None


def _choice(exchange: Exchange, index: int) -> Payload:
    reply = exchange.reply
    has_content = reply.call is None and not reply.is_refusal
    message: Payload = {
        "role": "assistant",
        "content": reply.text if has_content else None,
        "refusal": reply.text if reply.is_refusal else None,
        "annotations": _annotations(exchange),
    }
    if reply.summaries:
        message["reasoning_content"] = "\n\n".join(reply.summaries)
    if reply.call is not None:
        function = {"name": reply.call.name, "arguments": reply.call.arguments}
        call = {"id": _call_id(exchange), "type": "function", "function": function}
        message["tool_calls"] = [call]
    return {
        "index": index,
        "message": message,
        "logprobs": _logprobs(exchange, tokens(reply.text)),
        "finish_reason": _finish_reason(exchange),
    }


def _call_id(exchange: Exchange) -> str:
    return f"call_{exchange.id}"


def _finish_reason(exchange: Exchange) -> str:
    if exchange.reply.call is not None:
        return "tool_calls"
    return "length" if exchange.reply.is_cut_off else "stop"


def _annotations(exchange: Exchange) -> list[Payload]:
    citation = exchange.reply.citation
    return [{"type": "url_citation", "url_citation": citation.fields()}] if citation else []


def _logprobs(exchange: Exchange, pieces: list[str]) -> Payload | None:
    if exchange.turn.body.get("logprobs") is not True:
        return None
    others = exchange.turn.body.get("top_logprobs")
    shown = int(others) if isinstance(others, int | float) else 0
    content = []
    for piece in pieces:
        entry: Payload = {"token": piece, "logprob": -0.125, "bytes": list(piece.encode())}
        ranks = range(min(max(shown, 0), 20))
        tops = [{**entry, "logprob": -0.125 - rank, "token": piece + "?" * rank} for rank in ranks]
        content.append({**entry, "top_logprobs": tops})
    return {"content": content, "refusal": None}


def _usage(exchange: Exchange) -> Payload:
    return {
        "prompt_tokens": exchange.input_tokens,
        "completion_tokens": exchange.output_tokens,
        "total_tokens": exchange.input_tokens + exchange.output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": exchange.reply.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
