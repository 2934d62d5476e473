"""Many requests, few flushes: at once after a pause, then one a frame, and none is lost."""

from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.bridge.coalesce import FrameCoalescer


def test_the_first_request_is_served_at_once() -> None:
    flushes: list[int] = []
    FrameCoalescer(lambda: flushes.append(1)).request()
    assert flushes == [1]


def test_requests_within_a_frame_become_one_flush(qtbot: QtBot) -> None:
    flushes: list[int] = []
    coalescer = FrameCoalescer(lambda: flushes.append(1))
    for _ in range(50):
        coalescer.request()
    assert flushes == [1]
    qtbot.waitUntil(lambda: len(flushes) > 1)
    assert flushes == [1, 1]


def test_a_waiting_request_can_be_served_early_and_only_once(qtbot: QtBot) -> None:
    flushes: list[int] = []
    coalescer = FrameCoalescer(lambda: flushes.append(1))
    coalescer.request()
    coalescer.request()
    coalescer.flush_now()
    coalescer.flush_now()
    assert flushes == [1, 1]
    QTest.qWait(80)
    assert flushes == [1, 1]


def test_what_takes_long_to_show_is_shown_less_often(qtbot: QtBot) -> None:
    flushes: list[int] = []

    def slow() -> None:
        flushes.append(1)
        QTest.qSleep(10)

    coalescer = FrameCoalescer(slow)
    coalescer.request()
    coalescer.request()
    QTest.qWait(20)
    assert len(flushes) == 1
    qtbot.waitUntil(lambda: len(flushes) == 2)
