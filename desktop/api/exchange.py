"""One request and its answer, from the socket to domain events.

Nothing is kept between exchanges here, and nothing is tried twice but the fetching of a slot.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from desktop.api.chat_completions import EMPTY
from desktop.api.chunks import join_chunks
from desktop.api.error_body import parse_body
from desktop.api.errors import from_httpx, from_response, silent
from desktop.api.inflate import Inflater
from desktop.api.limits import MAX_ERROR_BYTES
from desktop.api.reading import reader_for
from desktop.api.transport import Pool, Transport
from desktop.api.watchdog import Silence, Watchdog
from desktop.domain.capabilities import Endpoint
from desktop.domain.errors import DesktopError, EmptyReplyError, NetworkError, ProtocolError
from desktop.domain.events import Batch, HeadersReceived

if TYPE_CHECKING:
    import httpcore
    import httpx

EVENT_STREAM = "text/event-stream"
_PAGES = ("text/html", "application/xhtml+xml")
_WITHOUT_BODY = (204, 205)
_WITH_REPLY = set(range(200, 300)) - set(_WITHOUT_BODY)


HIDDEN = b"[hidden]"
_NO_SECRET = b"\x00no key\x00"


@dataclass(slots=True)
class Call:
    """What is asked, and how it is watched.

    Attributes:
        method: HTTP method.
        url: Absolute.
        headers: All of them, the key included; never logged.
        body: The exact bytes.
        timeouts: Seconds for ``connect``, ``write``, ``pool``; ``read`` is the watchdog's.
        read_timeout_s: Seconds of silence after which reading ends.
        model: For the text of a 404.
    """

    method: str
    url: str
    headers: list[tuple[str, str]] = field(repr=False)
    body: bytes
    timeouts: dict[str, float | None]
    read_timeout_s: float
    model: str = ""

    def secret(self) -> bytes:
        """The key in the headers; bytes that no answer holds where there is none."""
        bearer = dict(self.headers).get("Authorization", "")
        return bearer.removeprefix("Bearer ").encode("ascii", "replace") or _NO_SECRET


class Answer:
    """An answer whose headers have come; its body is read once, piece by piece."""

    def __init__(self, response: "httpx.Response", host: str, dog: Watchdog, secret: bytes) -> None:
        self._chunks = response.aiter_raw()
        self._host = host
        self._secret = secret
        self._dog = dog
        self.status = response.status_code
        self.headers = tuple(
            (name.lower(), value) for name, value in response.headers.multi_items()
        )
        self.by_name = dict(self.headers)
        self._inflater = Inflater(self.by_name.get("content-encoding", ""))

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case."""
        return self.by_name.get("content-type", "").split(";")[0].strip().lower()

    async def read(self) -> list[bytes] | None:
        """What came next, unpacked, each piece about 64 KiB at most; None at the end.

        The key is replaced where a server repeats it, so that it is neither shown nor stored.

        Raises:
            DesktopError: The connection broke or went silent, or the packing is broken.
        """
        import httpx

        try:
            chunk = await self._dog.wait(anext(self._chunks, None))
        except Silence:
            raise silent(self._host, self._dog.limit_s) from None
        except httpx.HTTPError as error:
            raise from_httpx(error, self._host, has_begun=True) from None
        if chunk is None:
            return None
        return [self._without_key(piece) for piece in self._inflater.feed(chunk)]

    def _without_key(self, piece: bytes) -> bytes:
        return piece.replace(self._secret, HIDDEN) if self._secret in piece else piece

    async def close(self) -> None:
        """Ends the reading; left to the garbage collector it would end outside of any task."""
        closing = getattr(self._chunks, "aclose", None)
        if closing is not None:
            await closing()

    async def limited(self, limit: int) -> bytes:
        """The first bytes of the body; what cannot be read any more is left out."""
        content = bytearray()
        with suppress(NetworkError, ProtocolError):
            while len(content) < limit and (pieces := await self.read()) is not None:
                content += b"".join(pieces)
        return bytes(content[:limit])


@asynccontextmanager
async def opened(transport: Transport, call: Call) -> AsyncIterator[tuple[Answer, Watchdog]]:
    """Sends a request; gives its answer once the headers are there, and closes it at the end.

    Raises:
        DesktopError: There is no answer.
    """
    from urllib.parse import urlsplit

    host = urlsplit(call.url).hostname or call.url
    dog = Watchdog(call.read_timeout_s)
    pool: Pool | None = None
    try:
        pool, response = await _sent(transport, call, host, dog)
        answer = Answer(response, host, dog, call.secret())
        try:
            yield answer, dog
        finally:
            await response.aclose()
            await answer.close()
    finally:
        dog.close()
        if pool is not None:
            transport.release(pool)


async def _sent(
    transport: Transport, call: Call, host: str, dog: Watchdog
) -> "tuple[Pool, httpx.Response]":
    """The pool and the open response; a pool without a free slot is replaced once."""
    import httpx

    try:
        try:
            return await _attempt(transport, call, dog)
        except httpx.PoolTimeout:
            return await _attempt(transport, call, dog)
    except Silence:
        raise silent(host, dog.limit_s) from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError, OSError) as error:
        raise from_httpx(error, host) from None


async def _attempt(
    transport: Transport, call: Call, dog: Watchdog
) -> "tuple[Pool, httpx.Response]":
    """The pool and the open response.

    Without headers the pool is not used again, and a connection that was being set up is closed:
    a cancelled TLS handshake leaves its socket open (https://github.com/encode/httpcore/issues/1093).
    """
    import httpx

    pool = await transport.acquire()
    streams: list[httpcore.AsyncNetworkStream] = []

    async def note(name: str, info: dict[str, Any]) -> None:
        if name.endswith(("connect_tcp.complete", "start_tls.complete")):
            streams.append(info["return_value"])
            join_chunks(info["return_value"])

    response: httpx.Response | None = None
    try:
        request = httpx.Request(
            call.method,
            call.url,
            headers=call.headers,
            content=call.body or None,
            extensions={"timeout": call.timeouts, "trace": note},
        )
        response = await dog.wait(pool.client.send(request, stream=True))
    finally:
        if response is None:
            transport.release(pool)
            transport.retire(pool)
            for stream in streams:
                await stream.aclose()
    return pool, response


async def exchanged(
    transport: Transport, call: Call, endpoint: Endpoint, *, asks_for_stream: bool
) -> AsyncGenerator[Batch, None]:
    """The batches of one exchange; the last holds the one ``Finished``.

    Raises:
        DesktopError: What went wrong; batches before it stand.
    """
    began_s = time.monotonic()
    async with opened(transport, call) as (answer, dog):
        form, first = await _form(answer, asks_for_stream=asks_for_stream)
        head = HeadersReceived(answer.status, answer.headers, form is Form.STREAM)
        yield Batch([head], b"", time.monotonic() - began_s)
        if form is Form.ERROR:
            body = b"".join(first) + await answer.limited(MAX_ERROR_BYTES)
            yield Batch([], body, time.monotonic() - began_s)
            raise _refusal(answer, body, call)
        reader = reader_for(endpoint, is_stream=form is Form.STREAM)
        pieces: list[bytes] | None = first
        patience_s = 0.0
        while pieces is not None:
            for piece in pieces:
                yield Batch(reader.take(piece), piece, time.monotonic() - began_s)
            if reader.fault is not None:
                raise reader.fault
            if reader.patience_s != patience_s:
                patience_s = reader.patience_s
                dog.shorten(patience_s or call.read_timeout_s)
            try:
                pieces = await answer.read()
            except NetworkError:
                if not reader.is_complete:
                    raise
                pieces = None
        yield Batch(reader.end(answer.by_name), b"", time.monotonic() - began_s)


class Form(Enum):
    """What an answer is."""

    STREAM = "an event stream"
    WHOLE = "one JSON object"
    ERROR = "an error, a redirect, a web page or nothing"


async def _form(answer: Answer, *, asks_for_stream: bool) -> tuple[Form, list[bytes]]:
    """What the answer is, and what had to be read to know it.

    The answer's content type decides; its first bytes do only where that says nothing.
    """
    kind = answer.content_type
    if answer.status not in _WITH_REPLY or kind in _PAGES:
        return Form.ERROR, []
    if kind == EVENT_STREAM:
        return Form.STREAM, []
    if kind == "application/json" or kind.endswith("+json"):
        return Form.WHOLE, []
    first = await answer.read() or []
    start = first[0].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] if first else b""
    if start == b"<":
        return Form.ERROR, first
    is_json = start in (b"{", b"[") or not asks_for_stream
    return Form.WHOLE if is_json else Form.STREAM, first


def _refusal(answer: Answer, body: bytes, call: Call) -> DesktopError:
    """The error that an answer without a reply stands for."""
    if answer.status in _WITHOUT_BODY:
        return EmptyReplyError(EMPTY, status=answer.status, detail=f"HTTP {answer.status}")
    if answer.status in _WITH_REPLY:
        return ProtocolError(
            "A web page answered, not the API. Check the network and the address in the settings.",
            status=answer.status,
            provider_text=parse_body(body).message,
            detail=f"content type {answer.content_type[:60]}",
        )
    return from_response(answer.status, answer.by_name, body, url=call.url, model=call.model)
