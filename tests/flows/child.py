"""The application in a process of its own, and the other end of its wire.

As a program it starts the real application with ``--data-dir`` and ``--base-url`` and follows
orders on its standard input, one JSON object a line; it answers each with one on standard output::

    {"do": "key", "text": "sk-..."}    {"do": "send", "text": "Hello"}    {"do": "names"}
"""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from desktop.app.lifetime import Lifetime

ROOT = Path(__file__).parents[2]
LIMIT_S = 30.0


class Child:
    """A running application.

    Attributes:
        process: Its process.
    """

    def __init__(self, folder: Path, url: str, environment: Mapping[str, str] = os.environ) -> None:
        command = [sys.executable, "-m", "tests.flows.child", str(folder), url]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def order(self, do: str, text: str = "") -> Any:
        """Gives an order and waits for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, "text": text}).encode() + b"\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> Any:
        """The next answer."""
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(LIMIT_S):
                raise TimeoutError("the application does not answer")
        line = self.process.stdout.readline()
        if not line:
            _, errors = self.process.communicate()
            raise EOFError(errors.decode(errors="replace"))
        return json.loads(line)

    def kill(self) -> float:
        """Ends it without warning, and gives the moment on the monotonic clock."""
        moment = time.monotonic()
        self.process.kill()
        self.process.wait()
        return moment

    def terminate(self) -> tuple[int, float, str]:
        """Asks it to end; gives exit status, seconds it took, and what it wrote to stderr."""
        began = time.monotonic()
        self.process.terminate()
        _, errors = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, time.monotonic() - began, errors.decode()


class Orders:
    """Follows orders inside the application."""

    def __init__(self, lifetime: "Lifetime") -> None:
        import asyncio

        self._lifetime = lifetime
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop.add_reader(sys.stdin.fileno(), self._on_line)
        _say({"ready": True})

    def _on_line(self) -> None:
        line = sys.stdin.readline()
        if not line:
            self._loop.remove_reader(sys.stdin.fileno())
            return
        task = self._loop.create_task(self._follow(json.loads(line)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, order: dict[str, str]) -> None:
        from desktop.domain.history_roles import HistoryRole
        from tests.flows.app import item_names, until

        workspace, window = self._lifetime._open.workspace, self._lifetime._window
        assert workspace is not None
        assert window.chat.view is not None
        chat, text = workspace.chat, order["text"]
        if order["do"] == "key":
            await until(lambda: workspace.account.is_loaded)
            workspace.account.enter_key(text, is_tested=False, is_kept=False)
            await until(lambda: workspace.account.has_key)
        elif order["do"] == "send":
            window.chat.composer.insert_paste(text)
            window.chat.composer.send()
        elif order["do"] == "type":
            window.chat.composer.insert_paste(text)
        elif order["do"] == "newest":
            model = workspace.history
            chat.open(int(model.index(0).data(HistoryRole.ID)))
            await until(lambda: chat.conversation is not None)
        elif order["do"] == "wait":
            await until(lambda: not chat.is_running)
        last = workspace.preferences.settings.last_conversation
        await until(lambda: not last or chat.conversation is not None)
        _say({"names": item_names(window.chat.view), "draft": window.chat.composer.text()})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main(folder: str, url: str) -> int:
    """Runs the application with orders."""
    from desktop.app.options import Options
    from desktop.app.start import run

    orders: list[Orders] = []
    options = Options(data_dir=Path(folder), base_url=url, log_level="DEBUG")
    return run(options, lambda lifetime: orders.append(Orders(lifetime)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
