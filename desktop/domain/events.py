"""What a reply says while it arrives: the same events for every endpoint and transport.

A decoder yields events in arrival order and ends with exactly one :class:`Finished`, or raises
one ``DesktopError``. Positions: ``choice`` is the API's choice index, ``item`` the output item
(0 where the wire has no items), ``part`` the content part inside the item. Adjacent deltas of one
socket read are merged, ``count`` says how many there were.

The classes are slotted and not frozen: a frozen dataclass costs four times as much to make, and
one is made for every read (measured).
"""

from dataclasses import dataclass, field
from typing import Any

from desktop.domain.messages import Choice, Citation, Cost, Part, Usage


@dataclass(slots=True)
class HeadersReceived:
    """The answer's status line and headers; the first event of every exchange that was answered.

    Attributes:
        status: HTTP status.
        headers: (name in lower case, value) in order.
        is_stream: Whether the body is an event stream, decided by the answer's content type.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    is_stream: bool


@dataclass(slots=True)
class Started:
    """The reply's identity; may come more than once, empty fields say nothing new."""

    response_id: str = ""
    model: str = ""
    status: str = ""


@dataclass(slots=True)
class TextDelta:
    """More text of a text part."""

    text: str
    choice: int = 0
    item: int = 0
    part: int = 0
    count: int = 1
    logprobs: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class TextDone:
    """The authoritative text of a text part."""

    text: str
    choice: int = 0
    item: int = 0
    part: int = 0


@dataclass(slots=True)
class CitationAdded:
    """A citation of a text part."""

    citation: Citation
    choice: int = 0
    item: int = 0
    part: int = 0


@dataclass(slots=True)
class ReasoningDelta:
    """More reasoning; ``part`` counts summaries and texts of one item apart."""

    text: str
    choice: int = 0
    item: int = 0
    part: int = 0
    is_summary: bool = False
    count: int = 1


@dataclass(slots=True)
class ReasoningDone:
    """The authoritative text of a piece of reasoning."""

    text: str
    choice: int = 0
    item: int = 0
    part: int = 0
    is_summary: bool = False


@dataclass(slots=True)
class RefusalDelta:
    """More of the model's refusal."""

    text: str
    choice: int = 0
    item: int = 0
    part: int = 0
    count: int = 1


@dataclass(slots=True)
class RefusalDone:
    """The authoritative refusal."""

    text: str
    choice: int = 0
    item: int = 0
    part: int = 0


@dataclass(slots=True)
class ToolInputDelta:
    """More of a tool call's input: arguments, custom input or code.

    Attributes:
        text: The fragment.
        part: Number of the call inside its item; several on chat completions.
        call_id: Set on the first fragment, else "".
        name: Set on the first fragment, else "".
        kind: As in ``ToolCallPart.kind``.
    """

    text: str
    choice: int = 0
    item: int = 0
    part: int = 0
    call_id: str = ""
    name: str = ""
    kind: str = "function"
    count: int = 1


@dataclass(slots=True)
class ToolInputDone:
    """The authoritative input of a tool call."""

    text: str
    choice: int = 0
    item: int = 0
    part: int = 0
    kind: str = "function"


@dataclass(slots=True)
class ActivityChanged:
    """A built-in tool's state, such as ``searching``."""

    kind: str
    status: str
    choice: int = 0
    item: int = 0


@dataclass(slots=True)
class MediaDelta:
    """More of an image or sound: base64 data, or transcript text."""

    kind: str
    data: str = ""
    text: str = ""
    choice: int = 0
    item: int = 0
    replaces: bool = False


@dataclass(slots=True)
class ItemAdded:
    """An output item began; ``parts`` is what is known of it, often empty."""

    parts: tuple[Part, ...]
    choice: int = 0
    item: int = 0


@dataclass(slots=True)
class ItemDone:
    """The authoritative parts of an output item; they replace what was streamed of it."""

    parts: tuple[Part, ...]
    choice: int = 0
    item: int = 0


@dataclass(slots=True)
class ReplyReplaced:
    """The whole reply as the final object has it; replaces what was streamed."""

    choices: tuple[Choice, ...]


@dataclass(slots=True)
class UsageReported:
    """Token counts as reported; a later one replaces an earlier one."""

    usage: Usage


@dataclass(slots=True)
class CostReported:
    """What was billed."""

    cost: Cost


@dataclass(slots=True)
class ChoiceFinished:
    """One choice's finish reason, as reported."""

    finish_reason: str
    choice: int = 0


@dataclass(slots=True)
class UnknownReceived:
    """An event this version does not know; recorded, never acted on."""

    kind: str
    payload: dict[str, Any]


@dataclass(slots=True)
class Anomaly:
    """Something odd on the wire that did not stop the reply, in plain words."""

    text: str


@dataclass(slots=True)
class Finished:
    """The end of a reply that reached its terminal marker.

    Attributes:
        reason: ``stop``, ``length``, ``content_filter``, ``tool_calls``, or as reported.
    """

    reason: str = "stop"


Event = (
    HeadersReceived
    | Started
    | TextDelta
    | TextDone
    | CitationAdded
    | ReasoningDelta
    | ReasoningDone
    | RefusalDelta
    | RefusalDone
    | ToolInputDelta
    | ToolInputDone
    | ActivityChanged
    | MediaDelta
    | ItemAdded
    | ItemDone
    | ReplyReplaced
    | UsageReported
    | CostReported
    | ChoiceFinished
    | UnknownReceived
    | Anomaly
    | Finished
)


@dataclass(slots=True)
class Batch:
    """What one read of the socket brought.

    Attributes:
        events: In arrival order.
        raw: The body bytes of the read, exactly as received (after content decoding).
        at_s: Monotonic seconds since the request was sent.
    """

    events: list[Event]
    raw: bytes
    at_s: float
