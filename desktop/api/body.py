"""What the bodies of both endpoints have in common: parameters, and which history is sent."""

from collections.abc import Iterator, Sequence
from typing import Any

from desktop.api.wire import Payload
from desktop.domain.capabilities import capability
from desktop.domain.errors import BadRequestError
from desktop.domain.messages import (
    Message,
    Role,
    ToolCallPart,
    ToolResultPart,
)
from desktop.domain.parameters import PARAMETERS, ChatSettings, Editor, ParameterId


def assembled(settings: ChatSettings, start: Payload) -> Payload:
    """A whole body: ``start``, then what is set in the documents' order, then the extra members.

    Raises:
        BadRequestError: A value is not valid JSON.
    """
    try:
        sent = settings.sent()
    except (ValueError, RecursionError):
        raise BadRequestError(
            "A parameter does not hold valid JSON. Mend it in the sidebar."
        ) from None
    extra = sent.pop(ParameterId.EXTRA_BODY, None)
    placed: Payload = {}
    for id_, value in sent.items():
        path = PARAMETERS[id_].paths[settings.endpoint]
        if path not in ("messages", "") and value != "":
            _place(placed, path, _number(value) if PARAMETERS[id_].editor in _NUMBERS else value)
    order = [field.name for field in capability(settings.model, settings.endpoint).fields]
    body = dict(start)
    for name in order:
        if name in placed:
            body[name] = placed[name]
    if isinstance(extra, dict):
        body.update(extra)
    return body


_NUMBERS = {Editor.NUMBER, Editor.INTEGER}


def _number(value: Any) -> Any:
    """A number in its shortest form: 1 for 1.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _place(body: Payload, path: str, value: Any) -> None:
    """Puts a value at a dotted path; an object joins the one that is there."""
    *parents, name = path.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    if isinstance(value, dict) and isinstance(body.get(name), dict):
        body[name].update(value)
    else:
        body[name] = value


def instructions(settings: ChatSettings) -> str:
    """The instructions that are sent, or ""."""
    return str(settings.sent().get(ParameterId.INSTRUCTIONS, ""))


def answered_calls(history: Sequence[Message]) -> set[str]:
    """Ids of the function calls that have both a call and a later result.

    Only those are sent: either endpoint refuses a call without a result, or a result without one.
    """
    called: set[str] = set()
    answered: set[str] = set()
    for message in history:
        for part in message.parts:
            if isinstance(part, ToolCallPart) and part.kind == "function":
                called.add(part.call_id)
            elif isinstance(part, ToolResultPart) and part.call_id in called:
                answered.add(part.call_id)
    return answered - {""}


def function_calls(message: Message, answered: set[str]) -> Iterator[ToolCallPart]:
    """The function calls of a reply that are sent along."""
    for part in message.parts:
        if isinstance(part, ToolCallPart) and part.kind == "function" and part.call_id in answered:
            yield part


def tool_results(message: Message, answered: set[str] | None) -> Iterator[ToolResultPart]:
    """The results in a message that are sent along; all of them where ``answered`` is None."""
    for part in message.parts:
        if isinstance(part, ToolResultPart) and (answered is None or part.call_id in answered):
            yield part


def new_turn(history: Sequence[Message]) -> Sequence[Message]:
    """What came after the last reply."""
    last = max((i for i, each in enumerate(history) if each.role is Role.ASSISTANT), default=-1)
    return history[last + 1 :]
