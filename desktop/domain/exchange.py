"""The full record of one call to the provider, as it can be looked at later; plain values."""

from dataclasses import dataclass, field
from datetime import datetime

from desktop.domain.ids import ExchangeId, MessageId
from desktop.domain.messages import ExchangeSummary


@dataclass(slots=True, frozen=True)
class ExchangeRecord:
    """Everything that was sent and received for one reply.

    Attributes:
        id: Identity in the store.
        message_id: The reply it made.
        summary: What the footer shows.
        started_at: When the request was sent; aware, UTC.
        method: ``POST``; "" where no request could be made.
        url: Absolute.
        request_headers: As they were sent, without the key.
        body: The exact bytes that were sent.
        http_status: 0 where nothing was answered.
        response_headers: In order.
        raw: Body bytes as they came, at most as many as were asked for.
        raw_size: Number of body bytes in the store, at least ``len(raw)``.
        is_raw_cut: Whether more came than is kept.
        arrivals: (offset in ``raw``, seconds since the request was sent) by read, in order.
        anomalies: Oddities of the wire, in plain words.
    """

    id: ExchangeId
    message_id: MessageId
    summary: ExchangeSummary
    started_at: datetime
    method: str = ""
    url: str = ""
    request_headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    http_status: int = 0
    response_headers: tuple[tuple[str, str], ...] = ()
    raw: bytes = b""
    raw_size: int = 0
    is_raw_cut: bool = False
    arrivals: list[tuple[int, float]] = field(default_factory=list)
    anomalies: tuple[str, ...] = ()
