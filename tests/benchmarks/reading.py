"""Reading a conversation as a person does, a step a frame, and how late the frames are."""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from tests.benchmarks.driven import Hand

FRAME_MS = 16
_NOTCH = 120
_DRAG_STEPS = 60
"""From one end of the scroll bar to the other."""


class Reading:
    """Input of one kind after the other; each begins where the one before ended."""

    def __init__(self, hand: "Hand") -> None:
        self._hand = hand
        self._view = hand.view

    async def late_ms(self, steps: int, step: Callable[[int], None]) -> list[float]:
        """By how many milliseconds each frame was late while a step was done in each."""
        loop = asyncio.get_running_loop()
        late_ms: list[float] = []
        ended = loop.create_future()
        last_s = time.perf_counter()

        def on_frame() -> None:
            nonlocal last_s
            now_s = time.perf_counter()
            late_ms.append(max((now_s - last_s) * 1000 - FRAME_MS, 0.0))
            last_s = now_s
            if len(late_ms) < steps:
                step(len(late_ms))
            elif not ended.done():
                ended.set_result(None)

        timer = QTimer(self._view, interval=FRAME_MS)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(on_frame)
        timer.start()
        await ended
        timer.stop()
        return late_ms

    def type(self, _number: int) -> None:
        """Presses a key over the message box."""
        self._hand.press_key()

    def turn_wheel(self, number: int) -> None:
        """Turns the wheel up by a notch, in the last quarter down."""
        middle = QPointF(self._view.viewport().rect().center())
        delta = QPoint(0, -_NOTCH if number % 40 > 30 else _NOTCH)
        event = QWheelEvent(
            middle,
            self._view.viewport().mapToGlobal(middle),
            QPoint(),
            delta,
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.postEvent(self._view.viewport(), event)

    def turn_page(self, number: int) -> None:
        """Presses Page Up, in the last quarter Page Down."""
        key = Qt.Key.Key_PageDown if number % 40 > 30 else Qt.Key.Key_PageUp
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier)
            QApplication.postEvent(self._view, event)

    def drag_bar(self, number: int) -> None:
        """Drags the scroll bar to and fro, from end to end."""
        bar = self._view.verticalScrollBar()
        bar.setSliderDown(True)
        turn, place = divmod(number, _DRAG_STEPS)
        share = place / _DRAG_STEPS
        bar.setSliderPosition(int(bar.maximum() * (share if turn % 2 else 1 - share)))
