"""A shown transcript over a timeline in memory."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from desktop.domain.timeline import Row
from desktop.ui.theme import light_roles
from desktop.ui.transcript.panel import TranscriptPanel
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript.fake_timeline import FakeTimeline

Shown = tuple[TranscriptView, FakeTimeline]
Show = Callable[[list[Row]], Shown]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    """Shows rows in a window of 900 by 700 pixels."""
    panels = []

    def show_rows(rows: list[Row]) -> Shown:
        panel = TranscriptPanel()
        panels.append(panel)
        qtbot.addWidget(panel)
        panel.resize(900, 700)
        panel.view.set_roles(light_roles())
        timeline = FakeTimeline(rows)
        panel.view.set_source(timeline)
        panel.show()
        qtbot.waitExposed(panel)
        return panel.view, timeline

    return show_rows
