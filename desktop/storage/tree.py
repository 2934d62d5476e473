"""Where messages stand in a conversation's tree: branches, paths, subtrees.

A path is a short list of stretches, each a range of depths on one branch, so that any page of it
is a few index ranges however long the conversation is.
"""

from typing import NamedTuple

import apsw

from desktop.domain.errors import StorageError
from desktop.domain.ids import ConversationId, MessageId
from desktop.storage.errors import GONE
from desktop.storage.query import row, row_or_none

_NEWEST_LEAF = """
    select max((
        select id from message m
            where m.conversation = :conversation and m.branch = below.number
                and m.depth >= below.low
            order by m.depth desc limit 1
    )) from below
"""
_STRETCHES = "select number, low from below"
_PIECES = """
    select distinct r.piece from below
        join message m on m.conversation = :conversation and m.branch = below.number
            and m.depth >= below.low
        join exchange x on x.message = m.id
        join request_piece r on r.exchange = x.id
"""
_SUBTREE = """
    with recursive below(number, low) as (
        values(:branch, :depth)
        union all
        select b.number, b.first_depth from below
            cross join branch b on b.conversation = :conversation
                and b.parent = below.number and b.first_depth > below.low
    )
"""
"""The stretches of a message and everything below it, each from ``low`` to its end.

``cross join`` keeps SQLite from looking at all branches of the conversation in each step.
"""


class Place(NamedTuple):
    """Where a message stands."""

    conversation: int
    branch: int
    depth: int
    parent: int | None


class Stretch(NamedTuple):
    """A part of a path: the messages of one branch between two depths, both included."""

    branch: int
    first: int
    last: int


def place_of(connection: apsw.Connection, message_id: int) -> Place:
    """Where a message stands.

    Raises:
        StorageError: It is gone.
    """
    return Place(
        *row(
            connection,
            "select conversation, branch, depth, parent from message where id = ?",
            (message_id,),
        )
    )


def path_to(connection: apsw.Connection, place: Place, lowest: int = 0) -> list[Stretch]:
    """The stretches from depth ``lowest`` to a message, in reading order."""
    stretches = []
    branch, last = place.branch, place.depth
    while last >= lowest:
        parent, first = row(
            connection,
            "select parent, first_depth from branch where conversation = ? and number = ?",
            (place.conversation, branch),
        )
        stretches.append(Stretch(branch, max(first, lowest), last))
        branch, last = parent, first - 1
    return stretches[::-1]


def ancestor(connection: apsw.Connection, place: Place, depth: int) -> Place:
    """The place at a depth on the path to a message; the message's own if it is not deeper."""
    if depth >= place.depth:
        return place
    branch = path_to(connection, place, max(depth, 0))[0].branch
    return Place(place.conversation, branch, depth, None)


def new_place(connection: apsw.Connection, conversation: int, parent_id: int | None) -> Place:
    """A free place below a message, or for a first message; begins a branch where needed.

    Raises:
        StorageError: The parent is gone or of another conversation.
    """
    if parent_id is None:
        return Place(conversation, _new_branch(connection, conversation, None, 0), 0, None)
    parent = place_of(connection, parent_id)
    if parent.conversation != conversation:
        raise StorageError(GONE, detail=f"message {parent_id} is not of {conversation}")
    branch, depth = parent.branch, parent.depth + 1
    taken = row_or_none(
        connection,
        "select 1 from message where conversation = ? and branch = ? and depth = ?",
        (conversation, branch, depth),
    )
    if taken:
        branch = _new_branch(connection, conversation, branch, depth)
    return Place(conversation, branch, depth, parent_id)


def _new_branch(
    connection: apsw.Connection, conversation: int, parent: int | None, first_depth: int
) -> int:
    number = connection.execute(
        "select coalesce(max(number) + 1, 0) from branch where conversation = ?", (conversation,)
    ).get
    connection.execute(
        "insert into branch(conversation, number, parent, first_depth) values(?, ?, ?, ?)",
        (conversation, number, parent, first_depth),
    )
    return int(number)


def newest_leaf(connection: apsw.Connection, place: Place) -> MessageId:
    """The newest message at or below a place; since ids grow downwards it has no children."""
    found = connection.execute(
        _SUBTREE + _NEWEST_LEAF,
        _bindings(place),
    ).get
    return MessageId(found)


def sibling_of(connection: apsw.Connection, message_id: int, place: Place) -> int | None:
    """The sibling before a message, else the one after it, else None."""
    found = row_or_none(
        connection,
        """
        select id from message
            where parent is :parent and conversation = :conversation and id <> :id
            order by id > :id, abs(id - :id) limit 1
        """,
        {"parent": place.parent, "conversation": place.conversation, "id": message_id},
    )
    return None if found is None else found[0]


def sibling_at(connection: apsw.Connection, message_id: MessageId, step: int) -> MessageId | None:
    """The sibling ``step`` places after a message, before it if negative; None if there is none."""
    place = place_of(connection, message_id)
    side, order = (">=", "asc") if step >= 0 else ("<=", "desc")
    found = row_or_none(
        connection,
        f"""
        select id from message
            where parent is ? and conversation = ? and id {side} ?
            order by id {order} limit 1 offset ?
        """,  # noqa: S608
        (place.parent, place.conversation, message_id, abs(step)),
    )
    return None if found is None else MessageId(found[0])


def remove_subtree(connection: apsw.Connection, place: Place) -> int:
    """Deletes the message at a place and all below it; returns how many there were."""
    stretches = connection.execute(_SUBTREE + _STRETCHES, _bindings(place)).fetchall()
    removed = 0
    for branch, low in stretches:
        connection.execute(
            "delete from message where conversation = ? and branch = ? and depth >= ?",
            (place.conversation, branch, low),
        )
        removed += connection.changes()
    connection.executemany(
        """
        delete from branch where conversation = ? and number = ? and first_depth >= ?
        """,
        ((place.conversation, branch, low) for branch, low in stretches),
    )
    return removed


def pieces_below(connection: apsw.Connection, place: Place) -> list[int]:
    """The pieces of the requests made for a message and all below it."""
    rows = connection.execute(
        _SUBTREE + _PIECES,
        _bindings(place),
    )
    return [piece for (piece,) in rows]


def error_depths(
    connection: apsw.Connection, conversation: ConversationId, path: list[Stretch]
) -> tuple[int, ...]:
    """The depths on a path whose reply kept text and ended by an error, ascending."""
    return tuple(
        depth
        for stretch in path
        for (depth,) in connection.execute(
            """
            select depth from message indexed by message_error
                where has_error = 1 and conversation = ? and branch = ? and depth between ? and ?
                order by depth
            """,
            (conversation, *stretch),
        )
    )


def _bindings(place: Place) -> dict[str, int]:
    return {
        "conversation": place.conversation,
        "branch": place.branch,
        "depth": place.depth,
    }
