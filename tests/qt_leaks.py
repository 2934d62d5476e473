"""What a test with Qt must not leave behind: windows, threads, timers."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid


@dataclass(frozen=True)
class Living:
    """Everything of Qt that is at work at one moment.

    The objects are kept, so that no later one can have the identity of one seen before.
    """

    windows: list[QWidget]
    threads: list[QThread]
    timers: list[QTimer]


def living() -> Living:
    """What is at work now."""
    known = [each for each in gc.get_objects() if issubclass(type(each), (QThread, QTimer))]
    valid = [each for each in known if isValid(each)]
    return Living(
        windows=[each for each in QApplication.topLevelWidgets() if each.isVisible()],
        threads=[each for each in valid if isinstance(each, QThread) and each.isRunning()],
        timers=[each for each in valid if isinstance(each, QTimer) and each.isActive()],
    )


def settle() -> None:
    """Deletes what waits for its deletion and what no one holds any more."""
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()


def leaks(before: Living) -> list[str]:
    """One line for each thing that is at work now and was not before."""
    now = living()
    return [
        *_new("a visible window, give it to qtbot.addWidget", before.windows, now.windows),
        *_new("a running thread, quit() it and wait()", before.threads, now.threads),
        *_new("an active timer, stop() it or delete its parent", before.timers, now.timers),
    ]


def _new(advice: str, before: Sequence[QObject], now: Sequence[QObject]) -> list[str]:
    seen = {id(each) for each in before}
    return [f"{each!r} is {advice}" for each in now if id(each) not in seen]
