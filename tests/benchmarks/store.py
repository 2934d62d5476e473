"""Fills a history file with generated conversations, fast; for benchmarks only.

python -m tests.benchmarks.store FILE CONVERSATIONS MESSAGES [LONG]
"""

import random
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import apsw

from desktop.domain.messages import Choice, Status, TextPart
from desktop.domain.parameters import ChatSettings
from desktop.storage.opening import Opener
from desktop.storage.query import transaction
from desktop.storage.rows import choices_to_columns, folded, to_column, to_json

_BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
_STEP_US = 60_000_000
_LATIN = tuple(
    line.strip()
    for line in """the
    of
    and
    to
    with
    for
    model
    token
    stream
    answer
    window
    paint
    history
    search
    index
    branch
    leaf
    café
    naïve
    über
    garçon
    résumé
    straße
    value""".splitlines()
)
_CJK = "天気東京大学日本語中文回答模型窗口历史搜索"


def build_store(
    path: Path,
    conversations: int,
    messages: int,
    long: int = 0,
    texts: Mapping[int, str] | None = None,
) -> None:
    """Writes a new history of ``conversations`` that together hold ``messages`` messages.

    The texts are 92 bytes on average and every tenth one is Chinese or Japanese; the same numbers
    give the same file. Conversation ids count from 1, oldest first.

    Args:
        path: A file that is not there yet.
        conversations: How many.
        messages: In all of them together.
        long: Messages of one more conversation, the newest; 0 for none.
        texts: What messages say instead, by their ids, which count from 1.
    """
    if path.exists():
        raise FileExistsError(path)
    connection = Opener(path, lambda: datetime.now(UTC)).open().connection
    try:
        connection.pragma("synchronous", "off")
        with transaction(connection):
            lengths = _lengths(conversations, messages) + [long] * bool(long)
            _fill(connection, lengths, texts or {})
        connection.pragma("synchronous", "normal")
        connection.pragma("wal_checkpoint", "truncate")
        connection.execute("analyze")
    finally:
        connection.close()


def _lengths(conversations: int, messages: int) -> list[int]:
    """The conversations' lengths: alike, and together exactly as many as asked for."""
    each, rest = divmod(messages, conversations) if conversations else (0, 0)
    return [each + (number < rest) for number in range(conversations)]


def _fill(connection: apsw.Connection, lengths: list[int], texts: Mapping[int, str]) -> None:
    chance = random.Random(5)  # noqa: S311
    settings = ChatSettings()
    payload = to_json(settings.to_payload())
    began = to_column(_BEGAN)
    firsts = [1]
    for length in lengths:
        firsts.append(firsts[-1] + length)
    titles = [_text(chance, number)[:60] for number in range(len(lengths))]
    connection.executemany(
        """
        insert into conversation(id, title, title_folded, created, updated, leaf, message_count,
            model, endpoint, settings) values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            (
                number + 1,
                titles[number],
                folded(titles[number]),
                began + number * _STEP_US,
                began + number * _STEP_US,
                firsts[number] + length - 1 if length else None,
                length,
                settings.model,
                settings.endpoint.value,
                payload,
            )
            for number, length in enumerate(lengths)
        ),
    )
    connection.executemany(
        "insert into branch(conversation, number, parent, first_depth) values(?, 0, null, 0)",
        ((number + 1,) for number, length in enumerate(lengths) if length),
    )
    connection.executemany(
        """
        insert into message(id, conversation, branch, depth, parent, role, status, created,
            content, text) values(?, ?, 0, ?, ?, ?, ?, ?, ?, ?)
        """,
        _messages(chance, lengths, firsts, began, texts),
    )


def _messages(
    chance: random.Random,
    lengths: list[int],
    firsts: list[int],
    began: int,
    texts: Mapping[int, str],
) -> Iterator[tuple[object, ...]]:
    content, _ = choices_to_columns((Choice(parts=(TextPart(""),)),))
    for number, length in enumerate(lengths):
        for depth in range(length):
            id_ = firsts[number] + depth
            yield (
                id_,
                number + 1,
                depth,
                id_ - 1 if depth else None,
                ("user", "assistant")[depth % 2],
                Status.COMPLETE.value,
                began + number * _STEP_US + depth,
                content,
                texts.get(id_) or _text(chance, id_),
            )


def _text(chance: random.Random, number: int) -> str:
    if number % 10 == 9:
        return "".join(chance.choices(_CJK, k=30))
    return f"{' '.join(chance.choices(_LATIN, k=16))} {number}"


if __name__ == "__main__":
    begin = time.perf_counter()
    many, messages, long = [*map(int, sys.argv[2:5]), 0][:3]
    build_store(Path(sys.argv[1]), many, messages, long)
    print(f"{time.perf_counter() - begin:.1f} s")
