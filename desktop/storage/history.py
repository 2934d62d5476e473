"""Conversations on disk: the history store that the core works with."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import apsw

from desktop.domain.errors import StorageError
from desktop.domain.exchange import ExchangeRecord
from desktop.domain.history import (
    Checkpoint,
    Conversation,
    ConversationRow,
    ListCursor,
    Outcome,
)
from desktop.domain.ids import ConversationId, ExchangeId, MessageId
from desktop.domain.messages import Choice, Message, Part, Role, Status
from desktop.domain.parameters import ChatSettings
from desktop.domain.requests import PreparedRequest
from desktop.storage import exchanges, finding, listing, tree
from desktop.storage.database import HistoryDatabase
from desktop.storage.errors import GONE
from desktop.storage.query import change, row, row_or_none
from desktop.storage.rows import (
    LIST_COLUMNS,
    MESSAGE_COLUMNS,
    choices_to_columns,
    clean,
    folded,
    list_row,
    message_from_row,
    to_column,
    to_json,
)

_WAIT_S = 2.0
"""How long a caller that cannot wait for the loop waits for a page."""


def _now() -> datetime:
    return datetime.now(UTC)


class History:
    """Implements ``core.ports.HistoryStore``; every method may raise ``StorageError``.

    Calls run one after another on the database's thread. A call that was cancelled is carried out
    all the same: what was handed in to be saved is saved.
    """

    def __init__(self, database: HistoryDatabase, clock: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._clock = clock

    async def conversations(
        self, *, after: ListCursor | None = None, query: str = "", limit: int = 60
    ) -> list[ConversationRow]:
        """A page of the list, newest first; ``query`` keeps titles that hold all its words."""
        return await self._database.read(lambda c: listing.page(c, after, query, limit))

    async def row(
        self, conversation_id: ConversationId, *, query: str = ""
    ) -> ConversationRow | None:
        """One row of the list, or None if it is gone or the query does not keep it."""
        return await self._database.read(lambda c: listing.one(c, conversation_id, query))

    async def conversation(self, conversation_id: ConversationId) -> Conversation | None:
        """One conversation as it is opened, or None if it is gone."""
        return await self._database.read(lambda c: _conversation(c, conversation_id))

    async def create(
        self, title: str, settings: ChatSettings, created_at: datetime
    ) -> Conversation:
        """A new, empty conversation."""

        def job(connection: apsw.Connection) -> Conversation:
            values = _settings_columns(settings) | _title_columns(title)
            values |= {
                "created": to_column(created_at),
                "updated": _stamp(connection, created_at),
            }
            connection.execute(
                """
                insert into conversation(
                    title, title_folded, created, updated, model, endpoint, settings
                ) values(:title, :title_folded, :created, :updated, :model, :endpoint, :settings)
                """,
                values,
            )
            return _opened(connection, ConversationId(connection.last_insert_rowid()))

        return await self._database.write(job, is_durable=True)

    async def rename(self, conversation_id: ConversationId, title: str) -> None:
        """Gives it another title."""
        values = _title_columns(title) | {"id": conversation_id}
        await self._change(
            """
            update conversation set title = :title, title_folded = :title_folded,
                is_title_edited = 1 where id = :id
            """,
            values,
        )

    async def save_settings(self, conversation_id: ConversationId, settings: ChatSettings) -> None:
        """What its next request uses; does not count as a change of the conversation."""
        values = _settings_columns(settings) | {"id": conversation_id}
        await self._change(
            """
            update conversation set model = :model, endpoint = :endpoint, settings = :settings
                where id = :id
            """,
            values,
        )

    async def delete(self, conversation_id: ConversationId) -> None:
        """Takes it off the list; :meth:`restore` brings it back."""
        await self._change(
            "update conversation set deleted_at = :at where id = :id",
            {"at": to_column(self._clock()), "id": conversation_id},
        )

    async def restore(self, conversation_id: ConversationId) -> None:
        """Undoes a delete."""
        await self._change(
            "update conversation set deleted_at = null where id = :id", {"id": conversation_id}
        )

    async def save_draft(self, conversation_id: ConversationId | None, text: str) -> None:
        """Keeps unsent text; None is the conversation that does not exist yet."""
        if conversation_id is None:
            await self._change(
                """
                insert into meta(key, value) values('new_draft', :text)
                    on conflict(key) do update set value = excluded.value
                """,
                {"text": clean(text)},
                is_durable=False,
            )
        else:
            await self._change(
                "update conversation set draft = :text where id = :id",
                {"text": clean(text), "id": conversation_id},
                is_durable=False,
            )

    async def new_draft(self) -> str:
        """The unsent text of the conversation that does not exist yet."""
        return await self._database.read(listing.new_draft)

    async def page(
        self, conversation_id: ConversationId, first_depth: int, last_depth: int
    ) -> list[Message]:
        """Messages of the shown branch between two depths (both included), oldest first."""
        return await self._database.read(
            lambda c: _page(c, conversation_id, first_depth, last_depth)
        )

    def page_now(
        self, conversation_id: ConversationId, first_depth: int, last_depth: int
    ) -> list[Message]:
        """As :meth:`page`, waiting for it; only for assistive technology that cannot wait."""
        return self._database.call_now(
            lambda c: _page(c, conversation_id, first_depth, last_depth), _WAIT_S
        )

    async def find(
        self, conversation_id: ConversationId, query: str, first_depth: int, last_depth: int
    ) -> list[tuple[int, int]]:
        """Depth and number of hits of the messages of the shown branch that hold a text.

        Only those between two depths (both included), in that order; whatever the text's case
        and accents. Reasoning is not searched, nor is what a running reply gained.
        """

        def job(connection: apsw.Connection) -> list[tuple[int, int]]:
            leaf = _shown_leaf(connection, conversation_id)
            return finding.count(connection, leaf, query, first_depth, last_depth)

        return await self._database.read(job)

    async def path(self, message_id: MessageId) -> list[Message]:
        """All messages from the first to this one, oldest first, on whatever branch."""
        return await self._database.read(lambda c: _messages(c, tree.place_of(c, message_id), 0))

    async def add(
        self,
        conversation_id: ConversationId,
        parent_id: MessageId | None,
        role: Role,
        parts: Sequence[Part],
        created_at: datetime,
    ) -> Message:
        """A new message below ``parent_id``, safely on disk; it becomes the shown leaf.

        An assistant message starts as ``sending``, any other is complete.
        """
        status = Status.SENDING if role is Role.ASSISTANT else Status.COMPLETE

        def job(connection: apsw.Connection) -> Message:
            _require(connection, conversation_id)
            place = tree.new_place(connection, conversation_id, parent_id)
            choices = (Choice(parts=tuple(parts)),)
            connection.execute(
                """
                insert into message(
                    conversation, branch, depth, parent, role, status, created, content, text
                ) values(?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                (
                    *place,
                    role.value,
                    status.value,
                    to_column(created_at),
                    *choices_to_columns(choices),
                ),
            )
            message_id = MessageId(connection.last_insert_rowid())
            connection.execute(
                """
                update conversation set leaf = ?, updated = ?, message_count = message_count + 1
                    where id = ?
                """,
                (message_id, _stamp(connection, created_at), conversation_id),
            )
            return _message(connection, message_id)

        return await self._database.write(job, is_durable=True)

    async def begin_exchange(
        self, message_id: MessageId, request: PreparedRequest, started_at: datetime
    ) -> ExchangeId:
        """Records the exact request that a reply is asked for with."""
        return await self._database.write(
            lambda c: exchanges.begin(c, message_id, request, started_at)
        )

    async def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Appends what a running reply gained."""
        await self._database.write(lambda c: exchanges.append(c, checkpoint))

    async def finish(
        self, message_id: MessageId, exchange_id: ExchangeId | None, outcome: Outcome
    ) -> Message:
        """Writes a reply's end and folds its checkpoints; returns it as stored."""

        def job(connection: apsw.Connection) -> Message:
            exchanges.end(connection, message_id, exchange_id, outcome, self._clock())
            return _message(connection, message_id)

        return await self._database.write(job, is_durable=True)

    async def sibling(self, message_id: MessageId, step: int) -> MessageId | None:
        """The sibling ``step`` places after a message (before it if negative), or None."""
        return await self._database.read(lambda c: tree.sibling_at(c, message_id, step))

    async def select(self, conversation_id: ConversationId, message_id: MessageId) -> Conversation:
        """Shows the branch of a message, down to its newest leaf."""

        def job(connection: apsw.Connection) -> Conversation:
            place = _place(connection, conversation_id, message_id)
            _show(connection, conversation_id, tree.newest_leaf(connection, place))
            return _opened(connection, conversation_id)

        return await self._database.write(job)

    async def delete_messages(
        self, conversation_id: ConversationId, message_id: MessageId
    ) -> Conversation:
        """Takes a message and all below it away; a sibling or the parent is shown instead.

        What was billed for them stays in the conversation's cost.
        """

        def job(connection: apsw.Connection) -> Conversation:
            _delete_messages(connection, conversation_id, message_id)
            return _opened(connection, conversation_id)

        return await self._database.write(job, is_durable=True)

    async def exchange(
        self, message_id: MessageId, *, raw_limit: int | None = None
    ) -> ExchangeRecord | None:
        """The call that made a message, with at most ``raw_limit`` bytes of what came.

        None if no call was made for it.
        """
        return await self._database.read(lambda c: exchanges.record(c, message_id, raw_limit))

    async def _change(self, sql: str, values: dict[str, Any], *, is_durable: bool = True) -> None:
        """Runs a statement that must change a row."""
        await self._database.write(lambda c: change(c, sql, values), is_durable=is_durable)


def _title_columns(title: str) -> dict[str, Any]:
    shown = clean(title).replace("\0", "")
    return {"title": shown, "title_folded": folded(shown)}


def _settings_columns(settings: ChatSettings) -> dict[str, Any]:
    return {
        "model": clean(settings.model),
        "endpoint": settings.endpoint.value,
        "settings": to_json(settings.to_payload()),
    }


def _stamp(connection: apsw.Connection, at: datetime) -> int:
    """When a conversation changed, later than all others even if the clock was set back.

    The list is ordered by it; messages keep the clock's time.
    """
    newest = connection.execute(
        """
        select updated from conversation indexed by conversation_list
            where deleted_at is null and archived = 0 order by updated desc limit 1
        """
    ).get
    return to_column(at) if newest is None else max(to_column(at), int(newest) + 1)


def _require(connection: apsw.Connection, conversation_id: ConversationId) -> None:
    row(connection, "select 1 from conversation where id = ?", (conversation_id,))


def _place(
    connection: apsw.Connection, conversation_id: ConversationId, message_id: MessageId
) -> tree.Place:
    place = tree.place_of(connection, message_id)
    if place.conversation != conversation_id:
        raise StorageError(GONE, detail=f"message {message_id} is not of {conversation_id}")
    return place


def _shown_leaf(connection: apsw.Connection, conversation_id: ConversationId) -> int | None:
    values = (conversation_id,)
    leaf: int | None
    (leaf,) = row(connection, "select leaf from conversation where id = ?", values)
    return leaf


def _show(connection: apsw.Connection, conversation_id: ConversationId, leaf: int | None) -> None:
    connection.execute("update conversation set leaf = ? where id = ?", (leaf, conversation_id))


def _opened(connection: apsw.Connection, conversation_id: ConversationId) -> Conversation:
    *listed, settings, leaf, draft = row(
        connection,
        f"select {LIST_COLUMNS}, settings, leaf, draft from conversation where id = ?",  # noqa: S608
        (conversation_id,),
    )
    path = [] if leaf is None else tree.path_to(connection, tree.place_of(connection, leaf))
    return Conversation(
        row=list_row(listed),
        settings=ChatSettings.from_payload(json.loads(settings)),
        leaf_id=None if leaf is None else MessageId(leaf),
        length=path[-1].last + 1 if path else 0,
        draft=draft,
        error_depths=tree.error_depths(connection, conversation_id, path),
    )


def _conversation(
    connection: apsw.Connection, conversation_id: ConversationId
) -> Conversation | None:
    found = row_or_none(
        connection,
        "select 1 from conversation where id = ? and deleted_at is null",
        (conversation_id,),
    )
    return None if found is None else _opened(connection, conversation_id)


def _finished(connection: apsw.Connection, columns: Sequence[Any]) -> Message:
    """The message in a row; a running one with what it gained so far."""
    message = message_from_row(columns)
    if message.status.is_running:
        gained = exchanges.grown(connection, message.id)
        return replace(message, choices=gained or message.choices)
    return message


def _message(connection: apsw.Connection, message_id: MessageId) -> Message:
    columns = row(
        connection,
        f"""
        select {MESSAGE_COLUMNS} from message m left join exchange x on x.id = m.exchange
            where m.id = ?
        """,  # noqa: S608
        (message_id,),
    )
    return _finished(connection, columns)


def _messages(connection: apsw.Connection, place: tree.Place, first: int) -> list[Message]:
    """The messages from a depth down to a place, oldest first."""
    return [
        _finished(connection, columns)
        for stretch in tree.path_to(connection, place, first)
        for columns in connection.execute(
            f"""
            select {MESSAGE_COLUMNS} from message m left join exchange x on x.id = m.exchange
                where m.conversation = ? and m.branch = ? and m.depth between ? and ?
                order by m.depth
            """,  # noqa: S608
            (place.conversation, *stretch),
        )
    ]


def _page(
    connection: apsw.Connection, conversation_id: ConversationId, first: int, last: int
) -> list[Message]:
    leaf = _shown_leaf(connection, conversation_id)
    if leaf is None:
        return []
    place = tree.place_of(connection, leaf)
    return _messages(connection, tree.ancestor(connection, place, last), max(first, 0))


def _delete_messages(
    connection: apsw.Connection, conversation_id: ConversationId, message_id: MessageId
) -> None:
    place = _place(connection, conversation_id, message_id)
    pieces = tree.pieces_below(connection, place)
    shown = _shown_leaf(connection, conversation_id)
    removed = tree.remove_subtree(connection, place)
    exchanges.forget_unused_pieces(connection, pieces)
    connection.execute(
        "update conversation set message_count = message_count - ? where id = ?",
        (removed, conversation_id),
    )
    if row_or_none(connection, "select 1 from message where id = ?", (shown,)):
        return
    sibling = tree.sibling_of(connection, message_id, place)
    if sibling is None:
        _show(connection, conversation_id, place.parent)
    else:
        leaf = tree.newest_leaf(connection, tree.place_of(connection, sibling))
        _show(connection, conversation_id, leaf)
