"""Which parameters are sent: marks, couplings, what a model documents; and how they are stored."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.domain.capabilities import GPT_5_1, GPT_5_1_CHAT, MODELS, Endpoint
from desktop.domain.parameters import (
    PARAMETERS,
    BlockKind,
    ChatSettings,
    Editor,
    ParameterId,
    ParameterSet,
    Value,
)

CC, RS = Endpoint.CHAT_COMPLETIONS, Endpoint.RESPONSES
P = ParameterId


def test_the_first_conversation_streams_and_asks_for_usage() -> None:
    assert ChatSettings().sent() == {P.STREAM: True, P.INCLUDE_USAGE: True}


def test_the_first_request_on_responses_is_not_stored_and_has_a_cap() -> None:
    settings = replace(ChatSettings(), endpoint=RS)
    assert settings.sent() == {P.MAX_OUTPUT_TOKENS: 16384, P.STREAM: True, P.STORE: False}


def test_editing_sets_and_unsetting_keeps_the_value() -> None:
    edited = ParameterSet().with_value(P.SEED, 7)
    assert edited.sent(GPT_5_1, CC) == {P.SEED: 7}
    unset = edited.with_mark(P.SEED, is_set=False)
    assert unset.sent(GPT_5_1, CC) == {}
    assert unset.value(P.SEED) == 7


def test_setting_without_editing_sends_the_default() -> None:
    assert ParameterSet().with_mark(P.TEMPERATURE, is_set=True).sent(GPT_5_1, CC) == {
        P.TEMPERATURE: 1.0
    }


def test_what_is_not_documented_keeps_its_value_and_is_not_sent() -> None:
    edited = ParameterSet().with_value(P.TEMPERATURE, 0.5)
    assert edited.sent(GPT_5_1_CHAT, CC) == {}
    block = edited.block(P.TEMPERATURE, GPT_5_1_CHAT, CC)
    assert block is not None
    assert block.kind is BlockKind.UNDOCUMENTED
    assert edited.sent(GPT_5_1, CC) == {P.TEMPERATURE: 0.5}


@pytest.mark.parametrize("id_", [P.TEMPERATURE, P.TOP_P, P.LOG_PROBABILITIES])
def test_an_effort_rules_out_sampling(id_: ParameterId) -> None:
    chosen = ParameterSet().with_mark(id_, is_set=True).with_value(P.REASONING_EFFORT, "low")
    assert chosen.sent(GPT_5_1, CC) == {P.REASONING_EFFORT: "low"}
    block = chosen.block(id_, GPT_5_1, CC)
    assert block is not None
    assert (block.kind, block.other) == (BlockKind.RULED_OUT, P.REASONING_EFFORT)


def test_an_effort_the_model_does_not_know_rules_out_nothing() -> None:
    chosen = ParameterSet().with_value(P.REASONING_EFFORT, "low").with_value(P.SEED, 3)
    assert chosen.sent(GPT_5_1_CHAT, CC) == {P.SEED: 3}


def test_usage_is_asked_for_only_while_streaming() -> None:
    chosen = ParameterSet().with_mark(P.INCLUDE_USAGE, is_set=True)
    assert chosen.sent(GPT_5_1, CC) == {}
    assert P.INCLUDE_USAGE in chosen.with_value(P.STREAM, value=True).sent(GPT_5_1, CC)
    assert P.INCLUDE_USAGE not in chosen.with_value(P.STREAM, value=False).sent(GPT_5_1, CC)


def test_never_both_caps() -> None:
    both = ParameterSet().with_value(P.LEGACY_MAX_TOKENS, 5).with_value(P.MAX_OUTPUT_TOKENS, 6)
    assert both.sent(GPT_5_1, CC) == {P.MAX_OUTPUT_TOKENS: 6}


def test_json_is_parsed_and_its_faults_are_named() -> None:
    good = ParameterSet().with_value(P.TOOLS, '[{"type": "function"}]')
    assert good.sent(GPT_5_1, CC) == {P.TOOLS: [{"type": "function"}]}
    assert good.problems(GPT_5_1, CC) == ()
    for text, kind in (("", "empty"), ("[", "invalid_json"), ("{}", "wrong_type")):
        (problem,) = ParameterSet().with_value(P.TOOLS, text).problems(GPT_5_1, CC)
        assert (problem.id, problem.kind) == (P.TOOLS, kind)


def test_a_fault_in_what_is_not_sent_is_none() -> None:
    assert ParameterSet().with_value(P.PROMPT_TEMPLATE, "{").problems(GPT_5_1, CC) == ()


def test_endpoints_keep_their_own_values() -> None:
    settings = ChatSettings().with_parameters(ParameterSet().with_value(P.SEED, 9))
    there_and_back = replace(replace(settings, endpoint=RS), endpoint=CC)
    assert there_and_back.parameters.value(P.SEED) == 9


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("endpoint", Endpoint)
def test_every_path_of_a_documented_parameter_is_a_declared_field(
    model: str, endpoint: Endpoint
) -> None:
    free = {P.EXTRA_BODY, P.INSTRUCTIONS}
    for parameter in PARAMETERS.values():
        if parameter.id not in free and endpoint in parameter.paths:
            field = parameter.field(model, endpoint)
            assert parameter.is_documented(model, endpoint) == (field is not None)


VALUES: dict[Editor, st.SearchStrategy[Value]] = {
    Editor.FLAG: st.booleans(),
    Editor.INTEGER: st.integers(1, 2**53),
    Editor.NUMBER: st.floats(0, 2),
    Editor.LITERAL: st.sampled_from(["low", "high"]),
    Editor.LINE: st.text(),
    Editor.TEXT: st.text(),
    Editor.JSON: st.just("{}"),
}


@st.composite
def parameter_sets(draw: st.DrawFn) -> ParameterSet:
    ids = draw(st.sets(st.sampled_from(list(ParameterId))))
    values = {id_: draw(VALUES[PARAMETERS[id_].editor]) for id_ in ids}
    return ParameterSet(values, frozenset(draw(st.sets(st.sampled_from(list(ParameterId))))))


@given(parameter_sets(), parameter_sets(), st.sampled_from(MODELS), st.sampled_from(Endpoint))
def test_settings_come_back_from_storage_as_they_were(
    on_cc: ParameterSet, on_rs: ParameterSet, model: str, endpoint: Endpoint
) -> None:
    settings = ChatSettings(model, endpoint, {CC: on_cc, RS: on_rs})
    assert ChatSettings.from_payload(settings.to_payload()) == settings


@pytest.mark.parametrize(
    "payload", [{}, {"endpoint": 3}, {"sets": {"nowhere": {}}}, {"sets": {CC.value: {}}}]
)
def test_odd_storage_gives_usable_settings(payload: dict[str, object]) -> None:
    settings = ChatSettings.from_payload(payload)
    assert (settings.model, settings.endpoint) == (GPT_5_1, CC)
    assert settings.parameters.is_set(P.SEED) is False
