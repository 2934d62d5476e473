"""The wire form of Responses.

Source: the OpenAPI document of gpt-5.1 for Responses at https://docs.aimlapi.com (2026-08-21);
the order of events: https://platform.openai.com/docs/api-reference/responses-streaming
"""

import asyncio
from collections.abc import AsyncIterator, Iterator

from desktop.demo.exchange import Exchange
from desktop.demo.payloads import Payload, dumps, mapping, sequence
from desktop.demo.replies import tokens
from desktop.demo.server import Response, StreamedResponse

_ECHOED_AS_SENT: tuple[tuple[str, object], ...] = (
    ("background", False),
    ("instructions", None),
    ("max_output_tokens", None),
    ("parallel_tool_calls", True),
    ("previous_response_id", None),
    ("prompt", None),
    ("store", False),
    ("temperature", 1),
    ("text", {"format": {"type": "text"}}),
    ("tool_choice", "auto"),
    ("tools", []),
    ("top_p", 1),
    ("truncation", "disabled"),
)


def answer(exchange: Exchange) -> Response:
    """The reply as one JSON body or as a stream, as the request asks."""
    if exchange.turn.is_streamed:
        headers = [*exchange.headers("text/event-stream"), ("Cache-Control", "no-cache")]
        return StreamedResponse(headers=headers, chunks=_stream(exchange))
    body = dumps(final_response(exchange))
    return Response(body, headers=exchange.headers("application/json; charset=utf-8"))


def final_response(exchange: Exchange) -> Payload:
    """The whole reply as one object."""
    reply = exchange.reply
    made = _response(exchange, "incomplete" if reply.is_cut_off else "completed")
    made["output"] = output_items(exchange)
    made["output_text"] = "" if reply.is_refusal else reply.text
    made["usage"] = _usage(exchange)
    made["meta"] = exchange.meta()
    if reply.is_cut_off:
        made["incomplete_details"] = {"reason": "max_output_tokens"}
    return made


def output_items(exchange: Exchange) -> list[Payload]:
    """The finished output items: reasoning, a search, then the call or the message."""
    items = []
    reasoning = mapping(exchange.turn.body.get("reasoning"))
    if exchange.reply.summaries or reasoning.get("effort"):
        items.append(_reasoning_item(exchange))
    if exchange.reply.citation and _offers_search(exchange):
        items.append({"id": f"ws_{exchange.id}", "type": "web_search_call", "status": "completed"})
    items.append(_call_item(exchange) if exchange.reply.call else _message_item(exchange))
    return items


def events(exchange: Exchange) -> Iterator[Payload]:
    """The reply as the events of a stream, numbered from 0."""
    for number, event in enumerate(_unnumbered(exchange)):
        yield {"type": event["type"], "sequence_number": number, **event}


async def _stream(exchange: Exchange) -> AsyncIterator[bytes]:
    for event in events(exchange):
        yield b"event: " + event["type"].encode() + b"\ndata: " + dumps(event) + b"\n\n"
        if event["type"].endswith(".delta"):
            await asyncio.sleep(exchange.pace_s)


def _unnumbered(exchange: Exchange) -> Iterator[Payload]:
    begun = _response(exchange, "in_progress")
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(output_items(exchange)):
        yield from _item_events(item, index, breaks=exchange.reply.breaks)
    if exchange.reply.breaks:
        yield {"type": "response.failed", "response": _failed(exchange)}
    else:
        final = final_response(exchange)
        yield {"type": f"response.{final['status']}", "response": final}


def _item_events(item: Payload, index: int, *, breaks: bool) -> Iterator[Payload]:
    empty = {"reasoning": "summary", "message": "content", "function_call": "arguments"}
    bare = {**item, "status": "in_progress"}
    if key := empty.get(item["type"]):
        bare[key] = "" if key == "arguments" else []
    yield {"type": "response.output_item.added", "output_index": index, "item": bare}
    place = {"item_id": item["id"], "output_index": index}
    if item["type"] == "reasoning":
        yield from _summary_events(item, place)
    elif item["type"] == "message":
        yield from _part_events(item["content"][0], {**place, "content_index": 0}, breaks=breaks)
    elif item["type"] == "function_call":
        yield from _argument_events(item["arguments"], place)
    else:
        for state in ("in_progress", "searching", "completed"):
            yield {"type": f"response.web_search_call.{state}", **place}
    if not (breaks and item["type"] == "message"):
        yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _summary_events(item: Payload, place: Payload) -> Iterator[Payload]:
    for index, part in enumerate(item["summary"]):
        here = {**place, "summary_index": index}
        empty = {"type": "summary_text", "text": ""}
        yield {"type": "response.reasoning_summary_part.added", **here, "part": empty}
        for piece in tokens(part["text"]):
            yield {"type": "response.reasoning_summary_text.delta", **here, "delta": piece}
        yield {"type": "response.reasoning_summary_text.done", **here, "text": part["text"]}
        yield {"type": "response.reasoning_summary_part.done", **here, "part": part}


def _part_events(part: Payload, here: Payload, *, breaks: bool) -> Iterator[Payload]:
    is_refusal = part["type"] == "refusal"
    kind, key = ("refusal", "refusal") if is_refusal else ("output_text", "text")
    more: Payload = {} if is_refusal else {"logprobs": []}
    empty = {**part, key: "", **({} if is_refusal else {"annotations": []})}
    yield {"type": "response.content_part.added", **here, "part": empty}
    for piece in tokens(part[key]):
        yield {"type": f"response.{kind}.delta", **here, "delta": piece, **more}
    for index, annotation in enumerate(part.get("annotations", [])):
        added = {"annotation_index": index, "annotation": annotation}
        yield {"type": "response.output_text.annotation.added", **here, **added}
    if not breaks:
        yield {"type": f"response.{kind}.done", **here, key: part[key], **more}
        yield {"type": "response.content_part.done", **here, "part": part}


def _argument_events(arguments: str, place: Payload) -> Iterator[Payload]:
    for piece in tokens(arguments):
        yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}
    yield {"type": "response.function_call_arguments.done", **place, "arguments": arguments}


def _response(exchange: Exchange, status: str) -> Payload:
    body = exchange.turn.body
    echoed = {
        key: body[key] if body.get(key) is not None else absent for key, absent in _ECHOED_AS_SENT
    }
    reasoning = mapping(body.get("reasoning"))
    effort = "medium" if "chat" in exchange.turn.model else "none"
    return {
        "id": f"resp_{exchange.id}",
        "object": "response",
        "created_at": exchange.created_s,
        "status": status,
        "model": exchange.model,
        **echoed,
        "reasoning": {
            "effort": reasoning.get("effort") or effort,
            "summary": reasoning.get("summary"),
        },
        "error": None,
        "incomplete_details": None,
        "output": [],
        "usage": None,
        "metadata": {},
    }


def _failed(exchange: Exchange) -> Payload:
    message = "Something wrong with the server: this error is part of the demo."
    error = {"code": "server_error", "message": message}
    return {**_response(exchange, "failed"), "error": error}


def _reasoning_item(exchange: Exchange) -> Payload:
    parts = [{"type": "summary_text", "text": part} for part in exchange.reply.summaries]
    item: Payload = {"id": f"rs_{exchange.id}", "type": "reasoning", "summary": parts}
    if "reasoning.encrypted_content" in sequence(exchange.turn.body.get("include")):
        item["encrypted_content"] = "ZGVtbw=="
    return {**item, "status": "completed"}


def _message_item(exchange: Exchange) -> Payload:
    reply = exchange.reply
    part: Payload = {"type": "refusal", "refusal": reply.text}
    if not reply.is_refusal:
        cited = [{"type": "url_citation", **reply.citation.fields()}] if reply.citation else []
        part = {"type": "output_text", "text": reply.text, "annotations": cited, "logprobs": []}
    return {
        "id": f"msg_{exchange.id}",
        "type": "message",
        "status": "incomplete" if reply.is_cut_off else "completed",
        "role": "assistant",
        "content": [part],
    }


def _call_item(exchange: Exchange) -> Payload:
    call = exchange.reply.call
    return {
        "id": f"fc_{exchange.id}",
        "type": "function_call",
        "status": "completed",
        "call_id": f"call_{exchange.id}",
        "name": call.name if call else "",
        "arguments": call.arguments if call else "",
    }


def _offers_search(exchange: Exchange) -> bool:
    tools = map(mapping, sequence(exchange.turn.body.get("tools")))
    return any(str(tool.get("type")).startswith("web_search") for tool in tools)


def _usage(exchange: Exchange) -> Payload:
    return {
        "input_tokens": exchange.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": exchange.output_tokens,
        "output_tokens_details": {"reasoning_tokens": exchange.reply.reasoning_tokens},
        "total_tokens": exchange.input_tokens + exchange.output_tokens,
    }
