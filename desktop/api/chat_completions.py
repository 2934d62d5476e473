"""The wire format of ``POST /v1/chat/completions``: body out, chunks and whole replies in.

Source: https://docs.aimlapi.com/api-references/text-models-llm/openai/gpt-5-1 and the OpenAPI
document behind it.
"""

from typing import Any

import msgspec

from desktop.api.body import answered_calls, assembled, function_calls, instructions, tool_results
from desktop.api.errors import from_stream_object, is_error_object, lost
from desktop.api.wire import (
    EventList,
    Payload,
    citation,
    citations,
    cost_event,
    loads,
    loads_object,
    loosely,
    mapping,
    mappings,
    string,
    usage_event,
    whole,
)
from desktop.domain.errors import DesktopError, EmptyReplyError, ProtocolError
from desktop.domain.events import (
    ChoiceFinished,
    CitationAdded,
    Event,
    Finished,
    MediaDelta,
    ReasoningDelta,
    RefusalDelta,
    ReplyReplaced,
    Started,
    ToolInputDelta,
    UnknownReceived,
)
from desktop.domain.messages import (
    Choice,
    MediaPart,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolCallPart,
)
from desktop.domain.requests import Turn

_DONE = b"[DONE]"
EMPTY = "The reply is empty. Try again."
_CUT = {"length", "content_filter"}
"""Reasons that explain a reply without content."""


# Body


def encode(turn: Turn) -> Payload:
    """The body of a request: model, messages, then the parameters that are set.

    Raises:
        DesktopError: A parameter is not valid.
    """
    answered = answered_calls(turn.history)
    body = assembled(turn.settings, {"model": turn.settings.model, "messages": []})
    messages: list[Payload] = []
    if system := instructions(turn.settings):
        messages.append({"role": "system", "content": system})
    for message in turn.history:
        messages += _encoded(message, answered)
    if body["messages"] == []:
        body["messages"] = messages
    return body


def _encoded(message: Message, answered: set[str]) -> list[Payload]:
    """The wire messages of one message; none for a reply that brought nothing."""
    if message.role is Role.ASSISTANT:
        return _encoded_reply(message, answered)
    if message.role is Role.TOOL:
        return [
            {"role": "tool", "content": part.text, "tool_call_id": part.call_id}
            for part in tool_results(message, answered)
        ]
    return [{"role": message.role.value, "content": message.text}]


def _encoded_reply(message: Message, answered: set[str]) -> list[Payload]:
    refusal = "\n\n".join(part.text for part in message.parts if isinstance(part, RefusalPart))
    calls = [
        {
            "id": part.call_id,
            "type": "function",
            "function": {"name": part.name, "arguments": part.text},
        }
        for part in function_calls(message, answered)
    ]
    reply: Payload = {"role": "assistant"}
    if message.text:
        reply["content"] = message.text
    elif refusal:
        reply["content"] = [{"type": "refusal", "refusal": refusal}]
    if calls:
        reply["tool_calls"] = calls
    return [reply] if len(reply) > 1 else []


# Chunks


class _Call(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: Payload | None = None
    custom: Payload | None = None


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_Call] | None = None
    function_call: Payload | None = None
    annotations: list[Any] | None = None
    audio: Payload | None = None


class _Choice(msgspec.Struct, gc=False):
    index: int | None = None
    delta: _Delta | None = None
    finish_reason: str | None = None
    logprobs: Payload | None = None
    message: Payload | None = None


class _Chunk(msgspec.Struct, gc=False):
    id: str | None = None
    model: str | None = None
    object: str | None = None
    choices: list[_Choice] | None = None
    usage: Payload | None = None
    meta: Payload | None = None
    error: Any = None
    status: Any = msgspec.field(default=None, name="statusCode")
    type: str | None = None
    message: Any = None


_CHUNK = msgspec.json.Decoder(_Chunk, strict=False)


class StreamDecoder:
    """Turns the data of events into domain events.

    Attributes:
        is_ended: Whether ``[DONE]`` came.
        is_complete: Whether the reply is whole although more may come: a finish reason was seen.
        fault: The error that an event brought; what came before it was given out.
    """

    def __init__(self) -> None:
        self.is_ended = False
        self.is_complete = False
        self.fault: DesktopError | None = None
        self._out = EventList()
        self._id = ""
        self._model = ""
        self._reason = ""
        self._calls: dict[tuple[int, int], str] = {}
        self._is_after_end_noted = False

    def feed(self, payloads: list[bytes]) -> list[Event]:
        """The events of some payloads, adjacent deltas joined; stops at an error object."""
        for payload in payloads:
            if self.fault is not None:
                break
            if payload == _DONE:
                self.is_ended = True
            else:
                self._take(payload)
        events = self._out.take()
        self._check_size()
        return events

    def finish(self) -> list[Event]:
        """The last event of a stream that has ended.

        Raises:
            DesktopError: The stream ended too early, or brought nothing.
        """
        if self.fault is not None:
            raise self.fault
        if not (self.is_ended or self.is_complete):
            raise lost("The provider", has_begun=self._out.has_content)
        if not self._out.has_content and self._reason not in _CUT:
            raise EmptyReplyError(EMPTY, detail=f"finish reason {self._reason or 'missing'}")
        if not self.is_ended:
            self._out.note("The end marker [DONE] was missing.")
        return [*self._out.take(), Finished(self._reason or "stop")]

    def _check_size(self) -> None:
        try:
            self._out.check()
        except DesktopError as error:
            self.fault = error

    def _take(self, payload: bytes) -> None:
        try:
            chunk = _CHUNK.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            loose = self._loosely(payload)
            if loose is None:
                return
            chunk = loose
        is_error = chunk.error or (chunk.status is not None and chunk.message is not None)
        if is_error or chunk.type == "error":
            self.fault = from_stream_object(loads_object(payload))
        elif self.is_ended:
            self._after_end(chunk)
        else:
            self._on_chunk(chunk, payload)

    def _loosely(self, payload: bytes) -> _Chunk | None:
        """A chunk whose known fields have odd types, or None where it is no object."""
        try:
            decoded = loads(payload)
        except ValueError:
            self._out.note("An event was not valid JSON; it is kept in the log only.")
            return None
        if not isinstance(decoded, dict):
            self._out.note("An event was not a JSON object; it is kept in the log only.")
            return None
        self._out.note("An event held a field of an unexpected type or broken text.")
        return loosely(decoded, _Chunk)

    def _on_chunk(self, chunk: _Chunk, payload: bytes) -> None:
        if chunk.id != self._id or chunk.model != self._model:
            self._on_identity(chunk)
        choices = chunk.choices
        if choices:
            for choice in choices:
                self._on_choice(choice)
        elif choices is None and chunk.usage is None and chunk.meta is None:
            decoded = loads_object(payload)
            self._out.add(UnknownReceived(string(decoded.get("object")), decoded))
        if chunk.usage is not None or chunk.meta is not None:
            self._on_accounts(chunk)

    def _after_end(self, chunk: _Chunk) -> None:
        self._on_accounts(chunk)
        if chunk.choices and not self._is_after_end_noted:
            self._is_after_end_noted = True
            self._out.note("Data came after the end marker; it is kept in the log only.")

    def _on_identity(self, chunk: _Chunk) -> None:
        """Later chunks may leave the id or the model empty."""
        id_, model = chunk.id or self._id, chunk.model or self._model
        if (id_, model) != (self._id, self._model):
            self._id, self._model = id_, model
            self._out.add(Started(id_, model))

    def _on_accounts(self, chunk: _Chunk) -> None:
        for event in (usage_event(chunk.usage), cost_event(chunk.meta)):
            if event is not None:
                self._out.add(event)

    def _on_choice(self, choice: _Choice) -> None:
        index = choice.index or 0
        delta = choice.delta
        if delta is None and choice.message is not None:
            delta = loosely(choice.message, _Delta)
        entries: list[Any] = []
        if choice.logprobs:
            entries = logprob_entries(choice.logprobs)
        if delta is not None:
            if delta.content:
                self._out.text(delta.content, index, 0, 0, entries)
                entries = []
            if _is_rare(delta):
                self._on_rare(delta, index)
        if entries:
            self._out.text("", index, 0, 0, entries)
        if choice.finish_reason:
            self.is_complete = True
            self._reason = self._reason or choice.finish_reason
            self._out.add(ChoiceFinished(choice.finish_reason, index))

    def _on_rare(self, delta: _Delta, choice: int) -> None:
        """Everything in a delta but plain text."""
        if thought := delta.reasoning_content or delta.reasoning:
            self._out.delta((ReasoningDelta, choice, 0, 0, False), thought)
        if delta.refusal:
            self._out.delta((RefusalDelta, choice, 0, 1, ""), delta.refusal)
        for position, call in enumerate(delta.tool_calls or ()):
            self._on_call(call, choice, position)
        if delta.function_call:
            self._on_call(_Call(0, "", "function", delta.function_call), choice, 0)
        for annotation in delta.annotations or ():
            if made := citation(annotation):
                self._out.add(CitationAdded(made, choice))
        if delta.audio:
            self._on_audio(delta.audio, choice)

    def _on_call(self, call: _Call, choice: int, position: int) -> None:
        part = position if call.index is None else call.index
        kind = "custom" if call.custom or call.type == "custom" else "function"
        body = call.custom or call.function or {}
        text = string(body.get("input" if kind == "custom" else "arguments"))
        name = string(body.get("name"))
        known = self._calls.get((choice, part))
        if known is None or (call.id and call.id != known):
            self._calls[choice, part] = call.id or ""
            self._out.content_chars += len(text)
            self._out.show(ToolInputDelta(text, choice, 0, part, call.id or "", name, kind))
        elif text:
            self._out.delta((ToolInputDelta, choice, 0, part, kind), text)

    def _on_audio(self, audio: Payload, choice: int) -> None:
        data, text = string(audio.get("data")), string(audio.get("transcript"))
        if data or text:
            self._out.content_chars += len(data) + len(text)
            self._out.show(MediaDelta("audio", data, text, choice))


def _is_rare(delta: _Delta) -> bool:
    return bool(
        delta.reasoning_content
        or delta.tool_calls
        or delta.refusal
        or delta.annotations
        or delta.audio
        or delta.reasoning
        or delta.function_call
    )


def logprob_entries(logprobs: Payload) -> list[Any]:
    """The entries of both lists of a ``logprobs`` object."""
    content, refusal = logprobs.get("content"), logprobs.get("refusal")
    return [
        *(content if isinstance(content, list) else ()),
        *(refusal if isinstance(refusal, list) else ()),
    ]


# Whole replies


def decode_whole(body: bytes) -> list[Event]:
    """The events of a reply that came as one JSON object, ``Finished`` last.

    Raises:
        DesktopError: It is an error, empty, or no JSON object.
    """
    reply = json_object(body)
    if is_error_object(reply):
        raise from_stream_object(reply)
    choices = [_whole_choice(each, i) for i, each in enumerate(mappings(reply.get("choices")))]
    events: list[Event] = [Started(string(reply.get("id")), string(reply.get("model")))]
    events.append(ReplyReplaced(tuple(sorted(choices, key=lambda choice: choice.index))))
    events += [ChoiceFinished(each.finish_reason, each.index) for each in choices]
    accounts = (usage_event(reply.get("usage")), cost_event(reply.get("meta")))
    events += [event for event in accounts if event is not None]
    reason = next((each.finish_reason for each in choices if each.finish_reason), "stop")
    if not any(choice.parts for choice in choices) and reason not in _CUT:
        raise EmptyReplyError(EMPTY, detail="no choice with content")
    return [*events, Finished(reason)]


def json_object(body: bytes) -> Payload:
    """The JSON object of a whole reply.

    Raises:
        ProtocolError: It is none.
        EmptyReplyError: There is nothing.
    """
    if not body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise EmptyReplyError(EMPTY, detail="empty body")
    try:
        decoded = loads(body.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        decoded = None
    if not isinstance(decoded, dict):
        raise ProtocolError(
            "The answer cannot be read: it is not a JSON object. Try again.",
            detail=f"{len(body)} bytes",
        )
    return decoded


def _whole_choice(choice: Payload, position: int) -> Choice:
    message = mapping(choice.get("message")) or mapping(choice.get("delta"))
    index = whole(choice.get("index"))
    entries = tuple(logprob_entries(mapping(choice.get("logprobs"))))
    parts: list[Part] = []
    if thought := string(message.get("reasoning_content")) or string(message.get("reasoning")):
        parts.append(ReasoningPart(thought))
    text = _content_text(message.get("content"))
    if text or (entries and not message.get("refusal")):
        parts.append(TextPart(text, citations(message.get("annotations")), entries))
    if refusal := string(message.get("refusal")):
        parts.append(RefusalPart(refusal))
    parts += [_whole_call(call) for call in mappings(message.get("tool_calls"))]
    if audio := mapping(message.get("audio")):
        parts.append(_whole_audio(audio))
    reason = string(choice.get("finish_reason"))
    return Choice(tuple(parts), position if index is None else index, reason)


def _content_text(content: object) -> str:
    """Text that came as a string or as a list of parts."""
    if isinstance(content, list):
        return "".join(string(part.get("text")) for part in mappings(content))
    return string(content)


def _whole_call(call: Payload) -> ToolCallPart:
    custom = mapping(call.get("custom"))
    body = custom or mapping(call.get("function"))
    return ToolCallPart(
        call_id=string(call.get("id")),
        name=string(body.get("name")),
        text=string(body.get("input" if custom else "arguments")),
        kind="custom" if custom else "function",
        raw=call,
    )


def _whole_audio(audio: Payload) -> MediaPart:
    rest = {key: value for key, value in audio.items() if key not in ("data", "transcript")}
    return MediaPart("audio", string(audio.get("data")), string(audio.get("transcript")), rest)
