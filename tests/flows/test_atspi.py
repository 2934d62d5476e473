"""The real window on a real display, driven from outside by its public accessible names."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from desktop.domain.capabilities import Endpoint
from tests.flows.app import CANARY
from tests.flows.child import ROOT
from tests.flows.replies import SHOWN, answer, opening, whole
from tests.server import FaultServer

SYSTEM_PYTHON = "/usr/bin/python3"
DRIVER = Path(__file__).with_name("atspi_driver.py")
CC, RS = Endpoint.CHAT_COMPLETIONS, Endpoint.RESPONSES
MODELS = ("gpt-5.1", "gpt-5.1-chat-latest")
ENDPOINTS = {"Chat completions": CC, "Responses": RS}
IDS = {"gpt-5.1": "openai/gpt-5-1", "gpt-5.1-chat-latest": "openai/gpt-5-1-chat-latest"}

BRIDGE_NOISE = "qt.accessibility.atspi: AtSpiAdaptor::applicationInterface does not implement"
"""What Qt says when a client asks for a part of the protocol that Qt does without."""

pytestmark = [pytest.mark.xvfb, pytest.mark.timeout(120)]


class Outside:
    """The application in its own process, and the driver that uses it from outside."""

    def __init__(self, folder: Path, url: str, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "desktop", "--data-dir", str(folder), "--base-url", url]
        self.app = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
        self._driver = subprocess.Popen(
            [SYSTEM_PYTHON, str(DRIVER), str(self.app.pid)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.app.kill()
        self.app.communicate()
        self._driver.communicate()

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        def order(**arguments: Any) -> Any:
            assert self._driver.stdin is not None
            assert self._driver.stdout is not None
            self._driver.stdin.write(json.dumps({"do": verb, **arguments}) + "\n")
            self._driver.stdin.flush()
            answered = json.loads(self._driver.stdout.readline())
            assert "ok" in answered, f"{verb} {arguments}: {answered['error']}"
            return answered["ok"]

        return order

    def enter_key(self) -> None:
        """Enters the key as a new user does."""
        self.press(name="Enter API key")
        self.write(name="API key", text=CANARY)
        self.press(name="Save without testing")
        self.wait_until(lambda: self.is_enabled(name="Send"))

    def send(self, text: str) -> None:
        """Types a message and presses Send."""
        self.write(name="Message", text=text)
        self.press(name="Send")

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Blocks until a condition holds."""
        deadline = time.monotonic() + 15
        while not is_so():
            assert time.monotonic() < deadline, "it does not come to hold"
            time.sleep(0.02)

    def leave(self) -> None:
        """Ends the application as the session's end does."""
        self.app.terminate()
        _, errors = self.app.communicate(timeout=10)
        assert self.app.returncode == 0
        lines = errors.decode().splitlines()
        assert [line for line in lines if not line.startswith(BRIDGE_NOISE)] == []


Start = Callable[[], Outside]


@pytest.fixture
def start(desktop_env: dict[str, str], server: FaultServer, tmp_path: Path) -> Iterator[Start]:
    """Starts the application with one folder and the key that was stored, if one was."""
    started: list[Outside] = []

    def start_one() -> Outside:
        started.append(Outside(tmp_path / "data", server.url, desktop_env))
        return started[-1]

    yield start_one
    for outside in started:
        outside.__exit__()


def test_both_models_and_endpoints_streamed_and_not(start: Start, server: FaultServer) -> None:
    app = start()
    app.wait_until(lambda: app.title() == "Sounding")
    assert not app.is_enabled(name="Send")
    app.wait_until(lambda: app.description(name="Send") == "Enter an API key first")
    app.enter_key()
    asked: list[tuple[str, str, bool]] = []
    for model in MODELS:
        app.choose(label="Model", text=model)
        for name, endpoint in ENDPOINTS.items():
            app.choose(label="Endpoint", text=name)
            for is_streamed in (True, False):
                app.toggle(name="Set Stream", wanted=is_streamed)
                if is_streamed:
                    server.reply_sse(answer(endpoint))
                else:
                    server.reply_json(whole(endpoint))
                app.send("Say hello")
                asked.append((IDS[model], endpoint.value, is_streamed))
                app.wait_for_items(name="Transcript", names=["You: Say hello", SHOWN] * len(asked))
                app.wait_until(lambda: not app.is_enabled(name="Stop"))
    sent = [(p.json["model"], p.path, p.json.get("stream") is True) for p in server.posts()]
    assert sent == asked
    assert server.invalid == []
    assert app.title() == "Say hello - Sounding"
    seen = app.items(name="Transcript")
    app.leave()
    again = start()
    again.wait_for_items(name="Transcript", names=seen)
    assert again.items(name="History")[0].startswith("Say hello")
    assert again.chosen(label="Model") == MODELS[1]
    assert again.chosen(label="Endpoint") == "Responses"
    again.wait_until(lambda: again.is_enabled(name="Send"))
    again.leave()


def test_parameters_stop_and_regenerate(start: Start, server: FaultServer) -> None:
    app = start()
    app.wait_until(lambda: app.title() == "Sounding")
    app.wait_until(lambda: app.is_enabled(name="Send") or _has_welcome(app))
    if not app.is_enabled(name="Send"):
        app.enter_key()
    assert not app.is_checked(name="Set Temperature")
    app.set_value(name="Temperature", value=0.5)
    assert app.is_checked(name="Set Temperature")
    app.toggle(name="Set Include usage", wanted=False)
    gate = server.reply_stall(opening(CC, ["Half an answer"]))
    app.send("Say hello")
    app.wait_for_items(name="Transcript", names=["You: Say hello", "Assistant: Half an answer"])
    app.press(name="Stop")
    stopped = ["You: Say hello", "Assistant: Half an answer\nStopped"]
    app.wait_for_items(name="Transcript", names=stopped)
    gate.open()
    app.toggle(name="Set Temperature", wanted=False)
    server.reply_sse(answer(CC))
    app.press_in_item(name="Transcript", number=1, button="Regenerate")
    app.wait_for_items(name="Transcript", names=["You: Say hello", SHOWN])
    app.press_in_item(name="Transcript", number=1, button="Previous version")
    app.wait_for_items(name="Transcript", names=stopped)
    first, second = (post.json for post in server.posts())
    assert first["temperature"] == 0.5
    assert set(first) == {"model", "messages", "stream", "temperature"}
    assert set(second) == {"model", "messages", "stream"}
    app.press(name="New conversation")
    app.wait_until(lambda: app.title() == "Sounding")
    app.leave()


def _has_welcome(app: Outside) -> bool:
    return bool(app.widgets_named(name="Try the demo"))
