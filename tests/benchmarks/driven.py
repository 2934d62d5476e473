"""The real application with a hand at its keyboard, as a program of its own.

    python -m tests.benchmarks.driven SCENARIO FOLDER URL ARGUMENTS [PROFILE]

starts the application with a data folder and a provider's address, waits until its window is
whole, runs a function of ``scenarios`` with the arguments (a JSON object), prints what that
returns as JSON, and leaves. With a PROFILE the main thread's calls are written there (cProfile).
"""

import asyncio
import cProfile
import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from desktop.app.lifetime import Lifetime
from desktop.app.options import Options
from desktop.app.start import run
from desktop.bridge.workspace import Workspace
from desktop.domain.messages import Growth, Message, TextPart
from desktop.ui.main_window import MainWindow
from desktop.ui.transcript.view import TranscriptView
from tests.benchmarks import scenarios

BUG_POLL_MS = 1_000
FRAME_MS = 16
KEY_MS = 90
REPLY_TIMEOUT_S = 400.0
OPEN_TIMEOUT_S = 20.0
_STAMP = re.compile(r"\d{12,}")

paint_watchers: list[Callable[[float], None]] = []
"""Called after each paint of the transcript with the time it ended."""


@dataclass(slots=True)
class Reply:
    """One answer as the window showed it.

    Attributes:
        first_s: When its first content was taken in.
        painted_s: When all of it was painted.
        chars: Length of its text.
    """

    first_s: float = 0.0
    painted_s: float = 0.0
    chars: int = 0


@dataclass(slots=True)
class Meter:
    """What was seen while a reply ran, each with the characters received by then.

    Attributes:
        late_ms: How late a timer of one frame was.
        cpu_s: Processor time of the process, all threads.
    """

    chars: int = 0
    late_ms: list[tuple[int, float]] = field(default_factory=list)
    cpu_s: list[tuple[int, float]] = field(default_factory=list)


class Hand:
    """Uses the window as a person does."""

    def __init__(self, window: MainWindow, view: TranscriptView, workspace: Workspace) -> None:
        self.window = window
        self.view = view
        self.workspace = workspace
        self._timers: list[QTimer] = []

    async def enter_key(self) -> None:
        """Gives the provider a key for this run."""
        tested = asyncio.get_running_loop().create_future()
        connection = self.workspace.account.key_tested.connect(lambda: settle(tested))
        self.workspace.account.enter_key("bench-key-0123456789", is_tested=False, is_kept=False)
        await tested
        self.workspace.account.key_tested.disconnect(connection)

    async def ask(self, prompt: str) -> Reply:
        """Sends a message and waits until the answer is whole, stored and painted."""
        chat, loop = self.workspace.chat, asyncio.get_running_loop()
        ended, painted, idle = (loop.create_future() for _ in range(3))
        reply = Reply()

        def on_changed(_row: int) -> None:
            reply.first_s = reply.first_s or time.perf_counter()

        def on_ended(message: Message) -> None:
            reply.chars = len(message.text)
            settle(ended, message)

        def on_painted(at_s: float) -> None:
            if ended.done() and not painted.done() and not self.view.stage.has_pending:
                reply.painted_s = at_s
                settle(painted)

        def on_running_changed(is_running: bool) -> None:
            if not is_running:
                settle(idle)

        timeline = chat.timeline
        connections = [
            (chat.running_changed, chat.running_changed.connect(on_running_changed)),
            (timeline.changed, timeline.changed.connect(on_changed)),
            (chat.reply_ended, chat.reply_ended.connect(on_ended)),
        ]
        paint_watchers.append(on_painted)
        self.window.chat.composer.set_text(prompt)
        self._button("Send").click()
        async with asyncio.timeout(REPLY_TIMEOUT_S):
            message: Message = await ended
            await painted
            await idle
        paint_watchers.remove(on_painted)
        for signal, connection in connections:
            signal.disconnect(connection)
        if message.fault is not None:
            raise RuntimeError(message.fault.user_text)
        return reply

    async def new_conversation(self) -> None:
        """Starts an empty conversation."""
        await self._shown(self.workspace.chat.new_conversation, is_painted=False)

    async def open(self, conversation: int) -> float:
        """Seconds until a conversation is painted."""
        began = time.perf_counter()
        chat = self.workspace.chat
        return await self._shown(lambda: chat.open(conversation), is_painted=True) - began

    async def _shown(self, action: Callable[[], None], *, is_painted: bool) -> float:
        """When the conversation that an action opens was there, or painted."""
        shown, opened = asyncio.get_running_loop().create_future(), False

        def on_opened(_conversation: object) -> None:
            nonlocal opened
            opened = True
            if not is_painted:
                settle(shown, time.perf_counter())

        def on_painted(at_s: float) -> None:
            if opened:
                settle(shown, at_s)

        signal = self.workspace.chat.conversation_opened
        connection = signal.connect(on_opened)
        paint_watchers.append(on_painted)
        action()
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            at_s: float = await shown
        paint_watchers.remove(on_painted)
        signal.disconnect(connection)
        return at_s

    def watch(self, *, is_typing: bool) -> Meter:
        """Begins to measure, typing into the message box meanwhile if asked."""
        meter = Meter()
        last_s = time.perf_counter()

        def on_frame() -> None:
            nonlocal last_s
            now_s = time.perf_counter()
            meter.late_ms.append((meter.chars, max((now_s - last_s) * 1000 - FRAME_MS, 0.0)))
            last_s = now_s

        def on_grown(_row: int, growth: Growth) -> None:
            if growth.choices is not None:
                parts = growth.choices[0].parts
                meter.chars = sum(len(part.text) for part in parts if isinstance(part, TextPart))
            meter.chars += sum(len(text) for *_, text in growth.appended)
            meter.cpu_s.append((meter.chars, time.process_time()))

        self.workspace.chat.timeline.grown.connect(on_grown)
        self._every(FRAME_MS, on_frame)
        if is_typing:
            self._every(KEY_MS, self.press_key)
        return meter

    def stamps(self) -> dict[int, float]:
        """Fills with the times sent (ns) that the transcript shows, and when each was painted."""
        seen: dict[int, float] = {}

        def on_painted(_at_s: float) -> None:
            now_ns = time.monotonic_ns()
            shown = " ".join(self.view.stage.element(each).text for each in self.view.stage.placed)
            for stamp in _STAMP.findall(shown):
                seen.setdefault(int(stamp), (now_ns - int(stamp)) / 1e6)

        paint_watchers.append(on_painted)
        return seen

    def _every(self, interval_ms: int, call: Callable[[], None]) -> None:
        timer = QTimer(self.window, interval=interval_ms)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(call)
        timer.start()
        self._timers.append(timer)

    def press_key(self) -> None:
        """Types a letter into the message box."""
        target = self.window.chat.composer.focusProxy() or self.window
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            key = QKeyEvent(kind, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "a")
            QApplication.postEvent(target, key)

    def _button(self, name: str) -> QPushButton:
        buttons = self.window.chat.composer.findChildren(QPushButton)
        return next(button for button in buttons if button.accessibleName() == name)


def settle(future: "asyncio.Future[Any]", value: object = None) -> None:
    """Gives a future its value, once."""
    if not future.done():
        future.set_result(value)


def watch_paints() -> None:
    """Lets `paint_watchers` hear of every paint of a transcript."""
    paint = TranscriptView.paintEvent

    def watched(view: TranscriptView, event: QPaintEvent) -> None:
        paint(view, event)
        for watcher in tuple(paint_watchers):
            watcher(time.perf_counter())

    TranscriptView.paintEvent = watched  # type: ignore[assignment,method-assign]


class Runner:
    """Runs the scenario on the application's own loop, once the window is whole."""

    def __init__(self, scenario: str, arguments: dict[str, Any], profile: str) -> None:
        self._scenario = getattr(scenarios, scenario)
        self._arguments = arguments
        self._profile = profile
        self._bugs = QTimer(interval=BUG_POLL_MS)
        self._bugs.timeout.connect(self._look_for_bugs)

    def begin(self, lifetime: Lifetime) -> None:
        """Takes the window in hand."""
        window, workspace = lifetime._window, lifetime._open.workspace
        if window.chat.view is None or workspace is None:
            raise RuntimeError("the window is not whole")
        self._bugs.start()
        workspace.scope.spawn(self._run(Hand(window, window.chat.view, workspace)))

    async def _run(self, hand: Hand) -> None:
        await hand.enter_key()
        profiler = cProfile.Profile()
        if self._profile:
            profiler.enable()
        measured = await self._scenario(hand, **self._arguments)
        if self._profile:
            profiler.disable()
            profiler.dump_stats(self._profile)
        sys.stdout.write(f"{json.dumps(measured)}\n")
        sys.stdout.flush()
        hand.window.quit_requested.emit()

    def _look_for_bugs(self) -> None:
        """Ends the process when the application reports one: the figures would mean nothing."""
        for box in QApplication.topLevelWidgets():
            if isinstance(box, QMessageBox):
                sys.stderr.write(f"{box.text()}\n{box.detailedText()}\n")
                sys.stderr.flush()
                os._exit(1)


def main(scenario: str, folder: str, url: str, arguments: str, profile: str = "") -> int:
    """The application's exit status."""
    qt = QApplication(sys.argv[:1])
    watch_paints()
    runner = Runner(scenario, json.loads(arguments), profile)
    status = run(Options(data_dir=Path(folder), base_url=url), runner.begin)
    del qt
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
