"""The table of what each model and endpoint accepts, held against the provider's documents."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from desktop.domain.capabilities import (
    GPT_5_1,
    GPT_5_1_CHAT,
    MODELS,
    Endpoint,
    Field,
    Kind,
    capability,
)

CC, RS = Endpoint.CHAT_COMPLETIONS, Endpoint.RESPONSES
DOCUMENTS = {
    (GPT_5_1, CC): "gpt-5-1.json",
    (GPT_5_1_CHAT, CC): "gpt-5-1-chat-latest.json",
    (GPT_5_1, RS): "gpt-5-1-RESPONSES.json",
    (GPT_5_1_CHAT, RS): "gpt-5-1-chat-latest-RESPONSES.json",
}


def _declared(model: str, endpoint: Endpoint) -> dict[str, Any]:
    folder = os.environ.get("SOUNDING_OPENAPI")
    if not folder:
        pytest.skip("SOUNDING_OPENAPI is not set")
    path = Path(folder) / DOCUMENTS[model, endpoint]
    document = json.loads(path.read_text(encoding="utf-8"))
    post = document["paths"][endpoint.value]["post"]
    schema: dict[str, Any] = post["requestBody"]["content"]["application/json"]["schema"]
    return schema


@pytest.mark.parametrize(
    ("model", "endpoint", "count"),
    [(GPT_5_1, CC, 17), (GPT_5_1_CHAT, CC, 12), (GPT_5_1, RS, 18), (GPT_5_1_CHAT, RS, 15)],
)
def test_each_combination_has_its_fields(model: str, endpoint: Endpoint, count: int) -> None:
    assert len(capability(model, endpoint).fields) == count


@pytest.mark.parametrize(("model", "endpoint"), DOCUMENTS)
def test_the_fields_are_the_documents_in_their_order(model: str, endpoint: Endpoint) -> None:
    schema = _declared(model, endpoint)
    fields = capability(model, endpoint).fields
    assert sorted(field.name for field in fields) == sorted(schema["properties"])
    assert {field.name for field in fields if field.is_required} == set(schema["required"])


@pytest.mark.parametrize(("model", "endpoint"), DOCUMENTS)
def test_ranges_and_literals_are_the_documents(model: str, endpoint: Endpoint) -> None:
    schema = _declared(model, endpoint)
    for field in capability(model, endpoint).fields:
        declared = schema["properties"][field.name]
        if field.kind in (Kind.INTEGER, Kind.NUMBER):
            assert declared["type"] == field.kind.value, field.name
            assert declared.get("minimum") == field.minimum, field.name
            assert declared.get("maximum") == field.maximum, field.name
        if field.name != "model":
            assert bool(declared.get("nullable")) == field.is_nullable, field.name
        for member in _literals(field):
            assert list(member[1].choices) == _enum(declared, member[0]), field.name


def _literals(field: Field) -> list[tuple[tuple[str, ...], Field]]:
    """The members with fixed values, whose values one enum of the document lists."""
    if field.name in ("effort", "reasoning"):
        return [((member.name,), member) for member in field.fields]
    if field.choices and field.name in ("reasoning_effort", "truncation"):
        return [((), field)]
    return []


def _enum(declared: dict[str, Any], path: tuple[str, ...]) -> list[str]:
    for name in path:
        declared = declared["properties"][name]
    return list(declared["enum"])


def test_another_model_is_taken_for_gpt_5_1() -> None:
    other = capability("vendor/other", CC)
    assert other.fields == capability(GPT_5_1, CC).fields
    assert other.model == "vendor/other"


@pytest.mark.parametrize("model", MODELS)
def test_a_nested_field_is_found_by_its_path(model: str) -> None:
    found = capability(model, CC).field("stream_options.include_usage")
    assert found is not None
    assert found.kind is Kind.BOOLEAN
    assert capability(model, CC).field("stream_options.nothing") is None
    assert capability(model, CC).field("nothing") is None


def test_reasoning_belongs_to_gpt_5_1_alone() -> None:
    assert capability(GPT_5_1, RS).field("reasoning.summary") is not None
    assert capability(GPT_5_1_CHAT, RS).field("reasoning.summary") is None
