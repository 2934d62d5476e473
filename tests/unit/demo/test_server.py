"""The HTTP core, spoken to over raw sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from desktop.demo.server import HttpServer, Request, Response, StreamedResponse
from tests.conftest import Run

HELLO = b"GET /hello?x=1 HTTP/1.1\r\nHost: a\r\nX-Name: v\r\n\r\n"


class Seen:
    """A handler that keeps what it was asked and echoes the body."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    async def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        return Response(request.body or b"hello", headers=[("Content-Type", "text/plain")])


Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connected(server: HttpServer) -> Client:
    url = await server.start()
    return await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))


async def talk(server: HttpServer, *sent: bytes) -> bytes:
    """Everything the server answers to these bytes; the last request must close."""
    reader, writer = await connected(server)
    try:
        for piece in sent:
            writer.write(piece)
            await writer.drain()
        return await reader.read()
    finally:
        writer.close()
        await server.stop()


def test_a_request_is_read_whole_and_answered(run: Run) -> None:
    seen = Seen()
    answer = run(talk(HttpServer(seen), HELLO.replace(b"X-Name", b"Connection: close\r\nX-Name")))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Length: 5" in head
    assert body == b"hello"
    (request,) = seen.requests
    assert (request.method, request.path, request.query) == ("GET", "/hello", {"x": ["1"]})
    assert request.header("x-name") == "v"
    assert request.header("absent") is None


def test_one_connection_carries_several_requests_also_sent_at_once(run: Run) -> None:
    seen = Seen()
    last = HELLO.replace(b"Host", b"Connection: close\r\nHost")
    answer = run(talk(HttpServer(seen), HELLO + HELLO, last))
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert len(seen.requests) == 3


def test_a_chunked_request_and_expect_continue_are_read(run: Run) -> None:
    seen = Seen()
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n"
    body = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    answer = run(talk(HttpServer(seen), head, body))
    assert seen.requests[0].body == b"abcde"
    assert answer.endswith(b"abcde")


@pytest.mark.parametrize("status", [204, 304])
def test_replies_without_a_body_have_no_length(run: Run, status: int) -> None:
    async def handler(_: Request) -> Response:
        return Response(status=status, headers=[("ETag", '"x"')])

    answer = run(talk(HttpServer(handler), HELLO.replace(b"Host", b"Connection: close\r\nHost")))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert answer.endswith(b'ETag: "x"\r\nConnection: close\r\n\r\n')


def test_what_is_not_http_gets_400(run: Run) -> None:
    answer = run(talk(HttpServer(Seen()), b"\x16\x03\x01 not http\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 400 Bad Request")


def test_a_head_without_end_gets_400(run: Run) -> None:
    answer = run(talk(HttpServer(Seen()), b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000))
    assert answer.startswith(b"HTTP/1.1 400 Bad Request")


def test_a_body_over_the_limit_gets_413_before_it_is_all_read(run: Run) -> None:
    seen = Seen()
    sent = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + b"a" * 11
    answer = run(talk(HttpServer(seen, max_body_bytes=10), sent))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert not seen.requests


async def _endless(ended: asyncio.Event) -> AsyncIterator[bytes]:
    try:
        while True:
            yield b"tick"
            await asyncio.sleep(0.001)
    finally:
        ended.set()


def _streams_until(ended: asyncio.Event) -> Callable[[Request], Awaitable[Response]]:
    async def handler(_: Request) -> Response:
        return StreamedResponse(chunks=_endless(ended))

    return handler


def test_a_client_that_goes_away_ends_the_stream(run: Run) -> None:
    async def story() -> None:
        ended = asyncio.Event()
        server = HttpServer(_streams_until(ended))
        reader, writer = await connected(server)
        writer.write(HELLO)
        await reader.readuntil(b"tick")
        assert not ended.is_set()
        writer.close()
        await asyncio.wait_for(ended.wait(), 5)
        await server.stop()

    run(story())


def test_a_client_that_goes_away_cancels_the_handler(run: Run) -> None:
    async def story() -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def handler(_: Request) -> Response:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
            return Response()

        server = HttpServer(handler)
        _, writer = await connected(server)
        writer.write(HELLO)
        await asyncio.wait_for(begun.wait(), 5)
        writer.close()
        await asyncio.wait_for(ended.wait(), 5)
        await server.stop()

    run(story())


def test_stopping_ends_running_streams_and_may_be_repeated(run: Run) -> None:
    async def story() -> None:
        ended = asyncio.Event()
        server = HttpServer(_streams_until(ended))
        reader, writer = await connected(server)
        writer.write(HELLO)
        await reader.readuntil(b"tick")
        await server.stop()
        assert ended.is_set()
        await server.stop()
        assert not (await reader.read()).endswith(b"0\r\n\r\n")
        writer.close()

    run(story())


def test_an_idle_connection_does_not_hold_up_stopping(run: Run) -> None:
    async def story() -> None:
        server = HttpServer(Seen())
        reader, writer = await connected(server)
        writer.write(HELLO)
        await reader.readuntil(b"hello")
        await asyncio.wait_for(server.stop(), 5)
        writer.close()

    run(story())
