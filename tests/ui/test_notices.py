from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.notices import SHOWN_MS, NoticeBar
from desktop.ui.theme import dark_roles


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[NoticeBar]:
    window = QWidget()
    layout = QVBoxLayout(window)
    made = NoticeBar(window)
    layout.addWidget(made)
    layout.addWidget(QPushButton("other", window))
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitExposed(window)
    yield made
    made.clear()


def timer(bar: NoticeBar) -> QTimer:
    found = bar.findChild(QTimer)
    assert found is not None
    return found


def action(bar: NoticeBar) -> QPushButton:
    found = bar.findChild(QPushButton)
    assert found is not None
    return found


def texts(bar: NoticeBar) -> list[str]:
    return [label.text() for label in bar.findChildren(QLabel) if label.text()]


def test_it_is_there_only_while_it_says_something(bar: NoticeBar, qtbot: QtBot) -> None:
    assert not bar.isVisible()
    bar.show_notice("Deleted.")
    assert bar.isVisible()
    assert texts(bar) == ["Deleted."]
    assert bar.accessibleName() == "Deleted."
    assert not action(bar).isVisible()
    qtbot.mouseClick(bar.findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert not bar.isVisible()


def test_its_action_is_done_once_after_it_is_gone(bar: NoticeBar) -> None:
    done: list[bool] = []
    bar.show_notice("Deleted.", "Undo", lambda: done.append(bar.isVisible()))
    assert action(bar).accessibleName() == action(bar).text() == "Undo"
    action(bar).click()
    action(bar).click()
    assert done == [False]


def test_an_action_can_show_the_next_notice(bar: NoticeBar) -> None:
    bar.show_notice("Deleted.", "Undo", lambda: bar.show_notice("Restored."))
    action(bar).click()
    assert bar.isVisible()
    assert texts(bar) == ["Restored."]


def test_a_new_notice_takes_the_action_of_the_old_one_away(bar: NoticeBar) -> None:
    done: list[str] = []
    bar.show_notice("One.", "Undo", lambda: done.append("one"))
    bar.show_notice("Two.", "Undo", lambda: done.append("two"))
    action(bar).click()
    assert done == ["two"]


def test_it_goes_by_itself(bar: NoticeBar, qtbot: QtBot) -> None:
    bar.show_notice("Copied.")
    assert timer(bar).interval() == SHOWN_MS
    timer(bar).start(1)
    qtbot.waitUntil(lambda: not bar.isVisible())


def test_a_sticky_one_stays(bar: NoticeBar) -> None:
    bar.show_notice("Copied.")
    bar.show_notice("No room on the disk.", kind="error", sticky=True)
    assert not timer(bar).isActive()


def test_it_stays_while_the_keyboard_is_in_it(bar: NoticeBar) -> None:
    bar.show_notice("Deleted.", "Undo", lambda: None)
    action(bar).setFocus(Qt.FocusReason.TabFocusReason)
    timer(bar).timeout.emit()
    assert bar.isVisible()
    action(bar).clearFocus()
    timer(bar).timeout.emit()
    assert not bar.isVisible()


def test_the_pointer_gives_it_the_whole_time_again(bar: NoticeBar) -> None:
    bar.show_notice("Deleted.")
    timer(bar).start(100)
    timer(bar).setInterval(SHOWN_MS)
    at = QPointF(5, 5)
    QApplication.sendEvent(bar, QEnterEvent(at, at, at))
    assert timer(bar).remainingTime() > 1000
    QApplication.sendEvent(bar, QEvent(QEvent.Type.Leave))
    assert timer(bar).isActive()


def test_it_takes_no_focus(bar: NoticeBar, qtbot: QtBot) -> None:
    other = next(each for each in bar.window().findChildren(QPushButton) if each.text() == "other")
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    bar.show_notice("Deleted.", "Undo", lambda: None)
    assert other.hasFocus()
    action(bar).setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(bar, Qt.Key.Key_Escape)
    assert not bar.isVisible()


def test_its_text_is_plain_and_limited(bar: NoticeBar) -> None:
    bar.show_notice("<b>x</b>" + "y" * 5000)
    label = next(each for each in bar.findChildren(QLabel) if each.text())
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert len(label.text()) == 1000


@pytest.mark.parametrize(("kind", "is_marked"), [("info", 0), ("warning", 1), ("error", 1)])
def test_what_is_grave_has_a_mark(bar: NoticeBar, kind: str, is_marked: int) -> None:
    bar.show_notice("Look.", kind=kind)
    marks = [each for each in bar.findChildren(QLabel) if each.isVisible() and not each.text()]
    assert len(marks) == is_marked
    bar.set_roles(dark_roles())
    assert bar.property("kind") == kind
