"""Events of a running reply become a message; text is kept in pieces and joined when asked for.

Two readers follow a reply: the view, once a frame, and the store, every half second. Each asks
its own :class:`GrowthReader` for what is new. No I/O, no clock of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from desktop.domain import events as ev
from desktop.domain.messages import (
    ActivityPart,
    Choice,
    Citation,
    Cost,
    Growth,
    MediaPart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    Usage,
)

_REASONING, _CONTENT, _TOOL, _ACTIVITY, _MEDIA, _FIXED = range(6)

_Key = tuple[int, int, int, int]
"""(choice, item, rank, part): sorting by it gives the reading order."""


@dataclass(slots=True)
class _Slot:
    """One part while it grows: a template without text, and the pieces of its text."""

    part: Part
    pieces: list[str] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    logprobs: list[Any] = field(default_factory=list)
    began_s: float = 0.0
    ended_s: float = 0.0
    is_open: bool = True

    def text(self) -> str:
        """The text so far; the pieces are joined for good."""
        if len(self.pieces) > 1:
            self.pieces = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""

    def value(self) -> Part:
        """The part as it stands."""
        part = self.part
        if isinstance(part, TextPart):
            return TextPart(self.text(), tuple(self.citations), tuple(self.logprobs))
        if isinstance(part, ReasoningPart):
            duration = None if self.is_open else max(0.0, self.ended_s - self.began_s)
            return replace(part, text=self.text(), duration_s=duration)
        if isinstance(part, RefusalPart | ToolCallPart):
            return replace(part, text=self.text())
        return part


class GrowthReader:
    """What one follower of a reply has not seen yet."""

    def __init__(self, assembler: "Assembler") -> None:
        self._assembler = assembler
        self._appended: list[tuple[_Key, str]] = []
        self._is_structural = False

    def take(self) -> Growth:
        """Everything new since the last call."""
        appended, self._appended = self._appended, []
        if self._is_structural:
            self._is_structural = False
            return Growth(choices=self._assembler.choices())
        return Growth(appended=self._assembler.located(appended)) if appended else Growth()

    def _append(self, key: _Key, text: str) -> None:
        if not self._is_structural:
            self._appended.append((key, text))

    def _restructure(self) -> None:
        self._is_structural = True
        self._appended = []


class Assembler:
    """Puts a reply together from its events.

    Attributes:
        response_id: Id of the completion or response, or "".
        model: Model id as echoed, or "".
        usage: As last reported, or None.
        cost: As billed, or None.
        finish_reason: Reason of the final event, or "" before it.
        http_status: Status of the answer, or 0.
        headers: Response headers in order.
        is_stream: Whether the answer is an event stream.
        anomalies: Oddities of the wire, in plain words.
        first_content_s: When the first content came, or None.
        delta_count: Deltas of visible text received.
        delta_span_s: Seconds between the first and the last of them.
    """

    def __init__(self) -> None:
        self.response_id = ""
        self.model = ""
        self.usage: Usage | None = None
        self.cost: Cost | None = None
        self.finish_reason = ""
        self.http_status = 0
        self.headers: tuple[tuple[str, str], ...] = ()
        self.is_stream = False
        self.anomalies: list[str] = []
        self.first_content_s: float | None = None
        self.delta_count = 0
        self.delta_span_s = 0.0
        self._first_delta_s: float | None = None
        self._now_s = 0.0
        self._slots: dict[_Key, _Slot] = {}
        self._order: list[_Key] | None = None
        self._finish_reasons: dict[int, str] = {}
        self._readers: list[GrowthReader] = []
        self._open_reasoning: _Key | None = None
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            ev.HeadersReceived: self._on_headers,
            ev.Started: self._on_started,
            ev.TextDelta: self._on_text,
            ev.TextDone: self._on_text_done,
            ev.CitationAdded: self._on_citation,
            ev.ReasoningDelta: self._on_reasoning,
            ev.ReasoningDone: self._on_reasoning_done,
            ev.RefusalDelta: self._on_refusal,
            ev.RefusalDone: self._on_refusal_done,
            ev.ToolInputDelta: self._on_tool_input,
            ev.ToolInputDone: self._on_tool_input_done,
            ev.ActivityChanged: self._on_activity,
            ev.MediaDelta: self._on_media,
            ev.ItemAdded: self._on_item_added,
            ev.ItemDone: self._on_item_done,
            ev.ReplyReplaced: self._on_reply_replaced,
            ev.UsageReported: self._on_usage,
            ev.CostReported: self._on_cost,
            ev.ChoiceFinished: self._on_choice_finished,
            ev.Anomaly: self._on_anomaly,
            ev.Finished: self._on_finished,
        }

    def reader(self) -> GrowthReader:
        """A new follower that has seen nothing yet."""
        reader = GrowthReader(self)
        self._readers.append(reader)
        return reader

    def feed(self, batch: ev.Batch) -> None:
        """Takes in what one read brought; unknown events are only in the raw log."""
        self._now_s = batch.at_s
        handlers = self._handlers
        for event in batch.events:
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)

    def close(self) -> None:
        """Ends the parts that are still open; called once, however the reply ended."""
        self._end_reasoning()

    @property
    def has_content(self) -> bool:
        """Whether any part exists."""
        return bool(self._slots)

    def choices(self) -> tuple[Choice, ...]:
        """The reply as it stands, choices by index, parts in reading order; never empty."""
        parts: dict[int, list[Part]] = {index: [] for index in sorted(self._finish_reasons)}
        for key in self._sorted_keys():
            parts.setdefault(key[0], []).append(self._slots[key].value())
        if not parts:
            return (Choice(),)
        return tuple(
            Choice(tuple(parts[index]), index, self._finish_reasons.get(index, ""))
            for index in sorted(parts)
        )

    def located(self, appended: list[tuple[_Key, str]]) -> list[tuple[int, int, str]]:
        """The same pieces with (position in choices, position in parts) for their keys."""
        positions: dict[_Key, tuple[int, int]] = {}
        indexes = sorted({key[0] for key in self._slots} | set(self._finish_reasons))
        counts = dict.fromkeys(indexes, 0)
        for key in self._sorted_keys():
            positions[key] = (indexes.index(key[0]), counts[key[0]])
            counts[key[0]] += 1
        return [(*positions[key], text) for key, text in appended]

    # -- bookkeeping -----------------------------------------------------------------------

    def _sorted_keys(self) -> list[_Key]:
        if self._order is None:
            self._order = sorted(self._slots)
        return self._order

    def _restructure(self) -> None:
        self._order = None
        for reader in self._readers:
            reader._restructure()  # noqa: SLF001 - reader and assembler are one unit

    def _slot(self, key: _Key, template: Part) -> _Slot:
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = _Slot(template, began_s=self._now_s)
            self._restructure()
        return slot

    def _append(self, key: _Key, template: Part, text: str) -> None:
        if self.first_content_s is None:
            self.first_content_s = self._now_s
        if key != self._open_reasoning:
            self._end_reasoning()
        self._slot(key, template).pieces.append(text)
        for reader in self._readers:
            reader._append(key, text)  # noqa: SLF001 - reader and assembler are one unit

    def _count(self, count: int) -> None:
        if self._first_delta_s is None:
            self._first_delta_s = self._now_s
        self.delta_count += count
        self.delta_span_s = self._now_s - self._first_delta_s

    def _settle(self, key: _Key, template: Part, text: str) -> None:
        """Replaces a part's text by the authoritative one where they differ."""
        if not text and key not in self._slots:
            return
        slot = self._slot(key, template)
        if slot.text() != text:
            slot.pieces = [text]
            if self.first_content_s is None:
                self.first_content_s = self._now_s
            self._restructure()

    def _end_reasoning(self) -> None:
        key, self._open_reasoning = self._open_reasoning, None
        slot = self._slots.get(key) if key is not None else None
        if slot is not None and slot.is_open:
            slot.is_open = False
            self._restructure()

    # -- one handler an event --------------------------------------------------------------

    def _on_headers(self, event: ev.HeadersReceived) -> None:
        self.http_status = event.status
        self.headers = event.headers
        self.is_stream = event.is_stream

    def _on_started(self, event: ev.Started) -> None:
        self.response_id = event.response_id or self.response_id
        self.model = event.model or self.model

    def _on_text(self, event: ev.TextDelta) -> None:
        key = (event.choice, event.item, _CONTENT, event.part)
        self._append(key, TextPart(""), event.text)
        self._slots[key].logprobs += event.logprobs
        self._count(event.count)

    def _on_text_done(self, event: ev.TextDone) -> None:
        key = (event.choice, event.item, _CONTENT, event.part)
        self._settle(key, TextPart(""), event.text)

    def _on_citation(self, event: ev.CitationAdded) -> None:
        key = (event.choice, event.item, _CONTENT, event.part)
        self._slot(key, TextPart("")).citations.append(event.citation)
        self._restructure()

    def _on_reasoning(self, event: ev.ReasoningDelta) -> None:
        key = (event.choice, event.item, _REASONING, event.part)
        self._append(key, ReasoningPart("", is_summary=event.is_summary), event.text)
        self._open_reasoning = key
        self._slots[key].ended_s = self._now_s

    def _on_reasoning_done(self, event: ev.ReasoningDone) -> None:
        key = (event.choice, event.item, _REASONING, event.part)
        self._settle(key, ReasoningPart("", is_summary=event.is_summary), event.text)
        if key == self._open_reasoning:
            self._slots[key].ended_s = self._now_s
            self._end_reasoning()

    def _on_refusal(self, event: ev.RefusalDelta) -> None:
        key = (event.choice, event.item, _CONTENT, event.part)
        self._append(key, RefusalPart(""), event.text)
        self._count(event.count)

    def _on_refusal_done(self, event: ev.RefusalDone) -> None:
        key = (event.choice, event.item, _CONTENT, event.part)
        self._settle(key, RefusalPart(""), event.text)

    def _on_tool_input(self, event: ev.ToolInputDelta) -> None:
        key = (event.choice, event.item, _TOOL, event.part)
        self._append(key, ToolCallPart(event.call_id, event.name, "", event.kind), event.text)
        call = self._slots[key].part
        if isinstance(call, ToolCallPart) and (event.call_id or event.name):
            named = replace(
                call, call_id=event.call_id or call.call_id, name=event.name or call.name
            )
            if named != call:
                self._slots[key].part = named
                self._restructure()

    def _on_tool_input_done(self, event: ev.ToolInputDone) -> None:
        key = (event.choice, event.item, _TOOL, event.part)
        self._settle(key, ToolCallPart("", "", "", event.kind), event.text)

    def _on_activity(self, event: ev.ActivityChanged) -> None:
        for key in self._keys_of(event.choice, event.item):
            slot = self._slots[key]
            if isinstance(slot.part, ActivityPart | ToolCallPart):
                slot.part = replace(slot.part, status=event.status)
                self._restructure()
                return
        part = ActivityPart(event.kind, event.status)
        self._slot((event.choice, event.item, _ACTIVITY, 0), part)

    def _on_media(self, event: ev.MediaDelta) -> None:
        key = (event.choice, event.item, _MEDIA, 0)
        slot = self._slot(key, MediaPart(event.kind))
        if isinstance(slot.part, MediaPart):
            data = event.data if event.replaces else slot.part.data + event.data
            slot.part = replace(slot.part, data=data, text=slot.part.text + event.text)
        self._restructure()

    def _on_item_added(self, event: ev.ItemAdded) -> None:
        if not self._keys_of(event.choice, event.item):
            self._fill_item(event.choice, event.item, event.parts)

    def _on_item_done(self, event: ev.ItemDone) -> None:
        keys = self._keys_of(event.choice, event.item)
        if self._open_reasoning in keys:
            self._end_reasoning()
        before = [self._slots[key].value() for key in keys]
        after = _with_durations(event.parts, before)
        if event.parts and list(after) != before:
            for key in keys:
                del self._slots[key]
            self._fill_item(event.choice, event.item, after)

    def _on_reply_replaced(self, event: ev.ReplyReplaced) -> None:
        self._end_reasoning()
        before = [part for choice in self.choices() for part in choice.parts]
        self._slots = {}
        for choice in event.choices:
            for item, part in enumerate(_with_durations(choice.parts, before)):
                self._fill_item(choice.index, item, (part,))
            if choice.finish_reason:
                self._finish_reasons[choice.index] = choice.finish_reason
        self._restructure()

    def _on_usage(self, event: ev.UsageReported) -> None:
        self.usage = event.usage

    def _on_cost(self, event: ev.CostReported) -> None:
        self.cost = event.cost

    def _on_choice_finished(self, event: ev.ChoiceFinished) -> None:
        self._finish_reasons[event.choice] = event.finish_reason
        self._restructure()

    def _on_anomaly(self, event: ev.Anomaly) -> None:
        self.anomalies.append(event.text)

    def _on_finished(self, event: ev.Finished) -> None:
        self.finish_reason = event.reason

    def _keys_of(self, choice: int, item: int) -> list[_Key]:
        return [key for key in self._sorted_keys() if key[0] == choice and key[1] == item]

    def _fill_item(self, choice: int, item: int, parts: tuple[Part, ...]) -> None:
        """Puts whole parts where their deltas would go, so that later deltas find them."""
        counts: dict[int, int] = {}
        for part in parts:
            rank = _rank(part)
            index = counts.get(rank, 0)
            counts[rank] = index + 1
            self._slots[choice, item, rank, index] = self._whole(part)
            if self.first_content_s is None and self._slots[choice, item, rank, index].pieces:
                self.first_content_s = self._now_s
        if parts:
            self._restructure()

    def _whole(self, part: Part) -> _Slot:
        if isinstance(part, TextPart):
            return _Slot(TextPart(""), [part.text], list(part.citations), list(part.logprobs))
        if isinstance(part, ReasoningPart):
            ended_s = self._now_s
            began_s = ended_s - (part.duration_s or 0.0)
            is_open = part.duration_s is None
            return _Slot(part, [part.text], began_s=began_s, ended_s=ended_s, is_open=is_open)
        if isinstance(part, RefusalPart | ToolCallPart):
            return _Slot(part, [part.text])
        return _Slot(part)


def _rank(part: Part) -> int:
    ranks: dict[type[Any], int] = {
        ReasoningPart: _REASONING,
        TextPart: _CONTENT,
        RefusalPart: _CONTENT,
        ToolCallPart: _TOOL,
        ActivityPart: _ACTIVITY,
        MediaPart: _MEDIA,
    }
    return ranks.get(type(part), _FIXED)


def _with_durations(parts: tuple[Part, ...], before: list[Part]) -> tuple[Part, ...]:
    """Final parts with the durations and citations that only the stream knew."""
    durations = [part.duration_s for part in before if isinstance(part, ReasoningPart)]
    out: list[Part] = []
    for part in parts:
        if isinstance(part, ReasoningPart) and durations:
            out.append(replace(part, duration_s=durations.pop(0)))
        else:
            out.append(part)
    return tuple(out)
