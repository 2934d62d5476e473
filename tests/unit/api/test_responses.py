"""The stream of Responses."""

import json
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.api.response_events import StreamDecoder, _Event
from desktop.core.assembler import Assembler
from desktop.domain.errors import (
    BadRequestError,
    ConnectionLostError,
    DesktopError,
    EmptyReplyError,
    QuotaError,
    ServerError,
)
from desktop.domain.events import (
    ActivityChanged,
    Anomaly,
    Batch,
    CitationAdded,
    CostReported,
    Event,
    Finished,
    ItemAdded,
    ItemDone,
    MediaDelta,
    ReasoningDelta,
    ReasoningDone,
    RefusalDelta,
    RefusalDone,
    ReplyReplaced,
    TextDelta,
    TextDone,
    ToolInputDelta,
    ToolInputDone,
    UnknownReceived,
    UsageReported,
)
from desktop.domain.messages import (
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    UnknownPart,
)
from tests.unit.api.support import RS, decoded, merged, only, text_of
from tests.unit.api.test_chat_completions import JSON, ODD

MESSAGE = {"id": "m", "type": "message", "role": "assistant"}


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **fields}


def message(text: str) -> dict[str, Any]:
    return {**MESSAGE, "content": [{"type": "output_text", "text": text, "annotations": []}]}


def completed(*output: Any, **more: Any) -> dict[str, Any]:
    response = {
        "id": "resp_1",
        "model": "gpt-5.1",
        "status": "completed",
        "output": list(output),
        **more,
    }
    return event("completed", response=response)


def delta(text: str, item: int = 0, part: int = 0) -> dict[str, Any]:
    return event(
        "output_text.delta", output_index=item, content_index=part, delta=text, logprobs=[]
    )


def parts(events: list[Event]) -> tuple[Part, ...]:
    """What the whole application makes of the events."""
    assembler = Assembler()
    assembler.feed(Batch(events, b"", 0.0))
    assembler.close()
    return assembler.choices()[0].parts


class TestStream:
    def test_text(self) -> None:
        events = decoded(
            RS,
            event("created", response={"id": "resp_1", "model": "m", "output": [], "usage": None}),
            event("output_item.added", output_index=0, item={**MESSAGE, "content": []}),
            event(
                "content_part.added",
                output_index=0,
                content_index=0,
                part={"type": "output_text", "text": ""},
            ),
            delta("Hel"),
            delta("lo"),
            event("output_text.done", output_index=0, content_index=0, text="Hello"),
            event("output_item.done", output_index=0, item=message("Hello")),
            completed(
                message("Hello"),
                usage={"input_tokens": 18, "output_tokens": 399, "total_tokens": 417},
            ),
        )
        assert only(events, TextDelta) == TextDelta("Hello", count=2)
        assert only(events, TextDone) == TextDone("Hello")
        assert only(events, ItemDone) == ItemDone((TextPart("Hello"),))
        assert not any(isinstance(each, ReplyReplaced) for each in events)
        assert only(events, UsageReported).usage.output_tokens == 399
        assert events[-1] == Finished("stop")
        assert parts(events) == (TextPart("Hello"),)

    def test_the_final_object_replaces_what_was_streamed_where_it_differs(self) -> None:
        events = decoded(RS, delta("Helo"), completed(message("Hello")))
        assert parts(events) == (TextPart("Hello"),)

    def test_a_delta_needs_nothing_before_it(self) -> None:
        events = decoded(RS, delta("a", 3, 1), delta("b", 1), completed())
        assert parts(events) == (TextPart("b"), TextPart("a"))

    def test_items_are_kept_apart_by_their_index(self) -> None:
        events = merged(decoded(RS, delta("a", 0), delta("b", 1), delta("c", 0), completed()))
        assert parts(events) == (TextPart("ac"), TextPart("b"))

    def test_refusal(self) -> None:
        events = decoded(
            RS,
            event("refusal.delta", output_index=0, content_index=0, delta="I ca"),
            event("refusal.delta", output_index=0, content_index=0, delta="n't"),
            event("refusal.done", output_index=0, content_index=0, refusal="I can't"),
            completed(),
        )
        assert only(events, RefusalDelta).text == "I can't"
        assert only(events, RefusalDone).text == "I can't"
        assert parts(events) == (RefusalPart("I can't"),)

    def test_summaries_and_reasoning_texts_do_not_meet(self) -> None:
        events = decoded(
            RS,
            event(
                "reasoning_summary_part.added",
                output_index=0,
                summary_index=0,
                part={"type": "summary_text", "text": ""},
            ),
            event("reasoning_summary_text.delta", output_index=0, summary_index=0, delta="sum"),
            event("reasoning_summary_text.done", output_index=0, summary_index=0, text="summary"),
            event(
                "reasoning_summary_part.done",
                output_index=0,
                summary_index=0,
                part={"type": "summary_text", "text": "summary"},
            ),
            event("reasoning_text.delta", output_index=0, content_index=0, delta="raw"),
            event("reasoning_text.done", output_index=0, content_index=0, text="raw"),
            completed(),
        )
        assert (
            len([each for each in events if isinstance(each, ReasoningDelta | ReasoningDone)]) == 4
        )
        kinds = [
            (each.text, each.is_summary)
            for each in parts(events)
            if isinstance(each, ReasoningPart)
        ]
        assert kinds == [("summary", True), ("raw", False)]

    def test_encrypted_reasoning_is_kept_with_its_item(self) -> None:
        item = {"id": "rs", "type": "reasoning", "summary": [], "encrypted_content": "gAAA"}
        events = decoded(RS, event("output_item.done", output_index=0, item=item), completed())
        (part,) = parts(events)
        assert isinstance(part, ReasoningPart)
        assert part.raw == item

    def test_a_function_call(self) -> None:
        item = {
            "id": "fc",
            "type": "function_call",
            "call_id": "call_1",
            "name": "f",
            "arguments": "",
        }
        done = {**item, "arguments": '{"a":1}', "status": "completed"}
        events = decoded(
            RS,
            event("output_item.added", output_index=0, item=item),
            event("function_call_arguments.delta", output_index=0, delta='{"a"'),
            event("function_call_arguments.delta", output_index=0, delta=":1}"),
            event("function_call_arguments.done", output_index=0, arguments='{"a":1}'),
            event("output_item.done", output_index=0, item=done),
            completed(done),
        )
        assert only(events, ItemAdded).parts == (ToolCallPart("call_1", "f", "", raw=item),)
        assert only(events, ToolInputDelta).text == '{"a":1}'
        assert only(events, ToolInputDone).text == '{"a":1}'
        assert parts(events) == (
            ToolCallPart("call_1", "f", '{"a":1}', status="completed", raw=done),
        )
        assert events[-1] == Finished("tool_calls")

    @pytest.mark.parametrize(
        ("name", "field", "kind"),
        [
            ("function_call_arguments", "arguments", "function"),
            ("mcp_call_arguments", "arguments", "mcp"),
            ("custom_tool_call_input", "input", "custom"),
            ("code_interpreter_call_code", "code", "code_interpreter"),
        ],
    )
    def test_input_of_every_kind_of_tool(self, name: str, field: str, kind: str) -> None:
        events = decoded(
            RS,
            event(f"{name}.delta", output_index=2, delta="ab"),
            event(f"{name}.done", output_index=2, **{field: "abc"}),
            completed(),
        )
        assert only(events, ToolInputDelta) == ToolInputDelta("ab", item=2, kind=kind)
        assert only(events, ToolInputDone) == ToolInputDone("abc", item=2, kind=kind)

    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            *(("web_search_call", each) for each in ("in_progress", "searching", "completed")),
            *(("file_search_call", each) for each in ("in_progress", "searching", "completed")),
            *(
                ("code_interpreter_call", each)
                for each in ("in_progress", "interpreting", "completed")
            ),
            *(("mcp_list_tools", each) for each in ("in_progress", "completed", "failed")),
            *(("mcp_call", each) for each in ("in_progress", "completed", "failed")),
            *(
                ("image_generation_call", each)
                for each in ("in_progress", "generating", "completed")
            ),
        ],
    )
    def test_every_activity(self, kind: str, status: str) -> None:
        events = decoded(RS, event(f"{kind}.{status}", output_index=1, item_id="x"), completed())
        assert only(events, ActivityChanged) == ActivityChanged(kind, status, 0, 1)

    def test_citations_pictures_and_sound(self) -> None:
        annotation = {"type": "file_citation", "file_id": "f", "index": 7, "filename": "n"}
        events = decoded(
            RS,
            delta("a"),
            event(
                "output_text.annotation.added",
                output_index=0,
                content_index=0,
                annotation=annotation,
            ),
            event("output_text.annotation.added", output_index=0, content_index=0),
            event(
                "image_generation_call.partial_image",
                output_index=1,
                partial_image_b64="QQ==",
                partial_image_index=0,
            ),
            event("audio.delta", delta="QQ=="),
            event("audio.transcript.delta", delta="hi"),
            event("audio.transcript.done"),
            event("audio.done"),
            completed(),
        )
        cited = only(events, CitationAdded).citation
        assert (cited.kind, cited.title, cited.start, cited.raw) == (
            "file_citation",
            "n",
            7,
            annotation,
        )
        picture, sound, words = [each for each in events if isinstance(each, MediaDelta)]
        assert (picture.kind, picture.data, picture.replaces) == ("image", "QQ==", True)
        assert (sound.data, words.text) == ("QQ==", "hi")
        assert not any(isinstance(each, UnknownReceived) for each in events)

    def test_log_probabilities(self) -> None:
        entry = {"token": "a", "logprob": -1.0}
        events = decoded(RS, {**delta("a"), "logprobs": [entry]}, completed())
        assert only(events, TextDelta).logprobs == [entry]

    def test_an_unknown_event_and_an_unknown_item_are_recorded(self) -> None:
        news = event("compaction.started", x=1)
        item = {"type": "shell_call", "id": "s"}
        events = decoded(
            RS, news, event("output_item.done", output_index=0, item=item), completed()
        )
        assert only(events, UnknownReceived) == UnknownReceived("response.compaction.started", news)
        assert parts(events) == (UnknownPart(item),)

    @pytest.mark.parametrize(
        ("reason", "expected"),
        [("max_output_tokens", "length"), ("content_filter", "content_filter"), ("other", "other")],
    )
    def test_incomplete(self, reason: str, expected: str) -> None:
        response = {"status": "incomplete", "incomplete_details": {"reason": reason}, "output": []}
        events = decoded(RS, delta("a"), event("incomplete", response=response))
        assert events[-1] == Finished(expected)
        assert parts(events) == (TextPart("a"),)

    def test_incomplete_without_any_text_is_explained(self) -> None:
        response = {"incomplete_details": {"reason": "max_output_tokens"}, "output": []}
        assert decoded(RS, event("incomplete", response=response))[-1] == Finished("length")

    def test_nothing_is_an_empty_reply(self) -> None:
        with pytest.raises(EmptyReplyError):
            decoded(RS, completed())

    def test_no_terminal_event_is_an_interrupted_reply(self) -> None:
        with pytest.raises(ConnectionLostError):
            decoded(RS, delta("a"), b"[DONE]")

    ERROR: ClassVar[dict[str, Any]] = {"code": "server_error", "message": "Boom", "param": None}

    @pytest.mark.parametrize(
        ("payload", "kind"),
        [
            ({"type": "error", **ERROR, "sequence_number": 1}, ServerError),
            ({"type": "error", "error": ERROR}, ServerError),
            ({"error": {"type": "insufficient_quota", "message": "Boom"}}, QuotaError),
            (event("failed", response={"status": "failed", "error": ERROR}), ServerError),
            (
                event("failed", response={"error": {"code": "invalid_prompt", "message": "Boom"}}),
                BadRequestError,
            ),
            ({"statusCode": 500, "message": "Boom", "requestId": "r"}, ServerError),
        ],
    )
    def test_every_form_of_error(self, payload: Any, kind: type[DesktopError]) -> None:
        used = StreamDecoder()
        events = used.feed([json.dumps(each).encode() for each in (delta("kept"), payload)])
        assert text_of(events) == "kept"
        assert type(used.fault) is kind
        assert used.fault is not None
        assert used.fault.provider_text == "Boom"

    def test_failed_still_reports_what_was_used(self) -> None:
        used = StreamDecoder()
        failed = event("failed", response={"error": self.ERROR, "usage": {"input_tokens": 3}})
        events = used.feed([json.dumps(failed).encode()])
        assert only(events, UsageReported).usage.input_tokens == 3

    @pytest.mark.parametrize("place", ["root", "response", "later"])
    def test_the_cost_is_found_wherever_it_is(self, place: str) -> None:
        meta = {"usage": {"credits_used": 100, "usd_spent": 0.00005}}
        last = completed(message("a"), **({"meta": meta} if place == "response" else {}))
        payloads = [{**last, "meta": meta}] if place == "root" else [last]
        if place == "later":
            payloads.append({"meta": meta})
        assert only(decoded(RS, *payloads), CostReported).cost.usd == "0.00005"

    def test_numbers_out_of_order_are_noted_and_nothing_else(self) -> None:
        events = decoded(
            RS,
            *({**delta(text), "sequence_number": i} for text, i in (("a", 0), ("b", 2), ("c", 2))),
            completed(),
        )
        assert text_of(events) == "abc"
        assert len([each for each in events if isinstance(each, Anomaly)]) == 2

    def test_a_further_response_in_the_same_stream_follows(self) -> None:
        events = decoded(
            RS,
            event("created", response={"id": "a"}),
            event("output_item.done", output_index=0, item=message("one")),
            completed(message("one")),
            event("created", response={"id": "b"}),
            delta("two"),
            event("output_item.done", output_index=0, item=message("two")),
            completed(message("two")),
        )
        assert parts(events) == (TextPart("one"), TextPart("two"))

    def test_text_after_the_end_is_noted(self) -> None:
        events = decoded(RS, delta("a"), completed(message("a")), delta("b"))
        assert parts(events) == (TextPart("a"),)
        assert "after the end" in only(events, Anomaly).text


@pytest.mark.parametrize("payload", ODD.values(), ids=ODD)
def test_odd_payloads_do_not_stop_a_stream(payload: bytes) -> None:
    events = decoded(RS, delta("be"), payload, delta("fore"), completed())
    assert text_of(events) == "before"


NULLS: dict[str, Any] = dict.fromkeys(_Event.__struct_fields__)
del NULLS["type"]


@pytest.mark.parametrize("values", [NULLS, {name: [5] for name in NULLS if name != "error"}, {}])
@pytest.mark.parametrize("kind", [*StreamDecoder()._handlers])
def test_every_event_may_hold_nothing_or_nonsense(kind: str, values: dict[str, Any]) -> None:
    used = StreamDecoder()
    used.feed([json.dumps({**values, "type": kind}).encode()])
    assert used.fault is None or kind == "response.failed"


@given(st.lists(JSON, max_size=4), st.sampled_from([*StreamDecoder()._handlers]))
def test_no_json_makes_the_decoder_raise(values: list[Any], kind: str) -> None:
    used = StreamDecoder()
    typed = [{**each, "type": kind} if isinstance(each, dict) else each for each in values]
    used.feed([json.dumps(each).encode() for each in typed])
