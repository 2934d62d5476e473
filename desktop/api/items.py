"""Output items of Responses as parts of a message.

Source: https://docs.aimlapi.com/api-references/text-models-llm/openai/gpt-5-1 and the OpenAPI
document behind its second example.
"""

from collections.abc import Callable

from desktop.api.wire import Payload, citations, mapping, mappings, string
from desktop.domain.messages import (
    ActivityPart,
    MediaPart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    UnknownPart,
)

ACTIVITIES = {
    "web_search_call",
    "file_search_call",
    "mcp_list_tools",
    "mcp_approval_request",
    "computer_call",
    "computer_call_output",
    "local_shell_call",
}
"""Items that are shown as a line of activity."""


def parts_of(item: Payload) -> tuple[Part, ...]:
    """The parts of an output item; none for an item without a type and without content."""
    kind = string(item.get("type"))
    if kind in ACTIVITIES:
        return (ActivityPart(kind, string(item.get("status")), item),)
    make = _MAKERS.get(kind)
    if make is not None:
        return make(item)
    if not kind:
        return _message(item)
    return (UnknownPart(item),)


def _message(item: Payload) -> tuple[Part, ...]:
    content = item.get("content")
    if isinstance(content, str):
        return (TextPart(content),) if content else ()
    return tuple(content_part(part) for part in mappings(content))


def content_part(part: Payload) -> Part:
    """One content part of a message or of reasoning."""
    kind = string(part.get("type"))
    if kind == "refusal":
        return RefusalPart(string(part.get("refusal")))
    if kind == "reasoning_text":
        return ReasoningPart(string(part.get("text")))
    if kind in ("output_text", "text", ""):
        logprobs = part.get("logprobs")
        entries = tuple(logprobs) if isinstance(logprobs, list) else ()
        return TextPart(string(part.get("text")), citations(part.get("annotations")), entries)
    return UnknownPart(part)


def _reasoning(item: Payload) -> tuple[Part, ...]:
    """Summaries, then texts; the raw item, which may be needed again, is on the first of them."""
    texts = [(string(each.get("text")), True) for each in mappings(item.get("summary"))]
    texts += [(string(each.get("text")), False) for each in mappings(item.get("content"))]
    if not texts:
        is_worth_keeping = bool(item.get("encrypted_content"))
        return (ReasoningPart("", is_summary=True, raw=item),) if is_worth_keeping else ()
    return tuple(
        ReasoningPart(text, is_summary=is_summary, raw=item if i == 0 else {})
        for i, (text, is_summary) in enumerate(texts)
    )


def _function_call(item: Payload) -> tuple[Part, ...]:
    return (
        ToolCallPart(
            call_id=string(item.get("call_id")) or string(item.get("id")),
            name=string(item.get("name")),
            text=string(item.get("arguments")),
            status=string(item.get("status")),
            raw=item,
        ),
    )


def _custom_call(item: Payload) -> tuple[Part, ...]:
    return (
        ToolCallPart(
            call_id=string(item.get("call_id")) or string(item.get("id")),
            name=string(item.get("name")),
            text=string(item.get("input")),
            kind="custom",
            status=string(item.get("status")),
            raw=item,
        ),
    )


def _mcp_call(item: Payload) -> tuple[Part, ...]:
    error = item.get("error")
    failure = string(error) or string(mapping(error).get("message"))
    return (
        ToolCallPart(
            call_id=string(item.get("id")),
            name=string(item.get("name")),
            text=string(item.get("arguments")),
            kind="mcp",
            status=string(item.get("status")) or ("failed" if error else ""),
            output=string(item.get("output")) or failure,
            raw=item,
        ),
    )


def _code_interpreter_call(item: Payload) -> tuple[Part, ...]:
    outputs = mappings(item.get("outputs"))
    logs = [string(each.get("logs")) or string(each.get("url")) for each in outputs]
    return (
        ToolCallPart(
            call_id=string(item.get("id")),
            name="code_interpreter",
            text=string(item.get("code")),
            kind="code_interpreter",
            status=string(item.get("status")),
            output="\n".join(filter(None, logs)),
            raw=item,
        ),
    )


def _image_call(item: Payload) -> tuple[Part, ...]:
    data = string(item.get("result"))
    if not data:
        return (ActivityPart("image_generation_call", string(item.get("status")), item),)
    rest = {key: value for key, value in item.items() if key != "result"}
    return (MediaPart("image", data, string(item.get("revised_prompt")), rest),)


_MAKERS: dict[str, Callable[[Payload], tuple[Part, ...]]] = {
    "message": _message,
    "reasoning": _reasoning,
    "function_call": _function_call,
    "custom_tool_call": _custom_call,
    "mcp_call": _mcp_call,
    "code_interpreter_call": _code_interpreter_call,
    "image_generation_call": _image_call,
}
