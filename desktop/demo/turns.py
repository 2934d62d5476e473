"""What a request asks for, read loosely from the bodies of both endpoints."""

from dataclasses import dataclass, field

from desktop.demo.payloads import Payload, count, mapping, sequence, text


@dataclass(frozen=True, slots=True)
class Turn:
    """One request, told without regard to the endpoint.

    Attributes:
        model: As requested.
        prompt: Text of the last user message.
        tool_result: Output of a function where the request ends in one, else "".
        max_tokens: Cap on tokens of the answer, or None.
        is_streamed: Whether events are asked for.
        choices: How many answers, 1 to 8.
        effort: Reasoning effort, or "".
        wants_summary: Whether a reasoning summary is asked for.
        functions: Parameters' schema by the name of each function.
        forced: Name of the function that must be called, or "".
        schema: JSON Schema the answer must match, or None for plain text.
        prompt_chars: Length of everything sent, for the count of tokens.
        body: The whole request.
    """

    model: str
    prompt: str
    tool_result: str = ""
    max_tokens: int | None = None
    is_streamed: bool = False
    choices: int = 1
    effort: str = ""
    wants_summary: bool = False
    functions: dict[str, Payload] = field(default_factory=dict)
    forced: str = ""
    schema: Payload | None = None
    prompt_chars: int = 0
    body: Payload = field(default_factory=dict)


def chat_turn(body: Payload) -> Turn | None:
    """The turn of a chat completions body, or None where model or messages are missing."""
    messages = [mapping(message) for message in sequence(body.get("messages"))]
    if not text(body.get("model")) or not messages:
        return None
    functions = {
        text(function.get("name")): mapping(function.get("parameters"))
        for tool in sequence(body.get("tools"))
        if (function := mapping(mapping(tool).get("function")))
    }
    wanted = mapping(body.get("response_format"))
    return Turn(
        model=text(body.get("model")),
        prompt=_last_prompt(messages),
        tool_result=_content(messages[-1]) if messages[-1].get("role") == "tool" else "",
        max_tokens=count(body, "max_completion_tokens", "max_tokens"),
        is_streamed=body.get("stream") is True,
        choices=min(count(body, "n") or 1, 8),
        effort=text(body.get("reasoning_effort")),
        functions=functions,
        forced=_forced(body, functions, mapping(mapping(body.get("tool_choice")).get("function"))),
        schema=_schema(wanted, mapping(wanted.get("json_schema"))),
        prompt_chars=sum(len(_content(message)) for message in messages),
        body=body,
    )


def responses_turn(body: Payload) -> Turn | None:
    """The turn of a Responses body, or None where model or input are missing."""
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else sequence(given)
    items = [mapping(item) for item in items]
    if not text(body.get("model")) or not items:
        return None
    functions = {
        text(tool.get("name")): mapping(tool.get("parameters"))
        for tool in map(mapping, sequence(body.get("tools")))
        if tool.get("type") == "function"
    }
    wanted = mapping(mapping(body.get("text")).get("format"))
    reasoning = mapping(body.get("reasoning"))
    return Turn(
        model=text(body.get("model")),
        prompt=_last_prompt(items),
        tool_result=text(items[-1].get("output")),
        max_tokens=count(body, "max_output_tokens"),
        is_streamed=body.get("stream") is True,
        effort=text(reasoning.get("effort")),
        wants_summary=bool(text(reasoning.get("summary"))),
        functions=functions,
        forced=_forced(body, functions, mapping(body.get("tool_choice"))),
        schema=_schema(wanted, wanted),
        prompt_chars=sum(len(_content(item)) for item in items)
        + len(text(body.get("instructions"))),
        body=body,
    )


def _content(message: Payload) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(text(mapping(part).get("text")) for part in sequence(content)).strip()


def _last_prompt(messages: list[Payload]) -> str:
    asked = (_content(one) for one in reversed(messages) if one.get("role") == "user")
    return next(asked, "")


def _forced(body: Payload, functions: dict[str, Payload], chosen: Payload) -> str:
    if body.get("tool_choice") == "required":
        return next(iter(functions), "")
    name = text(chosen.get("name"))
    return name if name in functions else ""


def _schema(wanted: Payload, holder: Payload) -> Payload | None:
    if wanted.get("type") == "json_object":
        return {}
    return mapping(holder.get("schema")) if wanted.get("type") == "json_schema" else None
