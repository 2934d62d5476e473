"""The parameters of a request as the user sees them, and which of them are sent.

A parameter has a value and a "set" mark. Unmarked means absent from the body. What a model and
endpoint do not document, or what another parameter rules out, keeps its value but is not sent:
:meth:`ParameterSet.sent` decides, and nothing else does.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from desktop.domain.capabilities import GPT_5_1, Endpoint, Field, capability

Value = bool | int | float | str
"""A number, a flag, a literal, text, or JSON text."""

CC, RS = Endpoint.CHAT_COMPLETIONS, Endpoint.RESPONSES


class ParameterId(StrEnum):
    """Every parameter; the value is its name on screen, in English."""

    INSTRUCTIONS = "Instructions"
    TEMPERATURE = "Temperature"
    TOP_P = "Top P"
    MAX_OUTPUT_TOKENS = "Max output tokens"
    REASONING_EFFORT = "Reasoning effort"
    REASONING_SUMMARY = "Reasoning summary"
    CHOICES = "Choices"
    SEED = "Seed"
    LOG_PROBABILITIES = "Log probabilities"
    TOP_LOG_PROBABILITIES = "Top log probabilities"
    RESPONSE_FORMAT = "Response format"
    RESPONSE_SCHEMA = "Response schema"
    STREAM = "Stream"
    INCLUDE_USAGE = "Include usage"
    TOOLS = "Tools"
    TOOL_CHOICE = "Tool choice"
    TOOL_CHOICE_OBJECT = "Tool choice object"
    PARALLEL_TOOL_CALLS = "Parallel tool calls"
    STORE = "Store"
    BACKGROUND = "Background"
    TRUNCATION = "Truncation"
    PREVIOUS_RESPONSE = "Previous response"
    INCLUDE = "Include"
    PROMPT_TEMPLATE = "Prompt template"
    LEGACY_MAX_TOKENS = "Legacy max tokens"
    EXTRA_BODY = "Extra body"


P = ParameterId


class Editor(StrEnum):
    """The kind of value a parameter holds, and so the control that edits it."""

    FLAG = "flag"
    INTEGER = "integer"
    NUMBER = "number"
    LITERAL = "literal"
    LINE = "line"
    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter.

    Attributes:
        id: Which one.
        editor: The kind of its value.
        paths: Dotted path in the body by endpoint; the empty path is the body itself.
        default: The value before it was ever edited.
    """

    id: ParameterId
    editor: Editor
    paths: Mapping[Endpoint, str]
    default: Value

    def field(self, model: str, endpoint: Endpoint) -> Field | None:
        """The declared body field with range and literals, or None where there is none."""
        path = self.paths.get(endpoint)
        return capability(model, endpoint).field(path) if path else None

    def is_documented(self, model: str, endpoint: Endpoint) -> bool:
        """Whether the model documents it on the endpoint."""
        if self.id in (P.EXTRA_BODY, P.INSTRUCTIONS):
            return True
        return self.field(model, endpoint) is not None


def _both(path: str) -> Mapping[Endpoint, str]:
    return MappingProxyType({CC: path, RS: path})


def _one(endpoint: Endpoint, path: str) -> Mapping[Endpoint, str]:
    return MappingProxyType({endpoint: path})


def _each(chat_completions: str, responses: str) -> Mapping[Endpoint, str]:
    return MappingProxyType({CC: chat_completions, RS: responses})


_TABLE = (
    Parameter(P.INSTRUCTIONS, Editor.TEXT, _each("messages", "instructions"), ""),
    Parameter(P.TEMPERATURE, Editor.NUMBER, _both("temperature"), 1.0),
    Parameter(P.TOP_P, Editor.NUMBER, _both("top_p"), 1.0),
    Parameter(
        P.MAX_OUTPUT_TOKENS,
        Editor.INTEGER,
        _each("max_completion_tokens", "max_output_tokens"),
        16384,
    ),
    Parameter(
        P.REASONING_EFFORT,
        Editor.LITERAL,
        _each("reasoning_effort", "reasoning.effort"),
        "medium",
    ),
    Parameter(P.REASONING_SUMMARY, Editor.LITERAL, _one(RS, "reasoning.summary"), "auto"),
    Parameter(P.CHOICES, Editor.INTEGER, _one(CC, "n"), 1),
    Parameter(P.SEED, Editor.INTEGER, _one(CC, "seed"), 1),
    Parameter(P.LOG_PROBABILITIES, Editor.FLAG, _one(CC, "logprobs"), False),
    Parameter(P.TOP_LOG_PROBABILITIES, Editor.INTEGER, _one(CC, "top_logprobs"), 5),
    Parameter(
        P.RESPONSE_FORMAT,
        Editor.LITERAL,
        _each("response_format.type", "text.format.type"),
        "text",
    ),
    Parameter(
        P.RESPONSE_SCHEMA, Editor.JSON, _each("response_format.json_schema", "text.format"), ""
    ),
    Parameter(P.STREAM, Editor.FLAG, _both("stream"), True),
    Parameter(P.INCLUDE_USAGE, Editor.FLAG, _one(CC, "stream_options.include_usage"), True),
    Parameter(P.TOOLS, Editor.JSON, _both("tools"), ""),
    Parameter(P.TOOL_CHOICE, Editor.LITERAL, _both("tool_choice"), "none"),
    Parameter(P.TOOL_CHOICE_OBJECT, Editor.JSON, _both("tool_choice"), ""),
    Parameter(P.PARALLEL_TOOL_CALLS, Editor.FLAG, _both("parallel_tool_calls"), False),
    Parameter(P.STORE, Editor.FLAG, _one(RS, "store"), False),
    Parameter(P.BACKGROUND, Editor.FLAG, _one(RS, "background"), False),
    Parameter(P.TRUNCATION, Editor.LITERAL, _one(RS, "truncation"), "auto"),
    Parameter(P.PREVIOUS_RESPONSE, Editor.LINE, _one(RS, "previous_response_id"), ""),
    Parameter(P.INCLUDE, Editor.JSON, _one(RS, "include"), ""),
    Parameter(P.PROMPT_TEMPLATE, Editor.JSON, _one(RS, "prompt"), ""),
    Parameter(P.LEGACY_MAX_TOKENS, Editor.INTEGER, _one(CC, "max_tokens"), 16384),
    Parameter(P.EXTRA_BODY, Editor.JSON, _both(""), ""),
)

PARAMETERS: Mapping[ParameterId, Parameter] = MappingProxyType({p.id: p for p in _TABLE})
"""All parameters in the order of the sidebar."""


class BlockKind(StrEnum):
    """Why a parameter cannot be sent now."""

    UNDOCUMENTED = "undocumented"
    RULED_OUT = "ruled_out"
    NEEDS = "needs"


@dataclass(frozen=True, slots=True)
class Block:
    """Why a parameter is disabled.

    Attributes:
        kind: Undocumented here, ruled out by ``other`` being set, or in need of ``other``.
        other: The parameter to change, or None.
        needed: The value that ``other`` must have, or None if it must only be set.
    """

    kind: BlockKind
    other: ParameterId | None = None
    needed: Value | None = None


_RULED_OUT = {
    P.TEMPERATURE: (P.REASONING_EFFORT,),
    P.TOP_P: (P.REASONING_EFFORT,),
    P.LOG_PROBABILITIES: (P.REASONING_EFFORT,),
    P.TOP_LOG_PROBABILITIES: (P.REASONING_EFFORT,),
    P.LEGACY_MAX_TOKENS: (P.MAX_OUTPUT_TOKENS,),
    P.TOOL_CHOICE: (P.TOOL_CHOICE_OBJECT,),
}
"""Sampling is refused while an effort is set (OpenAI's model guide); never both caps, never both
forms of ``tool_choice``."""

_NEEDS: Mapping[ParameterId, tuple[ParameterId, Value | None]] = {
    P.TOP_LOG_PROBABILITIES: (P.LOG_PROBABILITIES, True),
    P.INCLUDE_USAGE: (P.STREAM, True),
    P.RESPONSE_SCHEMA: (P.RESPONSE_FORMAT, "json_schema"),
    P.TOOL_CHOICE: (P.TOOLS, None),
    P.TOOL_CHOICE_OBJECT: (P.TOOLS, None),
    P.PARALLEL_TOOL_CALLS: (P.TOOLS, None),
}
"""Fields the documents tie to another one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that cannot be sent, which keeps Send disabled.

    Attributes:
        id: Whose value.
        kind: ``empty``, ``invalid_json`` or ``wrong_type`` (another JSON type is needed).
        detail: Where and what, for JSON; else "".
    """

    id: ParameterId
    kind: str
    detail: str = ""


_JSON_TYPES: Mapping[ParameterId, type] = {P.TOOLS: list, P.INCLUDE: list}


def _json_problem(id_: ParameterId, text: str) -> Problem | None:
    if not text.strip():
        return Problem(id_, "empty")
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Problem(id_, "invalid_json", str(error))
    needed = _JSON_TYPES.get(id_, dict)
    if not isinstance(parsed, needed):
        return Problem(id_, "wrong_type", "array" if needed is list else "object")
    return None


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """The values and marks of one endpoint; immutable.

    Attributes:
        values: Values that differ from the default, by parameter.
        marks: The parameters marked as set.
    """

    values: Mapping[ParameterId, Value] = field(default_factory=dict)
    marks: frozenset[ParameterId] = frozenset()

    def value(self, id_: ParameterId) -> Value:
        """The parameter's value, its default if it was never edited."""
        return self.values.get(id_, PARAMETERS[id_].default)

    def is_set(self, id_: ParameterId) -> bool:
        """Whether the parameter is marked to be sent."""
        return id_ in self.marks

    def with_value(self, id_: ParameterId, value: Value) -> "ParameterSet":
        """A copy with another value, marked as set."""
        return ParameterSet({**self.values, id_: value}, self.marks | {id_})

    def with_mark(self, id_: ParameterId, is_set: bool) -> "ParameterSet":
        """A copy with the mark set or cleared; the value stays."""
        return replace(self, marks=self.marks | {id_} if is_set else self.marks - {id_})

    def block(self, id_: ParameterId, model: str, endpoint: Endpoint) -> Block | None:
        """Why the parameter cannot be sent, or None."""
        if not PARAMETERS[id_].is_documented(model, endpoint):
            return Block(BlockKind.UNDOCUMENTED)
        for other in _RULED_OUT.get(id_, ()):
            if self.is_set(other) and PARAMETERS[other].is_documented(model, endpoint):
                return Block(BlockKind.RULED_OUT, other)
        if id_ in _NEEDS:
            other, needed = _NEEDS[id_]
            matches = needed is None or self.value(other) == needed
            if not (self.is_set(other) and matches):
                return Block(BlockKind.NEEDS, other, needed)
        return None

    def problems(self, model: str, endpoint: Endpoint) -> tuple[Problem, ...]:
        """What must be mended before a request can be made."""
        found = (
            _json_problem(id_, str(self.value(id_)))
            for id_ in PARAMETERS
            if PARAMETERS[id_].editor is Editor.JSON and self._is_sent(id_, model, endpoint)
        )
        return tuple(problem for problem in found if problem is not None)

    def sent(self, model: str, endpoint: Endpoint) -> dict[ParameterId, Any]:
        """What goes into the body: set, documented and not blocked; JSON text is parsed.

        Raises:
            ValueError: A JSON value is invalid; ask :meth:`problems` first.
        """
        out: dict[ParameterId, Any] = {}
        for id_, parameter in PARAMETERS.items():
            if self._is_sent(id_, model, endpoint):
                value = self.value(id_)
                out[id_] = json.loads(str(value)) if parameter.editor is Editor.JSON else value
        return out

    def _is_sent(self, id_: ParameterId, model: str, endpoint: Endpoint) -> bool:
        return self.is_set(id_) and self.block(id_, model, endpoint) is None


_FIRST = {
    CC: ParameterSet(marks=frozenset({P.STREAM, P.INCLUDE_USAGE})),
    RS: ParameterSet(marks=frozenset({P.STREAM, P.STORE, P.MAX_OUTPUT_TOKENS})),
}
"""The very first conversation. On Responses the provider has been seen to store replies and to cap
them at 512 tokens unasked, so both fields are set from the start."""


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """What a conversation's next request will use.

    Attributes:
        model: Model id.
        endpoint: Where it is asked.
        sets: Parameters by endpoint; switching back finds them as they were.
    """

    model: str = GPT_5_1
    endpoint: Endpoint = CC
    sets: Mapping[Endpoint, ParameterSet] = field(default_factory=lambda: dict(_FIRST))

    @property
    def parameters(self) -> ParameterSet:
        """The parameters of the chosen endpoint."""
        return self.sets[self.endpoint]

    def with_parameters(self, parameters: ParameterSet) -> "ChatSettings":
        """A copy with other parameters for the chosen endpoint."""
        return replace(self, sets={**self.sets, self.endpoint: parameters})

    def block(self, id_: ParameterId) -> Block | None:
        """Why a parameter cannot be sent, or None."""
        return self.parameters.block(id_, self.model, self.endpoint)

    def problems(self) -> tuple[Problem, ...]:
        """What must be mended before a request can be made."""
        return self.parameters.problems(self.model, self.endpoint)

    def sent(self) -> dict[ParameterId, Any]:
        """What goes into the body."""
        return self.parameters.sent(self.model, self.endpoint)

    def to_payload(self) -> dict[str, Any]:
        """A JSON-ready dict that :meth:`from_payload` reads."""
        return {
            "model": self.model,
            "endpoint": self.endpoint.value,
            "sets": {
                endpoint.value: {
                    "values": {id_.value: value for id_, value in chosen.values.items()},
                    "marks": sorted(chosen.marks),
                }
                for endpoint, chosen in self.sets.items()
            },
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "ChatSettings":
        """Settings from stored JSON; unknown names are left out, missing ones take defaults."""
        sets = dict(_FIRST)
        for name, stored in dict(payload.get("sets") or {}).items():
            if name in set(Endpoint):
                sets[Endpoint(name)] = _set_from_payload(stored)
        endpoint = payload.get("endpoint")
        return cls(
            model=str(payload.get("model") or GPT_5_1),
            endpoint=Endpoint(endpoint) if endpoint in set(Endpoint) else CC,
            sets=sets,
        )


def _set_from_payload(stored: Mapping[str, Any]) -> ParameterSet:
    names = set(ParameterId)
    values = {
        ParameterId(name): value
        for name, value in dict(stored.get("values") or {}).items()
        if name in names and isinstance(value, bool | int | float | str)
    }
    marks = frozenset(ParameterId(name) for name in stored.get("marks") or () if name in names)
    return ParameterSet(values, marks)
