from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from desktop.domain.messages import Note, Status
from desktop.ui.link_dialog import LinkDialog
from desktop.ui.theme import dark_roles
from desktop.ui.transcript.code_block import CodeElement
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript import samples
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, exchange, failed, running, user

Key = Qt.Key


def names(view: TranscriptView, row: int) -> list[str]:
    return [view.stage.action(ref).name for ref in view.stage.actions_of(row)]


def press(view: TranscriptView, row: int, name: str) -> None:
    for ref in view.stage.actions_of(row):
        if view.stage.action(ref).name == name:
            view.commands.activate(ref)
            return
    raise AssertionError(name)


def test_every_action_tells_which_message_it_is_for(show: Show, qtbot: QtBot) -> None:
    view, _ = show(
        [
            user("Hi", 11),
            assistant("Ho", number=12, sibling_index=1, sibling_count=3, note=Note.LENGTH),
            *failed(samples.FAULT, number=13),
        ]
    )
    for row, name, signal, expected in (
        (0, "Edit", view.edit_requested, [11]),
        (1, "Regenerate", view.regenerate_requested, [12]),
        (1, "Continue", view.continue_requested, [12]),
        (1, "Previous version", view.sibling_requested, [12, -1]),
        (1, "Next version", view.sibling_requested, [12, 1]),
        (2, "Retry", view.retry_requested, [13]),
        (2, "Get help", view.link_activated, ["https://help.aimlapi.com/"]),
    ):
        with qtbot.waitSignal(signal) as caught:
            press(view, row, name)
        assert caught.args == expected


def test_the_details_of_an_error_are_copied(show: Show, qtbot: QtBot) -> None:
    fault = replace(samples.FAULT, detail="HTTP 429 after 0.2 s")
    view, _ = show([user("Hi"), *failed(fault)])
    with qtbot.waitSignal(view.details_copied):
        press(view, 1, "Copy details")
    text = QGuiApplication.clipboard().text()
    for part in (fault.user_text, fault.provider_text, fault.request_id, fault.detail, "429"):
        assert part in text


def test_a_running_reply_can_only_be_copied(show: Show) -> None:
    view, timeline = show([user("Hi"), running("Text")])
    assert names(view, 1) == ["Copy"]
    timeline.change(1, status=Status.COMPLETE, exchange=exchange())
    assert names(view, 1) == ["Regenerate", "Copy"]


def test_only_web_and_mail_links_can_be_pressed(show: Show) -> None:
    text = (
        "[a](https://a.example) [b](http://b.example) [c](mailto:c@d.example) [d](file:///etc) "
        "[e](javascript:alert) [f](//g.example) ![h](https://i.example/x.png)"
    )
    view, _ = show([user("Hi"), assistant(text)])
    links = [view.stage.action(ref) for ref in view.stage.actions_of(1)]
    assert [link.target for link in links if link.target] == [
        "https://a.example",
        "http://b.example",
        "mailto:c@d.example",
    ]


def test_footers_say_what_is_known_and_never_zero(show: Show) -> None:
    bare = exchange(usage=None, cost=None, is_streamed=False, first_token_s=None, duration_s=2.0)
    view, _ = show(
        [user("Hi"), assistant("Ho"), user("Hi", 3), assistant("Ho", number=4, exchange=bare)]
    )
    describe = [view.stage.flow.entry(row).description for row in (1, 3)]
    assert [part.strip() for part in describe[0].split("\u00b7")] == [
        "gpt-5.1-2025-11-13",
        "312 tokens",
        "$0.00124",
        "first token 0.42 s",
        "\u2248 86 tok/s",
    ]
    assert [part.strip() for part in describe[1].split("\u00b7")] == [
        "gpt-5.1-2025-11-13",
        "tokens unknown",
        "cost unknown",
        "took 2.0 s",
    ]


def asked(view: TranscriptView) -> LinkDialog:
    dialog = view.window().findChild(LinkDialog)
    assert isinstance(dialog, LinkDialog)
    return dialog


def test_a_click_on_a_link_asks_and_opens_it(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("Hi"), assistant("see [the *docs*](https://docs.aimlapi.com)")])
    view.grab()
    ref = view.stage.actions_of(1)[0]
    assert view.stage.action(ref).name == "the docs"
    place = view.stage.action_rect(ref).center().toPoint()
    qtbot.mouseMove(view.viewport(), place)
    assert view.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor
    with qtbot.assertNotEmitted(view.link_activated):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    with qtbot.waitSignal(view.link_activated) as caught:
        qtbot.keyClick(asked(view), Key.Key_Return)
    assert caught.args == ["https://docs.aimlapi.com"]


def test_a_link_that_says_where_it_leads_opens_at_once(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("Hi"), assistant("see https://docs.aimlapi.com/x?y=1 or me@a.example")])
    for ref, address in zip(
        view.stage.actions_of(1),
        ("https://docs.aimlapi.com/x?y=1", "mailto:me@a.example"),
        strict=False,
    ):
        with qtbot.waitSignal(view.link_activated) as caught:
            view.commands.activate(ref)
        assert caught.args == [address]
    assert view.window().findChild(LinkDialog) is None


def test_a_tool_tip_shows_a_link_as_plain_text(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("Hi"), assistant("[x](https://a.example/?<b>bold</b>)")])
    view.grab()
    place = view.stage.action_rect(view.stage.actions_of(1)[0]).center().toPoint()
    event = QHelpEvent(QEvent.Type.ToolTip, place, view.viewport().mapToGlobal(place))
    QGuiApplication.sendEvent(view.viewport(), event)
    assert "&lt;b&gt;" in QToolTip.text() or "%3Cb%3E" in QToolTip.text()
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_the_keyboard_walks_messages_and_their_actions(show: Show, qtbot: QtBot) -> None:
    rows = [user("Hi", 1), assistant("see <https://a.example>", number=2), user("Bye", 3)]
    view, _ = show(rows)
    view.setFocus()
    qtbot.keyClick(view, Key.Key_Home)
    assert view.highlights.focused_row == 0
    qtbot.keyClick(view, Key.Key_Down)
    assert view.highlights.focused_row == 1
    with qtbot.waitSignal(view.link_activated):
        qtbot.keyClick(view, Key.Key_Tab)
        qtbot.keyClick(view, Key.Key_Return)
    qtbot.keyClick(view, Key.Key_Tab)
    assert view.stage.action(view.highlights.focused).name == "Regenerate"
    qtbot.keyClick(view, Key.Key_Backtab)
    assert view.stage.action(view.highlights.focused).name == "https://a.example"
    qtbot.keyClick(view, Key.Key_End)
    assert view.highlights.focused_row == 2
    qtbot.keyClick(view, Key.Key_Up)
    assert (view.highlights.focused_row, view.highlights.focused) == (1, None)


def test_tab_leaves_after_the_last_action(show: Show) -> None:
    view, _ = show([user("Hi"), assistant("Ho")])
    view.keyboard.focus_row(1)
    assert [view.keyboard.tab(is_forward=True) for _ in range(3)] == [True, True, False]


def test_page_keys_scroll_without_losing_lines(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("Hi"), assistant(samples.RICH * 4)])
    top = view.stage.position
    qtbot.keyClick(view, Key.Key_PageUp)
    moved = top - view.stage.position
    assert 0.5 * view.stage.height < moved < view.stage.height


def test_the_wheel_scrolls_code_sideways_with_shift(show: Show) -> None:
    view, _ = show([user("Hi"), assistant("```\n" + "x" * 400 + "\n```")])
    view.grab()
    code = view.stage.flow.entry(1).elements[0]
    assert isinstance(code, CodeElement)
    placed = next(p for p in view.stage.placed if p.slot == (1, 0))
    place = QPointF(view.stage.left + 50, view.stage.top_of(placed) + 40)
    event = QWheelEvent(
        place,
        view.mapToGlobal(place),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ShiftModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QGuiApplication.sendEvent(view.viewport(), event)
    assert code.scroll_x > 0


def test_the_menu_offers_what_fits_the_message(show: Show) -> None:
    view, _ = show([user("Hi", 1), assistant("Ho", number=2, sibling_count=2)])
    shown = [action.text() for action in view.commands.menu(1).actions() if action.text()]
    assert shown == [
        "Copy message",
        "Copy as Markdown",
        "Regenerate",
        "Previous version",
        "Next version",
        "Delete",
    ]
    view.select_all()
    shown = [action.text() for action in view.commands.menu(0).actions() if action.text()]
    assert shown == ["Copy", "Copy message", "Copy as Markdown", "Edit", "Delete"]


def test_other_colours_are_painted_at_once(show: Show) -> None:
    view, _ = show(samples.rich())
    light = view.viewport().grab().toImage().pixelColor(3, 3)
    view.set_roles(dark_roles())
    dark = view.viewport().grab().toImage().pixelColor(3, 3)
    assert light.lightness() > 200
    assert dark == dark_roles().window


def test_switching_versions_keeps_the_place(show: Show) -> None:
    rows = [user("Hi", 1), assistant(samples.RICH * 3, number=2), user("More", 3)]
    view, timeline = show(rows)
    view.scroll_by(-700.0)
    before = [(p.slot, p.y) for p in view.stage.placed[:3]]
    timeline.show([*rows[:2], user("Another", 5), assistant("x", number=6)], key=timeline.key)
    assert [(p.slot, p.y) for p in view.stage.placed[:3]] == before
