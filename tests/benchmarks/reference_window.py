"""What an ordinary text widget does with a stream; what the transcript is held against.

    python -m tests.benchmarks.reference_window KIND URL PROMPT

KIND is ``markdown``, a QTextBrowser given the whole text at every update, or ``plain``, a
QPlainTextEdit that text is appended to. Updates are a frame apart and a key is typed into a line
below meanwhile. Prints the seconds from the first content to the last paint, how late a frame's
timer was and the processor time, the two latter by the characters received.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable

import httpx
import qasync
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

FRAME_MS = 16
KEY_MS = 90
TIMEOUT_S = 300.0


class Window(QWidget):
    """A text and a line to type into."""

    def __init__(self, *, is_markdown: bool) -> None:
        super().__init__()
        self.browser = QTextBrowser() if is_markdown else None
        self.plain = None if is_markdown else QPlainTextEdit(readOnly=True)
        self.line = QLineEdit()
        layout = QVBoxLayout(self)
        for widget in (self.browser, self.plain, self.line):
            if widget is not None:
                layout.addWidget(widget)
        self.chars = 0
        self.late_ms: list[tuple[int, float]] = []
        self.cpu_s: list[tuple[int, float]] = []
        self._text = ""
        self._new: list[str] = []
        self._frame = self._timer(FRAME_MS, self.update_text, is_single=True)
        self._last_s = time.perf_counter()

    def begin(self) -> None:
        """Measures from now on."""
        self._last_s = time.perf_counter()
        self._timer(FRAME_MS, self._on_tick).start()
        self._timer(KEY_MS, self._press_key).start()

    def add(self, text: str) -> None:
        """Shows more text, in the next frame."""
        self._new.append(text)
        if not self._frame.isActive():
            self._frame.start()

    def update_text(self) -> None:
        """Shows what has come, scrolled to its end."""
        new, self._new = "".join(self._new), []
        self.chars += len(new)
        area = self.browser or self.plain
        if self.browser is not None:
            self._text += new
            self.browser.setMarkdown(self._text)
        elif self.plain is not None:
            cursor = self.plain.textCursor()
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(new)
        if area is not None:
            area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
        self.cpu_s.append((self.chars, time.process_time()))

    def finish(self) -> float:
        """Shows and paints the rest; when that was done."""
        self._frame.stop()
        self.update_text()
        self.repaint()
        return time.perf_counter()

    def _on_tick(self) -> None:
        now_s = time.perf_counter()
        self.late_ms.append((self.chars, max((now_s - self._last_s) * 1000 - FRAME_MS, 0.0)))
        self._last_s = now_s

    def _press_key(self) -> None:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            key = QKeyEvent(kind, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "a")
            QApplication.postEvent(self.line, key)

    def _timer(self, ms: int, call: Callable[[], None], *, is_single: bool = False) -> QTimer:
        timer = QTimer(self, interval=ms, singleShot=is_single)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(call)
        return timer


async def measure(kind: str, url: str, prompt: str) -> None:
    """Streams one answer into a window."""
    window = Window(is_markdown=kind == "markdown")
    window.resize(1280, 800)
    window.show()
    messages = [{"role": "user", "content": prompt}]
    body = {"model": "gpt-5.1", "stream": True, "messages": messages}
    first_s = 0.0
    async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
        window.begin()
        request = client.stream("POST", f"{url}/v1/chat/completions", json=body)
        async with request as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    choices = json.loads(line[6:])["choices"]
                    text = "".join(choice["delta"].get("content") or "" for choice in choices)
                    if text:
                        first_s = first_s or time.perf_counter()
                        window.add(text)
    seconds = window.finish() - first_s
    found = {"seconds": seconds, "late_ms": window.late_ms, "cpu_s": window.cpu_s}
    sys.stdout.write(f"{json.dumps(found)}\n")


def main() -> None:
    """Runs until the answer is shown."""
    qt = QApplication(sys.argv[:1])
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(qt)) as runner:
        runner.run(measure(*sys.argv[1:4]))


if __name__ == "__main__":
    main()
