"""Events become messages, and every follower of a reply sees each piece exactly once."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from desktop.core.assembler import Assembler
from desktop.domain import events as ev
from desktop.domain.messages import (
    ActivityPart,
    Choice,
    Citation,
    Growth,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    UnknownPart,
    Usage,
)

WEB = Citation("url_citation", "https://example.org", "Example")


def fed(*events: ev.Event, at_s: float = 1.0) -> Assembler:
    assembler = Assembler()
    assembler.feed(ev.Batch(list(events), b"", at_s))
    return assembler


def parts(assembler: Assembler) -> tuple[Part, ...]:
    return assembler.choices()[0].parts


def test_an_empty_reply_has_one_empty_choice() -> None:
    assembler = Assembler()
    assert assembler.choices() == (Choice(),)
    assert not assembler.has_content
    assert assembler.first_content_s is None


def test_deltas_join_in_order() -> None:
    assembler = fed(ev.TextDelta("Hel"), ev.TextDelta("lo"))
    assert parts(assembler) == (TextPart("Hello"),)


def test_reasoning_stands_before_the_text_of_its_item() -> None:
    assembler = fed(ev.TextDelta("answer"), ev.ReasoningDelta("thought"))
    assert [type(part) for part in parts(assembler)] == [ReasoningPart, TextPart]


def test_items_stand_by_their_index_whatever_the_order_of_arrival() -> None:
    assembler = fed(ev.TextDelta("second", item=1), ev.TextDelta("first", item=0))
    assert [part.text for part in parts(assembler) if isinstance(part, TextPart)] == [
        "first",
        "second",
    ]


def test_choices_stand_by_their_index() -> None:
    assembler = fed(ev.TextDelta("b", choice=2), ev.TextDelta("a", choice=1))
    assert [(c.index, c.parts) for c in assembler.choices()] == [
        (1, (TextPart("a"),)),
        (2, (TextPart("b"),)),
    ]


def test_done_replaces_what_was_streamed() -> None:
    assembler = fed(ev.TextDelta("Helo"), ev.TextDone("Hello"))
    assert parts(assembler) == (TextPart("Hello"),)


def test_done_without_deltas_is_enough() -> None:
    assert parts(fed(ev.TextDone("Hello"))) == (TextPart("Hello"),)
    assert parts(fed(ev.RefusalDone("No"))) == (RefusalPart("No"),)


def test_citations_stay_with_their_text() -> None:
    assembler = fed(ev.TextDelta("see [1]"), ev.CitationAdded(WEB))
    assert parts(assembler) == (TextPart("see [1]", (WEB,)),)


def test_tool_call_fragments_join_by_index() -> None:
    assembler = fed(
        ev.ToolInputDelta('{"a"', call_id="c1", name="f"),
        ev.ToolInputDelta("{}", part=1, call_id="c2", name="g"),
        ev.ToolInputDelta(":1}"),
    )
    assert parts(assembler) == (
        ToolCallPart("c1", "f", '{"a":1}'),
        ToolCallPart("c2", "g", "{}"),
    )


def test_item_added_names_the_call_whose_arguments_follow() -> None:
    assembler = fed(
        ev.ItemAdded((ToolCallPart("c1", "f", ""),), item=3),
        ev.ToolInputDelta('{"x":', item=3),
        ev.ToolInputDelta("2}", item=3),
    )
    assert parts(assembler) == (ToolCallPart("c1", "f", '{"x":2}'),)


def test_an_activity_follows_its_item() -> None:
    assembler = fed(
        ev.ItemAdded((ActivityPart("web_search_call", "in_progress"),)),
        ev.ActivityChanged("web_search_call", "searching"),
    )
    assert parts(assembler) == (ActivityPart("web_search_call", "searching"),)


def test_an_activity_without_an_item_is_shown_all_the_same() -> None:
    assembler = fed(ev.ActivityChanged("web_search_call", "searching"))
    assert parts(assembler) == (ActivityPart("web_search_call", "searching"),)


def test_the_done_item_is_authoritative() -> None:
    raw = {"type": "new_thing"}
    assembler = fed(
        ev.TextDelta("draft"), ev.ItemDone((TextPart("final", (WEB,)), UnknownPart(raw)))
    )
    assert parts(assembler) == (TextPart("final", (WEB,)), UnknownPart(raw))


def test_reasoning_lasts_from_its_first_to_its_last_delta() -> None:
    assembler = Assembler()
    assembler.feed(ev.Batch([ev.ReasoningDelta("a")], b"", 1.0))
    assert parts(assembler) == (ReasoningPart("a"),)
    assembler.feed(ev.Batch([ev.ReasoningDelta("b")], b"", 3.5))
    assembler.feed(ev.Batch([ev.TextDelta("c")], b"", 9.0))
    assert parts(assembler)[0] == ReasoningPart("ab", duration_s=2.5)


def test_the_final_item_keeps_the_measured_duration() -> None:
    assembler = Assembler()
    assembler.feed(ev.Batch([ev.ReasoningDelta("a", is_summary=True)], b"", 1.0))
    assembler.feed(ev.Batch([ev.ReasoningDelta("b", is_summary=True)], b"", 3.0))
    final = ReasoningPart("ab", is_summary=True, raw={"id": "rs_1"})
    assembler.feed(ev.Batch([ev.ItemDone((final,))], b"", 3.0))
    assert parts(assembler) == (replace(final, duration_s=2.0),)


def test_close_ends_reasoning_that_was_cut() -> None:
    assembler = fed(ev.ReasoningDelta("a"))
    assembler.close()
    assert parts(assembler) == (ReasoningPart("a", duration_s=0.0),)


def test_the_final_object_replaces_everything() -> None:
    final = (Choice((TextPart("Hello"), ToolCallPart("c", "f", "{}")), 0, "stop"),)
    assembler = fed(ev.TextDelta("Hell"), ev.ReplyReplaced(final))
    assert assembler.choices() == final


def test_numbers_are_those_of_the_visible_deltas() -> None:
    assembler = Assembler()
    assembler.feed(ev.Batch([ev.ReasoningDelta("hm")], b"", 0.4))
    assembler.feed(ev.Batch([ev.TextDelta("a", count=3)], b"", 1.0))
    assembler.feed(ev.Batch([ev.TextDelta("b", count=2)], b"", 2.5))
    assert assembler.first_content_s == 0.4
    assert (assembler.delta_count, assembler.delta_span_s) == (5, 1.5)


def test_identity_and_usage_are_kept() -> None:
    usage = Usage(1, 2, 3, {"total_tokens": 3})
    assembler = fed(
        ev.Started("r1", "m"), ev.Started("", ""), ev.UsageReported(usage), ev.Finished("length")
    )
    assert (assembler.response_id, assembler.model) == ("r1", "m")
    assert (assembler.usage, assembler.finish_reason) == (usage, "length")


POSITIONS = st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 1))


@st.composite
def some_event(draw: st.DrawFn) -> ev.Event:
    choice, item, part = draw(POSITIONS)
    text = draw(st.text(max_size=4))
    kind = draw(st.integers(0, 7))
    at = {"choice": choice, "item": item, "part": part}
    made: list[ev.Event] = [
        ev.TextDelta(text, **at),
        ev.TextDone(text, **at),
        ev.ReasoningDelta(text, **at),
        ev.ReasoningDone(text, **at),
        ev.ToolInputDelta(text, **at, call_id="c"),
        ev.CitationAdded(WEB, **at),
        ev.ItemDone((TextPart(text), ActivityPart("x")), choice, item),
        ev.ChoiceFinished("stop", choice),
    ]
    return made[kind]


@given(st.lists(st.lists(some_event(), max_size=4), max_size=12), st.data())
def test_a_follower_rebuilds_the_reply_from_its_growth(
    batches: list[list[ev.Event]], data: st.DataObject
) -> None:
    assembler = Assembler()
    reader = assembler.reader()
    rebuilt: tuple[Choice, ...] = (Choice(),)
    for number, events in enumerate(batches):
        assembler.feed(ev.Batch(events, b"", float(number)))
        if data.draw(st.booleans()):
            rebuilt = reader.take().applied_to(rebuilt)
    assembler.close()
    rebuilt = reader.take().applied_to(rebuilt)
    assert _texts(rebuilt) == _texts(assembler.choices())
    assert not reader.take()


def _texts(choices: tuple[Choice, ...]) -> list[tuple[int, list[tuple[type[Part], str]]]]:
    return [(c.index, [(type(p), getattr(p, "text", "")) for p in c.parts]) for c in choices]


def test_growth_of_plain_text_is_only_the_new_text() -> None:
    assembler = fed(ev.TextDelta("a"))
    reader = assembler.reader()
    assembler.feed(ev.Batch([ev.TextDelta("b"), ev.TextDelta("c")], b"", 1.0))
    assert reader.take() == Growth(appended=[(0, 0, "b"), (0, 0, "c")])


def test_a_message_shows_its_first_choice() -> None:
    choices = fed(ev.TextDelta("a"), ev.TextDelta("b", choice=1)).choices()
    assert Message(id=1, parent_id=None, role="assistant", choices=choices).text == "a"  # type: ignore[arg-type]
