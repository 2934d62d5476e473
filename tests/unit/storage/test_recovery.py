"""What a crash leaves, and what the next start makes of it."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.domain.capabilities import Endpoint
from desktop.domain.history import Checkpoint
from desktop.domain.ids import ConversationId
from desktop.domain.messages import Choice, Growth, ReasoningPart, Role, Status, TextPart
from desktop.domain.parameters import ChatSettings
from desktop.storage.database import HistoryDatabase
from desktop.storage.history import History
from tests.unit.storage.conftest import START, Store
from tests.unit.storage.samples import FAULT, RICH, new_chat, outcome, request, say


def test_replies_that_were_running_are_interrupted(open_store: Callable[..., Store]) -> None:
    store = open_store()
    chat = new_chat(store)
    waiting = say(store, chat, None, role=Role.ASSISTANT)
    running = say(store, chat, None, role=Role.ASSISTANT)
    done = say(store, chat, None, role=Role.ASSISTANT)
    failed = say(store, chat, None, role=Role.ASSISTANT)
    exchange = store.run(store.history.begin_exchange(running.id, request(b"{}"), START))
    thinking = (Choice(parts=(ReasoningPart("Hm"),)),)
    answering = (Choice(parts=(ReasoningPart("Hm, so"), TextPart("It"))),)
    steps = (
        Growth(thinking),
        Growth(None, [(0, 0, ", "), (0, 0, "so")]),
        Growth(answering, [(0, 1, "It")]),
        Growth(None, [(0, 1, " is"), (0, 0, "!"), (0, 1, " so"), (0, 7, "lost"), (3, 0, "lost")]),
    )
    for number, growth in enumerate(steps):
        point = Checkpoint(running.id, exchange, growth, b"raw%d" % number, [(0, number / 4)])
        store.run(store.history.checkpoint(point))
    finished = store.run(store.history.finish(done.id, None, outcome("done")))
    broken = store.run(
        store.history.finish(failed.id, None, outcome("x", status=Status.FAILED, fault=FAULT))
    )
    store.close()
    again = open_store()
    page = {id_.id: again.run(again.history.path(id_.id))[0] for id_ in (waiting, running)}
    assert page[waiting.id].status is Status.INTERRUPTED
    assert page[waiting.id].parts == ()
    assert page[running.id].status is Status.INTERRUPTED
    assert page[running.id].parts == (ReasoningPart("Hm, so!"), TextPart("It is so"))
    assert page[running.id].fault is None
    assert again.run(again.history.path(done.id)) == [finished]
    assert again.run(again.history.path(failed.id)) == [broken]
    assert again.sql("select count(*) from growth") == [(0,)]
    record = again.run(again.history.exchange(running.id))
    assert record
    assert record.raw == b"raw0raw1raw2raw3"
    assert record.summary.endpoint == Endpoint.RESPONSES.value
    opened = again.run(again.history.conversation(chat.row.id))
    assert opened
    assert opened.error_depths == (0,)


def test_a_rich_reply_survives_its_checkpoints(open_store: Callable[..., Store]) -> None:
    store = open_store()
    chat = new_chat(store)
    reply = say(store, chat, None, role=Role.ASSISTANT)
    exchange = store.run(store.history.begin_exchange(reply.id, request(), START))
    store.run(store.history.checkpoint(Checkpoint(reply.id, exchange, Growth(RICH))))
    assert store.run(store.history.path(reply.id))[0].choices == RICH
    store.close()
    again = open_store()
    assert again.run(again.history.path(reply.id))[0].choices == RICH


async def write_for_ever(path: Path) -> None:
    """Streams replies into a history and prints what was acknowledged, until it is killed."""
    history = History(HistoryDatabase(path))
    chat = (await history.create("Killed", ChatSettings(), START)).row.id
    parent = None
    while True:
        user = await history.add(chat, parent, Role.USER, (TextPart("?"),), START)
        print("user", user.id, flush=True)  # noqa: T201
        reply = await history.add(chat, user.id, Role.ASSISTANT, (), START)
        exchange = await history.begin_exchange(reply.id, request(b"x" * 50_000), START)
        first = Growth((Choice(parts=(TextPart("0 "),)),))
        await history.checkpoint(Checkpoint(reply.id, exchange, first, b"0" * 5_000, [(0, 0.0)]))
        for number in range(1, 40):
            more = Growth(None, [(0, 0, f"{number} ")])
            await history.checkpoint(Checkpoint(reply.id, exchange, more, b"1" * 5_000))
            print("point", reply.id, number, flush=True)  # noqa: T201
        await history.finish(reply.id, exchange, outcome("whole", cost="0.5"))
        print("reply", reply.id, flush=True)  # noqa: T201
        parent = reply.id


def killed_after(path: Path, lines: int) -> list[list[str]]:
    """What a writer acknowledged before it was killed."""
    code = (
        "import asyncio, sys; from pathlib import Path;"
        "from tests.unit.storage.test_recovery import write_for_ever;"
        "asyncio.run(write_for_ever(Path(sys.argv[1])))"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout
    with writer, writer.stdout:
        said = [writer.stdout.readline().split() for _ in range(lines)]
        writer.kill()
        said += [line.split() for line in writer.stdout.read().splitlines(keepends=True)[:-1]]
    return said


def check_what_is_left(path: Path, said: list[list[str]]) -> None:
    store = Store(path)
    assert store.first_page.notice == ""
    assert store.sql("pragma integrity_check") == [("ok",)]
    assert store.sql("pragma foreign_key_check") == []
    page = {m.id: m for m in store.run(store.history.page(ConversationId(1), 0, 10_000))}
    for kind, id_, *number in said:
        message = page[int(id_)]  # type: ignore[index]
        if kind == "reply":
            assert (message.status, message.text) == (Status.COMPLETE, "whole")
        elif kind == "point" and message.status is Status.INTERRUPTED:
            counted = [int(word) for word in message.text.split()]
            assert counted == list(range(len(counted)))
            assert len(counted) > int(number[0])
    assert not any(message.status.is_running for message in page.values())
    assert store.sql("select count(*) from growth") == [(0,)]
    complete = sum(m.status is Status.COMPLETE and m.role is Role.ASSISTANT for m in page.values())
    (row,) = store.run(store.history.conversations())
    assert row.message_count == len(page)
    assert row.cost_usd == ("" if not complete else f"{complete * 0.5:.1f}")
    store.close()


@pytest.mark.parametrize("lines", [1, 17, 60, 200])
def test_a_kill_loses_nothing_that_was_acknowledged(lines: int, tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    check_what_is_left(path, killed_after(path, lines))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100))
def test_kills_at_many_moments_lose_nothing(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    lines = random.Random(seed).randrange(1, 500)  # noqa: S311
    check_what_is_left(path, killed_after(path, lines))
