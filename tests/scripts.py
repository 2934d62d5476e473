"""Scripted replies for the test server: well-formed ones, and every way a reply can break.

A reply is made of pieces: a dict is one JSON event, a str the data of one event as it stands, bytes
go out as they are, a number is a pause in seconds, and a `Gate` waits for the test.
"""

import asyncio
import enum
import json
import socket
import struct
import threading
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop.demo.payloads import dumps
from desktop.demo.server import Connection, Headers, Response

EVENT_STREAM = ("Content-Type", "text/event-stream")
JSON = ("Content-Type", "application/json; charset=utf-8")
DONE = b"data: [DONE]\n\n"


class Gate:
    """A place in a reply where the server waits until the test opens it; usable from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_open = False
        self._reached = threading.Event()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    @property
    def is_reached(self) -> bool:
        """Whether everything before the gate was written and the server waits (or has waited)."""
        return self._reached.is_set()

    def wait_reached(self, timeout_s: float = 5.0) -> None:
        """Block until the server has come to the gate; only where no Qt loop must run meanwhile."""
        if not self._reached.wait(timeout_s):
            raise TimeoutError("the server did not come to the gate")

    def open(self) -> None:
        """Let the reply go on; a gate that is open stays open."""
        with self._lock:
            self._is_open = True
            for loop, event in self._waiting:
                loop.call_soon_threadsafe(event.set)

    async def passed(self) -> None:
        """Wait until the gate is open."""
        here = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            if not self._is_open:
                self._waiting.append(here)
            else:
                here[1].set()
        self._reached.set()
        try:
            await here[1].wait()
        finally:
            with self._lock:
                if here in self._waiting:
                    self._waiting.remove(here)


Piece = dict[str, Any] | str | bytes | float | Gate


class End(enum.Enum):
    """What happens to the connection after the last piece."""

    WHOLE = "the body is ended as HTTP asks, the connection stays usable"
    FIN = "the connection is closed although the body was not ended"
    RESET = "the connection is reset (RST)"
    TRUNCATED = "a chunk is announced, a part of it sent, and the connection closed"
    OPEN = "nothing more is sent and the connection is left open"


def event_bytes(payload: dict[str, Any] | str) -> bytes:
    """One server-sent event; events of Responses also name their type in an `event:` line."""
    if isinstance(payload, str):
        return "".join(f"data: {line}\n" for line in payload.split("\n")).encode() + b"\n"
    kind = payload.get("type")
    named = f"event: {kind}\n".encode() if isinstance(kind, str) else b""
    return named + b"data: " + dumps(payload) + b"\n\n"


def replayed(path: Path) -> list[dict[str, Any]]:
    """The payloads of a recorded stream, one JSON object a line."""
    lines = path.read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


def wants_done(payloads: Iterable[Piece]) -> bool:
    """Whether a stream of these payloads ends with `[DONE]`: only chat completions do."""
    first = next((piece for piece in payloads if isinstance(piece, dict)), {})
    return "type" not in first


async def end_connection(connection: Connection, end: End) -> None:
    """Do to the connection what `end` says; returns for WHOLE only once the body is ended."""
    writer = connection.writer
    if end is End.WHOLE:
        await connection.finish()
    elif end is End.RESET:
        raw_socket: socket.socket = writer.get_extra_info("socket")
        raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    elif end is End.TRUNCATED:
        writer.write(b"400\r\ndata: {")
        await writer.drain()
    elif end is End.OPEN:
        await asyncio.Event().wait()


@dataclass(slots=True)
class StreamScript(Response):
    """A chunked event stream made of pieces.

    Attributes:
        pieces: What to send, in order; each event is one HTTP chunk unless `split` is set.
        delay_s: Pause after each event.
        split: Bytes of each HTTP chunk, cutting through lines and characters; 0 for whole events.
        end: What happens after the last piece.
        is_gzipped: Whether the body is compressed, flushed after each event.
    """

    pieces: Sequence[Piece] = field(kw_only=True)
    delay_s: float = 0.0
    split: int = 0
    end: End = End.WHOLE
    is_gzipped: bool = False

    async def send(self, connection: Connection) -> None:
        connection.writer.transport.set_write_buffer_limits(high=0)
        encoding = [("Content-Encoding", "gzip")] if self.is_gzipped else []
        await connection.send_head(self.status, [*self.headers, *encoding])
        async for chunk in self._chunks():
            await connection.send_body(chunk)
        await end_connection(connection, self.end)

    async def _chunks(self) -> AsyncIterator[bytes]:
        packer = zlib.compressobj(wbits=31)
        for piece in self.pieces:
            if isinstance(piece, Gate):
                await piece.passed()
            elif isinstance(piece, float | int):
                await asyncio.sleep(piece)
            else:
                raw = piece if isinstance(piece, bytes) else event_bytes(piece)
                if self.is_gzipped:
                    raw = packer.compress(raw) + packer.flush(zlib.Z_SYNC_FLUSH)
                for chunk in self._cut(raw):
                    yield chunk
                    await asyncio.sleep(self.delay_s)
        if self.is_gzipped and self.end is End.WHOLE:
            yield packer.flush()

    def _cut(self, raw: bytes) -> Iterator[bytes]:
        step = self.split or len(raw) or 1
        return (raw[start : start + step] for start in range(0, len(raw), step))


@dataclass(slots=True)
class RawScript(Response):
    """Bytes written straight to the socket: head, framing and all.

    Attributes:
        pieces: Bytes, pauses and gates, in order.
        end: What happens after the last piece; WHOLE and FIN both close the connection.
    """

    pieces: Sequence[bytes | float | Gate] = field(kw_only=True)
    end: End = End.FIN

    async def send(self, connection: Connection) -> None:
        connection.writer.transport.set_write_buffer_limits(high=0)
        for piece in self.pieces:
            if isinstance(piece, bytes):
                connection.writer.write(piece)
                await connection.writer.drain()
            elif isinstance(piece, Gate):
                await piece.passed()
            else:
                await asyncio.sleep(piece)
        if self.end is not End.WHOLE:
            await end_connection(connection, self.end)


def headers_of(kind: tuple[str, str], more: Headers) -> list[tuple[str, str]]:
    """A content type with other headers; one among those replaces it."""
    is_given = any(name.lower() == kind[0].lower() for name, _ in more)
    return [*([] if is_given else [kind]), *more]
