"""Many requests become few calls, the first of them at once."""

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer

FRAME_MS = 16
STEADY_MS = 33
"""Frame of a stream that has run for a while: text that flows reads the same at 30 frames a second
and costs a third less (measured)."""

STEADY_AFTER_MS = 1000
PAUSE_MS = 200
"""A request after so long begins anew: it is served at once, and quickly for a while."""

CALM_MS = 48
"""In a flood frames last up to this long: what takes long to show is shown less often."""

SHARE = 8
"""A flush takes at most about this part of the time, and painting half as much again (measured)."""


class FrameCoalescer(QObject):
    """Calls ``flush`` at most once a frame.

    A request after a pause is served at once, so that the first token is never held back; later
    ones wait for the rest of the frame.
    """

    def __init__(self, flush: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._flush = flush
        self._since = QElapsedTimer()
        self._stream = QElapsedTimer()
        self._frame_ms = FRAME_MS
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer_timeout)

    def request(self) -> None:
        """Asks for a flush."""
        if self._timer.isActive():
            return
        elapsed_ms = int(self._since.elapsed()) if self._since.isValid() else PAUSE_MS
        if elapsed_ms >= PAUSE_MS:
            self._stream.start()
        if elapsed_ms >= self._frame_ms:
            self._on_timer_timeout()
        else:
            self._timer.start(self._frame_ms - elapsed_ms)

    def flush_now(self) -> None:
        """Serves a waiting request at once; does nothing where none waits."""
        if self._timer.isActive():
            self._timer.stop()
            self._on_timer_timeout()

    def _on_timer_timeout(self) -> None:
        self._since.start()
        self._flush()
        is_steady = self._stream.elapsed() >= STEADY_AFTER_MS
        cost_ms = int(self._since.elapsed())
        self._frame_ms = max(STEADY_MS if is_steady else FRAME_MS, min(SHARE * cost_ms, CALM_MS))
