"""What both wire formats have in common: loose JSON, runs of deltas, usage and cost."""

import json
import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Never, TypeVar, get_args, get_origin

import msgspec

from desktop.api.limits import MAX_ANOMALIES, MAX_CONTENT_CHARS
from desktop.domain.errors import TooLargeError
from desktop.domain.events import (
    Anomaly,
    CostReported,
    Event,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolInputDelta,
    UsageReported,
)
from desktop.domain.messages import CREDITS_PER_USD, Citation, Cost, Usage

S = TypeVar("S", bound=msgspec.Struct)

Payload = dict[str, Any]

_CONVERSION_ERRORS = (msgspec.ValidationError, UnicodeDecodeError)


def loads(raw: bytes) -> object:
    """Any JSON value, with U+FFFD for bytes that are not UTF-8 and for lone surrogates.

    Raises:
        ValueError: This is not JSON, or nested too deeply, or a number nobody can hold.
    """
    try:
        decoded: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        decoded = _slowly(raw)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return decoded


def loads_object(raw: bytes) -> Payload:
    """The object in some JSON, or an empty one for anything else."""
    try:
        return mapping(loads(raw))
    except ValueError:
        return {}


def _slowly(raw: bytes) -> object:
    """The same by the standard library, which takes lone surrogates and long whole numbers."""
    try:
        decoded = json.loads(raw.decode("utf-8", "replace"), parse_constant=_refuse_constant)
        return without_surrogates(decoded)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


def without_surrogates(value: object) -> object:
    """The value with U+FFFD for every surrogate, which neither UTF-8 nor a database can hold."""
    if isinstance(value, str):
        return value if value.isascii() else _scrubbed(value)
    if isinstance(value, list):
        return [without_surrogates(each) for each in value]
    if isinstance(value, dict):
        return {_scrubbed(str(key)): without_surrogates(each) for key, each in value.items()}
    return value


def _scrubbed(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def mapping(value: object) -> Payload:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[Payload]:
    """The objects of an array; empty for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def string(value: object) -> str:
    """The value if it is text, else ""."""
    return value if isinstance(value, str) else ""


def whole(value: object) -> int | None:
    """The value as a whole number, or None; 7.0 and "7" are 7."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def loosely(payload: Payload, cls: type[S]) -> S:
    """The struct of an object whose fields may have any type: what does not fit is left out."""
    made: Payload = {}
    for each in msgspec.structs.fields(cls):
        value = payload.get(each.encode_name)
        if value is None:
            continue
        try:
            made[each.name] = msgspec.convert(value, each.type, strict=False)
        except _CONVERSION_ERRORS:
            inner, is_list = _inner_struct(each.type)
            if inner is not None and is_list and isinstance(value, list):
                made[each.name] = [loosely(one, inner) for one in mappings(value)]
            elif inner is not None and not is_list and isinstance(value, dict):
                made[each.name] = loosely(value, inner)
    return cls(**made)


def _inner_struct(kind: Any) -> tuple[type[msgspec.Struct] | None, bool]:
    """(the struct inside ``X | None`` or ``list[X] | None`` or None, whether it is in a list)."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind, False
    is_list = get_origin(kind) is list
    for argument in get_args(kind):
        found, is_in_list = _inner_struct(argument)
        if found is not None:
            return found, is_list or is_in_list
    return None, False


Place = tuple[type, int, int, int, bool | str]
"""Class of a delta, choice, item, part, and what else tells two places apart."""


class EventList:
    """Collects the events of one read, and joins what adjacent deltas add to the same place.

    Attributes:
        content_chars: Characters of text, reasoning and arguments in the answer so far.
        has_content: Whether anything came that can be shown.
    """

    def __init__(self) -> None:
        self.content_chars = 0
        self.has_content = False
        self._events: list[Event] = []
        self._place: Place | None = None
        self._texts: list[str] = []
        self._logprobs: list[Any] = []
        self._anomalies = 0

    def delta(self, place: Place, text: str) -> None:
        """Adds text to a place; the next text for the same place joins it."""
        if place != self._place:
            self._close_run()
            self._place = place
        self._texts.append(text)

    def text(self, text: str, choice: int, item: int, part: int, logprobs: list[Any]) -> None:
        """Adds visible text with what is known of its tokens."""
        self.delta((TextDelta, choice, item, part, ""), text)
        self._logprobs += logprobs

    def add(self, event: Event) -> None:
        """Adds an event that is not joined with others."""
        if self._place is not None:
            self._close_run()
        self._events.append(event)

    def show(self, event: Event) -> None:
        """Adds an event that brings something to show."""
        self.has_content = True
        self.add(event)

    def note(self, text: str) -> None:
        """Adds an oddity, as long as there are not too many."""
        if self._anomalies < MAX_ANOMALIES:
            self._anomalies += 1
            self.add(Anomaly(text))

    def take(self) -> list[Event]:
        """All events since the last call."""
        self._close_run()
        events, self._events = self._events, []
        return events

    def check(self) -> None:
        """Raises once the answer is longer than is taken in.

        Raises:
            TooLargeError: It is.
        """
        if self.content_chars > MAX_CONTENT_CHARS:
            raise TooLargeError(
                "The answer is longer than 64 million characters. What came until then is kept.",
                detail=f"more than {MAX_CONTENT_CHARS} characters of content",
            )

    def _close_run(self) -> None:
        if self._place is None:
            return
        text = self._texts[0] if len(self._texts) == 1 else "".join(self._texts)
        self._events.append(_run(self._place, text, len(self._texts), self._logprobs))
        self.content_chars += len(text)
        self.has_content = self.has_content or bool(text)
        self._place, self._texts, self._logprobs = None, [], []


def _run(place: Place, text: str, count: int, logprobs: list[Any]) -> Event:
    """The event of all deltas for one place."""
    cls, choice, item, part, detail = place
    if cls is TextDelta:
        return TextDelta(text, choice, item, part, count, logprobs)
    if cls is ReasoningDelta:
        return ReasoningDelta(text, choice, item, part, bool(detail), count)
    if cls is RefusalDelta:
        return RefusalDelta(text, choice, item, part, count)
    return ToolInputDelta(text, choice, item, part, kind=str(detail), count=count)


def usage_event(value: object) -> UsageReported | None:
    """Token counts as either endpoint names them, or None where there are none."""
    raw = mapping(value)
    if not raw:
        return None
    usage = Usage(
        input_tokens=_first_count(raw, "prompt_tokens", "input_tokens"),
        output_tokens=_first_count(raw, "completion_tokens", "output_tokens"),
        total_tokens=_first_count(raw, "total_tokens"),
        raw=raw,
    )
    return UsageReported(usage)


def _first_count(raw: Payload, *names: str) -> int | None:
    found = (whole(raw.get(name)) for name in names)
    return next((count for count in found if count is not None), None)


def cost_event(meta: object) -> CostReported | None:
    """What ``meta.usage`` says was billed, or None where it says nothing.

    Source: https://docs.aimlapi.com, "Request tracing and cost".
    """
    usage = mapping(mapping(meta).get("usage"))
    cost = _cost(usage.get("usd_spent"), usage.get("credits_used"), "body")
    return CostReported(cost) if cost else None


def header_cost(headers: Mapping[str, str]) -> CostReported | None:
    """What the answer's headers say was billed, or None; only whole answers have them.

    Source: https://docs.aimlapi.com, "Request tracing and cost".
    """
    cost = _cost(
        headers.get("x-aimlapi-usd-spent"), headers.get("x-aimlapi-credits-used"), "headers"
    )
    return CostReported(cost) if cost else None


def _cost(usd: object, credits_used: object, source: str) -> Cost | None:
    count = whole(credits_used)
    amount = decimal_text(usd)
    if amount is None and count is not None:
        amount = decimal_text(str(Decimal(count) / CREDITS_PER_USD))
    return Cost(amount, count, source) if amount is not None else None


def decimal_text(value: object) -> str | None:
    """A number as decimal text without an exponent, or None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return format(number, "f") if number.is_finite() and abs(number.adjusted()) < 30 else None  # noqa: PLR2004


def citation(value: object) -> Citation | None:
    """An annotation of either endpoint as a citation, or None where it is not an object."""
    raw = mapping(value)
    if not raw:
        return None
    kind = string(raw.get("type"))
    inner = {**raw, **(mapping(raw.get(kind)) or mapping(raw.get("url_citation")))}
    start = whole(inner.get("start_index"))
    end = whole(inner.get("end_index"))
    return Citation(
        kind=kind or "url_citation",
        url=string(inner.get("url")),
        title=string(inner.get("title")) or string(inner.get("filename")),
        start=start if start is not None else whole(inner.get("index")) or 0,
        end=end or 0,
        raw=raw,
    )


def citations(value: object) -> tuple[Citation, ...]:
    """All annotations of an array."""
    return tuple(made for each in mappings(value) if (made := citation(each)))
