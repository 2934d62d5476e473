"""What each model and endpoint accepts: one declarative table, the only place that knows.

The four combinations declare 17, 12, 18 and 15 body fields, 62 in all.

Source: the provider's OpenAPI documents gpt-5-1.json, gpt-5-1-chat-latest.json,
gpt-5-1-RESPONSES.json and gpt-5-1-chat-latest-RESPONSES.json of https://docs.aimlapi.com
(commit f14fa72f of its repository, August 2026).
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Endpoint(StrEnum):
    """The two ways to ask for a reply; the value is the path below the API's root."""

    CHAT_COMPLETIONS = "/v1/chat/completions"
    RESPONSES = "/v1/responses"


GPT_5_1 = "openai/gpt-5-1"
GPT_5_1_CHAT = "openai/gpt-5-1-chat-latest"
MODELS = (GPT_5_1, GPT_5_1_CHAT)
MODEL_NAMES = {GPT_5_1: "gpt-5.1", GPT_5_1_CHAT: "gpt-5.1-chat-latest"}
"""Names as shown; ids use hyphens where names use dots."""

ENDPOINT_NAMES = {
    Endpoint.CHAT_COMPLETIONS: "Chat completions",
    Endpoint.RESPONSES: "Responses",
}
"""Names as shown; the provider's own words, so never translated."""

MODEL_PAGES = {
    GPT_5_1: "https://docs.aimlapi.com/api-references/text-models-llm/openai/gpt-5-1",
    GPT_5_1_CHAT: (
        "https://docs.aimlapi.com/api-references/text-models-llm/openai/gpt-5-1-chat-latest"
    ),
}


class Kind(StrEnum):
    """JSON type of a field, as the documents declare it."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"
    ARRAY = "array"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request body.

    Attributes:
        name: Key in the body.
        kind: JSON type; several types are named by the first.
        is_required: Whether a body without it is invalid.
        is_nullable: Whether ``null`` is declared.
        minimum: Lowest value, inclusive, or None.
        maximum: Highest value, inclusive, or None.
        choices: The literal values in the documents' order; empty where any is allowed.
        fields: Declared members of an object.
        models: The models that declare it.
    """

    name: str
    kind: Kind
    is_required: bool = False
    is_nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    fields: tuple["Field", ...] = ()
    models: tuple[str, ...] = MODELS


_B, _I, _N, _S, _A, _O = (
    Kind.BOOLEAN,
    Kind.INTEGER,
    Kind.NUMBER,
    Kind.STRING,
    Kind.ARRAY,
    Kind.OBJECT,
)
_ONLY_5_1 = (GPT_5_1,)
_EFFORTS = ("low", "medium", "high")
_FORMATS = ("text", "json_object", "json_schema")
_TOOL_CHOICES = ("none", "auto", "required")

_CHAT_COMPLETIONS = (
    Field("model", _S, is_required=True, choices=MODELS),
    Field("messages", _A, is_required=True),
    Field("max_completion_tokens", _I, minimum=1),
    Field("max_tokens", _N, minimum=1),
    Field("stream", _B),
    Field("stream_options", _O, fields=(Field("include_usage", _B, is_required=True),)),
    Field("tools", _A),
    Field("tool_choice", _S, choices=_TOOL_CHOICES),
    Field("parallel_tool_calls", _B),
    Field("temperature", _N, minimum=0, maximum=2, models=_ONLY_5_1),
    Field("top_p", _N, minimum=0.01, maximum=1, models=_ONLY_5_1),
    Field("n", _I, is_nullable=True, minimum=1),
    Field("logprobs", _B, is_nullable=True, models=_ONLY_5_1),
    Field("top_logprobs", _N, is_nullable=True, minimum=0, maximum=20, models=_ONLY_5_1),
    Field("seed", _I, minimum=1),
    Field("reasoning_effort", _S, choices=_EFFORTS, models=_ONLY_5_1),
    Field(
        "response_format",
        _O,
        fields=(
            Field("type", _S, is_required=True, choices=_FORMATS),
            Field(
                "json_schema",
                _O,
                fields=(
                    Field("name", _S, is_required=True),
                    Field("schema", _O),
                    Field("strict", _B, is_nullable=True),
                    Field("description", _S),
                ),
            ),
        ),
    ),
)

_RESPONSES = (
    Field("model", _S, is_required=True, choices=MODELS),
    Field("input", _A, is_required=True),
    Field("background", _B),
    Field("instructions", _S, is_nullable=True),
    Field(
        "include",
        _A,
        is_nullable=True,
        choices=(
            "message.input_image.image_url",
            "computer_call_output.output.image_url",
            "reasoning.encrypted_content",
            "code_interpreter_call.outputs",
        ),
    ),
    Field("max_output_tokens", _I, minimum=16),
    Field("previous_response_id", _S, is_nullable=True),
    Field(
        "prompt",
        _O,
        is_nullable=True,
        fields=(
            Field("id", _S, is_required=True),
            Field("variables", _O, is_nullable=True),
            Field("version", _S, is_nullable=True),
        ),
    ),
    Field("store", _B, is_nullable=True),
    Field("stream", _B, is_nullable=True),
    Field(
        "text",
        _O,
        fields=(
            Field(
                "format",
                _O,
                is_required=True,
                fields=(
                    Field("type", _S, is_required=True, choices=_FORMATS),
                    Field("name", _S),
                    Field("schema", _O),
                    Field("strict", _B, is_nullable=True),
                    Field("description", _S),
                ),
            ),
        ),
    ),
    Field("truncation", _S, choices=("auto", "disabled")),
    Field("tools", _A),
    Field("tool_choice", _S, choices=_TOOL_CHOICES),
    Field("parallel_tool_calls", _B, is_nullable=True),
    Field(
        "reasoning",
        _O,
        is_nullable=True,
        fields=(
            Field("effort", _S, is_nullable=True, choices=_EFFORTS),
            Field("summary", _S, is_nullable=True, choices=("auto", "concise", "detailed")),
        ),
        models=_ONLY_5_1,
    ),
    Field("temperature", _N, is_nullable=True, minimum=0, maximum=2, models=_ONLY_5_1),
    Field("top_p", _N, minimum=0.01, maximum=1, models=_ONLY_5_1),
)

_FIELDS = {Endpoint.CHAT_COMPLETIONS: _CHAT_COMPLETIONS, Endpoint.RESPONSES: _RESPONSES}


@dataclass(frozen=True, slots=True)
class Capability:
    """What one model accepts on one endpoint.

    Attributes:
        model: Model id.
        endpoint: Where it is asked.
        fields: The declared body fields in the documents' order.
    """

    model: str
    endpoint: Endpoint
    fields: tuple[Field, ...]

    def field(self, path: str) -> Field | None:
        """The field at a dotted path such as ``reasoning.effort``, or None if undeclared."""
        members, found = self.fields, None
        for name in path.split("."):
            found = next((field for field in members if field.name == name), None)
            if found is None:
                return None
            members = found.fields
        return found


@cache
def capability(model: str, endpoint: Endpoint) -> Capability:
    """What a model accepts on an endpoint; an undocumented model is taken for gpt-5.1."""
    family = model if model in MODELS else GPT_5_1
    fields = tuple(field for field in _FIELDS[endpoint] if family in field.models)
    return Capability(model, endpoint, fields)
