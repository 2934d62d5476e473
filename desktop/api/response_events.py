"""The stream of ``POST /v1/responses``: 53 documented events, and whatever else comes.

Text is placed by output index and content or summary index, never by item id, and a delta needs
no event before it.

Source: https://docs.aimlapi.com/api-references/text-models-llm/openai/gpt-5-1 and the OpenAPI
document behind its second example.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from desktop.api.chat_completions import EMPTY
from desktop.api.errors import from_stream_object, lost
from desktop.api.items import content_part, parts_of
from desktop.api.responses import CUT, final_parts, finish_reason, identity_and_accounts
from desktop.api.wire import (
    EventList,
    Payload,
    citation,
    cost_event,
    loads,
    loads_object,
    loosely,
    usage_event,
)
from desktop.domain.errors import DesktopError, EmptyReplyError
from desktop.domain.events import (
    ActivityChanged,
    ChoiceFinished,
    CitationAdded,
    Event,
    Finished,
    ItemAdded,
    ItemDone,
    MediaDelta,
    ReasoningDelta,
    ReasoningDone,
    RefusalDelta,
    RefusalDone,
    ReplyReplaced,
    TextDelta,
    TextDone,
    ToolInputDelta,
    ToolInputDone,
    UnknownReceived,
)
from desktop.domain.messages import Choice, Part, ReasoningPart, RefusalPart, TextPart

_DONE = b"[DONE]"


_ABSENT = msgspec.Raw()


class _Event(msgspec.Struct, gc=False):
    """Every field of every event; nested values stay undecoded until one is needed."""

    type: str | None = None
    sequence_number: int | None = None
    output_index: int | None = None
    content_index: int | None = None
    summary_index: int | None = None
    delta: str | None = None
    text: str | None = None
    refusal: str | None = None
    arguments: str | None = None
    input: str | None = None
    code: str | None = None
    logprobs: msgspec.Raw = _ABSENT
    item: msgspec.Raw = _ABSENT
    part: msgspec.Raw = _ABSENT
    annotation: msgspec.Raw = _ABSENT
    response: msgspec.Raw = _ABSENT
    partial_image_b64: str | None = None
    meta: msgspec.Raw = _ABSENT
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT


_NOTHING = (_ABSENT, msgspec.Raw(b"null"))

_EVENT = msgspec.json.Decoder(_Event, strict=False)

_TOOL_INPUTS = {
    "function_call_arguments": "function",
    "mcp_call_arguments": "mcp",
    "custom_tool_call_input": "custom",
    "code_interpreter_call_code": "code_interpreter",
}

_ACTIVITIES = {
    "web_search_call": ("in_progress", "searching", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
    "mcp_list_tools": ("in_progress", "completed", "failed"),
    "mcp_call": ("in_progress", "completed", "failed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
}

_BEHIND_SUMMARIES = 1000
"""Added to the number of a reasoning text, so that it never meets a summary's."""

_EMPTY_ARRAY = 4
"""Bytes of ``null``; nothing shorter is an array with something in it."""

_NESTED = ("item", "part", "annotation", "response", "meta", "usage", "error", "logprobs")


class StreamDecoder:
    """Turns the data of events into domain events.

    Some servers send a further response in the same stream; its items follow the earlier ones.

    Attributes:
        is_ended: Whether a terminal event came.
        is_complete: The same: nothing less ends a response.
        fault: The error that an event brought; what came before it was given out.
    """

    def __init__(self) -> None:
        self.is_ended = False
        self.fault: DesktopError | None = None
        self._out = EventList()
        self._reason = ""
        self._number: int | None = None
        self._first_item = 0
        self._touched: set[int] = set()
        self._done: dict[int, tuple[Part, ...]] = {}
        self._earlier: tuple[Part, ...] = ()
        self._final: tuple[Part, ...] = ()
        self._is_after_end_noted = False
        self._handlers: dict[str, Callable[[_Event], None]] = self._table()

    @property
    def is_complete(self) -> bool:
        """Whether the reply is whole although more may come."""
        return self.is_ended

    def feed(self, payloads: list[bytes]) -> list[Event]:
        """The events of some payloads, adjacent deltas joined; stops at an error event."""
        for payload in payloads:
            if self.fault is not None:
                break
            if payload != _DONE:
                self._take(payload)
        events = self._out.take()
        try:
            self._out.check()
        except DesktopError as error:
            self.fault = error
        return events

    def finish(self) -> list[Event]:
        """The last event of a stream that has ended.

        Raises:
            DesktopError: The stream ended too early, failed, or brought nothing.
        """
        if self.fault is not None:
            raise self.fault
        if not self.is_ended:
            raise lost("The provider", has_begun=self._out.has_content)
        if not self._out.has_content and self._reason not in CUT:
            raise EmptyReplyError(EMPTY, detail="a response without output")
        return [*self._out.take(), Finished(self._reason or "stop")]

    # One payload

    def _take(self, payload: bytes) -> None:
        try:
            event = _EVENT.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            loose = self._loosely(payload)
            if loose is None:
                return
            event = loose
        kind = event.type
        if kind == "response.output_text.delta" and not self.is_ended:
            self._on_text_delta(event)
        elif event.error not in _NOTHING or kind == "error" or kind is None:
            self._on_typeless(event, payload)
        elif self.is_ended and kind != "response.created":
            self._after_end(event)
        elif kind in self._handlers:
            self._handlers[kind](event)
        else:
            self._out.add(UnknownReceived(kind, loads_object(payload)))
        if event.sequence_number is not None:
            self._count(event.sequence_number)
        if event.meta not in _NOTHING or event.usage not in _NOTHING:
            self._on_accounts(event)

    def _loosely(self, payload: bytes) -> _Event | None:
        """An event whose known fields have odd types, or None where it is no object."""
        try:
            decoded = loads(payload)
        except ValueError:
            self._out.note("An event was not valid JSON; it is kept in the log only.")
            return None
        if not isinstance(decoded, dict):
            self._out.note("An event was not a JSON object; it is kept in the log only.")
            return None
        self._out.note("An event held a field of an unexpected type or broken text.")
        event = loosely(decoded, _Event)
        for name in _NESTED:
            if isinstance(decoded.get(name), dict | list):
                setattr(event, name, msgspec.Raw(msgspec.json.encode(decoded[name])))
        return event

    def _on_typeless(self, event: _Event, payload: bytes) -> None:
        """An error in any shape, or an object without a type."""
        decoded = loads_object(payload)
        error = decoded.get("error")
        if event.type == "error" or error or ("statusCode" in decoded and "message" in decoded):
            if not self.is_ended:
                self.fault = from_stream_object(decoded)
        elif event.type in self._handlers:
            self._handlers[event.type](event)
        elif "usage" not in decoded and "meta" not in decoded:
            self._out.add(UnknownReceived("", decoded))

    def _after_end(self, event: _Event) -> None:
        if not self._is_after_end_noted:
            self._is_after_end_noted = True
            self._out.note("Data came after the end of the response; it is kept in the log only.")
        if event.response not in _NOTHING:
            for each in identity_and_accounts(_object(event.response)):
                self._out.add(each)

    def _count(self, number: int) -> None:
        """Notes a gap in the numbers; the events themselves are placed by their indexes."""
        before, self._number = self._number, number
        if before is not None and number != before + 1 and number != 0:
            self._out.note(f"The numbers of the events jump from {before} to {number}.")

    def _on_accounts(self, event: _Event) -> None:
        usage = usage_event(_object(event.usage))
        cost = cost_event(_object(event.meta))
        for found in (usage, cost):
            if found is not None:
                self._out.add(found)

    # Handlers

    def _table(self) -> dict[str, Callable[[_Event], None]]:
        table: dict[str, Callable[[_Event], None]] = {
            "response.created": self._on_created,
            "response.queued": self._on_lifecycle,
            "response.in_progress": self._on_lifecycle,
            "response.completed": self._on_end,
            "response.incomplete": self._on_end,
            "response.cancelled": self._on_end,
            "response.failed": self._on_failed,
            "response.output_item.added": self._on_item_added,
            "response.output_item.done": self._on_item_done,
            "response.content_part.added": self._on_part_added,
            "response.content_part.done": self._on_part_done,
            "response.output_text.delta": self._on_text_delta,
            "response.output_text.done": self._on_text_done,
            "response.output_text.annotation.added": self._on_annotation,
            "response.refusal.delta": self._on_refusal_delta,
            "response.refusal.done": self._on_refusal_done,
            "response.reasoning_summary_part.added": self._on_nothing,
            "response.reasoning_summary_part.done": self._on_nothing,
            "response.reasoning_summary_text.delta": self._on_summary_delta,
            "response.reasoning_summary_text.done": self._on_summary_done,
            "response.reasoning_text.delta": self._on_reasoning_delta,
            "response.reasoning_text.done": self._on_reasoning_done,
            "response.image_generation_call.partial_image": self._on_image,
            "response.audio.delta": self._on_audio,
            "response.audio.done": self._on_nothing,
            "response.audio.transcript.delta": self._on_transcript,
            "response.audio.transcript.done": self._on_nothing,
        }
        for name, kind in _TOOL_INPUTS.items():
            table[f"response.{name}.delta"] = self._tool_delta(kind)
            table[f"response.{name}.done"] = self._tool_done(kind)
        for kind, statuses in _ACTIVITIES.items():
            for status in statuses:
                table[f"response.{kind}.{status}"] = self._activity(kind, status)
        return table

    def _item(self, event: _Event) -> int:
        """The item's number in the whole stream; it counts as begun."""
        item = self._first_item + (event.output_index or 0)
        self._touched.add(item)
        return item

    def _on_nothing(self, event: _Event) -> None:
        """What another event says as well."""

    def _on_created(self, event: _Event) -> None:
        if self.is_ended:
            self._begin_further()
        self._on_lifecycle(event)

    def _begin_further(self) -> None:
        """Places what follows behind what there is."""
        self._earlier = self._final
        self._first_item = max(max(self._touched, default=-1) + 1, len(self._final))
        self._touched.clear()
        self._done.clear()
        self.is_ended, self._reason, self._number = False, "", None
        self._out.note("A further response came in the same stream.")

    def _on_lifecycle(self, event: _Event) -> None:
        for each in identity_and_accounts(_object(event.response)):
            self._out.add(each)

    def _on_end(self, event: _Event) -> None:
        """The final object replaces what was streamed, unless it says the same."""
        response = _object(event.response)
        kind = event.type or ""
        response.setdefault("status", kind.removeprefix("response."))
        self.is_ended = True
        self._on_lifecycle(event)
        parts = final_parts(response)
        self._reason = finish_reason(response, parts)
        streamed = tuple(part for item in sorted(self._done) for part in self._done[item])
        self._final = (*self._earlier, *(parts or streamed))
        if parts and (parts != streamed or not self._touched <= set(self._done)):
            self._out.show(ReplyReplaced((Choice(self._final, 0, self._reason),)))
        self._out.add(ChoiceFinished(self._reason))

    def _on_failed(self, event: _Event) -> None:
        self._on_lifecycle(event)
        self.fault = from_stream_object(_object(event.response))

    def _on_item_added(self, event: _Event) -> None:
        parts = parts_of(_object(event.item))
        self._show_item(ItemAdded(parts, 0, self._item(event)))

    def _on_item_done(self, event: _Event) -> None:
        item = self._item(event)
        parts = parts_of(_object(event.item))
        self._done[item] = parts
        self._show_item(ItemDone(parts, 0, item))

    def _show_item(self, event: ItemAdded | ItemDone) -> None:
        if any(not isinstance(part, TextPart) or part.text for part in event.parts):
            self._out.show(event)
        else:
            self._out.add(event)

    def _on_part_added(self, event: _Event) -> None:
        """A part that begins with text already; usually it is empty."""
        part = content_part(_object(event.part))
        item, index = self._item(event), event.content_index or 0
        if isinstance(part, TextPart) and part.text:
            self._out.delta((TextDelta, 0, item, index, ""), part.text)
        elif isinstance(part, RefusalPart) and part.text:
            self._out.delta((RefusalDelta, 0, item, index, ""), part.text)

    def _on_part_done(self, event: _Event) -> None:
        part = content_part(_object(event.part))
        item, index = self._item(event), event.content_index or 0
        if isinstance(part, TextPart):
            self._settle(TextDone(part.text, 0, item, index))
        elif isinstance(part, RefusalPart):
            self._settle(RefusalDone(part.text, 0, item, index))
        elif isinstance(part, ReasoningPart):
            self._settle(ReasoningDone(part.text, 0, item, _BEHIND_SUMMARIES + index))

    def _settle(self, event: TextDone | RefusalDone | ReasoningDone | ToolInputDone) -> None:
        if event.text:
            self._out.show(event)

    def _on_text_delta(self, event: _Event) -> None:
        if event.delta:
            item, index = self._item(event), event.content_index or 0
            self._out.text(event.delta, 0, item, index, _array(event.logprobs))

    def _on_text_done(self, event: _Event) -> None:
        self._settle(TextDone(event.text or "", 0, self._item(event), event.content_index or 0))

    def _on_annotation(self, event: _Event) -> None:
        made = citation(_object(event.annotation))
        if made is not None:
            self._out.add(CitationAdded(made, 0, self._item(event), event.content_index or 0))

    def _on_refusal_delta(self, event: _Event) -> None:
        place = (RefusalDelta, 0, self._item(event), event.content_index or 0, "")
        self._out.delta(place, event.delta or "")

    def _on_refusal_done(self, event: _Event) -> None:
        text = event.refusal or ""
        self._settle(RefusalDone(text, 0, self._item(event), event.content_index or 0))

    def _on_summary_delta(self, event: _Event) -> None:
        place = (ReasoningDelta, 0, self._item(event), event.summary_index or 0, True)
        self._out.delta(place, event.delta or "")

    def _on_summary_done(self, event: _Event) -> None:
        place = (0, self._item(event), event.summary_index or 0)
        self._settle(ReasoningDone(event.text or "", *place, is_summary=True))

    def _on_reasoning_delta(self, event: _Event) -> None:
        index = _BEHIND_SUMMARIES + (event.content_index or 0)
        place = (ReasoningDelta, 0, self._item(event), index, False)
        self._out.delta(place, event.delta or "")

    def _on_reasoning_done(self, event: _Event) -> None:
        index = _BEHIND_SUMMARIES + (event.content_index or 0)
        self._settle(ReasoningDone(event.text or "", 0, self._item(event), index))

    def _tool_delta(self, kind: str) -> Callable[[_Event], None]:
        def handle(event: _Event) -> None:
            self._out.delta((ToolInputDelta, 0, self._item(event), 0, kind), event.delta or "")

        return handle

    def _tool_done(self, kind: str) -> Callable[[_Event], None]:
        def handle(event: _Event) -> None:
            text = event.arguments or event.input or event.code or ""
            self._settle(ToolInputDone(text, 0, self._item(event), 0, kind))

        return handle

    def _activity(self, kind: str, status: str) -> Callable[[_Event], None]:
        def handle(event: _Event) -> None:
            self._out.show(ActivityChanged(kind, status, 0, self._item(event)))

        return handle

    def _on_image(self, event: _Event) -> None:
        data = event.partial_image_b64 or ""
        self._out.content_chars += len(data)
        self._out.show(MediaDelta("image", data, item=self._item(event), replaces=True))

    def _on_audio(self, event: _Event) -> None:
        data = event.delta or ""
        self._out.content_chars += len(data)
        self._out.show(MediaDelta("audio", data, item=self._item(event)))

    def _on_transcript(self, event: _Event) -> None:
        self._out.show(MediaDelta("audio", text=event.delta or "", item=self._item(event)))


def _array(raw: msgspec.Raw) -> list[Any]:
    """The array in an undecoded field, or an empty one."""
    if len(bytes(raw)) <= _EMPTY_ARRAY:
        return []
    decoded = loads(bytes(raw))
    return decoded if isinstance(decoded, list) else []


def _object(raw: msgspec.Raw) -> Payload:
    """The object in an undecoded field, or an empty one."""
    return {} if raw in _NOTHING else loads_object(bytes(raw))
