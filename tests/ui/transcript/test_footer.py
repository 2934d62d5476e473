from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QDateTime, QEvent, QLocale, QPoint
from PySide6.QtGui import QGuiApplication, QHelpEvent
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from desktop.ui.transcript.chrome import FooterElement
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant, user

NOW = datetime.now(UTC).replace(microsecond=0)
Form = QLocale.FormatType


def qt_time(when: datetime) -> QDateTime:
    return QDateTime.fromSecsSinceEpoch(int(when.timestamp()))


def footer_of(view: TranscriptView, row: int) -> FooterElement:
    element = view.stage.flow.entry(row).elements[-1]
    assert isinstance(element, FooterElement)
    return element


def test_the_time_of_a_message_is_in_its_description(show: Show) -> None:
    view, _ = show([user("Hi", created_at=NOW), assistant("Ho", created_at=NOW)])
    whole = QLocale().toString(qt_time(NOW), Form.LongFormat)
    assert view.stage.flow.entry(0).description == whole
    assert view.stage.flow.entry(1).description.endswith(f"86 tok/s  \u00b7  {whole}")


def test_an_older_message_shows_its_date_too(show: Show) -> None:
    old = NOW - timedelta(days=40)
    view, _ = show([user("Hi", created_at=NOW), assistant("Ho", created_at=old), user("x", 3)])
    short = QLocale().toString(qt_time(NOW).time(), Form.ShortFormat)
    assert footer_of(view, 0).when_short.endswith(short)
    date = QLocale().toString(qt_time(old).date(), Form.ShortFormat)
    assert date in footer_of(view, 1).when_short
    assert footer_of(view, 2).when_short == ""


def test_the_time_is_shown_only_where_the_actions_are(show: Show) -> None:
    view, _ = show([user("Hi", created_at=NOW), assistant("Ho", created_at=NOW)])
    hidden = view.viewport().grab().toImage()
    view.highlights.hovered_row = 0
    footer_of(view, 0).when_short = ""
    without = view.viewport().grab().toImage()
    footer_of(view, 0).when_short = "12:34"
    with_time = view.viewport().grab().toImage()
    assert hidden != without
    assert without != with_time


def test_the_tool_tip_of_a_footer_is_its_time(show: Show, qtbot: QtBot) -> None:
    view, _ = show([user("Hi"), assistant("Ho", created_at=NOW)])
    view.grab()
    placed = view.stage.placed[-1]
    place = QPoint(int(view.stage.left) + 40, int(view.stage.top_of(placed)) + 8)
    event = QHelpEvent(QEvent.Type.ToolTip, place, view.viewport().mapToGlobal(place))
    QGuiApplication.sendEvent(view.viewport(), event)
    assert footer_of(view, 1).when in QToolTip.text()
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())
