"""The body of a successful answer becomes domain events; no I/O."""

from collections.abc import Mapping
from typing import Protocol

from desktop.api import chat_completions, response_events, responses
from desktop.api.chat_completions import EMPTY
from desktop.api.limits import MAX_BODY_BYTES
from desktop.api.sse import SseDecoder
from desktop.api.wire import header_cost
from desktop.domain.capabilities import Endpoint
from desktop.domain.errors import DesktopError, EmptyReplyError, TooLargeError
from desktop.domain.events import CostReported, Event

TRAILING_S = 1.0
"""How long is read on after the end marker, for the cost."""

AFTER_REASON_S = 10.0
"""How long is waited for the end marker once a finish reason was seen."""


class Decoder(Protocol):
    """Turns the data of events into domain events; there is one for each endpoint."""

    is_ended: bool
    fault: DesktopError | None

    @property
    def is_complete(self) -> bool:
        """Whether the reply is whole although more may come."""

    def feed(self, payloads: list[bytes]) -> list[Event]:
        """The events of some payloads."""

    def finish(self) -> list[Event]:
        """The last events, or the error that the stream ended by."""


class Reader(Protocol):
    """Takes a body in piece by piece.

    Attributes:
        fault: The error that the last piece brought; its events stand.
        patience_s: Seconds of silence from now on that end the reading well; 0 for the usual limit.
        is_complete: Whether the reply is whole although more may come.
    """

    fault: DesktopError | None

    @property
    def patience_s(self) -> float:
        """See the class."""

    @property
    def is_complete(self) -> bool:
        """See the class."""

    def take(self, piece: bytes) -> list[Event]:
        """The events that a piece completes."""

    def end(self, headers: Mapping[str, str]) -> list[Event]:
        """The last events, ``Finished`` at the end.

        Raises:
            DesktopError: The body ended too early, or holds nothing to show.
        """


def reader_for(endpoint: Endpoint, *, is_stream: bool) -> Reader:
    """What reads the answer of an endpoint."""
    return StreamReader(endpoint) if is_stream else WholeReader(endpoint)


class StreamReader:
    """Reads an event stream."""

    def __init__(self, endpoint: Endpoint) -> None:
        is_chat = endpoint is Endpoint.CHAT_COMPLETIONS
        self._decoder: Decoder = (
            chat_completions.StreamDecoder() if is_chat else response_events.StreamDecoder()
        )
        self._splitter = SseDecoder()
        self._has_bytes = False
        self._has_cost = False
        self.fault: DesktopError | None = None

    @property
    def patience_s(self) -> float:
        """Short once nothing but the cost, or the end marker, is missing."""
        if self._decoder.is_ended:
            return TRAILING_S
        return AFTER_REASON_S if self._decoder.is_complete else 0.0

    @property
    def is_complete(self) -> bool:
        """Whether the reply is whole although more may come."""
        return self._decoder.is_complete

    def take(self, piece: bytes) -> list[Event]:
        """The events that a piece completes."""
        self._has_bytes = True
        try:
            payloads = self._splitter.feed(piece)
        except TooLargeError as error:
            self.fault = error
            return []
        events = self._decoder.feed(payloads)
        self.fault = self._decoder.fault
        if len(events) > 1:
            self._look_for_cost(events)
        elif events and isinstance(events[0], CostReported):
            self._has_cost = True
        return events

    def end(self, headers: Mapping[str, str]) -> list[Event]:
        """The last events; a last event without its blank line counts."""
        if not self._has_bytes:
            raise EmptyReplyError(EMPTY, detail="empty body")
        events = self._decoder.feed(self._splitter.flush())
        events += self._decoder.finish()
        self._look_for_cost(events)
        return events if self._has_cost else with_header_cost(events, headers)

    def _look_for_cost(self, events: list[Event]) -> None:
        self._has_cost = self._has_cost or any(isinstance(each, CostReported) for each in events)


class WholeReader:
    """Reads a reply that comes as one JSON object."""

    patience_s = 0.0
    is_complete = False

    def __init__(self, endpoint: Endpoint) -> None:
        self._is_chat = endpoint is Endpoint.CHAT_COMPLETIONS
        self._content = bytearray()
        self.fault: DesktopError | None = None

    def take(self, piece: bytes) -> list[Event]:
        """Nothing yet: the object is read at its end."""
        self._content += piece
        if len(self._content) > MAX_BODY_BYTES:
            self.fault = TooLargeError(
                "The answer is too large to be taken in.", detail=f"over {MAX_BODY_BYTES} bytes"
            )
        return []

    def end(self, headers: Mapping[str, str]) -> list[Event]:
        """All events of the reply."""
        decode = chat_completions.decode_whole if self._is_chat else responses.decode_whole
        events = decode(bytes(self._content))
        if any(isinstance(event, CostReported) for event in events):
            return events
        return with_header_cost(events, headers)


def with_header_cost(events: list[Event], headers: Mapping[str, str]) -> list[Event]:
    """The events with the cost that only the headers tell, before ``Finished``."""
    cost = header_cost(headers)
    return [*events[:-1], cost, *events[-1:]] if cost is not None else events
