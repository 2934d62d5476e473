"""Messages, their parts, and what is known of the exchange that made them; plain values.

A conversation is a tree of messages. A message holds one or more choices (several only where
``n`` was above 1), and a choice holds parts in reading order. Nothing here knows which endpoint
a message came from.
"""

from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from desktop.domain.errors import DesktopError
from desktop.domain.ids import MessageId

_TYPE = "type"


class Role(StrEnum):
    """Author of a message, with the API's own words."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    DEVELOPER = "developer"
    TOOL = "tool"


class Status(StrEnum):
    """Where a message stands; user messages are complete from the start."""

    SENDING = "sending"
    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"

    @property
    def is_running(self) -> bool:
        """Whether a reply is still being made."""
        return self in (Status.SENDING, Status.STREAMING)


class Note(StrEnum):
    """Why a complete reply is not the whole answer."""

    NONE = ""
    LENGTH = "length"
    FILTERED = "filtered"


@dataclass(slots=True, frozen=True)
class Citation:
    """A source that a span of text refers to.

    Attributes:
        kind: The API's annotation type, such as ``url_citation``.
        url: Target, or "" for citations of files.
        title: Title as reported; model output, never markup.
        start: First character of the span, as reported: may not match the text.
        end: One past the last character, as reported.
        raw: The annotation as it came.
    """

    kind: str
    url: str = ""
    title: str = ""
    start: int = 0
    end: int = 0
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class TextPart:
    """Text of a message, Markdown in replies; ``logprobs`` holds the API's entries as they came."""

    text: str
    citations: tuple[Citation, ...] = ()
    logprobs: tuple[Any, ...] = ()


@dataclass(slots=True, frozen=True)
class ReasoningPart:
    """Reasoning shown by the model.

    Attributes:
        text: A summary, or the reasoning itself.
        is_summary: Whether the text is a summary made by the provider.
        duration_s: Seconds from its first to its last delta; None when unknown.
        raw: The item as it came, with encrypted content if there was any.
    """

    text: str
    is_summary: bool = False
    duration_s: float | None = None
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class RefusalPart:
    """The model's words when it refuses."""

    text: str


@dataclass(slots=True, frozen=True)
class ToolCallPart:
    """A call the model wants made; it is only ever shown.

    Attributes:
        call_id: Id that the result must name.
        name: Function or tool name.
        text: Arguments as they came, usually JSON, possibly cut or invalid.
        kind: ``function``, ``custom``, ``mcp`` or ``code_interpreter``.
        status: As reported, or "".
        output: Result that came with the item (built-in tools), or "".
        raw: The item as it came.
    """

    call_id: str
    name: str
    text: str
    kind: str = "function"
    status: str = ""
    output: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class ToolResultPart:
    """The result of a call, supplied by the user or a handler."""

    call_id: str
    text: str


@dataclass(slots=True, frozen=True)
class ActivityPart:
    """Work of a built-in tool: a search, a listing, an approval request, a picture being made.

    Attributes:
        kind: The API's item type, such as ``web_search_call``.
        status: As reported, such as ``searching``.
        raw: The item as it came.
    """

    kind: str
    status: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class MediaPart:
    """An image or sound that came with a reply.

    Attributes:
        kind: ``image`` or ``audio``.
        data: Base64 text as it came, possibly a preview; "" when only a URL is known.
        text: Transcript or description.
        raw: The item without ``data``.
    """

    kind: str
    data: str = ""
    text: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class UnknownPart:
    """An item this version does not know, kept as it came."""

    raw: dict[str, Any]


Part = (
    TextPart
    | ReasoningPart
    | RefusalPart
    | ToolCallPart
    | ToolResultPart
    | ActivityPart
    | MediaPart
    | UnknownPart
)

_PART_TYPES: dict[str, type[Any]] = {
    "text": TextPart,
    "reasoning": ReasoningPart,
    "refusal": RefusalPart,
    "tool_call": ToolCallPart,
    "tool_result": ToolResultPart,
    "activity": ActivityPart,
    "media": MediaPart,
    "unknown": UnknownPart,
}
_PART_NAMES: dict[type[Any], str] = {cls: name for name, cls in _PART_TYPES.items()}


def appended(part: Part, text: str) -> Part:
    """The same part with ``text`` added at its end; parts without text are returned unchanged."""
    if isinstance(part, ActivityPart | UnknownPart):
        return part
    return replace(part, text=part.text + text)


def part_to_payload(part: Part) -> dict[str, Any]:
    """A JSON-ready dict of the part: its ``type`` and every field that is not empty."""
    payload: dict[str, Any] = {_TYPE: _PART_NAMES[type(part)]}
    for item in fields(part):
        value = getattr(part, item.name)
        if item.name == "citations":
            value = [{f.name: getattr(c, f.name) for f in fields(c)} for c in value]
        elif item.name == "logprobs":
            value = list(value)
        if value not in ("", None, [], {}) or item.name == "text":
            payload[item.name] = value
    return payload


def part_from_payload(payload: dict[str, Any]) -> Part:
    """The part that :func:`part_to_payload` wrote; anything else becomes an UnknownPart."""
    cls = _PART_TYPES.get(str(payload.get(_TYPE)))
    if cls is None:
        return UnknownPart(raw=payload)
    names = {item.name for item in fields(cls)}
    known = {name: value for name, value in payload.items() if name in names}
    if "citations" in known:
        known["citations"] = tuple(Citation(**entry) for entry in known["citations"])
    if "logprobs" in known:
        known["logprobs"] = tuple(known["logprobs"])
    try:
        part: Part = cls(**known)
    except TypeError:
        return UnknownPart(raw=payload)
    return part


@dataclass(slots=True, frozen=True)
class Choice:
    """One answer of a reply.

    Attributes:
        parts: In reading order.
        index: As the API numbers it; the first is usually 0.
        finish_reason: As reported, or "".
    """

    parts: tuple[Part, ...] = ()
    index: int = 0
    finish_reason: str = ""


@dataclass(slots=True, frozen=True)
class Usage:
    """Token counts exactly as reported; they need not add up.

    Attributes:
        input_tokens: None where the provider did not say.
        output_tokens: None where the provider did not say.
        total_tokens: None where the provider did not say.
        raw: The usage object as it came, with every detail.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    raw: dict[str, Any] = field(default_factory=dict)


CREDITS_PER_USD = 2_000_000
"""Source: https://docs.aimlapi.com, "How can I track my funds"."""


@dataclass(slots=True, frozen=True)
class Cost:
    """What the provider billed for one exchange.

    Attributes:
        usd: Decimal text in US dollars, such as ``0.001240000``.
        credits: Credits, or None where only dollars were reported.
        source: ``body`` (``meta.usage``) or ``headers``.
    """

    usd: str
    credits: int | None = None
    source: str = "body"


@dataclass(slots=True, frozen=True)
class Fault:
    """A DesktopError as it is kept with the exchange it ended.

    Attributes:
        kind: ``DesktopError.kind``.
        user_text: What happened and what to do.
        provider_text: The provider's message, verbatim.
        request_id: The provider's id for support.
        detail: Technical detail without secrets.
        status: HTTP status, or 0.
        link_text: Label of the link, or "".
        link_url: Where the user can act, or "".
        is_retryable: Whether sending the same request again can succeed.
    """

    kind: str
    user_text: str
    provider_text: str = ""
    request_id: str = ""
    detail: str = ""
    status: int = 0
    link_text: str = ""
    link_url: str = ""
    is_retryable: bool = False

    @classmethod
    def from_error(cls, error: DesktopError) -> "Fault":
        """The storable form of an error."""
        return cls(
            kind=error.kind,
            user_text=error.user_text,
            provider_text=error.provider_text,
            request_id=error.request_id,
            detail=error.detail,
            status=error.status,
            link_text=error.link.text if error.link else "",
            link_url=error.link.url if error.link else "",
            is_retryable=error.retryable,
        )


@dataclass(slots=True, frozen=True)
class ExchangeSummary:
    """What a footer needs to know of the call that made a reply.

    Attributes:
        endpoint: Value of ``capabilities.Endpoint``.
        requested_model: Model id that was sent.
        model: Model id that was echoed, or "".
        is_streamed: Whether the reply came as a stream.
        usage: As reported, or None.
        cost: As billed, or None: unknown is never 0.
        first_token_s: Seconds from sending to the first content, or None.
        duration_s: Seconds from sending to the end, or None.
        delta_count: Content deltas received.
        delta_span_s: Seconds between the first and the last content delta.
        response_id: Id of the completion or response, or "".
        inference_id: ``x-inference-id`` of the charge, or "".
        client_request_id: The id we sent.
        attempts: 1, or more after automatic retries.
        fault: Why it ended early, or None.
    """

    endpoint: str
    requested_model: str
    model: str = ""
    is_streamed: bool = False
    usage: Usage | None = None
    cost: Cost | None = None
    first_token_s: float | None = None
    duration_s: float | None = None
    delta_count: int = 0
    delta_span_s: float = 0.0
    response_id: str = ""
    inference_id: str = ""
    client_request_id: str = ""
    attempts: int = 1
    fault: Fault | None = None

    @property
    def tokens_per_second(self) -> float | None:
        """Approximate speed, one delta taken as one token; None where it cannot be known."""
        intervals = self.delta_count - 1
        if not self.is_streamed or intervals < 1 or self.delta_span_s <= 0:
            return None
        return intervals / self.delta_span_s


_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(slots=True, frozen=True)
class Message:
    """One node of a conversation's tree.

    Attributes:
        id: Identity in the store.
        parent_id: The message before it, or None for a first message.
        role: Author.
        status: Where it stands.
        choices: At least one; several only where several were asked for.
        note: Why a complete reply is not whole.
        created_at: Aware, UTC.
        depth: Number of ancestors.
        sibling_index: Position among the children of its parent, from 0.
        sibling_count: Number of children of its parent, itself included.
        exchange: What is known of the call, for assistant messages.
    """

    id: MessageId
    parent_id: MessageId | None
    role: Role
    status: Status = Status.COMPLETE
    choices: tuple[Choice, ...] = (Choice(),)
    note: Note = Note.NONE
    created_at: datetime = _EPOCH
    depth: int = 0
    sibling_index: int = 0
    sibling_count: int = 1
    exchange: ExchangeSummary | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the choice that is shown."""
        return self.choices[0].parts if self.choices else ()

    @property
    def text(self) -> str:
        """All text parts joined by blank lines, without reasoning and tool calls."""
        return "\n\n".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def fault(self) -> Fault | None:
        """Why the reply ended early, or None."""
        return self.exchange.fault if self.exchange else None

    @property
    def is_error_only(self) -> bool:
        """Whether nothing was received, so that the error stands in the reply's place."""
        return self.fault is not None and not self.parts

    @property
    def has_error_row(self) -> bool:
        """Whether an error is listed after the kept text."""
        return self.fault is not None and bool(self.parts)


@dataclass(slots=True)
class Growth:
    """What a running reply gained since it was last asked.

    Attributes:
        choices: The whole reply where its structure changed, else None. It includes ``appended``.
        appended: (position in ``choices``, position in its parts, text) in order of arrival.
    """

    choices: tuple[Choice, ...] | None = None
    appended: list[tuple[int, int, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is anything new."""
        return self.choices is not None or bool(self.appended)

    def applied_to(self, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
        """The reply after this growth, given the reply before it."""
        if self.choices is not None:
            return self.choices
        grown = [list(choice.parts) for choice in choices]
        texts: dict[tuple[int, int], list[str]] = {}
        for choice, part, text in self.appended:
            texts.setdefault((choice, part), []).append(text)
        for (choice, part), pieces in texts.items():
            grown[choice][part] = appended(grown[choice][part], "".join(pieces))
        return tuple(
            replace(choice, parts=tuple(parts))
            for choice, parts in zip(choices, grown, strict=True)
        )
