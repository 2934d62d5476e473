"""The schema: numbered functions, each applied once, in one transaction with all the others."""

from collections.abc import Callable, Sequence

import apsw

from desktop.storage.query import transaction

Migration = Callable[[apsw.Connection], None]

APPLICATION_ID = 0x536F756E
"""``Soun`` in ASCII: tells our files from those of other programs."""


def _first_schema(connection: apsw.Connection) -> None:
    """Conversations as trees of messages, with everything that was sent and received.

    ``branch`` and ``depth`` make any page of a path one index range: a message continues its
    parent's branch where that slot is free, and begins a new branch elsewhere. A branch knows
    where it begins and which branch it left; ids grow from parent to child. ``text`` holds the
    first text part of the shown choice, ``content`` all the rest.

    ``growth`` and ``chunk`` only ever append while a reply runs. A body is kept as shared pieces,
    since each request repeats the conversation so far.
    """
    connection.execute(
        """
        create table meta(key text primary key, value text not null) without rowid, strict;

        create table conversation(
            id integer primary key autoincrement,
            title text not null,
            title_folded text not null,
            is_title_edited integer not null default 0,
            created integer not null,
            updated integer not null,
            pinned integer not null default 0,
            archived integer not null default 0,
            deleted_at integer,
            leaf integer,
            message_count integer not null default 0,
            cost_usd text not null default '',
            model text not null,
            endpoint text not null,
            settings text not null,
            draft text not null default ''
        ) strict;
        create index conversation_list on conversation(updated, id)
            where deleted_at is null and archived = 0;
        create index conversation_deleted on conversation(deleted_at)
            where deleted_at is not null;

        create table branch(
            conversation integer not null references conversation(id) on delete cascade,
            number integer not null,
            parent integer,
            first_depth integer not null,
            primary key (conversation, number),
            foreign key (conversation, parent) references branch(conversation, number)
                deferrable initially deferred
        ) without rowid, strict;
        create index branch_fork on branch(conversation, parent, first_depth);

        create table message(
            id integer primary key autoincrement,
            conversation integer not null,
            branch integer not null,
            depth integer not null,
            parent integer references message(id) deferrable initially deferred,
            role text not null,
            status text not null,
            note text not null default '',
            created integer not null,
            exchange integer,
            has_error integer not null default 0,
            content text not null,
            text text not null,
            foreign key (conversation, branch) references branch(conversation, number)
                on delete cascade deferrable initially deferred
        ) strict;
        create unique index message_place on message(conversation, branch, depth);
        create index message_sibling on message(parent, conversation);
        create index message_error on message(conversation, branch, depth) where has_error = 1;
        create index message_running on message(id) where status in ('sending', 'streaming');

        create table exchange(
            id integer primary key autoincrement,
            message integer not null references message(id) on delete cascade,
            started integer not null,
            endpoint text not null,
            method text not null default '',
            url text not null default '',
            request_headers text not null default '[]',
            requested_model text not null,
            is_streamed integer not null,
            client_request_id text not null default '',
            http_status integer not null default 0,
            response_headers text not null default '[]',
            model text not null default '',
            response_id text not null default '',
            inference_id text not null default '',
            attempts integer not null default 1,
            first_token_s real,
            duration_s real,
            delta_count integer not null default 0,
            delta_span_s real not null default 0,
            input_tokens integer,
            output_tokens integer,
            total_tokens integer,
            usage text,
            cost_usd text,
            cost_credits integer,
            cost_source text,
            fault text,
            anomalies text not null default '[]',
            is_raw_cut integer not null default 0
        ) strict;
        create index exchange_message on exchange(message);

        create table piece(
            id integer primary key,
            sha256 blob not null unique,
            data blob not null
        ) strict;
        create table request_piece(
            exchange integer not null references exchange(id) on delete cascade,
            sequence integer not null,
            piece integer not null references piece(id),
            primary key (exchange, sequence)
        ) without rowid, strict;
        create index request_piece_use on request_piece(piece);

        create table growth(
            message integer not null references message(id) on delete cascade,
            sequence integer not null,
            is_whole integer not null,
            content text not null,
            primary key (message, sequence)
        ) without rowid, strict;

        create table chunk(
            exchange integer not null references exchange(id) on delete cascade,
            sequence integer not null,
            start integer not null,
            size integer not null,
            arrivals blob not null,
            data blob not null,
            primary key (exchange, sequence)
        ) without rowid, strict;

        create table attachment(
            sha256 blob primary key,
            media_type text not null,
            size integer not null,
            data blob not null
        ) without rowid, strict;
        create table message_attachment(
            message integer not null references message(id) on delete cascade,
            position integer not null,
            sha256 blob not null references attachment(sha256),
            name text not null,
            primary key (message, position)
        ) without rowid, strict;
        create index message_attachment_use on message_attachment(sha256);
        """
    )


MIGRATIONS: tuple[Migration, ...] = (_first_schema,)
"""In order; the schema's version is the number of those applied. Released ones never change."""


def version_of(connection: apsw.Connection) -> int:
    """The number of migrations that were applied to the file."""
    return int(connection.pragma("user_version"))


def apply(connection: apsw.Connection, migrations: Sequence[Migration]) -> None:
    """Brings the file to the newest schema, all or nothing.

    Raises:
        apsw.Error: The file is as it was before.
    """
    with transaction(connection):
        for migrate in migrations[version_of(connection) :]:
            migrate(connection)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", len(migrations))
