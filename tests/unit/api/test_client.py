"""The client against a real server on the loopback: every fault of the wire."""

import asyncio
import gzip
import json
import logging
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import aclosing, suppress
from typing import Any

import pytest

from desktop.api import exchange, limits, reading, sse
from desktop.api.client import ApiClient
from desktop.domain.capabilities import Endpoint
from desktop.domain.errors import (
    AuthError,
    BadRequestError,
    ConnectionLostError,
    CredentialError,
    DesktopError,
    EmptyReplyError,
    NotFoundError,
    OfflineError,
    ProtocolError,
    QuotaError,
    RateLimitError,
    RedirectError,
    ServerError,
    TimedOutError,
    TooLargeError,
)
from desktop.domain.events import (
    Anomaly,
    CostReported,
    Finished,
    HeadersReceived,
    ReplyReplaced,
    UsageReported,
)
from desktop.domain.keys import SecretKey
from desktop.domain.messages import TextPart
from desktop.domain.parameters import ParameterId, Value
from tests.scripts import DONE, EVENT_STREAM, End
from tests.server import FaultServer
from tests.unit.api.support import (
    CANARY,
    CC,
    RS,
    Reply,
    ask,
    asked,
    chunk,
    client,
    only,
    published,
    run,
    streamed,
    turn,
    use,
)

STOP = chunk(finish="stop")
HELLO = [chunk({"content": "Hel"}), chunk({"content": "lo"}), STOP]
USAGE = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}
COST = {"meta": {"usage": {"credits_used": 2480, "usd_spent": 0.00124}}}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as made:
        yield made


def kinds(reply: Reply) -> list[str]:
    return [type(event).__name__ for event in reply.events]


class TestGoodReplies:
    @pytest.mark.parametrize("endpoint", [CC, RS])
    @pytest.mark.parametrize("stream", [True, False])
    def test_both_endpoints_streamed_and_whole(
        self, server: FaultServer, endpoint: Endpoint, stream: bool
    ) -> None:
        values: dict[ParameterId, Value] = {ParameterId.STREAM: stream}
        if endpoint is CC:
            values[ParameterId.INCLUDE_USAGE] = True
        reply = ask(server.url, turn(endpoint, values))
        assert reply.error is None
        assert isinstance(reply.events[0], HeadersReceived)
        assert reply.head.status == 200
        assert reply.head.is_stream is stream
        assert isinstance(reply.events[-1], Finished)
        assert len([each for each in reply.events if isinstance(each, Finished)]) == 1
        assert only(reply.events, UsageReported)
        assert only(reply.events, CostReported)
        assert server.invalid == []

    def test_what_goes_out(self, server: FaultServer) -> None:
        ask(server.url, streamed(), user_agent="Sounding/1.2")
        (seen,) = server.requests
        assert seen.method == "POST"
        assert seen.path == "/v1/chat/completions"
        assert seen.headers["authorization"] == f"Bearer {CANARY}"
        assert seen.headers["x-client-request-id"] == "request-1"
        assert seen.headers["user-agent"] == "Sounding/1.2"
        assert seen.headers["accept-encoding"] == "identity"
        assert seen.headers["accept"] == "text/event-stream"
        assert seen.headers["content-type"] == "application/json"
        assert "cookie" not in seen.headers
        assert seen.body == client(server.url).prepare(streamed()).body

    def test_raw_bytes_are_those_of_the_wire(self, server: FaultServer) -> None:
        server.reply_sse([*HELLO, USAGE, COST])
        reply = ask(server.url)
        lines = [json.loads(line[6:]) for line in reply.raw.splitlines() if line.startswith(b"data: {")]
        assert lines == [*HELLO, USAGE, COST]
        assert reply.raw.endswith(DONE)

    def test_a_whole_answer_to_a_stream_request(self, server: FaultServer) -> None:
        server.reply_body(published("gpt-5.1-completion"), headers=[("Content-Type", "application/json")])
        reply = ask(server.url)
        assert only(reply.events, ReplyReplaced).choices[0].parts == (TextPart("Hi! How can I help you today?"),)
        assert not reply.head.is_stream

    def test_a_stream_as_answer_to_a_whole_request(self, server: FaultServer) -> None:
        server.reply_sse(HELLO)
        reply = ask(server.url, turn(CC, {ParameterId.STREAM: False}))
        assert (reply.text, reply.head.is_stream) == ("Hello", True)

    @pytest.mark.parametrize("kind", ["", "text/plain", "application/octet-stream"])
    def test_an_unnamed_type_is_told_by_its_first_bytes(self, server: FaultServer, kind: str) -> None:
        headers = [("Content-Type", kind)] if kind else []
        server.reply_body(b"data: " + json.dumps(chunk({"content": "a"})).encode() + b"\n\n" + DONE, headers=headers)
        server.reply_body(b" " + published("gpt-5.1-completion"), headers=headers)
        server.reply_body(b"\n<html><title>x</title>", headers=headers)
        assert ask(server.url).text == "a"
        assert "ReplyReplaced" in kinds(ask(server.url))
        assert type(ask(server.url).error) is ProtocolError

    def test_another_charset_is_still_utf_8(self, server: FaultServer) -> None:
        server.reply_sse([chunk({"content": "é"})], headers=[("Content-Type", "text/event-stream; charset=iso-8859-1")])
        assert ask(server.url).text == "é"

    def test_the_cost_of_the_headers(self, server: FaultServer) -> None:
        server.reply_json(
            json.loads(published("gpt-5.1-completion")),
            headers=[("x-aimlapi-credits-used", "2480"), ("X-AIMLAPI-USD-Spent", "0.001240000")],
        )
        reply = ask(server.url)
        cost = only(reply.events, CostReported).cost
        assert (cost.usd, cost.credits, cost.source) == ("0.001240000", 2480, "headers")
        assert isinstance(reply.events[-1], Finished)

    def test_credits_alone_are_turned_into_dollars(self, server: FaultServer) -> None:
        server.reply_json(json.loads(published("gpt-5.1-completion")), headers=[("x-aimlapi-credits-used", "2480")])
        assert only(ask(server.url).events, CostReported).cost.usd == "0.00124"

    @pytest.mark.parametrize("split", [1, 7, 1000])
    def test_any_cut_of_the_bytes(self, server: FaultServer, split: int) -> None:
        server.reply_sse([chunk({"content": "é€😀\u2028"}), *HELLO, COST], split=split)
        reply = ask(server.url)
        assert reply.text == "é€😀\u2028Hello"
        assert only(reply.events, CostReported)

    def test_a_compressed_stream(self, server: FaultServer) -> None:
        server.reply_sse(HELLO, gzip=True)
        assert ask(server.url).text == "Hello"

    def test_cookies_are_not_kept(self, server: FaultServer) -> None:
        async def twice() -> None:
            used = client(server.url)
            server.reply_sse(HELLO, headers=[("Set-Cookie", "a=b; Path=/")])
            await asked(used)
            await asked(used)
            await used.aclose()

        run(twice())
        assert "cookie" not in server.requests[1].headers

    def test_a_connection_is_used_again(self, server: FaultServer) -> None:
        async def twice() -> list[int]:
            used = client(server.url)
            await asked(used)
            before = used._transport._current
            await asked(used)
            assert used._transport._current is before
            assert before is not None
            readers = before.readers
            await used.aclose()
            return [readers]

        assert run(twice()) == [0]


class TestEnds:
    def test_the_socket_is_dropped_a_second_after_the_end_marker(
        self, server: FaultServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "TRAILING_S", 0.1)
        server.reply_sse(HELLO, end=End.OPEN)
        reply = ask(server.url)
        assert (reply.error, reply.text) == (None, "Hello")
        assert isinstance(reply.events[-1], Finished)
        server.wait_for_cut()

    def test_the_cost_after_the_end_marker_counts(self, server: FaultServer) -> None:
        server.reply_sse([*HELLO, DONE, 0.05, COST], done=False, end=End.OPEN)
        reply = ask(server.url)
        assert kinds(reply)[-2:] == ["CostReported", "Finished"]

    @pytest.mark.parametrize("end", [End.WHOLE, End.FIN, End.RESET, End.TRUNCATED])
    def test_a_break_after_the_end_marker_does_not_matter(self, server: FaultServer, end: End) -> None:
        server.reply_sse([*HELLO, 0.02], done=True, end=end)
        reply = ask(server.url)
        assert (reply.error, reply.text) == (None, "Hello")

    @pytest.mark.parametrize("end", [End.FIN, End.RESET, End.TRUNCATED, End.WHOLE])
    def test_a_break_after_a_reason_does_not_matter(self, server: FaultServer, end: End) -> None:
        server.reply_sse([*HELLO, 0.02], done=False, end=end)
        reply = ask(server.url)
        assert (reply.error, reply.text) == (None, "Hello")
        assert isinstance(reply.events[-1], Finished)

    def test_silence_after_a_reason_ends_well(
        self, server: FaultServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "AFTER_REASON_S", 0.1)
        server.reply_sse(HELLO, done=False, end=End.OPEN)
        reply = ask(server.url)
        assert isinstance(reply.events[-1], Finished)

    @pytest.mark.parametrize("end", [End.FIN, End.RESET, End.TRUNCATED, End.WHOLE])
    @pytest.mark.parametrize("endpoint", [CC, RS])
    def test_a_break_before_the_end_keeps_the_text(
        self, server: FaultServer, end: End, endpoint: Endpoint
    ) -> None:
        delta: dict[str, Any] = {"type": "response.output_text.delta", "delta": "kept"}
        server.reply_sse([chunk({"content": "kept"}) if endpoint is CC else delta, 0.05], done=False, end=end)
        reply = ask(server.url, streamed(endpoint))
        assert reply.text == "kept"
        assert type(reply.error) is ConnectionLostError
        assert "kept" in str(reply.error)
        assert not any(isinstance(each, Finished) for each in reply.events)

    def test_silence_ends_at_the_limit_with_the_text_kept(self, server: FaultServer) -> None:
        gate = server.reply_stall([chunk({"content": "kept"})])
        reply = ask(server.url, read_timeout_s=0.2)
        gate.open()
        assert reply.text == "kept"
        assert type(reply.error) is TimedOutError
        assert "0.2 seconds" in str(reply.error)

    def test_comments_count_as_life(self, server: FaultServer) -> None:
        server.reply_sse([chunk({"content": "a"}), *[b": keep-alive\n\n", 0.1] * 6, *HELLO])
        assert ask(server.url, read_timeout_s=0.3).text == "aHello"

    def test_no_headers_at_all_end_at_the_limit(self, server: FaultServer) -> None:
        gate = server.reply_silence()
        reply = ask(server.url, read_timeout_s=0.2)
        gate.open()
        assert type(reply.error) is TimedOutError
        assert reply.events == []

    def test_closed_before_the_headers(self, server: FaultServer) -> None:
        server.reply_raw()
        reply = ask(server.url)
        assert type(reply.error) is ConnectionLostError
        assert "without an answer" in str(reply.error)

    @pytest.mark.parametrize("status", [200, 204])
    def test_nothing_is_an_empty_reply(self, server: FaultServer, status: int) -> None:
        server.reply_body(b"", status, [("Content-Type", "application/json")] if status == 200 else [])
        assert type(ask(server.url).error) is EmptyReplyError

    def test_a_stream_without_a_byte_is_an_empty_reply(self, server: FaultServer) -> None:
        server.reply_body(b"", headers=[EVENT_STREAM])
        assert type(ask(server.url).error) is EmptyReplyError

    def test_only_the_end_marker_is_an_empty_reply(self, server: FaultServer) -> None:
        server.reply_sse([DONE], done=False)
        assert type(ask(server.url).error) is EmptyReplyError

    def test_an_error_in_the_stream_keeps_the_text(self, server: FaultServer) -> None:
        server.reply_sse([chunk({"content": "kept"}), {"error": {"message": "Boom"}}, STOP])
        reply = ask(server.url)
        assert reply.text == "kept"
        assert type(reply.error) is ServerError
        assert reply.error.provider_text == "Boom"

    @pytest.mark.parametrize("piece", ["{", '{"a":1} {"b":2}', "null", "[5]", "{" * 5000, b"data: \xff\n\n"])
    def test_odd_events_are_noted(self, server: FaultServer, piece: str | bytes) -> None:
        server.reply_sse([chunk({"content": "a"}), piece, *HELLO], done=True)
        reply = ask(server.url)
        assert reply.text == "aHello"
        assert only(reply.events, Anomaly)


class TestRefusals:
    def test_no_one_listens(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
        reply = ask(url)
        assert type(reply.error) is OfflineError
        assert "refused" in str(reply.error)

    def test_a_connection_that_never_stands(self) -> None:
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            filler = []
            for _ in range(4):
                one = socket.socket()
                one.setblocking(False)
                with suppress(BlockingIOError):
                    one.connect(full.getsockname())
                filler.append(one)
            reply = ask(f"http://127.0.0.1:{full.getsockname()[1]}", connect_timeout_s=0.2, read_timeout_s=0.5)
            for one in filler:
                one.close()
        assert type(reply.error) is TimedOutError

    def test_no_https_there(self, server: FaultServer) -> None:
        reply = ask(server.url.replace("http://", "https://"))
        assert type(reply.error) is OfflineError
        assert "HTTPS" in str(reply.error)
        assert not reply.error.retryable

    def test_a_captive_portal(self, server: FaultServer) -> None:
        server.reply_portal()
        reply = ask(server.url)
        assert type(reply.error) is ProtocolError
        assert "web page" in str(reply.error)
        assert reply.error.provider_text == "Hotel network"
        assert b"<title>" in reply.raw

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_redirects_are_not_followed(self, server: FaultServer, status: int) -> None:
        with FaultServer() as other:
            server.reply_redirect(status, f"{other.url}/v1/chat/completions")
            reply = ask(server.url)
            assert other.requests == []
        assert type(reply.error) is RedirectError
        assert "127.0.0.1" in str(reply.error)

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(400, BadRequestError), (401, AuthError), (404, NotFoundError), (429, RateLimitError),
         (500, ServerError), (502, ServerError), (503, ServerError), (504, ServerError)],
    )  # fmt: skip
    def test_errors_of_the_provider(self, server: FaultServer, status: int, kind: type[DesktopError]) -> None:
        server.reply_error(status)
        reply = ask(server.url)
        assert type(reply.error) is kind
        assert reply.error.status == status
        assert reply.head.status == status
        assert reply.error.provider_text
        assert reply.error.request_id
        assert reply.error.provider_text in reply.raw.decode()

    def test_retry_after(self, server: FaultServer) -> None:
        server.reply_error(429, None, [("Retry-After", "7")])
        error = ask(server.url).error
        assert error is not None
        assert error.retry_after_s == 7

    def test_only_the_start_of_a_huge_error_is_read(self, server: FaultServer) -> None:
        server.reply_error(500, "x" * 10_000_000)
        reply = ask(server.url)
        assert type(reply.error) is ServerError
        assert len(reply.error.provider_text) == 500
        assert len(reply.raw) == limits.MAX_ERROR_BYTES

    def test_a_cut_error_is_still_that_error(self, server: FaultServer) -> None:
        server.reply_raw(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 500\r\n\r\n{\"message\": \"No\"")
        reply = ask(server.url)
        assert type(reply.error) is AuthError
        assert reply.error.provider_text == "No"

    @pytest.mark.parametrize(
        "head",
        [b"HTTP/1.1 abc\r\n\r\n", b"<html>hello\r\n\r\n</html>", b"\x00\x01\x02\r\n\r\n", b"SSH-2.0-x\r\n\r\n"],
    )
    def test_no_http(self, server: FaultServer, head: bytes) -> None:
        server.reply_raw(head)
        assert type(ask(server.url).error) is ProtocolError

    def test_huge_headers(self, server: FaultServer) -> None:
        server.reply_huge_headers()
        assert isinstance(ask(server.url).error, ProtocolError | ConnectionLostError)

    def test_no_key(self, server: FaultServer) -> None:
        used = ApiClient(server.url, lambda: None)
        with pytest.raises(CredentialError):
            used.stream(used.prepare(streamed()))
        assert server.requests == []


class TestLimits:
    def test_one_event_too_large(self, server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sse.SseDecoder.__init__, "__defaults__", (100_000,))
        server.reply_sse([chunk({"content": "kept"}), b"data: " + b"x" * 300_000])
        reply = ask(server.url)
        assert reply.text == "kept"
        assert type(reply.error) is TooLargeError

    def test_the_real_limit_keeps_memory_flat(self, server: FaultServer) -> None:
        async def story() -> type[BaseException] | None:
            used = client(server.url)
            try:
                async with aclosing(used.stream(used.prepare(streamed()))) as batches:
                    async for _ in batches:
                        pass
            except DesktopError as error:
                return type(error)
            finally:
                await used.aclose()
            return None

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        server.reply_sse([chunk({"content": "kept"}), b"data: ", *[b"x" * 100_000] * 400])
        assert run(story()) is TooLargeError
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) < 64 * 1024

    def test_a_bomb_is_unpacked_step_by_step_and_cut(
        self, server: FaultServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "MAX_BODY_BYTES", 1_000_000)
        bomb = gzip.compress(b" " * 30_000_000)
        server.reply_body(bomb, headers=[("Content-Type", "application/json"), ("Content-Encoding", "gzip")])
        reply = ask(server.url)
        assert type(reply.error) is TooLargeError

    @pytest.mark.parametrize("encoding", ["gzip", "br"])
    def test_false_compression(self, server: FaultServer, encoding: str) -> None:
        server.reply_body(b"data: {}\n\n", headers=[EVENT_STREAM, ("Content-Encoding", encoding)])
        assert type(ask(server.url).error) is ProtocolError


def stop_count(request: pytest.FixtureRequest) -> int:
    return 300 if request.config.getoption("--long") else 60


class TestStop:
    def test_stop_while_stalled_is_immediate_and_cuts_the_connection(self, server: FaultServer) -> None:
        async def story() -> float:
            used = client(server.url)
            gate = server.reply_stall([chunk({"content": "a"})])
            reply = Reply()
            task = asyncio.ensure_future(asked(used, into=reply))
            await asyncio.to_thread(gate.wait_reached)
            while not reply.text:
                await asyncio.sleep(0.001)
            began = time.perf_counter()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            took = time.perf_counter() - began
            await asyncio.to_thread(server.wait_for_cut)
            assert used._transport._current is not None
            assert used._transport._current.readers == 0
            assert (await asked(used)).error is None
            await used.aclose()
            return took

        assert run(story()) < 0.5

    def test_stops_at_any_moment_leave_no_connection_behind(
        self, server: FaultServer, request: pytest.FixtureRequest
    ) -> None:
        count = stop_count(request)

        async def story() -> None:
            used = client(server.url)
            await asked(used)
            for i in range(count):
                if i % 3 == 0:
                    server.reply_silence()
                task = asyncio.ensure_future(asked(used, streamed(RS if i % 2 else CC)))
                await asyncio.sleep(i % 20 * 0.0005)
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                if i % 20 == 19:
                    server.forget()
                    assert (await asked(used)).error is None
            server.forget()
            assert (await asked(used)).error is None
            assert [pool.readers for pool in used._transport._retired] == []
            await used.aclose()

        run(story(), 60)

    def test_many_stops_at_once_while_connecting(self) -> None:
        async def story() -> None:
            used = client(url)
            for _ in range(3):
                tasks = [asyncio.ensure_future(asked(used)) for _ in range(20)]
                await asyncio.sleep(0.05)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            with FaultServer() as server:
                used._root = server.url
                assert (await asked(used)).error is None
            assert used._transport._retired == []
            await used.aclose()

        with socket.socket() as mute:
            mute.bind(("127.0.0.1", 0))
            mute.listen(100)
            url = f"https://127.0.0.1:{mute.getsockname()[1]}"
            run(story(), 60)

    def test_another_stream_goes_on_when_one_is_stopped_before_its_headers(self, server: FaultServer) -> None:
        async def story() -> None:
            used = client(server.url)
            gate = server.reply_stall([chunk({"content": "a"})])
            reading_on = asyncio.ensure_future(asked(used))
            await asyncio.to_thread(gate.wait_reached)
            server.reply_silence()
            stopped = asyncio.ensure_future(asked(used))
            await asyncio.to_thread(server.wait_for_request, count=2)
            stopped.cancel()
            with suppress(asyncio.CancelledError):
                await stopped
            assert (await asked(used)).error is None
            gate.open()
            assert (await reading_on).text == "a"
            await asked(used)
            assert used._transport._retired == []
            await used.aclose()

        run(story())

    def test_leaving_the_loop_early_drops_the_connection(self, server: FaultServer) -> None:
        async def story() -> None:
            used = client(server.url)
            server.reply_stall([chunk({"content": "a"})])
            async with aclosing(used.stream(used.prepare(streamed()))) as batches:
                async for batch in batches:
                    if batch.raw:
                        break
            await asyncio.to_thread(server.wait_for_cut)
            await used.aclose()

        run(story())

    def test_a_full_pool_is_replaced_once(self, server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
        import httpx

        made = httpx.Limits.__init__

        def small(self: httpx.Limits, **options: Any) -> None:
            made(self, **{**options, "max_connections": 1})

        monkeypatch.setattr(httpx.Limits, "__init__", small)
        monkeypatch.setattr("desktop.api.client.POOL_TIMEOUT_S", 0.1)

        async def story() -> None:
            used = client(server.url)
            gate = server.reply_stall([chunk({"content": "a"})])
            first = asyncio.ensure_future(asked(used))
            await asyncio.to_thread(gate.wait_reached)
            assert (await asked(used)).error is None
            gate.open()
            assert (await first).text == "a"
            await used.aclose()

        run(story())


class TestTwoAtOnce:
    def test_one_fails_the_other_does_not(self, server: FaultServer) -> None:
        async def story() -> tuple[Reply, Reply]:
            used = client(server.url)
            gate = server.reply_stall([chunk({"content": "a"})])
            good = asyncio.ensure_future(asked(used))
            await asyncio.to_thread(gate.wait_reached)
            server.reply_sse([chunk({"content": "b"}), 0.01], done=False, end=End.RESET)
            bad = await asked(used)
            gate.open()
            replies = await good, bad
            await used.aclose()
            return replies

        good, bad = run(story())
        assert (good.text, good.error) == ("a", None)
        assert (bad.text, type(bad.error)) == ("b", ConnectionLostError)

    def test_offline_then_online(self, server: FaultServer) -> None:
        async def story() -> None:
            used = client(server.url)
            root = used._root
            used._root = "http://127.0.0.1:1"
            assert type((await asked(used)).error) is OfflineError
            used._root = root
            assert (await asked(used)).error is None
            await used.aclose()

        run(story())


class TestQuestions:
    def test_the_key_is_accepted(self, server: FaultServer) -> None:
        use(server.url, lambda used: used.check_key(SecretKey("another-key-1234")))
        assert server.requests[0].headers["authorization"] == "Bearer another-key-1234"

    def test_the_key_is_not_accepted(self, server: FaultServer) -> None:
        server.reply_error(401, path="/v1/key")
        with pytest.raises(AuthError):
            use(server.url, lambda used: used.check_key(SecretKey(CANARY)))
        assert [each.path for each in server.requests] == ["/v1/key"]

    @pytest.mark.parametrize("status", [403, 404, 405])
    def test_another_address_is_asked(self, server: FaultServer, status: int) -> None:
        server.reply_error(status, b"{}", path="/v1/key")
        server.reply_error(status, b"{}", path="/v2/billing")
        server.reply_json({"balance": 1}, path="/v1/billing/balance")
        use(server.url, lambda used: used.check_key(SecretKey(CANARY)))
        assert [each.path for each in server.requests] == ["/v1/key", "/v2/billing", "/v1/billing/balance"]

    def test_no_address_knows_the_key(self, server: FaultServer) -> None:
        for path in ("/v1/key", "/v2/billing", "/v1/billing/balance"):
            server.reply_error(404, b"{}", path=path)
        with pytest.raises(NotFoundError):
            use(server.url, lambda used: used.check_key(SecretKey(CANARY)))

    def test_an_account_without_credits_has_a_key_all_the_same(self, server: FaultServer) -> None:
        server.reply_error(403, {"message": "You've run out of credits"}, path="/v1/key")
        use(server.url, lambda used: used.check_key(SecretKey(CANARY)))

    def test_trouble_is_no_answer(self, server: FaultServer) -> None:
        server.reply_error(503, path="/v1/key")
        with pytest.raises(ServerError):
            use(server.url, lambda used: used.check_key(SecretKey(CANARY)))

    @pytest.mark.parametrize(("reported", "expected"), [(12.5, "12.5"), (0, "0"), ("3.10", "3.10"), (-0.5, "-0.5"), (1e-7, "0.0000001")])
    def test_balance(self, server: FaultServer, reported: object, expected: str) -> None:
        server.reply_json({"current_balance": reported, "currency": "USD"}, path="/v2/billing")
        assert use(server.url, lambda used: used.balance()) == expected

    def test_balance_in_credits(self, server: FaultServer) -> None:
        server.reply_error(404, b"{}", path="/v2/billing")
        server.reply_json({"balance": 5_000_000}, path="/v1/billing/balance")
        assert use(server.url, lambda used: used.balance()) == "2.5"

    @pytest.mark.parametrize("body", [{}, {"balance": None}, {"balance": "x"}])
    def test_no_balance(self, server: FaultServer, body: object) -> None:
        server.reply_json({"current_balance": None}, path="/v2/billing")
        server.reply_json(body, path="/v1/billing/balance")
        with pytest.raises(ProtocolError):
            use(server.url, lambda used: used.balance())

    def test_balance_without_credits(self, server: FaultServer) -> None:
        server.reply_error(403, {"message": "out of credits"}, path="/v2/billing")
        with pytest.raises(QuotaError):
            use(server.url, lambda used: used.balance())

    def test_a_web_page_is_no_account(self, server: FaultServer) -> None:
        for path in ("/v2/billing", "/v1/billing/balance"):
            server.reply_body(b"<html>", headers=[("Content-Type", "text/html")], path=path)
        with pytest.raises(ProtocolError):
            use(server.url, lambda used: used.balance())

    def test_models_and_their_tag(self, server: FaultServer) -> None:
        async def story() -> None:
            used = client(server.url)
            found = await used.models(query="include=all")
            assert found is not None
            assert found.find("openai/gpt-5-1") is not None
            assert found.find("openai/none") is None
            assert await used.models(query="include=all", etag=found.etag) is None
            await used.aclose()

        run(story())
        assert server.requests[0].target == "/v1/models?include=all"
        assert "authorization" not in server.requests[0].headers

    def test_models_of_odd_shapes(self, server: FaultServer) -> None:
        entry = {"id": "a", "aliases": ["b", None], "type": "t", "info": {"name": "A", "contextLength": 5.0, "outputMax": None}}
        server.reply_json({"data": [None, {}, {"id": None}, entry, {"id": "c", "aliases": None, "info": None}]}, path="/v1/models")
        found = use(server.url, lambda used: used.models())
        assert found is not None
        first, second = found.models
        assert (first.id, first.name, first.kind, first.context_tokens, first.output_tokens) == ("a", "A", "t", 5, None)
        assert found.find("b") is first
        assert (second.id, second.aliases) == ("c", ())

    def test_no_models(self, server: FaultServer) -> None:
        server.reply_json({"data": None}, path="/v1/models")
        with pytest.raises(ProtocolError):
            use(server.url, lambda used: used.models())


def test_the_key_is_in_no_log_and_no_exception(
    server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    replies = []
    for status in (400, 401, 403, 404, 429, 500, 301):
        server.reply_error(status)
        replies.append(ask(server.url))
    server.reply_raw(b"rubbish")
    replies.append(ask(server.url))
    replies.append(ask(server.url.replace("http:", "https:")))
    replies.append(ask(server.url))
    said = caplog.text + "".join(record.getMessage() for record in caplog.records)
    for reply in replies:
        said += repr(reply) + (repr(vars(reply.error)) if reply.error else "")
    assert len(said) > 1000
    assert CANARY not in said
    assert "Bearer sk" not in said


def test_the_call_does_not_show_its_headers() -> None:
    call = exchange.Call("POST", "https://a", [("Authorization", CANARY)], b"", {}, 1.0)
    assert CANARY not in repr(call)


