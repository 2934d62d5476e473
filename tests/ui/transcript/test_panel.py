from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.ui.transcript.panel import TranscriptPanel
from tests.ui.transcript import samples
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, running, user

CTRL = Qt.KeyboardModifier.ControlModifier


def test_the_button_says_what_came_since_the_end_was_in_sight(show: Show, qtbot: QtBot) -> None:
    view, timeline = show([user("Hi", 1), assistant(samples.RICH * 3, number=2)])
    panel = view.parentWidget()
    assert isinstance(panel, TranscriptPanel)
    timeline.append(user("seen", 3))
    view.scroll_by(-600.0)
    assert panel.latest.text() == "Jump to latest"
    timeline.append(user("More", 4), running("", number=5))
    assert panel.latest.text() == "Jump to latest \u00b7 2 new"
    assert panel.latest.accessibleName() == "Jump to latest"
    assert panel.latest.accessibleDescription() == "2 new"
    timeline.append(user("Again", 6))
    assert "3 new" in panel.latest.text()
    qtbot.mouseClick(panel.latest, Qt.MouseButton.LeftButton)
    assert panel.latest.isHidden()
    view.scroll_by(-600.0)
    assert panel.latest.text() == "Jump to latest"


def test_another_conversation_has_nothing_new(show: Show) -> None:
    rows = [user("Hi", 1), assistant(samples.RICH * 3, number=2)]
    view, timeline = show(rows)
    panel = view.parentWidget()
    assert isinstance(panel, TranscriptPanel)
    view.scroll_by(-600.0)
    timeline.append(user("More", 4))
    timeline.show(rows, key=2)
    view.scroll_by(-600.0)
    assert panel.latest.text() == "Jump to latest"


def test_control_home_and_end_go_to_the_ends(show: Show, qtbot: QtBot) -> None:
    view, _ = show([assistant(samples.ANSWER, number=n) for n in range(300)])
    qtbot.keyClick(view, Qt.Key.Key_Home, CTRL)
    assert (view.highlights.focused_row, view.stage.placed[0].slot.row) == (0, 0)
    qtbot.keyClick(view, Qt.Key.Key_End, CTRL)
    assert view.highlights.focused_row == 299
    assert view.is_at_tail
