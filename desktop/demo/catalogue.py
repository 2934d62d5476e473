"""The demo's list of models, in the form of the provider's catalogue.

Source: the OpenAPI document of ``GET /v1/models`` at https://docs.aimlapi.com (2026-08-21).
"""

import hashlib

from desktop.demo.payloads import Payload, dumps

SECTIONS = ("pricing", "modalities", "capabilities")
_DOCUMENTATION = "https://docs.aimlapi.com/api-references/text-models-llm/openai/"


def _model(slug: str, name: str, description: str, limits: tuple[int, int]) -> Payload:
    return {
        "id": f"openai/{slug}",
        "aliases": [slug],
        "type": "openai/chat-completions",
        "info": {
            "name": name,
            "developer": "Open AI",
            "description": description,
            "releasedAt": "2025-11-13",
            "contextLength": limits[0],
            "outputMax": limits[1],
            "url": "",
            "docsUrl": _DOCUMENTATION + slug,
        },
        "tags": ["playground:chat"],
        "modalities": {"input": ["image", "text"], "output": ["text"]},
        "capabilities": ["streaming", "structured_output", "tools", "vision"],
        "pricing": {
            "kind": "fixed",
            "currency": "USD",
            "units": [
                {"name": "input", "measure": "token", "price": 1.25, "per": 1_000_000},
                {"name": "output", "measure": "token", "price": 10, "per": 1_000_000},
            ],
        },
    }


MODELS = (
    _model("gpt-5-1", "gpt-5.1", "Canned replies in place of the flagship.", (128_000, 128_000)),
    _model(
        "gpt-5-1-chat-latest",
        "gpt-5.1-chat-latest",
        "Canned replies in place of the chat model.",
        (128_000, 16_384),
    ),
)


def model_list(query: dict[str, list[str]]) -> Payload:
    """The models that match the query's ids, with the sections it asks for."""
    ids = _words(query, "id")
    included = _words(query, "include")
    is_all = "all" in included or bool({"true", "1"} & _words(query, "details"))
    left_out = set() if is_all else set(SECTIONS) - included
    chosen = [
        {key: value for key, value in model.items() if key not in left_out}
        for model in MODELS
        if not ids or ids & {model["id"], *model["aliases"]}
    ]
    return {"object": "list", "data": chosen}


def entity_tag(body: bytes) -> str:
    """A tag that changes with the body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def tagged_list(query: dict[str, list[str]]) -> tuple[bytes, str]:
    """The list as JSON, and its tag."""
    body = dumps(model_list(query))
    return body, entity_tag(body)


def _words(query: dict[str, list[str]], name: str) -> set[str]:
    return {word.strip().lower() for value in query.get(name, []) for word in value.split(",")}
