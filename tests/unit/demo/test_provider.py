"""The demo provider over HTTP: both endpoints, streamed and not, and the service calls."""

import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from desktop.demo.provider import DemoProvider
from tests.conftest import Run
from tests.openapi import as_json_schema, documents_folder

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
MODEL = "openai/gpt-5-1"
FUNCTION = {"name": "depth", "parameters": {"type": "object", "properties": {}}}
WORDS = ["hi", "code", "citation", "reasoning", "refusal", "tool"]


@asynccontextmanager
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with (
        DemoProvider(pace_s=0) as demo,
        httpx.AsyncClient(base_url=demo.url, trust_env=False) as made,
    ):
        yield made
    assert demo.url == ""


def body(path: str, prompt: str, **more: object) -> dict[str, Any]:
    if path == RESPONSES:
        tool = {"type": "function", "strict": True, **FUNCTION}
        return {"model": MODEL, "input": prompt, "tools": [tool], **more}
    messages = [{"role": "user", "content": prompt}]
    tool = {"type": "function", "function": FUNCTION}
    return {"model": MODEL, "messages": messages, "tools": [tool], **more}


async def posted(path: str, sent: object, **headers: str) -> httpx.Response:
    async with client() as http:
        return await http.post(path, json=sent, headers=headers)


async def got(path: str, **headers: str) -> httpx.Response:
    async with client() as http:
        return await http.get(path, headers=headers)


def events(response: httpx.Response) -> list[dict[str, Any]]:
    """The JSON payloads of a stream; checks that `[DONE]` is last where it is at all."""
    lines = [line for line in response.text.split("\n") if line.startswith("data: ")]
    payloads = [line.removeprefix("data: ") for line in lines]
    assert "[DONE]" not in payloads[:-1]
    return [json.loads(payload) for payload in payloads if payload != "[DONE]"]


def deltas(response: httpx.Response, key: str) -> str:
    found = [
        choice["delta"].get(key) or ""
        for event in events(response)
        for choice in event.get("choices", [])
    ]
    return "".join(found)


def asking(path: str, prompt: str, **more: object) -> Coroutine[Any, Any, httpx.Response]:
    return posted(path, body(path, prompt, **more))


def test_the_whole_chat_completion_and_its_stream_say_the_same(run: Run) -> None:
    whole = run(asking(CHAT, "code")).json()
    streamed = run(asking(CHAT, "code", stream=True, stream_options={"include_usage": True}))
    assert streamed.headers["content-type"] == "text/event-stream"
    assert streamed.text.endswith("data: [DONE]\n\n")
    assert deltas(streamed, "content") == whole["choices"][0]["message"]["content"]
    chunks = events(streamed)
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    reasons = [one["choices"][0]["finish_reason"] for one in chunks if one["choices"]]
    assert [reason for reason in reasons if reason] == ["stop"]
    assert chunks[-1]["usage"] == whole["usage"]
    assert chunks[-1]["meta"] == whole["meta"]


def test_usage_comes_only_when_it_is_asked_for(run: Run) -> None:
    chunks = events(run(asking(CHAT, "hi", stream=True)))
    assert not any(chunk.get("usage") for chunk in chunks)
    assert chunks[-1]["meta"]["usage"]["credits_used"] > 0


def test_the_whole_response_and_its_stream_say_the_same(run: Run) -> None:
    whole = run(asking(RESPONSES, "citation")).json()
    seen = events(run(asking(RESPONSES, "citation", stream=True)))
    assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
    kinds = [event["type"] for event in seen]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert kinds.index("response.output_item.added") < kinds.index("response.content_part.added")
    final = seen[-1]["response"]
    (message,) = final["output"]
    (part,) = message["content"]
    assert part["text"] == whole["output"][0]["content"][0]["text"] == whole["output_text"]
    streamed = [event["delta"] for event in seen if event["type"].endswith("output_text.delta")]
    assert "".join(streamed) == part["text"]
    added = [event["annotation"] for event in seen if event["type"].endswith("annotation.added")]
    assert added == part["annotations"] != []
    assert final["usage"] == whole["usage"]


def test_reasoning_comes_before_the_answer(run: Run) -> None:
    chat = run(asking(CHAT, "reasoning", stream=True))
    assert deltas(chat, "reasoning_content").startswith("**Reading the question**")
    seen = events(run(asking(RESPONSES, "reasoning", stream=True)))
    reasoning, message = seen[-1]["response"]["output"]
    assert (reasoning["type"], message["type"]) == ("reasoning", "message")
    parts = [event["text"] for event in seen if event["type"].endswith("summary_text.done")]
    assert [part["text"] for part in reasoning["summary"]] == parts
    assert len(parts) == 2


def test_a_summary_is_given_when_it_is_asked_for(run: Run) -> None:
    plain = run(asking(RESPONSES, "hi")).json()
    asked = run(asking(RESPONSES, "hi", reasoning={"effort": "low", "summary": "auto"})).json()
    assert [item["type"] for item in plain["output"]] == ["message"]
    assert [item["type"] for item in asked["output"]] == ["reasoning", "message"]
    assert asked["reasoning"] == {"effort": "low", "summary": "auto"}


def test_a_function_call_on_both_endpoints(run: Run) -> None:
    fragments = [
        call
        for event in events(run(asking(CHAT, "tool", stream=True)))
        for choice in event["choices"]
        for call in choice["delta"].get("tool_calls", [])
    ]
    assert fragments[0]["function"]["name"] == "depth"
    assert "".join(fragment["function"]["arguments"] for fragment in fragments) == "{}"
    whole = run(asking(CHAT, "tool")).json()["choices"][0]
    assert whole["finish_reason"] == "tool_calls"
    assert whole["message"]["content"] is None
    seen = events(run(asking(RESPONSES, "tool", stream=True)))
    (call,) = seen[-1]["response"]["output"]
    assert (call["type"], call["name"], call["arguments"]) == ("function_call", "depth", "{}")
    assert "response.function_call_arguments.done" in [event["type"] for event in seen]


def test_a_refusal_on_both_endpoints(run: Run) -> None:
    assert deltas(run(asking(CHAT, "refusal", stream=True)), "refusal").startswith("I can't")
    seen = events(run(asking(RESPONSES, "refusal", stream=True)))
    (part,) = seen[-1]["response"]["output"][0]["content"]
    assert part["type"] == "refusal"
    assert (
        "".join(e["delta"] for e in seen if e["type"] == "response.refusal.delta")
        == part["refusal"]
    )


def test_the_cap_is_kept_and_told(run: Run) -> None:
    chat = run(asking(CHAT, "code", max_completion_tokens=4)).json()
    assert chat["choices"][0]["finish_reason"] == "length"
    assert chat["usage"]["completion_tokens"] == 4
    seen = events(run(asking(RESPONSES, "code", max_output_tokens=16, stream=True)))
    assert seen[-1]["type"] == "response.incomplete"
    final = seen[-1]["response"]
    assert final["incomplete_details"] == {"reason": "max_output_tokens"}
    assert final["output"][0]["status"] == "incomplete"


def test_several_choices_and_log_probabilities(run: Run) -> None:
    whole = run(asking(CHAT, "hi", n=3, logprobs=True, top_logprobs=2)).json()
    assert [choice["index"] for choice in whole["choices"]] == [0, 1, 2]
    entries = whole["choices"][2]["logprobs"]["content"]
    text = whole["choices"][2]["message"]["content"]
    assert "".join(entry["token"] for entry in entries) == text
    assert {len(entry["top_logprobs"]) for entry in entries} == {2}
    chunks = events(run(asking(CHAT, "hi", n=2, stream=True)))
    assert {choice["index"] for chunk in chunks for choice in chunk["choices"]} == {0, 1}


def test_parameters_are_echoed_by_responses(run: Run) -> None:
    sent = {"instructions": "Be brief.", "temperature": 0.5, "store": False, "truncation": "auto"}
    whole = run(asking(RESPONSES, "hi", **sent)).json()
    assert {key: whole[key] for key in sent} == sent
    assert whole["model"] != MODEL


def test_the_web_search_tool_shows_a_search(run: Run) -> None:
    tools = [{"type": "web_search_preview"}]
    seen = events(run(asking(RESPONSES, "search", tools=tools, stream=True)))
    kinds = [event["type"] for event in seen if "web_search_call" in event["type"]]
    assert [kind.rpartition(".")[2] for kind in kinds] == ["in_progress", "searching", "completed"]


def test_cost_headers_come_without_a_stream_only(run: Run) -> None:
    whole = run(asking(CHAT, "hi"))
    usage = whole.json()["meta"]["usage"]
    assert int(whole.headers["x-aimlapi-credits-used"]) == usage["credits_used"]
    assert float(whole.headers["x-aimlapi-usd-spent"]) == usage["usd_spent"]
    streamed = run(asking(CHAT, "hi", stream=True))
    assert "x-aimlapi-credits-used" not in streamed.headers
    assert len(streamed.headers["x-inference-id"]) == 21


@pytest.mark.parametrize(
    ("sent", "echoed"), [("a.b_c:1-2", "a.b_c:1-2"), ("no spaces", None), ("x" * 129, None)]
)
def test_only_a_valid_client_id_is_echoed(run: Run, sent: str, echoed: str | None) -> None:
    headers = {"x-client-request-id": sent}
    response = run(posted(CHAT, body(CHAT, "hi"), **headers))
    assert response.headers.get("x-client-request-id") == echoed


@pytest.mark.parametrize("path", [CHAT, RESPONSES, "/chat/completions"])
def test_errors_have_the_providers_form(run: Run, path: str) -> None:
    response = run(posted(path, body(path, "error 429")))
    assert response.status_code == 429
    told = response.json()
    assert set(told) == {"message", "path", "requestId", "statusCode", "timestamp"}
    assert (told["message"], told["path"], told["statusCode"]) == ("Too Many Requests", path, 429)


def test_an_error_may_come_midway(run: Run) -> None:
    chat = run(asking(CHAT, "error midway", stream=True))
    assert events(chat)[-1]["error"]["code"] == "server_error"
    assert deltas(chat, "content").startswith("*This is a canned")
    seen = events(run(asking(RESPONSES, "error midway", stream=True)))
    assert seen[-1]["type"] == "response.failed"
    assert seen[-1]["response"]["error"]["code"] == "server_error"
    assert run(asking(CHAT, "error midway")).status_code == 500


@pytest.mark.parametrize("sent", [None, [], {}, {"model": MODEL}, "text"])
@pytest.mark.parametrize("path", [CHAT, RESPONSES])
def test_a_body_that_is_no_request_gets_400(run: Run, path: str, sent: object) -> None:
    response = run(posted(path, sent))
    assert response.status_code == 400
    assert response.json()["message"].startswith("Body validation error")


def test_unknown_paths_and_methods_get_404(run: Run) -> None:
    assert run(got("/v1/v1/models")).status_code == 404
    assert run(got(CHAT)).json()["statusCode"] == 404


def test_the_catalogue_is_filtered_tagged_and_cached(run: Run) -> None:
    everything = run(got("/models")).json()["data"]
    assert [model["id"] for model in everything] == [MODEL, f"{MODEL}-chat-latest"]
    assert "pricing" not in everything[0]
    one = run(got(f"/v1/models?id={MODEL},absent&include=pricing"))
    assert [model["id"] for model in one.json()["data"]] == [MODEL]
    assert one.json()["data"][0]["pricing"]["kind"] == "fixed"
    assert "modalities" not in one.json()["data"][0]
    again = run(
        got(f"/v1/models?id={MODEL}&include=pricing", **{"if-none-match": one.headers["etag"]})
    )
    assert (again.status_code, again.content) == (304, b"")
    assert run(got("/v1/models", **{"if-none-match": one.headers["etag"]})).status_code == 200


def test_key_and_balance(run: Run) -> None:
    assert run(got("/v1/key")).json()["data"]["prefix"] == "demo0000"
    assert run(got("/v2/billing")).json() == {"current_balance": 12.5, "currency": "USD"}
    assert run(got("/v1/billing/balance")).json()["balance"] == 25_000_000


def test_starting_twice_keeps_the_port(run: Run) -> None:
    async def story() -> None:
        demo = DemoProvider()
        url = await demo.start()
        assert await demo.start() == url == demo.url
        await demo.stop()
        await demo.stop()

    run(story())


def _schema(name: str, path: str, method: str) -> Draft202012Validator:
    folder = documents_folder()
    if folder is None:
        pytest.skip("SOUNDING_OPENAPI names no folder")
    document = json.loads((folder / f"{name}.json").read_text("utf-8"))
    content = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    schema = as_json_schema(content["schema"])
    assert isinstance(schema, dict)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("prompt", WORDS)
@pytest.mark.parametrize(("name", "path"), [("gpt-5-1", CHAT), ("gpt-5-1-RESPONSES", RESPONSES)])
def test_replies_match_the_documents(run: Run, name: str, path: str, prompt: str) -> None:
    whole = run(asking(path, prompt)).json()
    problems = {error.json_path for error in _schema(name, path, "post").iter_errors(whole)}
    # The documents' own examples differ from the schema in these: a content of null beside a call
    # or a refusal, and the effort "none" where none was asked for.
    assert problems <= {"$.choices[0].message.content", "$.reasoning"}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("models", "/v1/models"),
        ("key-get", "/v1/key"),
        ("billing-v2", "/v2/billing"),
        ("billing-balance-v1", "/v1/billing/balance"),
    ],
)
def test_service_calls_match_the_documents(run: Run, name: str, path: str) -> None:
    query = "?include=all" if name == "models" else ""
    whole = run(got(path + query)).json()
    assert not list(_schema(name, path, "get").iter_errors(whole))
