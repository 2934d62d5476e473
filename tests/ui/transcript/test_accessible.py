from PySide6.QtGui import QAccessible, QAccessibleInterface, QGuiApplication
from pytestqt.qtbot import QtBot

from desktop.domain.messages import Note, Status
from desktop.ui.transcript.accessible import MAX_ITEMS
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript import samples
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, exchange, failed, running, user

Role, Text = QAccessible.Role, QAccessible.Text


def tree_of(view: TranscriptView) -> QAccessibleInterface:
    return QAccessible.queryAccessibleInterface(view)


def row_names(view: TranscriptView) -> list[str]:
    tree = tree_of(view)
    return [tree.child(index).text(Text.Name) for index in range(tree.childCount())]


def test_the_list_has_exactly_one_item_a_row(show: Show) -> None:
    view, _ = show(samples.rich())
    tree = tree_of(view)
    assert tree.text(Text.Name) == "Transcript"
    assert tree.role() == Role.List
    assert tree.childCount() == 9
    for index in range(9):
        item = tree.child(index)
        assert item.role() == Role.ListItem
        assert tree.indexOfChild(item) == index
        assert item.parent().role() == Role.List
        roles = {item.child(number).role() for number in range(item.childCount())}
        assert roles <= {Role.Button, Role.Link}


def test_names_are_who_speaks_and_the_plain_text(show: Show) -> None:
    code = "Use:\n\n```python\nprint(1)\n\n```\n\n* [a](https://a.example)\n* b"
    view, _ = show(
        [
            user(" Hi\n **there** ", 1),
            assistant(code, number=2, note=Note.LENGTH),
            user("", 3),
            *failed(samples.FAULT, "Half", number=4),
            user("Again", 5),
            *failed(samples.FAULT, number=6),
            assistant("Text", number=7, status=Status.STOPPED),
            running(number=8),
        ]
    )
    error = "\n".join(
        [
            f"Error: {samples.FAULT.user_text}",
            samples.FAULT.provider_text,
            f"Request ID: {samples.FAULT.request_id}",
        ]
    )
    assert row_names(view) == [
        "You:  Hi\n **there** ",
        "Assistant: Use:\npython\nprint(1)\n\n\u2022 a\n\u2022 b\nCut at the limit",
        "You: ",
        "Assistant: Half\nInterrupted",
        error,
        "You: Again",
        error,
        "Assistant: Text\nStopped",
        "Assistant: ",
    ]


def test_the_footer_is_the_description(show: Show) -> None:
    view, _ = show([user("Hi"), assistant("Ho")])
    assert "312 tokens" in tree_of(view).child(1).text(Text.Description)
    assert tree_of(view).child(0).text(Text.Description) == ""


def test_citations_stand_where_they_belong(show: Show) -> None:
    view, _ = show(samples.rich())
    name = tree_of(view).child(3).text(Text.Name)
    assert "The tower is 330 m tall.[1] It opened in 1889." in name
    assert "Web search: completed" in name


def test_buttons_and_links_can_be_pressed(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("Hi"), assistant("<https://a.example>\n\n```\nx\n```", number=7)])
    item = tree_of(view).child(1)
    found = {item.child(n).text(Text.Name): item.child(n) for n in range(item.childCount())}
    assert list(found) == ["https://a.example", "Copy code", "Regenerate", "Copy"]
    link = found["https://a.example"]
    assert link.role() == Role.Link
    with qtbot.waitSignal(view.link_activated):
        link.actionInterface().doAction("Press")
    found["Copy code"].actionInterface().doAction("Press")
    assert QGuiApplication.clipboard().text() == "x\n"
    with qtbot.waitSignal(view.regenerate_requested) as caught:
        found["Regenerate"].actionInterface().doAction("Press")
    assert caught.args == [7]


def test_a_name_read_while_streaming_is_current(show: Show) -> None:
    view, timeline = show([user("Hi"), running("")])
    item = tree_of(view).child(1)
    for number in range(5):
        timeline.append_text(1, f"word{number} ")
        assert item.text(Text.Name).rstrip().endswith(f"word{number}")
    timeline.change(1, status=Status.COMPLETE, exchange=exchange())
    assert item.text(Text.Name) == "Assistant: word0 word1 word2 word3 word4"


def test_rows_out_of_sight_have_names_and_no_place(show: Show) -> None:
    view, _ = show([user(f"Question {n}", n) for n in range(5_000)])
    tree = tree_of(view)
    assert [tree.child(n).text(Text.Name) for n in (0, 2_500)] == [
        "You: Question 0",
        "You: Question 2500",
    ]
    assert tree.child(0).state().offscreen
    assert tree.child(0).rect().isEmpty()
    assert not tree.child(4_999).state().offscreen
    assert not tree.child(4_999).rect().isEmpty()


def test_only_a_bounded_number_of_items_is_held(show: Show) -> None:
    view, _ = show([user(f"Question {n}", n) for n in range(2_000)])
    tree = tree_of(view)
    for index in range(2_000):
        assert tree.child(index).text(Text.Name) == f"You: Question {index}"
    assert len(view.voice.tree._items) <= MAX_ITEMS


def test_items_follow_their_rows(show: Show) -> None:
    view, timeline = show([user("a", 1), user("b", 2)])
    assert row_names(view) == ["You: a", "You: b"]
    timeline.insert(1, user("new", 3))
    assert row_names(view) == ["You: a", "You: new", "You: b"]
    timeline.remove(0, 1)
    assert row_names(view) == ["You: new", "You: b"]
    timeline.show([user("other", 9)], key=5)
    assert row_names(view) == ["You: other"]


def test_focus_is_told(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("a", 1), assistant("b", number=2)])
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    view.keyboard.focus_row(1)
    assert tree_of(view).focusChild().text(Text.Name) == "Assistant: b"
    view.keyboard.tab(is_forward=True)
    assert tree_of(view).focusChild().text(Text.Name) == "Regenerate"
