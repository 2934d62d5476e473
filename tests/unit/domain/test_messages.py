"""Messages as values: storage form, growth, titles, rows."""

from typing import Any

import pytest

from desktop.domain.errors import KEYS_PAGE, MAX_PROVIDER_TEXT, AuthError, DesktopError
from desktop.domain.history import TITLE_LENGTH, title_from
from desktop.domain.messages import (
    ActivityPart,
    Choice,
    Citation,
    ExchangeSummary,
    Fault,
    Growth,
    MediaPart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    UnknownPart,
    appended,
    part_from_payload,
    part_to_payload,
)
from desktop.domain.timeline import RowKind, rows_of
from tests.factories import message, reply

PARTS: list[Part] = [
    TextPart("Hello", (Citation("url_citation", "https://a.example", "A", 0, 5),), ({"t": 1},)),
    ReasoningPart("because", is_summary=True, duration_s=2.5, raw={"id": "rs"}),
    RefusalPart("No."),
    ToolCallPart("c1", "f", "{}", "mcp", "completed", "out", {"id": "m"}),
    ToolResultPart("c1", "42"),
    ActivityPart("web_search_call", "searching", {"id": "ws"}),
    MediaPart("image", "aGk=", "a cat", {"id": "ig"}),
    UnknownPart({"type": "new_thing", "x": [1]}),
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_parts_come_back_from_storage_as_they_were(part: Part) -> None:
    assert part_from_payload(part_to_payload(part)) == part


@pytest.mark.parametrize("payload", [{}, {"type": "later"}, {"type": "tool_call"}])
def test_a_stored_part_of_another_version_is_kept_whole(payload: dict[str, Any]) -> None:
    assert part_from_payload(payload) == UnknownPart(payload)


def test_text_is_appended_where_there_is_text() -> None:
    assert appended(RefusalPart("N"), "o") == RefusalPart("No")
    assert appended(ActivityPart("x"), "o") == ActivityPart("x")


def test_growth_joins_pieces_by_place() -> None:
    before = (Choice((TextPart("a"), RefusalPart("x"))),)
    after = Growth(appended=[(0, 0, "b"), (0, 1, "y"), (0, 0, "c")]).applied_to(before)
    assert after == (Choice((TextPart("abc"), RefusalPart("xy"))),)


def test_a_fault_says_what_the_error_said() -> None:
    error = AuthError("Not accepted.", provider_text="x" * 900, link=KEYS_PAGE, status=401)
    fault = Fault.from_error(error)
    assert (fault.kind, fault.status, fault.link_url) == ("auth", 401, KEYS_PAGE.url)
    assert len(fault.provider_text) == MAX_PROVIDER_TEXT
    assert not fault.is_retryable


def test_every_kind_of_error_has_a_name_of_its_own() -> None:
    def tree(cls: type[DesktopError]) -> list[type[DesktopError]]:
        return [cls, *(sub for child in cls.__subclasses__() for sub in tree(child))]

    kinds = [cls.kind for cls in tree(DesktopError)]
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize(
    ("text", "title"),
    [("Hello", "Hello"), ("\n \n  Second  \nthird", "Second"), ("", ""), ("x" * 99, "x" * 60)],
)
def test_a_title_is_the_first_line_with_words(text: str, title: str) -> None:
    assert title_from(text) == title
    assert len(title) <= TITLE_LENGTH


FAULT = Fault("offline", "Offline.")


def test_a_message_has_one_row_and_an_error_after_text_a_second() -> None:
    assert [row.kind for row in rows_of(message())] == [RowKind.USER]
    assert [row.kind for row in rows_of(reply())] == [RowKind.ASSISTANT]
    cut = rows_of(reply(fault=FAULT))
    assert [row.kind for row in cut] == [RowKind.ASSISTANT, RowKind.ERROR]
    assert cut[0].key != cut[1].key


def test_an_error_without_text_stands_alone() -> None:
    assert [row.kind for row in rows_of(reply(text="", fault=FAULT))] == [RowKind.ERROR]


@pytest.mark.parametrize(
    ("streamed", "count", "span", "speed"),
    [(True, 11, 2.0, 5.0), (False, 11, 2.0, None), (True, 1, 0.0, None), (True, 5, 0.0, None)],
)
def test_speed_is_known_only_between_deltas_of_a_stream(
    *, streamed: bool, count: int, span: float, speed: float | None
) -> None:
    summary = ExchangeSummary("e", "m", is_streamed=streamed, delta_count=count, delta_span_s=span)
    assert summary.tokens_per_second == speed
