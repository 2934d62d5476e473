from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from desktop.domain.capabilities import Endpoint
from desktop.domain.errors import StorageError
from desktop.domain.history import Checkpoint, ListCursor, Outcome
from desktop.domain.ids import ConversationId, ExchangeId, MessageId
from desktop.domain.messages import Choice, Cost, Growth, Note, Role, Status, TextPart
from desktop.domain.parameters import ChatSettings, ParameterId
from desktop.storage import exchanges
from tests.unit.storage.conftest import START, Store
from tests.unit.storage.samples import (
    FAULT,
    RICH,
    SUMMARY,
    new_chat,
    outcome,
    request,
    say,
    texts,
)


def test_a_new_conversation_is_empty_and_comes_back_as_made(store: Store) -> None:
    settings = ChatSettings(model="openai/gpt-5-1-chat-latest", endpoint=Endpoint.RESPONSES)
    settings = settings.with_parameters(
        settings.parameters.with_value(ParameterId.INSTRUCTIONS, "Be brief")
    )
    made = store.run(store.history.create("Title", settings, START))
    again = store.run(store.history.conversation(made.row.id))
    assert made == again
    assert (made.row.title, made.row.updated_at) == ("Title", START)
    assert (made.settings, made.leaf_id, made.length, made.draft) == (settings, None, 0, "")
    assert made.row.model == "openai/gpt-5-1-chat-latest"
    assert made.row.endpoint == Endpoint.RESPONSES.value
    assert (made.row.message_count, made.row.cost_usd) == (0, "")
    assert store.run(store.history.page(made.row.id, 0, 39)) == []


def test_a_turn_is_kept(store: Store) -> None:
    chat = new_chat(store)
    question = say(store, chat, None, "Why?")
    reply = say(store, chat, question, role=Role.ASSISTANT)
    assert (question.status, reply.status) == (Status.COMPLETE, Status.SENDING)
    assert (question.depth, reply.depth, reply.parent_id) == (0, 1, question.id)
    exchange = store.run(store.history.begin_exchange(reply.id, request(), START))
    growth = Growth(choices=(Choice(parts=(TextPart("Be"),)),))
    store.run(store.history.checkpoint(Checkpoint(reply.id, exchange, growth)))
    running = store.run(store.history.path(reply.id))[-1]
    assert (running.status, running.text) == (Status.STREAMING, "Be")
    assert running.exchange
    assert running.exchange.client_request_id == "client-1"
    end = Outcome(Status.COMPLETE, RICH, Note.LENGTH, SUMMARY, 200, (("x-a", "1"),), ("odd",))
    finished = store.run(store.history.finish(reply.id, exchange, end))
    assert finished.choices == RICH
    assert (finished.status, finished.note) == (Status.COMPLETE, Note.LENGTH)
    assert finished.exchange == SUMMARY
    assert store.run(store.history.page(chat.row.id, 0, 9)) == [question, finished]
    assert store.sql("select count(*) from growth") == [(0,)]
    opened = store.run(store.history.conversation(chat.row.id))
    assert opened
    assert (opened.leaf_id, opened.length, opened.error_depths) == (reply.id, 2, ())
    assert (opened.row.message_count, opened.row.cost_usd) == (2, "0.001240000")


def test_the_exchange_is_kept_to_the_byte(store: Store) -> None:
    chat = new_chat(store)
    reply = say(store, chat, say(store, chat, None), role=Role.ASSISTANT)
    body = bytes(range(256)) * 200
    exchange = store.run(store.history.begin_exchange(reply.id, request(body), START))
    for raw, arrivals in (
        (b"data: 1\n\n", [(0, 0.25), (5, 0.5)]),
        (b"", [(0, 0.75)]),
        (b"data: 2\n\n", [(0, 1.0)]),
    ):
        store.run(store.history.checkpoint(Checkpoint(reply.id, exchange, Growth(), raw, arrivals)))
    end = Outcome(Status.COMPLETE, RICH, Note.NONE, SUMMARY, 200, (("a", "1"), ("a", "2")), ("x",))
    store.run(store.history.finish(reply.id, exchange, end))
    record = store.run(store.history.exchange(reply.id))
    assert record
    assert record.body == body
    assert record.raw == b"data: 1\n\ndata: 2\n\n"
    assert record.arrivals == [(0, 0.25), (5, 0.5), (9, 0.75), (9, 1.0)]
    assert (record.raw_size, record.is_raw_cut) == (18, False)
    assert record.request_headers == request().headers
    assert record.response_headers == (("a", "1"), ("a", "2"))
    assert (record.http_status, record.anomalies, record.summary) == (200, ("x",), SUMMARY)
    assert (record.id, record.message_id, record.started_at) == (exchange, reply.id, START)
    assert (record.method, record.url) == ("POST", request().url)
    short = store.run(store.history.exchange(reply.id, raw_limit=11))
    assert short
    assert (short.raw, short.raw_size) == (b"data: 1\n\nda", 18)
    assert store.run(store.history.exchange(MessageId(1))) is None


def test_the_event_log_is_cut_at_its_cap(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "RAW_CAP", 10)
    chat = new_chat(store)
    reply = say(store, chat, None, role=Role.ASSISTANT)
    exchange = store.run(store.history.begin_exchange(reply.id, request(), START))
    for raw in (b"123456", b"789abc", b"def"):
        store.run(
            store.history.checkpoint(Checkpoint(reply.id, exchange, Growth(), raw, [(0, 0.0)]))
        )
    record = store.run(store.history.exchange(reply.id))
    assert record
    assert (record.raw, record.raw_size, record.is_raw_cut) == (b"123456789a", 10, True)


def test_requests_share_what_they_repeat(store: Store) -> None:
    chat = new_chat(store)
    first = say(store, chat, None, role=Role.ASSISTANT)
    body = b"".join(b"%08d" % number for number in range(20_000))
    store.run(store.history.begin_exchange(first.id, request(body), START))
    (before,) = store.sql("select count(*) from piece")
    second = say(store, chat, first, role=Role.ASSISTANT)
    store.run(store.history.begin_exchange(second.id, request(body + b"more"), START))
    (after,) = store.sql("select count(*) from piece")
    assert (before, after) == ((10,), (11,))
    store.run(store.history.delete_messages(chat.row.id, second.id))
    assert store.sql("select count(*) from piece") == [before]
    record = store.run(store.history.exchange(first.id))
    assert record
    assert record.body == body
    store.run(store.history.delete_messages(chat.row.id, first.id))
    assert store.sql("select count(*) from piece") == [(0,)]


def test_a_failure_without_a_request_is_kept(store: Store) -> None:
    chat = new_chat(store)
    reply = say(store, chat, say(store, chat, None), role=Role.ASSISTANT)
    end = outcome("", status=Status.FAILED, fault=FAULT)
    stored = store.run(store.history.finish(reply.id, None, end))
    assert (stored.status, stored.fault, stored.is_error_only) == (Status.FAILED, FAULT, True)
    opened = store.run(store.history.conversation(chat.row.id))
    assert opened
    assert opened.error_depths == ()
    record = store.run(store.history.exchange(reply.id))
    assert record
    assert (record.method, record.body, record.started_at) == ("", b"", START)


def test_error_rows_of_the_shown_branch_are_listed(store: Store) -> None:
    chat = new_chat(store)
    top = None
    for number in range(6):
        reply = say(store, chat, top, role=Role.ASSISTANT)
        fault = FAULT if number in (1, 4) else None
        status = Status.INTERRUPTED if fault else Status.COMPLETE
        store.run(store.history.finish(reply.id, None, outcome(status=status, fault=fault)))
        top = reply
    fork = say(store, chat, store.run(store.history.path(top.id if top else MessageId(0)))[2])
    opened = store.run(store.history.conversation(chat.row.id))
    assert opened
    assert (opened.leaf_id, opened.error_depths) == (fork.id, (1,))
    assert store.run(store.history.select(chat.row.id, MessageId(5))).error_depths == (1, 4)


def test_costs_add_up_exactly_and_once(store: Store) -> None:
    chat = new_chat(store)
    for number in range(10):
        reply = say(store, chat, None, role=Role.ASSISTANT)
        exchange = store.run(store.history.begin_exchange(reply.id, request(), START))
        store.run(store.history.finish(reply.id, exchange, outcome(cost="0.1")))
        if number == 0:
            store.run(store.history.finish(reply.id, exchange, outcome(cost="0.3")))
            store.run(store.history.finish(reply.id, exchange, outcome(cost="0.3")))
    odd = say(store, chat, None, role=Role.ASSISTANT)
    store.run(store.history.finish(odd.id, None, outcome(cost="free")))
    odd = say(store, chat, None, role=Role.ASSISTANT)
    store.run(store.history.finish(odd.id, None, outcome(cost="NaN")))
    unasked = say(store, chat, None, role=Role.ASSISTANT)
    store.run(store.history.finish(unasked.id, None, outcome(cost="0.01")))
    store.run(store.history.delete_messages(chat.row.id, odd.id))
    opened = store.run(store.history.conversation(chat.row.id))
    assert opened
    assert opened.row.cost_usd == "1.21"


def test_rename_settings_and_drafts(store: Store) -> None:
    chat = new_chat(store, "Old")
    new_chat(store, "Newer")
    other = replace(ChatSettings(), model="m", endpoint=Endpoint.RESPONSES)
    store.run(store.history.rename(chat.row.id, "Néw\0 title"))
    store.run(store.history.save_settings(chat.row.id, other))
    store.run(store.history.save_draft(chat.row.id, "half a thought"))
    assert store.run(store.history.new_draft()) == ""
    for text in ("first", "second"):
        store.run(store.history.save_draft(None, text))
    assert store.run(store.history.new_draft()) == "second"
    opened = store.run(store.history.conversation(chat.row.id))
    assert opened
    assert (opened.row.title, opened.draft, opened.settings) == (
        "Néw title",
        "half a thought",
        other,
    )
    assert opened.row.updated_at == chat.row.updated_at
    listed = store.run(store.history.conversations())
    assert [row.title for row in listed] == ["Newer", "Néw title"]
    assert store.sql("select is_title_edited from conversation order by id") == [(1,), (0,)]


def test_delete_and_restore(store: Store) -> None:
    chat = new_chat(store)
    question = say(store, chat, None)
    store.run(store.history.delete(chat.row.id))
    assert store.run(store.history.conversations()) == []
    assert store.run(store.history.conversation(chat.row.id)) is None
    reply = say(store, chat, question, role=Role.ASSISTANT)
    store.run(store.history.finish(reply.id, None, outcome("late")))
    store.run(store.history.restore(chat.row.id))
    assert [row.message_count for row in store.run(store.history.conversations())] == [2]
    assert texts(store.run(store.history.page(chat.row.id, 0, 9))) == ["hello", "late"]


def test_what_is_gone_is_said_to_be_gone(store: Store) -> None:
    chat, other = new_chat(store), new_chat(store)
    message = say(store, other, None)
    nobody, nothing = ConversationId(99), MessageId(99)
    history = store.history
    calls = (
        lambda: history.rename(nobody, "x"),
        lambda: history.save_settings(nobody, ChatSettings()),
        lambda: history.save_draft(nobody, "x"),
        lambda: history.delete(nobody),
        lambda: history.restore(nobody),
        lambda: history.page(nobody, 0, 1),
        lambda: history.path(nothing),
        lambda: history.add(nobody, None, Role.USER, (), START),
        lambda: history.add(chat.row.id, nothing, Role.USER, (), START),
        lambda: history.add(chat.row.id, message.id, Role.USER, (), START),
        lambda: history.begin_exchange(nothing, request(), START),
        lambda: history.checkpoint(
            Checkpoint(nothing, ExchangeId(9), Growth(choices=(Choice(),)), b"")
        ),
        lambda: history.checkpoint(Checkpoint(message.id, ExchangeId(9), Growth(), b"x")),
        lambda: history.finish(nothing, None, outcome()),
        lambda: history.finish(message.id, ExchangeId(9), outcome()),
        lambda: history.select(chat.row.id, message.id),
        lambda: history.delete_messages(chat.row.id, message.id),
        lambda: history.delete_messages(chat.row.id, nothing),
    )
    before = store.sql("select * from message")
    for call in calls:
        with pytest.raises(StorageError, match="no longer in the history"):
            store.run(call())
    assert store.run(history.conversation(nobody)) is None
    assert store.sql("select * from message") == before
    assert store.sql("select count(*) from branch") == [(1,)]


def test_the_list_is_paged_by_keys(store: Store) -> None:
    chats = [new_chat(store, f"Chat {number}") for number in range(25)]
    say(store, chats[3], None)
    expected = ["Chat 3", *(f"Chat {number}" for number in range(24, -1, -1) if number != 3)]
    seen: list[str] = []
    cursor = None
    while rows := store.run(store.history.conversations(after=cursor, limit=7)):
        seen += [row.title for row in rows]
        cursor = ListCursor(rows[-1].updated_at, rows[-1].id)
        if len(seen) == 7:
            new_chat(store, "Meanwhile")
    assert seen == expected


def test_titles_are_found_whatever_their_case_and_accents(store: Store) -> None:
    for title in (
        "Crème BRÛLÉE recipe",
        "Straße nach Köln",
        "İstanbul",
        "100% _sure_",
        "東京の天気",
    ):
        new_chat(store, title)

    def found(query: str) -> list[str]:
        return [row.title for row in store.run(store.history.conversations(query=query))]

    assert found("brulee CREME") == ["Crème BRÛLÉE recipe"]
    assert found("STRASSE") == ["Straße nach Köln"]
    assert found("istanbul") == ["İstanbul"]
    assert found("0% _s") == ["100% _sure_"]
    assert found("%") == ["100% _sure_"]
    assert found("京の") == ["東京の天気"]
    assert found("creme koln") == []
    assert len(found("  ")) == 5
    assert len(found("\0")) == 5


def test_the_newest_change_comes_first_even_if_the_clock_was_set_back(store: Store) -> None:
    first = new_chat(store, "Yesterday", START)
    past = datetime(1970, 1, 2, tzinfo=UTC)
    new_chat(store, "After the clock was set back", past)
    rows = store.run(store.history.conversations())
    assert [row.title for row in rows] == ["After the clock was set back", "Yesterday"]
    message = store.run(store.history.add(first.row.id, None, Role.USER, (TextPart("x"),), past))
    assert message.created_at == past
    rows = store.run(store.history.conversations())
    assert [row.title for row in rows] == ["Yesterday", "After the clock was set back"]
    assert rows[0].updated_at - START < timedelta(seconds=1)


def test_any_text_can_be_kept(store: Store) -> None:
    nasty = "a\0b \ud83d\ude00 \udc80 \ud800! é é \U0010ffff"
    kept = "a\0b \U0001f600 \ufffd \ufffd! é é \U0010ffff"
    chat = new_chat(store, nasty)
    assert chat.row.title == kept.replace("\0", "")
    message = say(store, chat, None, nasty)
    assert message.text == kept
    reply = say(store, chat, message, role=Role.ASSISTANT)
    exchange = store.run(store.history.begin_exchange(reply.id, request(), START))
    growth = Growth((Choice(parts=(TextPart(nasty),)),))
    store.run(store.history.checkpoint(Checkpoint(reply.id, exchange, growth)))
    store.run(
        store.history.checkpoint(Checkpoint(reply.id, exchange, Growth(None, [(0, 0, nasty)])))
    )
    assert store.run(store.history.path(reply.id))[-1].text == kept * 2
    end = replace(
        outcome(nasty, fault=replace(FAULT, provider_text=nasty)),
        headers=(("x", nasty),),
        anomalies=(nasty,),
    )
    end = replace(end, summary=replace(end.summary, cost=Cost("0.1", source=nasty), model=nasty))
    finished = store.run(store.history.finish(reply.id, exchange, end))
    assert finished.text == kept
    assert finished.fault
    assert finished.fault.provider_text == kept
    store.run(store.history.save_draft(chat.row.id, nasty))
    store.run(store.history.save_draft(None, nasty))
    assert store.run(store.history.new_draft()) == kept
    assert len(store.run(store.history.conversations(query=nasty))) == 1
    assert store.run(store.history.row(chat.row.id, query="é")) is not None
    assert store.run(store.history.row(chat.row.id, query="absent")) is None


def test_a_late_checkpoint_changes_nothing(store: Store) -> None:
    chat = new_chat(store)
    reply = say(store, chat, None, role=Role.ASSISTANT)
    exchange = store.run(store.history.begin_exchange(reply.id, request(), START))
    stored = store.run(store.history.finish(reply.id, exchange, outcome("whole")))
    late = Growth((Choice(parts=(TextPart("late"),)),))
    store.run(store.history.checkpoint(Checkpoint(reply.id, exchange, late)))
    assert store.run(store.history.path(reply.id)) == [stored]
    assert store.sql("select count(*) from growth") == [(0,)]


def test_page_now_needs_no_loop(store: Store) -> None:
    chat = new_chat(store)
    message = say(store, chat, None)
    assert store.history.page_now(chat.row.id, 0, 5) == [message]


def test_everything_is_there_after_a_restart(open_store: Callable[..., Store]) -> None:
    store = open_store()
    chat = new_chat(store)
    question = say(store, chat, None)
    store.run(store.history.save_draft(None, "draft"))
    store.close()
    again = open_store()
    assert again.first_page.new_draft == "draft"
    assert [row.id for row in again.first_page.rows] == [chat.row.id]
    assert again.first_page.notice == ""
    assert again.run(again.history.page(chat.row.id, 0, 9)) == [question]
