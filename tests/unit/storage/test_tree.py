from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from desktop.domain.history import Conversation
from desktop.domain.ids import MessageId
from desktop.domain.messages import Message, Role, TextPart
from desktop.domain.parameters import ChatSettings
from tests.unit.storage.conftest import START, Store
from tests.unit.storage.samples import new_chat, say, texts


class NaiveTree:
    """What a conversation's tree must do, the slow and obvious way."""

    def __init__(self) -> None:
        self.parents: dict[MessageId, MessageId | None] = {}
        self.leaf: MessageId | None = None

    def children(self, parent: MessageId | None) -> list[MessageId]:
        return sorted(id_ for id_, above in self.parents.items() if above == parent)

    def path(self, id_: MessageId | None) -> list[MessageId]:
        found = []
        while id_ is not None:
            found.append(id_)
            id_ = self.parents[id_]
        return found[::-1]

    def subtree(self, id_: MessageId) -> list[MessageId]:
        return [other for other in self.parents if id_ in self.path(other)]

    def select(self, id_: MessageId) -> None:
        self.leaf = max(self.subtree(id_))

    def delete(self, id_: MessageId) -> None:
        siblings, parent = self.children(self.parents[id_]), self.parents[id_]
        for gone in self.subtree(id_):
            del self.parents[gone]
        if self.leaf in self.parents:
            return
        at = siblings.index(id_)
        beside = siblings[at - 1 : at] or siblings[at + 1 : at + 2]
        self.leaf = parent
        if beside:
            self.select(beside[0])


async def check(store: Store, tree: NaiveTree, opened: Conversation, first: int, last: int) -> None:
    history = store.history
    path = tree.path(tree.leaf)
    assert (opened.leaf_id, opened.length) == (tree.leaf, len(path))
    assert opened.row.message_count == len(tree.parents)
    page = await history.page(opened.row.id, first, last)
    assert [message.id for message in page] == path[max(first, 0) : max(last + 1, 0)]
    for message in page:
        siblings = tree.children(message.parent_id)
        assert message.parent_id == tree.parents[message.id]
        assert message.depth == len(tree.path(message.id)) - 1
        assert message.sibling_index == siblings.index(message.id)
        assert message.sibling_count == len(siblings)


async def play(store: Store, steps: list[tuple[int, int, int, int]]) -> None:
    history, tree = store.history, NaiveTree()
    chat = (await history.create("t", ChatSettings(), START)).row.id
    for kind, pick, first, size in steps:
        ids = sorted(tree.parents)
        chosen = ids[pick % len(ids)] if ids else None
        if kind < 4 or chosen is None:
            parent = (tree.leaf, chosen, chosen, None)[kind % 4]
            message = await history.add(chat, parent, Role.USER, (TextPart("x"),), START)
            tree.parents[message.id], tree.leaf = parent, message.id
            opened = await history.conversation(chat)
            assert opened
        elif kind == 4:
            opened = await history.select(chat, chosen)
            tree.select(chosen)
        elif kind == 5:
            opened = await history.delete_messages(chat, chosen)
            tree.delete(chosen)
        else:
            path = await history.path(chosen)
            assert [message.id for message in path] == tree.path(chosen)
            siblings = tree.children(tree.parents[chosen])
            at = siblings.index(chosen) + first
            expected = siblings[at] if 0 <= at < len(siblings) else None
            assert await history.sibling(chosen, first) == expected
            opened = await history.conversation(chat)
            assert opened
        await check(store, tree, opened, first, first + size)


def test_it_does_what_a_naive_tree_does() -> None:

    with TemporaryDirectory() as folder:
        store = Store(Path(folder, "history.db"))
        step = st.tuples(
            st.integers(0, 6), st.integers(0, 50), st.integers(-2, 12), st.integers(-1, 12)
        )

        @given(st.lists(step, max_size=40))
        def run(steps: list[tuple[int, int, int, int]]) -> None:
            store.run(play(store, steps))

        run()
        assert store.sql("pragma foreign_key_check") == []
        assert store.sql("pragma integrity_check") == [("ok",)]
        store.close()


def test_a_tree_with_a_fork_at_each_of_a_hundred_levels(store: Store) -> None:
    chat = new_chat(store)
    top: Message | None = None
    spine = []
    for level in range(100):
        straight = say(store, chat, top, f"straight {level}")
        top = say(store, chat, top, f"fork {level}")
        spine.append(top.id)
        assert straight.sibling_index == 0
    assert store.sql("select count(*) from branch") == [(101,)]
    page = store.run(store.history.page(chat.row.id, 0, 200))
    assert [message.id for message in page] == spine
    assert {(message.sibling_index, message.sibling_count) for message in page} == {(1, 2)}
    middle = store.run(store.history.page(chat.row.id, 40, 42))
    assert texts(middle) == ["fork 40", "fork 41", "fork 42"]
    opened = store.run(store.history.delete_messages(chat.row.id, spine[10]))
    assert (opened.length, opened.row.message_count) == (11, 21)
    assert texts(store.run(store.history.page(chat.row.id, 9, 10))) == ["fork 9", "straight 10"]


def test_deleting_the_last_first_message_leaves_an_empty_conversation(store: Store) -> None:
    chat = new_chat(store)
    first = say(store, chat, None)
    say(store, chat, first)
    opened = store.run(store.history.delete_messages(chat.row.id, first.id))
    assert (opened.leaf_id, opened.length, opened.row.message_count) == (None, 0, 0)
    assert store.sql("select count(*) from branch") == [(0,)]
    again = say(store, chat, None)
    assert again.id > first.id
    assert again.depth == 0


def test_other_conversations_are_no_siblings(store: Store) -> None:
    chats = [new_chat(store) for _ in range(3)]
    firsts = [say(store, chat, None) for chat in chats]
    assert {(first.sibling_index, first.sibling_count) for first in firsts} == {(0, 1)}
    assert store.run(store.history.sibling(firsts[1].id, 1)) is None
    assert store.run(store.history.sibling(firsts[1].id, -1)) is None
    store.run(store.history.delete_messages(chats[1].row.id, firsts[1].id))
    assert store.run(store.history.page(chats[0].row.id, 0, 9)) == [firsts[0]]


def test_a_second_after_the_other_is_its_sibling_by_age_not_by_time(store: Store) -> None:
    chat = new_chat(store)
    older = say(store, chat, None, "older")
    newer = store.run(
        store.history.add(
            chat.row.id, None, Role.USER, (TextPart("newer"),), START - timedelta(days=1)
        )
    )
    assert newer.sibling_index == 1
    assert store.run(store.history.sibling(older.id, 1)) == newer.id
    assert store.run(store.history.sibling(newer.id, 0)) == newer.id
