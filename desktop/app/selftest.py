"""``--selftest``: every part once, offscreen, against the demo provider."""

import os
import sys
from typing import TYPE_CHECKING

from desktop.app.options import Options
from desktop.domain.capabilities import Endpoint
from desktop.domain.messages import Message, Status

if TYPE_CHECKING:
    from desktop.app.lifetime import Lifetime

LIMIT_MS = 60_000
QUESTION = "Say hello to the self-test"


def selftest() -> int:
    """Asks the demo provider over both endpoints in a real window; 0 if every check passed."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from desktop.app.quick_imports import make_imports_quick

    make_imports_quick()
    from desktop.app.start import run

    checks = _Checks()
    return run(Options(is_demo=True, log_level="WARNING"), on_ready=checks.begin)


class _Checks:
    """One reply an endpoint, one after the other; a line is printed for each."""

    def __init__(self) -> None:
        self._waiting = list(Endpoint)
        self._lifetime: Lifetime | None = None
        self._is_good = True

    def begin(self, lifetime: "Lifetime") -> None:
        """Starts with the first endpoint, once the window is complete."""
        from PySide6.QtCore import QTimer

        self._lifetime = lifetime
        _say("window", "painted and complete")
        lifetime.chat.reply_ended.connect(self._on_reply_ended)
        lifetime.chat.running_changed.connect(self._on_running_changed)
        QTimer.singleShot(LIMIT_MS, self._on_limit)
        self._ask()

    def _ask(self) -> None:
        if self._lifetime is not None:
            self._lifetime.chat.set_endpoint(self._waiting[0])
            self._lifetime.chat.send(QUESTION)

    def _on_reply_ended(self, message: Message) -> None:
        endpoint = self._waiting.pop(0)
        is_good = message.status is Status.COMPLETE and QUESTION in message.text
        name = endpoint.value.removeprefix("/v1/")
        _say(name, f"{message.status.value}, {len(message.text)} characters", is_good=is_good)
        self._is_good = self._is_good and is_good

    def _on_running_changed(self, is_running: object) -> None:
        if is_running:
            return
        if self._is_good and self._waiting:
            self._ask()
        else:
            self._end(0 if self._is_good else 1)

    def _on_limit(self) -> None:
        _say("time", "no reply within a minute", is_good=False)
        self._end(1)

    def _end(self, status: int) -> None:
        if self._lifetime is not None:
            self._lifetime.leave(status)


def _say(name: str, text: str, *, is_good: bool = True) -> None:
    sys.stdout.write(f"{'ok  ' if is_good else 'FAIL'} {name}: {text}\n")
    sys.stdout.flush()
