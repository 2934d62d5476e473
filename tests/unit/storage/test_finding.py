import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.domain.folding import folded as folded_for_finding
from desktop.domain.folding import folded_places
from desktop.domain.history import Conversation
from desktop.domain.messages import Choice, ReasoningPart, RefusalPart, Role, TextPart
from desktop.storage import rows
from tests.unit.storage.conftest import Store
from tests.unit.storage.samples import new_chat, outcome, say


def found(
    store: Store, chat: Conversation, query: str, first: int = 0, last: int = 99
) -> list[tuple[int, int]]:
    return store.run(store.history.find(chat.row.id, query, first, last))


@pytest.mark.parametrize(
    ("text", "query", "count"),
    [
        ("The ship, the SHIP, a shipyard", "ship", 3),
        ("Grüße aus Köln", "grusse", 1),
        ("naïve café", "CAFE", 1),
        ("你好世界 你好", "你好", 2),
        ("line one\nline two", "one line", 1),
        ("**bo**ld and `co_de`", "bold and co_de", 1),
        ("see [the docs](https://a.example/docs) for it", "the docs for", 1),
        ("see [x](https://a.example/docs)", "docs", 0),
        ("a ** b ** c", "**", 2),
        ("100% [sure]", "100%", 1),
        ("nothing", "  ", 0),
        ("nothing", "\0", 0),
    ],
)
def test_text_is_found_as_it_is_read(store: Store, text: str, query: str, count: int) -> None:
    chat = new_chat(store)
    say(store, chat, None, text)
    assert found(store, chat, query) == ([(0, count)] if count else [])


def test_only_the_shown_branch_is_searched(store: Store) -> None:
    chat = new_chat(store)
    first = say(store, chat, None, "whale")
    say(store, chat, first, "whale whale")
    say(store, chat, first, "whale whale whale")
    assert found(store, chat, "whale") == [(0, 1), (1, 3)]
    other = say(store, new_chat(store), None, "no match")
    assert other.depth == 0


def test_depths_bound_the_search(store: Store) -> None:
    chat = new_chat(store)
    parent = None
    for _ in range(6):
        parent = say(store, chat, parent, "whale")
    assert [depth for depth, _ in found(store, chat, "whale", 2, 4)] == [2, 3, 4]
    assert found(store, chat, "whale", 6, 9) == []


def test_refusals_are_searched_and_reasoning_is_not(store: Store) -> None:
    chat = new_chat(store)
    reply = say(store, chat, say(store, chat, None, "?"), role=Role.ASSISTANT)
    parts = (ReasoningPart("secret whale"), TextPart("a whale"), RefusalPart("no whale"))
    choices = (Choice(parts), Choice((TextPart("other whale"),), 1))
    end = replace(outcome(), choices=choices)
    store.run(store.history.finish(reply.id, None, end))
    assert found(store, chat, "whale") == [(1, 2)]


def test_an_empty_or_unknown_conversation_holds_nothing(store: Store) -> None:
    assert found(store, new_chat(store), "x") == []


@given(st.text(st.characters(codec="utf-8")))
def test_it_folds_as_the_list_of_conversations_does(text: str) -> None:
    words = "".join("x" if char.isspace() else char for char in text)
    assert folded_for_finding(words) == rows.folded(words)


def test_every_character_folds_the_same_in_both() -> None:
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if not (0xD800 <= code < 0xE000 or char.isspace()):
            assert folded_for_finding(char) == rows.folded(char), hex(code)


@given(st.text(st.characters(codec="utf-8")))
def test_each_folded_character_knows_where_it_comes_from(text: str) -> None:
    plain, places = folded_places(text)
    if places is None:
        places = list(range(len(text)))
    assert len(places) == len(plain)
    assert places == sorted(places)
    assert all(plain[n] in folded_for_finding(text[place]) for n, place in enumerate(places))
