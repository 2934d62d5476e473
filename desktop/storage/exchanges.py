"""The calls that made replies: exact requests, what arrived while they ran, how they ended."""

import json
import zlib
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from struct import Struct
from typing import Any

import apsw

from desktop.domain.exchange import ExchangeRecord
from desktop.domain.history import Checkpoint, Outcome
from desktop.domain.ids import ExchangeId, MessageId
from desktop.domain.messages import Choice, ExchangeSummary, Growth
from desktop.domain.requests import PreparedRequest
from desktop.storage.query import change, row, row_or_none
from desktop.storage.rows import (
    SUMMARY_COLUMNS,
    choices_from_payload,
    choices_to_columns,
    choices_to_payload,
    clean,
    from_column,
    pairs,
    summary_from_row,
    summary_to_columns,
    to_column,
    to_json,
)

RAW_CAP = 256 * 1024 * 1024
"""Bytes of one answer that are kept as they came; more is cut and said so."""

PIECE_SIZE = 16 * 1024
"""Bytes of a request body that are kept as one. Successive requests of a conversation begin alike,
so that they share all pieces but the last few."""

_LEVEL = 1
"""zlib's fastest: streams shrink to 3 to 24 % (measured), at a cost that fits a checkpoint."""

_ARRIVAL = Struct("<Id")


def begin(
    connection: apsw.Connection,
    message_id: MessageId,
    request: PreparedRequest,
    started_at: datetime,
) -> ExchangeId:
    """Records a request and makes it the one of its reply.

    Raises:
        StorageError: The reply is gone.
    """
    summary = ExchangeSummary(
        endpoint=request.endpoint.value,
        requested_model=request.model,
        is_streamed=request.is_streamed,
        client_request_id=request.client_request_id,
    )
    exchange = _insert(connection, message_id, summary, started_at)
    connection.execute(
        "update exchange set method = ?, url = ?, request_headers = ? where id = ?",
        (clean(request.method), clean(request.url), to_json(request.headers), exchange),
    )
    _keep_body(connection, exchange, request.body)
    return exchange


def _insert(
    connection: apsw.Connection,
    message_id: MessageId,
    summary: ExchangeSummary,
    started_at: datetime,
) -> ExchangeId:
    values = summary_to_columns(summary) | {
        "message": message_id,
        "started": to_column(started_at),
    }
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    row(connection, "select 1 from message where id = ?", (message_id,))
    connection.execute(f"insert into exchange({names}) values({marks})", values)
    exchange = connection.last_insert_rowid()
    connection.execute("update message set exchange = ? where id = ?", (exchange, message_id))
    return ExchangeId(exchange)


def _keep_body(connection: apsw.Connection, exchange: ExchangeId, body: bytes) -> None:
    import hashlib

    for sequence, start in enumerate(range(0, len(body), PIECE_SIZE)):
        data = body[start : start + PIECE_SIZE]
        digest = hashlib.sha256(data).digest()
        piece = connection.execute("select id from piece where sha256 = ?", (digest,)).get
        if piece is None:
            connection.execute(
                "insert into piece(sha256, data) values(?, ?)", (digest, zlib.compress(data))
            )
            piece = connection.last_insert_rowid()
        connection.execute(
            "insert into request_piece(exchange, sequence, piece) values(?, ?, ?)",
            (exchange, sequence, piece),
        )


def forget_unused_pieces(connection: apsw.Connection, pieces: list[int]) -> None:
    """Deletes those of the pieces that no request holds any more."""
    connection.executemany(
        """
        delete from piece where id = ?
            and not exists (select 1 from request_piece where piece = piece.id)
        """,
        ((piece,) for piece in pieces),
    )


def append(connection: apsw.Connection, checkpoint: Checkpoint) -> None:
    """Appends what a running reply gained.

    Raises:
        StorageError: The reply or its exchange is gone.
    """
    if checkpoint.growth:
        _append_growth(connection, checkpoint.message_id, checkpoint.growth)
    if checkpoint.raw or checkpoint.arrivals:
        _append_raw(connection, checkpoint)


def _append_growth(connection: apsw.Connection, message_id: MessageId, growth: Growth) -> None:
    (status,) = row(connection, "select status from message where id = ?", (message_id,))
    if status not in ("sending", "streaming"):
        return
    if status == "sending":
        connection.execute("update message set status = 'streaming' where id = ?", (message_id,))
    sequence = connection.execute(
        "select coalesce(max(sequence) + 1, 0) from growth where message = ?", (message_id,)
    ).get
    if growth.choices is not None:
        connection.execute("delete from growth where message = ?", (message_id,))
        content = to_json(choices_to_payload(growth.choices))
    else:
        content = to_json(_merged(growth.appended))
    connection.execute(
        "insert into growth(message, sequence, is_whole, content) values(?, ?, ?, ?)",
        (message_id, sequence, int(growth.choices is not None), content),
    )


def _merged(appended: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The same text with neighbours that go to the same place made one."""
    return [
        (*place, "".join(text for _, _, text in group))
        for place, group in groupby(appended, key=lambda entry: entry[:2])
    ]


def _append_raw(connection: apsw.Connection, checkpoint: Checkpoint) -> None:
    last = row_or_none(
        connection,
        """
        select sequence + 1, start + size from chunk where exchange = ?
            order by sequence desc limit 1
        """,
        (checkpoint.exchange_id,),
    )
    sequence, start = last or (0, 0)
    raw = checkpoint.raw[: RAW_CAP - start]
    if len(raw) < len(checkpoint.raw):
        connection.execute(
            "update exchange set is_raw_cut = 1 where id = ?", (checkpoint.exchange_id,)
        )
    if not raw and checkpoint.raw:
        return
    arrivals = b"".join(
        _ARRIVAL.pack(offset, at_s) for offset, at_s in checkpoint.arrivals if offset <= len(raw)
    )
    change(
        connection,
        """
        insert into chunk(exchange, sequence, start, size, arrivals, data)
            select id, ?, ?, ?, ?, ? from exchange where id = ?
        """,
        (sequence, start, len(raw), arrivals, zlib.compress(raw, _LEVEL), checkpoint.exchange_id),
    )


def grown(connection: apsw.Connection, message_id: int) -> tuple[Choice, ...]:
    """What a reply that has not ended gained so far, from its checkpoints.

    Text for a part that is not there is left out: whatever was written, the history opens.
    """
    choices: tuple[Choice, ...] = ()
    pending = Growth()
    for is_whole, content in connection.execute(
        "select is_whole, content from growth where message = ? order by sequence", (message_id,)
    ):
        if is_whole:
            choices, pending = choices_from_payload(json.loads(content)), Growth()
        else:
            pending.appended.extend(
                (choice, part, text)
                for choice, part, text in json.loads(content)
                if choice < len(choices) and part < len(choices[choice].parts)
            )
    return pending.applied_to(choices)


def end(
    connection: apsw.Connection,
    message_id: MessageId,
    exchange_id: ExchangeId | None,
    outcome: Outcome,
    now: datetime,
) -> None:
    """Writes a reply's end in place of its checkpoints.

    Raises:
        StorageError: The reply is gone.
    """
    billed_before = connection.execute(
        "select cost_usd from exchange where id = ?", (exchange_id,)
    ).get
    if exchange_id is None:
        exchange_id = _insert(connection, message_id, outcome.summary, now)
    _end_exchange(connection, exchange_id, outcome)
    fold(connection, message_id, outcome.choices, outcome.status.value, outcome.note.value)
    has_error = outcome.summary.fault is not None and any(
        choice.parts for choice in outcome.choices[:1]
    )
    connection.execute(
        "update message set has_error = ? where id = ?", (int(has_error), message_id)
    )
    cost = outcome.summary.cost
    if cost is not None and cost.usd != billed_before:
        _bill(connection, message_id, _decimal(cost.usd) - _decimal(billed_before or "0"))


def _end_exchange(connection: apsw.Connection, exchange_id: ExchangeId, outcome: Outcome) -> None:
    values: dict[str, Any] = summary_to_columns(outcome.summary) | {
        "http_status": outcome.http_status,
        "response_headers": to_json(outcome.headers),
        "anomalies": to_json(outcome.anomalies),
    }
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    change(
        connection,
        f"update exchange set {assignments} where id = :id",  # noqa: S608
        values | {"id": exchange_id},
    )


def fold(
    connection: apsw.Connection,
    message_id: int,
    choices: tuple[Choice, ...],
    status: str,
    note: str,
) -> None:
    """Puts a reply's content in place of its checkpoints.

    Raises:
        StorageError: The reply is gone.
    """
    content, text = choices_to_columns(choices)
    change(
        connection,
        "update message set status = ?, note = ?, content = ?, text = ? where id = ?",
        (status, note, content, text, message_id),
    )
    connection.execute("delete from growth where message = ?", (message_id,))


def recover(connection: apsw.Connection) -> int:
    """Ends the replies that a crash cut: what they had gained stands, as ``interrupted``.

    Returns how many there were.
    """
    cut = [
        message
        for (message,) in connection.execute(
            "select id from message where status in ('sending', 'streaming')"
        )
    ]
    for message in cut:
        fold(connection, message, grown(connection, message), "interrupted", "")
    return len(cut)


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return Decimal(0)
    return value if value.is_finite() else Decimal(0)


def _bill(connection: apsw.Connection, message_id: MessageId, more: Decimal) -> None:
    conversation, billed = row(
        connection,
        """
        select id, cost_usd from conversation
            where id = (select conversation from message where id = ?)
        """,
        (message_id,),
    )
    connection.execute(
        "update conversation set cost_usd = ? where id = ?",
        (format(_decimal(billed or "0") + more, "f"), conversation),
    )


def record(
    connection: apsw.Connection, message_id: MessageId, raw_limit: int | None
) -> ExchangeRecord | None:
    """The call that made a message, or None if there was none."""
    found = row_or_none(
        connection,
        f"""
        select x.id, x.started, x.method, x.url, x.request_headers, x.http_status,
            x.response_headers, x.anomalies, x.is_raw_cut, {SUMMARY_COLUMNS}
            from message m join exchange x on x.id = m.exchange where m.id = ?
        """,  # noqa: S608
        (message_id,),
    )
    summary = summary_from_row(found[9:]) if found else None
    if found is None or summary is None:
        return None
    id_, started, method, url, request_headers, http_status, headers, anomalies, is_cut = found[:9]
    raw, size, arrivals = _raw_log(connection, id_, RAW_CAP if raw_limit is None else raw_limit)
    return ExchangeRecord(
        id=ExchangeId(id_),
        message_id=message_id,
        summary=summary,
        started_at=from_column(started),
        method=method,
        url=url,
        request_headers=pairs(request_headers),
        body=b"".join(_body(connection, id_)),
        http_status=http_status,
        response_headers=pairs(headers),
        raw=raw,
        raw_size=size,
        is_raw_cut=bool(is_cut),
        arrivals=arrivals,
        anomalies=tuple(json.loads(anomalies)),
    )


def _body(connection: apsw.Connection, exchange: int) -> Iterator[bytes]:
    for (data,) in connection.execute(
        """
        select data from request_piece r join piece p on p.id = r.piece
            where r.exchange = ? order by r.sequence
        """,
        (exchange,),
    ):
        yield zlib.decompress(data)


def _raw_log(
    connection: apsw.Connection, exchange: int, limit: int
) -> tuple[bytes, int, list[tuple[int, float]]]:
    pieces: list[bytes] = []
    arrivals: list[tuple[int, float]] = []
    size = 0
    for start, length, times, data in connection.execute(
        "select start, size, arrivals, data from chunk where exchange = ? order by sequence",
        (exchange,),
    ):
        size = start + length
        if start < limit:
            pieces.append(zlib.decompress(data)[: limit - start])
            arrivals.extend(
                (start + offset, at_s)
                for offset, at_s in _ARRIVAL.iter_unpack(times)
                if start + offset < limit
            )
    return b"".join(pieces), size, arrivals
