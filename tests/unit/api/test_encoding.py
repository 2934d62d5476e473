"""Bodies of both endpoints, for both models."""

import json
from typing import Any

import pytest

from desktop.api import chat_completions, responses
from desktop.api.client import HIDDEN_KEY
from desktop.domain.capabilities import GPT_5_1, GPT_5_1_CHAT, Endpoint, capability
from desktop.domain.errors import BadRequestError
from desktop.domain.messages import (
    ActivityPart,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    Role,
    Status,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from desktop.domain.parameters import ParameterId as P
from desktop.domain.parameters import Value
from tests.factories import message
from tests.openapi import RequestValidator
from tests.unit.api.support import CANARY, CC, RS, client, turn

SCHEMA = '{"name":"n","schema":{"type":"object"},"strict":true}'
FUNCTION_CC = (
    '[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]'
)
FUNCTION_RS = (
    '[{"type":"function","name":"f","strict":false,"parameters":{"type":"object","properties":{}}}]'
)


def encode(
    endpoint: Endpoint,
    values: dict[P, Value] | None = None,
    *history: Message,
    model: str = GPT_5_1,
) -> dict[str, Any]:
    module = chat_completions if endpoint is CC else responses
    body = module.encode(turn(endpoint, values, *history, model=model))
    validator = RequestValidator.from_environment()
    if (
        validator is not None
        and P.EXTRA_BODY not in (values or {})
        and model in (GPT_5_1, GPT_5_1_CHAT)
    ):
        assert validator.problems(endpoint.value, body) == []
    return body


def added(body: dict[str, Any]) -> dict[str, Any]:
    """The body without what every body has."""
    return {name: body[name] for name in body if name not in ("model", "messages", "input")}


@pytest.mark.parametrize("model", [GPT_5_1, GPT_5_1_CHAT])
def test_nothing_is_sent_that_is_not_set(model: str) -> None:
    assert encode(CC, model=model) == {
        "model": model,
        "messages": [{"role": "user", "content": "Hello"}],
    }
    item = {"type": "message", "role": "user", "content": "Hello"}
    assert encode(RS, model=model) == {"model": model, "input": [item]}


BOTH: list[tuple[Endpoint, dict[P, Value], dict[str, Any]]] = [
    (CC, {P.MAX_OUTPUT_TOKENS: 100}, {"max_completion_tokens": 100}),
    (CC, {P.LEGACY_MAX_TOKENS: 100.0}, {"max_tokens": 100}),
    (
        CC,
        {P.STREAM: True, P.INCLUDE_USAGE: True},
        {"stream": True, "stream_options": {"include_usage": True}},
    ),
    (CC, {P.STREAM: False, P.INCLUDE_USAGE: True}, {"stream": False}),
    (
        CC,
        {P.TOOLS: FUNCTION_CC, P.TOOL_CHOICE: "required", P.PARALLEL_TOOL_CALLS: False},
        {"tools": json.loads(FUNCTION_CC), "tool_choice": "required", "parallel_tool_calls": False},
    ),
    (
        CC,
        {P.TOOLS: FUNCTION_CC, P.TOOL_CHOICE_OBJECT: '{"type":"function","function":{"name":"f"}}'},
        {
            "tools": json.loads(FUNCTION_CC),
            "tool_choice": {"type": "function", "function": {"name": "f"}},
        },
    ),
    (CC, {P.TOOL_CHOICE: "auto"}, {}),
    (CC, {P.CHOICES: 2, P.SEED: 7}, {"n": 2, "seed": 7}),
    (CC, {P.RESPONSE_FORMAT: "json_object"}, {"response_format": {"type": "json_object"}}),
    (
        CC,
        {P.RESPONSE_FORMAT: "json_schema", P.RESPONSE_SCHEMA: SCHEMA},
        {"response_format": {"type": "json_schema", "json_schema": json.loads(SCHEMA)}},
    ),
    (
        CC,
        {P.RESPONSE_FORMAT: "text", P.RESPONSE_SCHEMA: SCHEMA},
        {"response_format": {"type": "text"}},
    ),
    (RS, {P.MAX_OUTPUT_TOKENS: 16}, {"max_output_tokens": 16}),
    (
        RS,
        {P.STREAM: True, P.STORE: False, P.BACKGROUND: False},
        {"background": False, "store": False, "stream": True},
    ),
    (RS, {P.INSTRUCTIONS: "Be brief"}, {"instructions": "Be brief"}),
    (RS, {P.INSTRUCTIONS: ""}, {}),
    (
        RS,
        {P.INCLUDE: '["reasoning.encrypted_content"]'},
        {"include": ["reasoning.encrypted_content"]},
    ),
    (RS, {P.PREVIOUS_RESPONSE: "resp_1"}, {"previous_response_id": "resp_1"}),
    (RS, {P.PREVIOUS_RESPONSE: ""}, {}),
    (RS, {P.PROMPT_TEMPLATE: '{"id":"p","version":"1"}'}, {"prompt": {"id": "p", "version": "1"}}),
    (RS, {P.TRUNCATION: "auto"}, {"truncation": "auto"}),
    (RS, {P.RESPONSE_FORMAT: "text"}, {"text": {"format": {"type": "text"}}}),
    (
        RS,
        {P.RESPONSE_FORMAT: "json_schema", P.RESPONSE_SCHEMA: SCHEMA},
        {"text": {"format": {"type": "json_schema", **json.loads(SCHEMA)}}},
    ),
    (
        RS,
        {P.TOOLS: FUNCTION_RS, P.TOOL_CHOICE: "auto", P.PARALLEL_TOOL_CALLS: True},
        {"tools": json.loads(FUNCTION_RS), "tool_choice": "auto", "parallel_tool_calls": True},
    ),
]


@pytest.mark.parametrize("model", [GPT_5_1, GPT_5_1_CHAT])
@pytest.mark.parametrize(("endpoint", "values", "expected"), BOTH)
def test_what_both_models_take(
    model: str, endpoint: Endpoint, values: dict[P, Value], expected: dict[str, Any]
) -> None:
    assert added(encode(endpoint, values, model=model)) == expected


ONLY_5_1: list[tuple[Endpoint, dict[P, Value], dict[str, Any]]] = [
    (CC, {P.TEMPERATURE: 0.7, P.TOP_P: 0.5}, {"temperature": 0.7, "top_p": 0.5}),
    (
        CC,
        {P.LOG_PROBABILITIES: True, P.TOP_LOG_PROBABILITIES: 5.0},
        {"logprobs": True, "top_logprobs": 5},
    ),
    (CC, {P.REASONING_EFFORT: "low"}, {"reasoning_effort": "low"}),
    (CC, {P.REASONING_EFFORT: "high", P.TEMPERATURE: 0.5}, {"reasoning_effort": "high"}),
    (RS, {P.TEMPERATURE: 1.0, P.TOP_P: 1.0}, {"temperature": 1, "top_p": 1}),
    (
        RS,
        {P.REASONING_EFFORT: "high", P.REASONING_SUMMARY: "auto"},
        {"reasoning": {"effort": "high", "summary": "auto"}},
    ),
    (RS, {P.REASONING_SUMMARY: "concise"}, {"reasoning": {"summary": "concise"}}),
]


@pytest.mark.parametrize(("endpoint", "values", "expected"), ONLY_5_1)
def test_what_only_gpt_5_1_takes(
    endpoint: Endpoint, values: dict[P, Value], expected: dict[str, Any]
) -> None:
    assert added(encode(endpoint, values)) == expected
    assert added(encode(endpoint, values, model=GPT_5_1_CHAT)) == {}


@pytest.mark.parametrize("endpoint", [CC, RS])
def test_members_come_in_the_documents_order(endpoint: Endpoint) -> None:
    values: dict[P, Value] = {
        P.TEMPERATURE: 1.0, P.STREAM: True, P.MAX_OUTPUT_TOKENS: 100, P.RESPONSE_FORMAT: "text",
        P.TOP_P: 0.5, P.INSTRUCTIONS: "x", P.SEED: 3, P.STORE: False, P.TRUNCATION: "auto",
    }  # fmt: skip
    names = list(encode(endpoint, values))
    order = [field.name for field in capability(GPT_5_1, endpoint).fields]
    assert names == sorted(names, key=order.index)
    assert names[:2] == ["model", "messages" if endpoint is CC else "input"]


@pytest.mark.parametrize("endpoint", [CC, RS])
def test_the_extra_body_comes_last_and_wins(endpoint: Endpoint) -> None:
    extra = '{"metadata":{"a":1},"stream":false,"model":"other"}'
    body = encode(endpoint, {P.STREAM: True, P.EXTRA_BODY: extra})
    assert body["metadata"] == {"a": 1}
    assert body["stream"] is False
    assert body["model"] == "other"


def test_broken_json_in_a_parameter_is_an_error() -> None:
    with pytest.raises(BadRequestError):
        encode(CC, {P.TOOLS: "[{"})


def said(role: Role, *parts: Part, status: Status = Status.COMPLETE) -> Message:
    return message(role=role, parts=parts, status=status)


CALL = ToolCallPart("call_1", "f", '{"a":1}')
HISTORY = (
    said(Role.SYSTEM, TextPart("sys")),
    said(Role.USER, TextPart("one")),
    said(Role.ASSISTANT, ReasoningPart("hidden"), TextPart("a"), TextPart("b")),
    said(Role.USER, TextPart("two")),
    said(Role.ASSISTANT, status=Status.FAILED),
    said(Role.ASSISTANT, TextPart("half"), status=Status.STOPPED),
    said(Role.DEVELOPER, TextPart("dev")),
    said(Role.ASSISTANT, RefusalPart("no")),
    said(
        Role.ASSISTANT,
        TextPart("calling"),
        CALL,
        ToolCallPart("call_2", "g", "{}"),
        ActivityPart("web_search_call"),
    ),
    said(Role.TOOL, ToolResultPart("call_1", "42"), ToolResultPart("nobody", "x")),
)


def test_history_on_chat_completions() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    assert encode(CC, {P.INSTRUCTIONS: "Be brief"}, *HISTORY)["messages"] == [
        {"role": "system", "content": "Be brief"},
        {"role": "system", "content": "sys"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "a\n\nb"},
        {"role": "user", "content": "two"},
        {"role": "assistant", "content": "half"},
        {"role": "developer", "content": "dev"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
        {"role": "assistant", "content": "calling", "tool_calls": [call]},
        {"role": "tool", "content": "42", "tool_call_id": "call_1"},
    ]


def test_history_on_responses() -> None:
    assert encode(RS, {}, *HISTORY)["input"] == [
        {"type": "message", "role": "system", "content": "sys"},
        {"type": "message", "role": "user", "content": "one"},
        {"type": "message", "role": "assistant", "content": "a\n\nb"},
        {"type": "message", "role": "user", "content": "two"},
        {"type": "message", "role": "assistant", "content": "half"},
        {"type": "message", "role": "developer", "content": "dev"},
        {"type": "message", "role": "assistant", "content": "no"},
        {"type": "message", "role": "assistant", "content": "calling"},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a":1}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "42"},
    ]


REASONING = {
    "id": "rs_1", "type": "reasoning", "encrypted_content": "gAAA", "status": None,
    "summary": [{"type": "summary_text", "text": "s"}],
}  # fmt: skip


def test_encrypted_reasoning_goes_back_to_the_model_that_takes_it() -> None:
    history = (
        said(Role.USER, TextPart("one")),
        said(Role.ASSISTANT, ReasoningPart("s", is_summary=True, raw=REASONING), TextPart("a")),
        said(Role.USER, TextPart("two")),
    )
    sent = {name: REASONING[name] for name in ("type", "id", "summary", "encrypted_content")}
    assert encode(RS, {}, *history)["input"][1] == sent
    kinds = [item["type"] for item in encode(RS, {}, *history, model=GPT_5_1_CHAT)["input"]]
    assert kinds == ["message"] * 3


def test_reasoning_without_what_it_led_to_stays_here() -> None:
    history = (
        said(Role.USER, TextPart("one")),
        said(Role.ASSISTANT, ReasoningPart("s", raw=REASONING), status=Status.STOPPED),
        said(Role.USER, TextPart("two")),
    )
    assert [item["content"] for item in encode(RS, {}, *history)["input"]] == ["one", "two"]


def test_with_a_previous_response_only_the_new_turn_is_sent() -> None:
    values: dict[P, Value] = {P.PREVIOUS_RESPONSE: "resp_1"}
    assert encode(RS, values, *HISTORY, said(Role.USER, TextPart("go on")))["input"] == [
        {"type": "function_call_output", "call_id": "call_1", "output": "42"},
        {"type": "function_call_output", "call_id": "nobody", "output": "x"},
        {"type": "message", "role": "user", "content": "go on"},
    ]


def test_the_prepared_request_is_exact_and_holds_no_key() -> None:
    used = client("https://api.aimlapi.com/v1/", user_agent="Sounding/1.2")
    request = used.prepare(turn(CC, {P.STREAM: True}))
    assert request.url == "https://api.aimlapi.com/v1/chat/completions"
    assert request.body == (
        b'{"model":"openai/gpt-5-1","messages":[{"role":"user","content":"Hello"}],"stream":true}'
    )
    assert dict(request.headers) == {
        "Authorization": HIDDEN_KEY,
        "Content-Type": "application/json",
        "Accept": "text/event-stream",
        "Accept-Encoding": "identity",
        "User-Agent": "Sounding/1.2",
        "X-Client-Request-Id": "request-1",
    }
    assert request.is_streamed
    assert CANARY not in repr(request)


def test_the_extra_body_decides_whether_a_stream_is_asked_for() -> None:
    used = client("https://api.aimlapi.com")
    request = used.prepare(turn(RS, {P.STREAM: True, P.EXTRA_BODY: '{"stream":false}'}))
    assert not request.is_streamed
    assert request.url == "https://api.aimlapi.com/v1/responses"


def test_lone_surrogates_and_all_other_characters_can_be_sent() -> None:
    used = client("https://api.aimlapi.com")
    text = "é\u2028\x00😀\ud83d"
    body = used.prepare(turn(CC, {}, message(text=text))).body
    assert json.loads(body)["messages"][0]["content"] == "é\u2028\x00😀\ufffd"
