"""A loopback provider that records what it is asked and breaks on demand.

Without a script it answers like the demo provider, as fast as it can. In tests::

    with FaultServer() as server:
        server.reply_sse([chunk, chunk])
        ...  # talk to server.url
        assert server.requests[0].json["stream"] is True

As a program it prints ``URL http://127.0.0.1:PORT`` and serves until it is killed::

    python -m tests.server --port 0 --strict --pace 0.01 --log requests.jsonl
"""

import asyncio
import json
import ssl
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from desktop.demo.payloads import dumps
from desktop.demo.provider import Provider, error_response
from desktop.demo.server import Connection, Headers, HttpServer, Request, Response
from tests.floods import Flood, asked_flood
from tests.openapi import RequestValidator
from tests.scripts import (
    DONE,
    EVENT_STREAM,
    JSON,
    End,
    Gate,
    Piece,
    RawScript,
    StreamScript,
    headers_of,
    replayed,
    wants_done,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it arrived.

    Attributes:
        headers: By lower-case name; of several with one name the last.
        raw_headers: All of them, in order.
        json: The decoded body, or None.
        problems: What the provider's documents say against the body; empty where unchecked.
        at_s: `time.monotonic` when it was wholly read.
    """

    method: str
    target: str
    path: str
    headers: dict[str, str]
    raw_headers: tuple[tuple[str, str], ...]
    body: bytes
    json: Any
    problems: tuple[str, ...]
    at_s: float


class _Reported(Response):
    """A reply that tells when its client went away before the end."""

    def __init__(self, inner: Response, on_cut: Callable[[], None]) -> None:
        super().__init__()
        self.inner = inner
        self.on_cut = on_cut

    async def send(self, connection: Connection) -> None:
        try:
            await self.inner.send(connection)
        except (asyncio.CancelledError, ConnectionError):
            self.on_cut()
            raise


class FaultServer:
    """A provider for tests: ``with`` runs it in its own thread, ``async with`` in the running loop.

    Every method may be called from any thread. Scripted replies are used once each, in the order
    given: those without a `path` answer the next POST, those with one the next request to it.

    Attributes:
        url: The provider's root, such as ``http://127.0.0.1:40123``; known once started.
        requests: Everything received, in order.
        invalid: One line per thing the provider's documents say against a POST; stays empty
            where `SOUNDING_OPENAPI` names no folder (see `is_checking`).
        cut: Requests whose reply ended early because the client went away.
    """

    def __init__(
        self,
        *,
        strict: bool = False,
        pace_s: float = 0.0,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        is_bench: bool = False,
        log: TextIO | None = None,
    ) -> None:
        self.url = ""
        self.requests: list[Recorded] = []
        self.invalid: list[str] = []
        self.cut: list[Recorded] = []
        self._validator = RequestValidator.from_environment()
        if strict and self._validator is None:
            raise RuntimeError("strict checks need SOUNDING_OPENAPI to name the documents' folder")
        self._is_strict = strict
        self._is_bench = is_bench
        self._port = port
        self._tls = tls
        self._log = log
        self._provider = Provider(pace_s=pace_s)
        self._http = HttpServer(self._answer)
        self._changed = threading.Condition()
        self._scripts: list[tuple[str | None, Response]] = []
        self._thread: threading.Thread | None = None
        self._halt: Callable[[], object] | None = None

    @property
    def is_checking(self) -> bool:
        """Whether POST bodies are checked against the provider's documents."""
        return self._validator is not None

    # Scripted replies.

    def reply(self, response: Response, *, path: str | None = None) -> None:
        """Answer the next POST, or the next request to `path`, with any reply."""
        with self._changed:
            self._scripts.append((path, response))

    def reply_body(
        self, body: bytes, status: int = 200, headers: Headers = (), *, path: str | None = None
    ) -> None:
        """A body as it stands, with a length and no content type of its own."""
        self.reply(Response(body, status, headers), path=path)

    def reply_json(
        self, payload: object, status: int = 200, headers: Headers = (), *, path: str | None = None
    ) -> None:
        """A JSON body."""
        self.reply_body(dumps(payload), status, headers_of(JSON, headers), path=path)

    def reply_error(
        self, status: int, body: object = None, headers: Headers = (), *, path: str | None = None
    ) -> None:
        """An error: bytes or text as they stand, other values as JSON, None the provider's form."""
        if isinstance(body, str | bytes):
            raw = body.encode() if isinstance(body, str) else body
            self.reply_body(raw, status, headers, path=path)
        elif body is None:
            made = error_response(status, path or "/v1/chat/completions")
            self.reply(Response(made.body, status, [*made.headers, *headers]), path=path)
        else:
            self.reply_json(body, status, headers, path=path)

    def reply_sse(
        self,
        pieces: Sequence[Piece],
        *,
        done: bool | None = None,
        delay_s: float = 0.0,
        split: int = 0,
        end: End = End.WHOLE,
        gzip: bool = False,
        status: int = 200,
        headers: Headers = (),
    ) -> None:
        """An event stream; `done` None: `[DONE]` for chat completions that end WHOLE or OPEN."""
        closes = end in {End.WHOLE, End.OPEN} and wants_done(pieces) if done is None else done
        self.reply(
            StreamScript(
                status=status,
                headers=headers_of(EVENT_STREAM, headers),
                pieces=[*pieces, *([DONE] if closes else [])],
                delay_s=delay_s,
                split=split,
                end=end,
                is_gzipped=gzip,
            )
        )

    def reply_replay(self, path: Path, *, delay_s: float = 0.0, split: int = 0) -> None:
        """A recorded stream: a file with one JSON payload a line."""
        self.reply_sse(replayed(path), delay_s=delay_s, split=split)

    def reply_raw(
        self,
        *pieces: bytes | float | Gate,
        end: End = End.FIN,
        path: str | None = None,
    ) -> None:
        """Bytes straight to the socket, head and all; without pieces it closes before the head."""
        self.reply(RawScript(pieces=pieces, end=end), path=path)

    def reply_stall(self, pieces: Sequence[Piece] = ()) -> Gate:
        """An event stream that goes silent after `pieces`; opening the gate ends it properly."""
        gate = Gate()
        self.reply_sse([*pieces, gate], done=wants_done(pieces))
        return gate

    def reply_silence(self) -> Gate:
        """Nothing at all, not even a status line; opening the gate closes the socket."""
        gate = Gate()
        self.reply_raw(gate)
        return gate

    def reply_keepalives(self, pieces: Sequence[Piece] = (), *, interval_s: float = 0.05) -> None:
        """Comments for ever after `pieces`."""
        self.reply(
            StreamScript(
                headers=[EVENT_STREAM],
                pieces=[*pieces, *([b": keep-alive\n\n"] * 100_000)],
                delay_s=interval_s,
            )
        )

    def reply_redirect(self, status: int, location: str) -> None:
        """A redirect."""
        self.reply_body(b"", status, [("Location", location)])

    def reply_portal(self) -> None:
        """The page a captive portal puts in place of every answer."""
        page = b"<!doctype html><title>Hotel network</title><h1>Log in to go on</h1>"
        self.reply_body(page, headers=[("Content-Type", "text/html; charset=utf-8")])

    def reply_huge_headers(self, *, lines: int = 10_000, size: int = 100) -> None:
        """A status 200 with far too many headers."""
        head = b"".join(b"X-Filler-%d: %s\r\n" % (i, b"a" * size) for i in range(lines))
        self.reply_raw(b"HTTP/1.1 200 OK\r\n" + head + b"Content-Length: 0\r\n\r\n")

    def reply_flood(
        self,
        events: int,
        chars: int = 4,
        *,
        is_packed: bool = False,
        rate: float = 0.0,
        is_responses: bool = False,
    ) -> Flood:
        """As many content deltas as asked; the flood's `text` is what the client must end with."""
        flood = Flood(events, chars, is_packed=is_packed, rate=rate, is_responses=is_responses)
        self.reply(flood)
        return flood

    def forget(self) -> None:
        """Drop scripts and records."""
        with self._changed:
            self._scripts.clear()
            self.requests.clear()
            self.invalid.clear()
            self.cut.clear()

    # What the test waits for. Blocking: not on a thread whose Qt loop must run.

    def posts(self) -> list[Recorded]:
        """The requests to the two endpoints, in order."""
        return [request for request in list(self.requests) if request.method == "POST"]

    def wait_for_request(
        self, timeout_s: float = 5.0, *, count: int = 1, path: str | None = None
    ) -> Recorded:
        """Block until `count` requests (to `path`) have come; gives the last of those."""

        def matching() -> list[Recorded]:
            return [one for one in self.requests if path is None or one.path == path]

        self.wait_until(lambda: len(matching()) >= count, timeout_s)
        return matching()[count - 1]

    def wait_for_cut(self, timeout_s: float = 5.0, *, count: int = 1) -> Recorded:
        """Block until `count` replies were cut off by the client; gives the last of those."""
        self.wait_until(lambda: len(self.cut) >= count, timeout_s)
        return self.cut[count - 1]

    def wait_until(self, is_so: Callable[[], bool], timeout_s: float = 5.0) -> None:
        """Block until a condition on the records holds.

        Raises:
            TimeoutError: It did not come to hold in time.
        """
        with self._changed:
            if not self._changed.wait_for(is_so, timeout_s):
                raise TimeoutError("the server did not see what the test waits for")

    # Life.

    def __enter__(self) -> Self:
        started = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(started)), name="fault-server", daemon=True
        )
        self._thread.start()
        if not started.wait(10) or not self.url:
            raise RuntimeError("the test server did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._halt is not None and self._thread is not None:
            self._halt()
            self._thread.join(10)
            assert not self._thread.is_alive(), "the test server did not stop"

    async def __aenter__(self) -> Self:
        self.url = await self._http.start(port=self._port, tls=self._tls)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.stop()

    async def _run(self, started: threading.Event) -> None:
        loop, halted = asyncio.get_running_loop(), asyncio.Event()
        self._halt = lambda: loop.call_soon_threadsafe(halted.set)
        try:
            async with self:
                started.set()
                await halted.wait()
        finally:
            started.set()

    # Answering.

    async def _answer(self, request: Request) -> Response:
        recorded = self._record(request)
        return _Reported(await self._chosen(request, recorded), lambda: self._note_cut(recorded))

    async def _chosen(self, request: Request, recorded: Recorded) -> Response:
        if scripted := self._take(request):
            return scripted
        if self._is_strict and recorded.problems:
            detail = "\n".join(("Body validation error", *recorded.problems))
            return error_response(400, request.path, detail)
        if self._is_bench and (flood := asked_flood(recorded.json)):
            return flood
        return await self._provider.handle(request)

    def _take(self, request: Request) -> Response | None:
        with self._changed:
            for place, (path, response) in enumerate(self._scripts):
                if path == request.path or (path is None and request.method == "POST"):
                    del self._scripts[place]
                    return response
        return None

    def _record(self, request: Request) -> Recorded:
        body = request.json()
        problems: list[str] = []
        if request.method == "POST" and self._validator is not None:
            problems = self._validator.problems(request.path, body)
        recorded = Recorded(
            request.method,
            request.target,
            request.path,
            dict(request.headers),
            request.headers,
            request.body,
            body,
            tuple(problems),
            time.monotonic(),
        )
        with self._changed:
            self.requests.append(recorded)
            self.invalid += [f"{request.method} {request.path} {line}" for line in problems]
            self._changed.notify_all()
        if self._log is not None:
            self._log.write(json.dumps(log_line(recorded)) + "\n")
            self._log.flush()
        return recorded

    def _note_cut(self, recorded: Recorded) -> None:
        with self._changed:
            self.cut.append(recorded)
            self._changed.notify_all()


def log_line(recorded: Recorded) -> dict[str, Any]:
    """What the log holds of a request."""
    return {
        "method": recorded.method,
        "path": recorded.path,
        "headers": recorded.headers,
        "json": recorded.json,
        "problems": list(recorded.problems),
        "at_s": recorded.at_s,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until killed."""
    parser = ArgumentParser(prog="python -m tests.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--strict", action="store_true", help="answer 400 to undocumented bodies")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds between two tokens")
    parser.add_argument("--bench", action="store_true", help="floods on request")
    parser.add_argument("--log", type=Path, help="write each request as a line of JSON")
    options = parser.parse_args(arguments)
    log = options.log.open("a", encoding="utf-8") if options.log else None
    server = FaultServer(
        strict=options.strict,
        pace_s=options.pace,
        port=options.port,
        is_bench=options.bench,
        log=log,
    )
    asyncio.run(_serve_for_ever(server))


async def _serve_for_ever(server: FaultServer) -> None:
    async with server:
        sys.stdout.write(f"URL {server.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()
