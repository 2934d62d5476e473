"""Responses that come as one object."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from desktop.api.responses import decode_whole
from desktop.domain.errors import (
    DesktopError,
    EmptyReplyError,
    ProtocolError,
    ServerError,
)
from desktop.domain.events import (
    Event,
    Finished,
    Started,
    UsageReported,
)
from desktop.domain.messages import (
    ActivityPart,
    MediaPart,
    Part,
    TextPart,
    ToolCallPart,
)
from tests.unit.api.support import only, published
from tests.unit.api.test_chat_completions import JSON
from tests.unit.api.test_responses import message, parts


def whole(reply: dict[str, Any]) -> list[Event]:
    return decode_whole(json.dumps(reply).encode())


@given(JSON)
def test_no_json_makes_the_whole_decoder_raise_anything_else(value: Any) -> None:
    with suppress(DesktopError):
        assert isinstance(decode_whole(json.dumps(value).encode())[-1], Finished)


class TestWhole:
    def test_the_published_example_of_gpt_5_1(self) -> None:
        events = decode_whole(published("gpt-5.1-response"))
        assert parts(events) == (TextPart("Hello! How can I help you today?"),)
        assert only(events, Started).model == "gpt-5.1-2025-11-13"
        assert only(events, UsageReported).usage.output_tokens == 399
        assert events[-1] == Finished("stop")

    def test_the_published_example_of_gpt_5_1_chat_latest_holds_only_an_error(self) -> None:
        with pytest.raises(ServerError) as raised:
            decode_whole(published("gpt-5.1-chat-latest-response"))
        assert raised.value.provider_text == "text"

    def test_that_example_without_its_error_has_nothing_to_show(self) -> None:
        reply = {**json.loads(published("gpt-5.1-chat-latest-response")), "error": None}
        with pytest.raises(EmptyReplyError):
            whole(reply)

    def test_items_of_null_type_are_left_out(self) -> None:
        empty = {"role": None, "type": None, "content": None}
        events = whole({"id": "a", "output": [empty, None, message("x")], "output_text": None})
        assert parts(events) == (TextPart("x"),)

    def test_output_text_only_where_there_is_no_other(self) -> None:
        assert parts(whole({"output": None, "output_text": "x"})) == (TextPart("x"),)
        assert parts(whole({"output": [message("y")], "output_text": "x"})) == (TextPart("y"),)

    @pytest.mark.parametrize(
        ("reply", "expected"),
        [
            ({}, "stop"),
            ({"status": "completed"}, "stop"),
            ({"incomplete_details": {"reason": "max_output_tokens"}}, "length"),
            ({"status": "incomplete", "incomplete_details": None}, "incomplete"),
            ({"status": "cancelled"}, "cancelled"),
        ],
    )
    def test_the_end_is_derived(self, reply: dict[str, Any], expected: str) -> None:
        assert whole({"output": [message("x")], **reply})[-1] == Finished(expected)

    def test_unknown_keys_and_values_at_any_depth(self) -> None:
        item = {**message("x"), "phase": "final", "status": "odd"}
        reply = {
            "object": "text",
            "billing": {},
            "store": True,
            "reasoning": {"effort": "none"},
            "text": {"verbosity": "medium"},
            "service_tier": None,
            "output": [item],
        }
        assert parts(whole(reply)) == (TextPart("x"),)

    def test_a_waiting_response_is_shown_as_such(self) -> None:
        events = whole({"id": "r", "status": "queued", "output": []})
        assert parts(events) == (
            ActivityPart("background", "queued", {"id": "r", "status": "queued"}),
        )
        assert events[-1] == Finished("queued")

    def test_failed(self) -> None:
        with pytest.raises(ServerError):
            whole(
                {
                    "status": "failed",
                    "error": {"code": "server_error", "message": "x"},
                    "output": [message("y")],
                }
            )

    @pytest.mark.parametrize("body", [b"{}", b'{"object":"list","data":[]}'])
    def test_something_else_is_no_response(self, body: bytes) -> None:
        with pytest.raises(ProtocolError):
            decode_whole(body)

    ITEMS: tuple[tuple[dict[str, Any], type[Part], str], ...] = (
        ({"type": "web_search_call", "status": "completed"}, ActivityPart, "web_search_call"),
        ({"type": "file_search_call", "queries": []}, ActivityPart, "file_search_call"),
        ({"type": "mcp_list_tools", "tools": []}, ActivityPart, "mcp_list_tools"),
        ({"type": "mcp_approval_request", "arguments": "{}"}, ActivityPart, "mcp_approval_request"),
        ({"type": "computer_call", "action": {}}, ActivityPart, "computer_call"),
        ({"type": "computer_call_output", "output": {}}, ActivityPart, "computer_call_output"),
        ({"type": "local_shell_call", "action": {}}, ActivityPart, "local_shell_call"),
        (
            {"type": "image_generation_call", "status": "generating", "result": None},
            ActivityPart,
            "image_generation_call",
        ),
        ({"type": "image_generation_call", "result": "QQ=="}, MediaPart, "image"),
        ({"type": "mcp_call", "name": "t", "arguments": "{}", "error": "no"}, ToolCallPart, "mcp"),
        (
            {"type": "code_interpreter_call", "code": None, "outputs": None},
            ToolCallPart,
            "code_interpreter",
        ),
        ({"type": "custom_tool_call", "call_id": "c", "input": "i"}, ToolCallPart, "custom"),
    )

    @pytest.mark.parametrize(("item", "cls", "kind"), ITEMS)
    def test_every_item(self, item: dict[str, Any], cls: type[Part], kind: str) -> None:
        (part,) = parts(whole({"output": [item]}))
        assert type(part) is cls
        assert getattr(part, "kind") == kind  # noqa: B009
        if cls is not MediaPart:
            assert getattr(part, "raw") == item  # noqa: B009

    def test_outputs_of_built_in_tools(self) -> None:
        outputs = [{"type": "logs", "logs": "42"}, {"type": "image", "url": "https://a/b.png"}]
        (code,) = parts(
            whole({"output": [{"type": "code_interpreter_call", "code": "x", "outputs": outputs}]})
        )
        (call,) = parts(
            whole({"output": [{"type": "mcp_call", "name": "t", "error": {"message": "no"}}]})
        )
        assert isinstance(code, ToolCallPart)
        assert isinstance(call, ToolCallPart)
        assert code.output == "42\nhttps://a/b.png"
        assert (call.output, call.status) == ("no", "failed")
