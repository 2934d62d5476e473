"""A small HTTP/1.1 server for this machine alone: h11 on asyncio streams.

It listens on the loopback address only and knows nothing of the provider. It must not import
anything but the standard library and h11, so that the tests can build on it in any thread.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import h11

from desktop.demo.payloads import as_json

LOOPBACK = "127.0.0.1"
READ_BYTES = 65_536
MAX_HEAD_BYTES = 65_536
MAX_BODY_BYTES = 64 * 1024 * 1024
"""Bytes of a request's body; above it the answer is 413. Ours: attachments travel as base64."""

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_NO_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_log = logging.getLogger(__name__)

Headers = Sequence[tuple[str, str]]


class ClientGoneError(Exception):
    """The client closed the connection while its reply was still being made."""


class BodyTooLargeError(Exception):
    """The request's body went over the limit."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, wholly read.

    Attributes:
        method: As sent, such as ``POST``.
        target: Path and query as sent.
        headers: Names in lower case, in the order sent.
        body: The bytes as sent, chunked framing taken off.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        """Every query parameter with all its values; empty values are left out."""
        return parse_qs(urlsplit(self.target).query)

    def header(self, name: str) -> str | None:
        """The first value of a header, or None; `name` in lower case."""
        return next((value for key, value in self.headers if key == name), None)

    def json(self) -> object:
        """The body as JSON, or None where it is not JSON."""
        return as_json(self.body)


class Connection:
    """One accepted socket with the HTTP state of both sides.

    Attributes:
        writer: The raw stream, for replies that leave HTTP's rules.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, max_body_bytes: int
    ) -> None:
        self.writer = writer
        self._max_body_bytes = max_body_bytes
        self._reader = reader
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)

    @property
    def is_reusable(self) -> bool:
        """Whether both sides are through with this exchange and may begin another."""
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    @property
    def has_begun(self) -> bool:
        """Whether a part of the reply was already sent."""
        return self._http.our_state not in {h11.IDLE, h11.SEND_RESPONSE}

    def begin_next(self) -> None:
        """Make ready for the next request on this connection."""
        self._http.start_next_cycle()

    async def receive(self) -> Request | None:
        """The next request, or None once the client has closed the connection.

        Raises:
            BodyTooLargeError: The body is over the limit; the rest of it was not read.
            h11.RemoteProtocolError: What arrived is not HTTP.
        """
        head = await self._next_event()
        if not isinstance(head, h11.Request):
            return None
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > self._max_body_bytes:
                raise BodyTooLargeError
        if not isinstance(event, h11.EndOfMessage):
            return None
        headers = tuple(
            (key.decode("latin-1"), value.decode("latin-1")) for key, value in head.headers
        )
        return Request(head.method.decode(), head.target.decode("latin-1"), headers, bytes(body))

    async def watch(self) -> None:
        """Wait until the client goes away; what it sends early is kept for its next request.

        Raises:
            ClientGoneError: Always, unless cancelled before.
        """
        while data := await self._reader.read(READ_BYTES):
            self._http.receive_data(data)
        raise ClientGoneError

    async def send_head(self, status: int, headers: Headers) -> None:
        """Send status line and headers; without a length the body is chunked."""
        reason = _PHRASES.get(status, "")
        await self._send(h11.Response(status_code=status, headers=list(headers), reason=reason))

    async def send_body(self, chunk: bytes) -> None:
        """Send a piece of the body, as one HTTP chunk where the body is chunked."""
        await self._send(h11.Data(data=chunk))

    async def finish(self) -> None:
        """Send the end of the body."""
        await self._send(h11.EndOfMessage())

    async def close(self) -> None:
        """Close the socket; bytes already written are still sent."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError as error:
            _log.debug("connection closed by its client: %s", error)

    async def _send(self, event: h11.Event) -> None:
        if data := self._http.send(event):
            self.writer.write(data)
            await self.writer.drain()

    async def _next_event(self) -> h11.Event | None:
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Event):
                return event
            if event is h11.PAUSED:
                return None
            if self._http.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(await self._reader.read(READ_BYTES))


@dataclass(slots=True)
class Response:
    """A reply whose body is known. Other kinds of reply override `send`.

    Attributes:
        body: The whole body.
        status: HTTP status.
        headers: All headers but the length.
    """

    body: bytes = b""
    status: int = 200
    headers: Headers = ()

    async def send(self, connection: Connection) -> None:
        """Write the reply to its end."""
        if self.status in _NO_BODY:
            await connection.send_head(self.status, self.headers)
        else:
            length = ("Content-Length", str(len(self.body)))
            await connection.send_head(self.status, [*self.headers, length])
            await connection.send_body(self.body)
        await connection.finish()


@dataclass(slots=True)
class StreamedResponse(Response):
    """A reply whose body comes piece by piece, chunked.

    Attributes:
        chunks: Pieces of the body; cancelled when the client goes away.
    """

    chunks: AsyncIterator[bytes] = field(kw_only=True)

    async def send(self, connection: Connection) -> None:
        """Write the head at once and each piece as it comes."""
        await connection.send_head(self.status, self.headers)
        async for chunk in self.chunks:
            await connection.send_body(chunk)
        await connection.finish()


Handler = Callable[[Request], Awaitable[Response]]


class HttpServer:
    """Answers each request on each loopback connection through one handler.

    A client that goes away cancels the handler of its request. Stopping closes all connections
    and returns when their handlers have ended.
    """

    def __init__(self, handler: Handler, *, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._handler = handler
        self._max_body_bytes = max_body_bytes
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[object], asyncio.StreamWriter] = {}

    async def start(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> str:
        """Listen on a free loopback port (or the given one); gives the base URL."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, port, ssl=tls)
        bound = self._server.sockets[0].getsockname()[1]
        return f"{'https' if tls else 'http'}://{LOOPBACK}:{bound}"

    async def stop(self) -> None:
        """Stop listening, drop every connection and wait for their handlers; safe to repeat."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        serving = dict(self._open)
        for writer in serving.values():
            writer.transport.abort()
        if serving:
            await asyncio.wait(serving)
        await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection; only the end of the loop cancels it, and nothing follows then.

        WORKAROUND CPython 3.11, asyncio/streams.py: it asks this task for its exception, which a
        cancelled task answers by raising; remove when 3.11 is no longer supported.
        """
        with contextlib.suppress(asyncio.CancelledError):
            await self._serve_whole(reader, writer)

    async def _serve_whole(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        if task is None or self._server is None:
            writer.transport.abort()
            return
        self._open[task] = writer
        connection = Connection(reader, writer, self._max_body_bytes)
        try:
            await self._exchange_all(connection)
        except OSError as error:
            _log.debug("connection lost: %s", error)
        finally:
            del self._open[task]
            await connection.close()

    async def _exchange_all(self, connection: Connection) -> None:
        while True:
            refusal = HTTPStatus.BAD_REQUEST
            try:
                request = await connection.receive()
            except BodyTooLargeError:
                refusal = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            except h11.RemoteProtocolError as error:
                _log.debug("not HTTP: %s", error)
            else:
                if request is None or not await self._exchange(request, connection):
                    return
                continue
            await self._refuse(connection, refusal)
            return

    async def _exchange(self, request: Request, connection: Connection) -> bool:
        """Whether the connection may carry another request after this one."""
        is_whole = False
        try:
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(connection.watch())
                response = await self._handler(request)
                await response.send(connection)
                is_whole = connection.is_reusable
                watch.cancel()
        except* (ClientGoneError, ConnectionError) as gone:
            _log.debug("%s %s: %r", request.method, request.path, gone.exceptions)
        if is_whole:
            connection.begin_next()
        return is_whole

    async def _refuse(self, connection: Connection, status: HTTPStatus) -> None:
        if connection.has_begun:
            return
        await Response(status.phrase.encode(), status, [("Connection", "close")]).send(connection)
