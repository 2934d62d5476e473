"""Canned replies: which one a prompt gets, and how a cap shortens it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.demo import samples
from desktop.demo.replies import Reply, reply_to, sample_of, tokens
from desktop.demo.turns import Turn, chat_turn, responses_turn


def asked(prompt: str, **more: object) -> Reply:
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}], **more}
    turn = chat_turn(body)
    assert turn is not None
    return reply_to(turn)


@given(st.text())
def test_tokens_join_to_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


def test_every_word_the_welcome_names_gets_its_own_reply() -> None:
    words = re.findall(r"^\| `(\w+)`", samples.WELCOME, re.MULTILINE)
    assert len(words) >= 10
    replies = {word: asked(word) for word in words}
    welcome = asked("hello")
    assert all(reply != welcome for reply in replies.values())
    assert len({(reply.text, reply.status) for reply in replies.values()}) == len(words)


@pytest.mark.parametrize("word", ["hello", "code", "table", "maths", "long", "slow", "citation"])
def test_replies_say_that_they_are_canned(word: str) -> None:
    assert asked(word).text.startswith(samples.LABEL)


def test_the_default_reply_quotes_the_prompt() -> None:
    assert "> What is\n> a fathom?" in asked("What is\na fathom?").text


def test_replies_show_what_they_promise() -> None:
    assert asked("show me code").text.count("```") == 6
    assert "{ s += $1 }" in asked("code").text
    assert "|:--|--:|" in asked("a table please").text
    assert r"\frac{c \, \Delta t}{2}" in asked("maths").text
    assert asked("reasoning").summaries == samples.REASONING_SUMMARIES
    assert asked("slow").slowness > 1
    assert len(asked("long").text) > 5_000


def test_the_citation_points_at_its_words() -> None:
    reply = asked("citation")
    assert reply.citation is not None
    assert reply.text[reply.citation.start : reply.citation.end] == samples.CITED


@pytest.mark.parametrize(
    ("prompt", "status"), [("error", 500), ("Error 429!", 429), ("error 9", 200)]
)
def test_errors_only_when_that_is_the_whole_prompt(prompt: str, status: int) -> None:
    assert asked(prompt).status == status
    assert asked(f"why this {prompt} here").status == 200


def test_the_cap_counts_reasoning_and_keeps_whole_tokens() -> None:
    whole = asked("code")
    capped = asked("code", max_completion_tokens=5)
    assert capped.is_cut_off
    assert capped.text == "".join(tokens(whole.text)[:5])
    assert asked("reasoning", max_tokens=10).text == ""
    assert not asked("code", max_completion_tokens=whole.answer_tokens).is_cut_off


FUNCTION = {
    "name": "depth",
    "parameters": {
        "type": "object",
        "properties": {"place": {"type": "string"}, "unit": {"enum": ["m", "ft"]}},
    },
}


def test_a_function_is_called_when_asked_for_or_forced() -> None:
    tools = [{"type": "function", "function": FUNCTION}]
    for reply in (asked("tool", tools=tools), asked("hi", tools=tools, tool_choice="required")):
        assert reply.call is not None
        assert (reply.call.name, reply.call.arguments) == ("depth", '{"place":"sample","unit":"m"}')
    assert asked("hi", tools=tools).call is None
    assert asked("tool", tools=tools, tool_choice="none").call is None
    assert asked("tool").call is None


def test_a_function_result_is_quoted() -> None:
    messages = [
        {"role": "user", "content": "tool"},
        {"role": "tool", "tool_call_id": "c", "content": "12 m"},
    ]
    turn = chat_turn({"model": "m", "messages": messages})
    assert turn is not None
    assert "12 m" in reply_to(turn).text
    given = [{"type": "function_call_output", "call_id": "c", "output": "13 m"}]
    turn = responses_turn({"model": "m", "input": given})
    assert turn is not None
    assert "13 m" in reply_to(turn).text


def test_a_schema_is_followed() -> None:
    schema = {
        "type": "object",
        "properties": {"casts": {"type": "array", "items": {"type": ["number", "null"]}}},
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert asked("hi", response_format=wanted).text == '{"casts":[1.5]}'
    assert asked("hi", response_format={"type": "json_object"}).text.startswith('{"demo":true')


def test_a_schema_without_end_has_an_end() -> None:
    schema: dict[str, object] = {"type": "array"}
    schema["items"] = schema
    value = sample_of(schema)
    depth = 0
    while isinstance(value, list):
        (value,) = value
        depth += 1
    assert depth == 8


@pytest.mark.parametrize(
    "body", [{}, {"model": "m"}, {"model": "m", "messages": []}, {"messages": 5}]
)
def test_a_body_without_model_or_messages_is_no_turn(body: dict[str, object]) -> None:
    assert chat_turn(body) is None
    assert responses_turn(body) is None


def test_prompts_are_read_from_parts_and_strings() -> None:
    parts = [{"type": "input_text", "text": "a"}, {"type": "input_image"}, None]
    turn = responses_turn({"model": "m", "input": [{"role": "user", "content": parts}, "junk"]})
    assert isinstance(turn, Turn)
    assert turn.prompt == "a"
    plain = responses_turn({"model": "m", "input": "b", "stream": True, "max_output_tokens": 16})
    assert plain is not None
    assert (plain.prompt, plain.is_streamed, plain.max_tokens) == ("b", True, 16)
