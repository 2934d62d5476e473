"""What the tests of this layer share."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from desktop.api import chat_completions, response_events
from desktop.api.client import ApiClient
from desktop.domain.capabilities import GPT_5_1, Endpoint
from desktop.domain.errors import DesktopError
from desktop.domain.events import (
    Event,
    HeadersReceived,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    TextDone,
    ToolInputDelta,
)
from desktop.domain.keys import SecretKey
from desktop.domain.messages import Message
from desktop.domain.parameters import ChatSettings, ParameterId, ParameterSet, Value
from desktop.domain.requests import PreparedRequest, Turn
from tests.factories import message

DATA = Path(__file__).parents[2] / "data"
CANARY = "sk-canary-9a1f0c77d2"
CC, RS = Endpoint.CHAT_COMPLETIONS, Endpoint.RESPONSES
T = TypeVar("T")


def published(name: str) -> bytes:
    """A reply from the provider's model pages."""
    return (DATA / f"published-{name}.json").read_bytes()


def settings(
    endpoint: Endpoint,
    values: Mapping[ParameterId, Value] | None = None,
    model: str = GPT_5_1,
) -> ChatSettings:
    """Settings in which exactly the given parameters are set."""
    chosen = dict(values or {})
    return ChatSettings(model, endpoint, {endpoint: ParameterSet(chosen, frozenset(chosen))})


def turn(
    endpoint: Endpoint = CC,
    values: Mapping[ParameterId, Value] | None = None,
    *history: Message,
    model: str = GPT_5_1,
) -> Turn:
    """A turn that says Hello unless told otherwise."""
    return Turn(settings(endpoint, values, model), history or (message(),), "request-1")


def decoder(endpoint: Endpoint) -> chat_completions.StreamDecoder | response_events.StreamDecoder:
    """A fresh decoder of an endpoint's stream."""
    return chat_completions.StreamDecoder() if endpoint is CC else response_events.StreamDecoder()


def decoded(endpoint: Endpoint, *payloads: object) -> list[Event]:
    """All events of a whole stream of payloads; bytes stand as they are."""
    used = decoder(endpoint)
    raw = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in payloads]
    return [*used.feed(raw), *used.finish()]


DELTAS = (TextDelta, ReasoningDelta, RefusalDelta, ToolInputDelta)


def merged(events: Iterable[Event]) -> list[Event]:
    """The events with adjacent deltas for one place joined, however they were cut before."""
    out: list[Event] = []
    for event in events:
        if isinstance(event, TextDone) and not event.text:
            continue
        last = out[-1] if out else None
        if isinstance(event, DELTAS) and isinstance(last, DELTAS) and _place(event) == _place(last):
            out[-1] = replace(last, text=last.text + event.text, count=last.count + event.count)
        else:
            out.append(event)
    return out


def _place(event: Any) -> tuple[Any, ...]:
    if isinstance(event, ToolInputDelta):
        return (ToolInputDelta, event.choice, event.item, event.part, event.kind)
    extra = getattr(event, "is_summary", None)
    return (type(event), event.choice, event.item, event.part, extra)


def text_of(events: Iterable[Event]) -> str:
    """All visible text that was streamed."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def only(events: Iterable[Event], kind: type[T]) -> T:
    """The one event of a kind."""
    (found,) = [event for event in events if isinstance(event, kind)]
    return found


@dataclass
class Reply:
    """What one exchange brought."""

    events: list[Event] = field(default_factory=list)
    raw: bytes = b""
    error: DesktopError | None = None
    batches: int = 0
    began: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def text(self) -> str:
        return text_of(self.events)

    @property
    def head(self) -> HeadersReceived:
        return only(self.events, HeadersReceived)


def client(url: str, **options: Any) -> ApiClient:
    """A client with the canary key."""
    return ApiClient(url, lambda: SecretKey(CANARY), **options)


async def asked(
    used: ApiClient, what: Turn | PreparedRequest | None = None, into: Reply | None = None
) -> Reply:
    """One exchange to its end; errors are kept, not raised."""
    given = turn(CC, {ParameterId.STREAM: True}) if what is None else what
    request = used.prepare(given) if isinstance(given, Turn) else given
    reply = into or Reply()
    try:
        async with aclosing(used.stream(request)) as batches:
            async for batch in batches:
                reply.events += batch.events
                reply.raw += batch.raw
                reply.batches += 1
                if reply.raw:
                    reply.began.set()
    except DesktopError as error:
        reply.error = error
    return reply


def ask(url: str, what: Turn | None = None, **options: Any) -> Reply:
    """One exchange with a fresh client."""

    async def run() -> Reply:
        used = client(url, **options)
        try:
            return await asked(used, what)
        finally:
            await used.aclose()

    return asyncio.run(run())


def use(url: str, what: Callable[[ApiClient], Awaitable[T]]) -> T:
    """The result of one question to a fresh client."""

    async def answered() -> T:
        used = client(url)
        try:
            return await what(used)
        finally:
            await used.aclose()

    return asyncio.run(answered())


def run(coroutine: Coroutine[Any, Any, T], timeout_s: float = 20.0) -> T:
    """The result of a coroutine, on a loop of its own."""

    async def limited() -> T:
        async with asyncio.timeout(timeout_s):
            return await coroutine

    return asyncio.run(limited())


def streamed(endpoint: Endpoint = CC) -> Turn:
    """A turn that asks for a stream."""
    return turn(endpoint, {ParameterId.STREAM: True})


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **more: Any) -> Any:
    """A chunk of a chat completion."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return {"id": "chatcmpl-1", "model": "gpt-5.1", "choices": [choice], **more}
