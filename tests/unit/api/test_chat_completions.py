"""Chunks and whole replies of chat completions."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.api import wire
from desktop.api.chat_completions import StreamDecoder, decode_whole
from desktop.api.limits import MAX_ANOMALIES
from desktop.domain.errors import (
    ConnectionLostError,
    EmptyReplyError,
    ProtocolError,
    QuotaError,
    RateLimitError,
    ServerError,
    TooLargeError,
)
from desktop.domain.events import (
    Anomaly,
    ChoiceFinished,
    CitationAdded,
    CostReported,
    Event,
    Finished,
    MediaDelta,
    ReasoningDelta,
    RefusalDelta,
    ReplyReplaced,
    Started,
    TextDelta,
    ToolInputDelta,
    UnknownReceived,
    UsageReported,
)
from desktop.domain.messages import MediaPart, ReasoningPart, RefusalPart, TextPart, ToolCallPart
from tests.unit.api.support import CC, chunk, decoded, merged, only, published, text_of

DONE = b"[DONE]"
STOP = chunk(finish="stop")


def whole(reply: dict[str, Any]) -> list[Event]:
    return decode_whole(json.dumps(reply).encode())


def choice(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "c", "model": "m", "choices": [{"index": 0, "message": message, **more}]}


def parts(events: list[Event]) -> tuple[object, ...]:
    return only(events, ReplyReplaced).choices[0].parts


class TestStream:
    def test_text_usage_cost_and_end(self) -> None:
        usage = {"prompt_tokens": 18, "completion_tokens": 1722, "total_tokens": 1740.0}
        events = decoded(
            CC,
            chunk({"role": "assistant", "content": ""}),
            chunk({"content": "Hel"}),
            chunk({"content": "lo"}),
            STOP,
            {"id": "", "choices": [], "usage": usage},
            {"meta": {"usage": {"credits_used": 2480, "usd_spent": 1.24e-06}}},
            DONE,
        )
        reported = only(events, UsageReported).usage
        assert events == [
            Started("chatcmpl-1", "gpt-5.1"),
            TextDelta("Hello", count=2),
            ChoiceFinished("stop"),
            UsageReported(reported),
            CostReported(only(events, CostReported).cost),
            Finished("stop"),
        ]
        assert (reported.input_tokens, reported.output_tokens, reported.total_tokens) == (
            18,
            1722,
            1740,
        )
        assert reported.raw == usage
        assert only(events, CostReported).cost.usd == "0.00000124"

    def test_a_missing_end_marker_after_a_reason_is_well(self) -> None:
        events = decoded(CC, chunk({"content": "a"}), STOP)
        assert events[-1] == Finished("stop")
        assert "[DONE]" in only(events, Anomaly).text

    def test_the_end_marker_without_a_reason_is_well(self) -> None:
        assert decoded(CC, chunk({"content": "a"}), DONE)[-1] == Finished("stop")

    def test_neither_is_an_interrupted_reply(self) -> None:
        with pytest.raises(ConnectionLostError, match="kept"):
            decoded(CC, chunk({"content": "a"}))

    @pytest.mark.parametrize("payloads", [(DONE,), (chunk({"content": ""}), STOP, DONE)])
    def test_nothing_is_an_empty_reply(self, payloads: tuple[Any, ...]) -> None:
        with pytest.raises(EmptyReplyError):
            decoded(CC, *payloads)

    @pytest.mark.parametrize("reason", ["length", "content_filter"])
    def test_a_reason_explains_an_empty_reply(self, reason: str) -> None:
        assert decoded(CC, chunk(finish=reason), DONE)[-1] == Finished(reason)

    def test_data_after_the_end_is_noted_once_but_the_cost_counts(self) -> None:
        late = {"meta": {"usage": {"credits_used": 2_000_000}}}
        events = decoded(
            CC,
            chunk({"content": "a"}),
            DONE,
            chunk({"content": "b"}),
            chunk({"content": "c"}),
            late,
        )
        assert text_of(events) == "a"
        assert "after the end" in only(events, Anomaly).text
        assert only(events, CostReported).cost.usd == "1"

    def test_several_choices_are_kept_apart(self) -> None:
        second = {"index": 1, "delta": {"content": "B"}, "finish_reason": None}
        both = {
            **chunk({"content": "A"}),
            "choices": [chunk({"content": "A"})["choices"][0], second],
        }
        events = decoded(CC, both, both, chunk(finish="stop"), DONE)
        texts = {
            i: text_of(e for e in events if isinstance(e, TextDelta) and e.choice == i)
            for i in (0, 1)
        }
        assert texts == {0: "AA", 1: "BB"}

    def test_tool_calls_are_put_together_by_index(self) -> None:
        def call(index: int, arguments: str, **more: Any) -> Any:
            function = {
                "arguments": arguments,
                **({"name": more.pop("name")} if "name" in more else {}),
            }
            return chunk({"tool_calls": [{"index": index, "function": function, **more}]})

        events = merged(
            decoded(
                CC,
                call(0, "", id="call_a", type="function", name="f"),
                call(0, '{"x"'),
                call(1, "{}", id="call_b", type="function", name="g"),
                call(0, ":1}"),
                chunk(finish="tool_calls"),
                DONE,
            )
        )
        calls = [event for event in events if isinstance(event, ToolInputDelta)]
        assert [(each.part, each.text, each.call_id, each.name) for each in calls] == [
            (0, '{"x"', "call_a", "f"),
            (1, "{}", "call_b", "g"),
            (0, ":1}", "", ""),
        ]
        assert events[-1] == Finished("tool_calls")

    def test_custom_and_legacy_calls(self) -> None:
        custom = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "n", "input": "i"}}
        events = decoded(CC, chunk({"tool_calls": [custom]}), DONE)
        assert only(events, ToolInputDelta) == ToolInputDelta(
            "i", call_id="c", name="n", kind="custom"
        )
        events = decoded(CC, chunk({"function_call": {"name": "f", "arguments": "{}"}}), DONE)
        assert only(events, ToolInputDelta).name == "f"

    def test_reasoning_refusal_citation_and_sound(self) -> None:
        link = {
            "type": "url_citation",
            "url_citation": {"url": "https://a", "title": "A", "start_index": 1, "end_index": 3},
        }
        events = decoded(
            CC,
            chunk({"reasoning_content": "th"}),
            chunk({"reasoning_content": "ink"}),
            chunk({"refusal": "no"}),
            chunk({"annotations": [link, 5]}),
            chunk({"audio": {"data": "QQ==", "transcript": "a"}}),
            DONE,
        )
        assert only(events, ReasoningDelta) == ReasoningDelta("think", count=2)
        assert only(events, RefusalDelta).text == "no"
        cited = only(events, CitationAdded).citation
        assert (cited.url, cited.title, cited.start, cited.end) == ("https://a", "A", 1, 3)
        assert only(events, MediaDelta) == MediaDelta("audio", "QQ==", "a")

    def test_log_probabilities_come_with_their_text(self) -> None:
        entry = {"token": "a", "logprob": -0.1, "bytes": None}
        first = chunk({"content": "a"})
        first["choices"][0]["logprobs"] = {"content": [entry], "refusal": None}
        events = decoded(CC, first, chunk({"content": "b"}), DONE)
        assert only(events, TextDelta).logprobs == [entry]

    def test_an_unknown_object_is_recorded(self) -> None:
        events = decoded(CC, {"object": "news", "x": 1}, chunk({"content": "a"}), DONE)
        assert only(events, UnknownReceived) == UnknownReceived("news", {"object": "news", "x": 1})

    @pytest.mark.parametrize(
        ("payload", "kind", "provider_text", "request_id"),
        [
            ({"error": {"message": "Boom", "type": "server_error"}}, ServerError, "Boom", ""),
            (
                {"error": {"message": "slow", "code": "rate_limit_exceeded"}},
                RateLimitError,
                "slow",
                "",
            ),
            (
                {"message": "Too Many Requests", "statusCode": "429", "requestId": "r1"},
                RateLimitError,
                "Too Many Requests",
                "r1",
            ),
            (
                {"message": "You've run out of credits", "statusCode": 403, "requestId": "r2"},
                QuotaError,
                "You've run out of credits",
                "r2",
            ),
            ({"type": "error", "message": "Boom"}, ServerError, "Boom", ""),
            ({"error": "Boom"}, ServerError, "Boom", ""),
        ],
    )
    def test_an_error_object_ends_the_stream(
        self, payload: Any, kind: type[Exception], provider_text: str, request_id: str
    ) -> None:
        used = StreamDecoder()
        events = used.feed(
            [json.dumps(each).encode() for each in (chunk({"content": "kept"}), payload, STOP)]
        )
        assert text_of(events) == "kept"
        assert not any(isinstance(event, ChoiceFinished) for event in events)
        assert type(used.fault) is kind
        assert used.fault is not None
        assert (used.fault.provider_text, used.fault.request_id) == (provider_text, request_id)
        with pytest.raises(kind):
            used.finish()


ODD = {
    "cut": b'{"id":"a","choi',
    "two objects": b'{"choices":[]} {"choices":[]}',
    "null": b"null",
    "number": b"5",
    "array": b"[]",
    "NaN": b'{"choices":[],"usage":{"total_tokens":NaN}}',
    "deep": b"[" * 100_000,
    "long number": b'{"created":' + b"9" * 5000 + b',"usage":{"x":' + b"9" * 5000 + b"}}",
    "not UTF-8": b'{"choices":[{"delta":{"content":"\xff"}}]}',
    "wrong types": b'{"id":5,"choices":[{"index":"0","delta":{"content":["x"],"tool_calls":{}}},7],'
    b'"usage":[]}',
    "nulls": b'{"id":null,"model":null,"choices":[{"index":null,"delta":null,"finish_reason":null,'
    b'"logprobs":null}],"usage":null,"meta":null}',
    "no choices": b'{"choices":null}',
    "odd call": b'{"choices":[{"delta":{"tool_calls":'
    b'[null,{"function":5},{"function":{"arguments":7}}]}}]}',
    "odd meta": b'{"meta":{"usage":{"usd_spent":"x","credits_used":[]}}}',
}


@pytest.mark.parametrize("payload", ODD.values(), ids=ODD)
def test_odd_payloads_do_not_stop_a_stream(payload: bytes) -> None:
    events = decoded(CC, chunk({"content": "be"}), payload, chunk({"content": "fore"}), STOP, DONE)
    assert text_of(events).replace("\ufffd", "") == "before"
    assert events[-1] == Finished("stop")


def test_oddities_are_noted_but_not_without_end() -> None:
    events = decoded(CC, *[b"{"] * 500, chunk({"content": "a"}), DONE)
    assert len([event for event in events if isinstance(event, Anomaly)]) == MAX_ANOMALIES


def test_lone_surrogates_become_replacement_characters() -> None:
    events = decoded(CC, b'{"choices":[{"delta":{"content":"a\\ud83d"}}]}', DONE)
    assert text_of(events) == "a\ufffd"
    text_of(events).encode()


def test_text_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_CONTENT_CHARS", 10)
    used = StreamDecoder()
    events = used.feed([json.dumps(chunk({"content": "0123456789ab"})).encode()])
    assert text_of(events) == "0123456789ab"
    assert isinstance(used.fault, TooLargeError)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "content",
                    "index",
                    "finish_reason",
                    "usage",
                    "meta",
                    "tool_calls",
                    "function",
                    "arguments",
                    "error",
                    "id",
                    "model",
                    "logprobs",
                    "message",
                    "type",
                    "item",
                    "response",
                    "output",
                    "part",
                    "text",
                    "output_index",
                    "annotation",
                    "summary",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(st.lists(JSON, max_size=5))
def test_no_json_makes_the_decoder_raise_anything_else(values: list[Any]) -> None:
    used = StreamDecoder()
    used.feed([json.dumps(value).encode() for value in values])
    with (
        pytest.raises((ProtocolError, ConnectionLostError, ServerError))
        if used.fault
        else _allowed()
    ):
        used.finish()


class _allowed:  # noqa: N801
    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        return kind is not None and issubclass(kind, ConnectionLostError | EmptyReplyError)


class TestWhole:
    def test_the_published_example_of_gpt_5_1(self) -> None:
        events = decode_whole(published("gpt-5.1-completion"))
        assert parts(events) == (TextPart("Hi! How can I help you today?"),)
        assert only(events, Started).model == "gpt-5-2025-08-07"
        usage = only(events, UsageReported).usage
        assert usage.output_tokens == 1722
        assert usage.raw["completion_tokens_details"]["reasoning_tokens"] == 64
        assert events[-1] == Finished("stop")

    def test_the_published_example_of_gpt_5_1_chat_latest(self) -> None:
        events = decode_whole(published("gpt-5.1-chat-latest-completion"))
        (only_choice,) = only(events, ReplyReplaced).choices
        assert only_choice.index == 1
        text, call, sound = only_choice.parts
        assert isinstance(text, TextPart)
        assert text.citations[0].url == "text"
        assert isinstance(call, ToolCallPart)
        assert isinstance(sound, MediaPart)
        assert only(events, ChoiceFinished) == ChoiceFinished("stop", 1)

    def test_every_kind_of_part(self) -> None:
        call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{"}}
        custom = {"id": "d", "type": "custom", "custom": {"name": "g", "input": "i"}}
        message = {
            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            "reasoning_content": "r",
            "refusal": "no",
            "tool_calls": [call, custom, None],
        }
        assert parts(whole(choice(message))) == (
            ReasoningPart("r"),
            TextPart("ab"),
            RefusalPart("no"),
            ToolCallPart("c", "f", "{", raw=call),
            ToolCallPart("d", "g", "i", "custom", raw=custom),
        )

    def test_null_content_with_a_refusal(self) -> None:
        events = whole(choice({"content": None, "refusal": "no"}, finish_reason="stop"))
        assert parts(events) == (RefusalPart("no"),)

    def test_choices_come_in_the_order_of_their_index(self) -> None:
        reply = {
            "choices": [
                {"index": i, "message": {"content": str(i)}, "finish_reason": "length"}
                for i in (2, 0, 1)
            ]
        }
        events = whole(reply)
        assert [each.index for each in only(events, ReplyReplaced).choices] == [0, 1, 2]
        assert events[-1] == Finished("length")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"  \n",
            b'{"choices":[]}',
            b'{"choices":null}',
            b'{"choices":[{"message":{"content":null}}]}',
        ],
    )
    def test_nothing_to_show_is_an_empty_reply(self, body: bytes) -> None:
        with pytest.raises(EmptyReplyError):
            decode_whole(body)

    @pytest.mark.parametrize("body", [b"nonsense", b"[]", b"5", b"<html>", b"{" * 5000])
    def test_no_json_object_is_no_reply(self, body: bytes) -> None:
        with pytest.raises(ProtocolError):
            decode_whole(body)

    def test_an_error_with_status_200_is_an_error(self) -> None:
        with pytest.raises(ServerError) as raised:
            whole({"error": {"message": "Boom"}, "requestId": "r"})
        assert raised.value.request_id == "r"

    def test_cost_of_the_body(self) -> None:
        reply = choice({"content": "a"})
        reply["meta"] = {"usage": {"credits_used": 620, "usd_spent": 0.00031}}
        cost = only(whole(reply), CostReported).cost
        assert (cost.usd, cost.credits, cost.source) == ("0.00031", 620, "body")
