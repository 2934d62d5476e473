"""The client against a real server on the loopback: good replies, and how replies end."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from desktop.api import reading
from desktop.domain.capabilities import Endpoint
from desktop.domain.errors import (
    ConnectionLostError,
    EmptyReplyError,
    ProtocolError,
    ServerError,
    TimedOutError,
)
from desktop.domain.events import (
    Anomaly,
    CostReported,
    Finished,
    HeadersReceived,
    ReplyReplaced,
    UsageReported,
)
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
        lines = [
            json.loads(line[6:]) for line in reply.raw.splitlines() if line.startswith(b"data: {")
        ]
        assert lines == [*HELLO, USAGE, COST]
        assert reply.raw.endswith(DONE)

    def test_a_whole_answer_to_a_stream_request(self, server: FaultServer) -> None:
        server.reply_body(
            published("gpt-5.1-completion"), headers=[("Content-Type", "application/json")]
        )
        reply = ask(server.url)
        assert only(reply.events, ReplyReplaced).choices[0].parts == (
            TextPart("Hi! How can I help you today?"),
        )
        assert not reply.head.is_stream

    def test_a_stream_as_answer_to_a_whole_request(self, server: FaultServer) -> None:
        server.reply_sse(HELLO)
        reply = ask(server.url, turn(CC, {ParameterId.STREAM: False}))
        assert (reply.text, reply.head.is_stream) == ("Hello", True)

    @pytest.mark.parametrize("kind", ["", "text/plain", "application/octet-stream"])
    def test_an_unnamed_type_is_told_by_its_first_bytes(
        self, server: FaultServer, kind: str
    ) -> None:
        headers = [("Content-Type", kind)] if kind else []
        server.reply_body(
            b"data: " + json.dumps(chunk({"content": "a"})).encode() + b"\n\n" + DONE,
            headers=headers,
        )
        server.reply_body(b" " + published("gpt-5.1-completion"), headers=headers)
        server.reply_body(b"\n<html><title>x</title>", headers=headers)
        assert ask(server.url).text == "a"
        assert "ReplyReplaced" in kinds(ask(server.url))
        assert type(ask(server.url).error) is ProtocolError

    def test_another_charset_is_still_utf_8(self, server: FaultServer) -> None:
        server.reply_sse(
            [chunk({"content": "é"})],
            headers=[("Content-Type", "text/event-stream; charset=iso-8859-1")],
        )
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
        server.reply_json(
            json.loads(published("gpt-5.1-completion")),
            headers=[("x-aimlapi-credits-used", "2480")],
        )
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
    def test_a_break_after_the_end_marker_does_not_matter(
        self, server: FaultServer, end: End
    ) -> None:
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
        server.reply_sse(
            [chunk({"content": "kept"}) if endpoint is CC else delta, 0.05], done=False, end=end
        )
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
        server.reply_body(
            b"", status, [("Content-Type", "application/json")] if status == 200 else []
        )
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

    @pytest.mark.parametrize(
        "piece", ["{", '{"a":1} {"b":2}', "null", "[5]", "{" * 5000, b"data: \xff\n\n"]
    )
    def test_odd_events_are_noted(self, server: FaultServer, piece: str | bytes) -> None:
        server.reply_sse([chunk({"content": "a"}), piece, *HELLO], done=True)
        reply = ask(server.url)
        assert reply.text == "aHello"
        assert only(reply.events, Anomaly)
