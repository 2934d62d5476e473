"""The process dies in the middle of a stream, or is asked to end there."""

import asyncio
import random
import sqlite3
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from desktop.demo.server import Connection, Response
from tests.flows.app import CANARY
from tests.flows.child import Child
from tests.flows.replies import delta
from tests.scripts import EVENT_STREAM, event_bytes
from tests.server import FaultServer

KEPT_BEHIND_S = 0.5
"""What was received longer ago than this must be on disk."""

ON_THE_WAY_S = 0.1
"""From the server's write to the application's read, on a busy machine."""

INTERRUPTED = "\nInterrupted"


@dataclass(slots=True)
class EndlessStream(Response):
    """Words without end; each is noted with its moment.

    Attributes:
        pause_s: Between two words.
        sent: (moment on the monotonic clock, word), in order.
    """

    pause_s: float = 0.01
    sent: list[tuple[float, str]] = field(default_factory=list)

    async def send(self, connection: Connection) -> None:
        await connection.send_head(200, [EVENT_STREAM])
        for number in count():
            word = f"word{number} "
            await connection.send_body(event_bytes(delta(word)))
            self.sent.append((time.monotonic(), word))
            await asyncio.sleep(self.pause_s)

    def text_until(self, moment_s: float) -> str:
        """What was sent before a moment."""
        return "".join(word for at_s, word in self.sent if at_s <= moment_s)


def wait_for_words(stream: EndlessStream, server: FaultServer, number: int) -> None:
    """Blocks until so many words were sent."""
    deadline = time.monotonic() + 20
    while len(stream.sent) < number:
        assert time.monotonic() < deadline, "the server sends nothing"
        time.sleep(0.001)


def kill_and_look(folder: Path, server: FaultServer, words: int) -> None:
    """Kills the application after some words of a reply, and judges what a restart shows."""
    stream = EndlessStream()
    server.reply(stream)
    with Child(folder, server.url) as child:
        child.order("key", CANARY)
        child.order("send", "Say hello")
        wait_for_words(stream, server, words)
        killed_s = child.kill()
    with Child(folder, server.url) as child:
        names = child.order("newest")["names"]
    assert names[0] == "You: Say hello"
    assert len(names) == 2
    assert names[1].startswith("Assistant: ")
    assert names[1].endswith("Interrupted")
    kept = names[1].removeprefix("Assistant: ").removesuffix("Interrupted").strip()
    needed = stream.text_until(killed_s - KEPT_BEHIND_S - ON_THE_WAY_S).strip()
    assert stream.text_until(killed_s + 1).startswith(kept)
    assert len(kept) >= len(needed), f"{len(needed.split()) - len(kept.split())} words are lost"
    with sqlite3.connect(folder / "history.sqlite3") as store:
        assert store.execute("pragma integrity_check").fetchone() == ("ok",)
    store.close()


@pytest.mark.parametrize("words", [1, 30, 90, 140])
def test_kill_9_loses_at_most_half_a_second(
    server: FaultServer, tmp_path: Path, words: int
) -> None:
    kill_and_look(tmp_path / "data", server, words)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100))
def test_kill_9_at_any_moment(server: FaultServer, tmp_path: Path, seed: int) -> None:
    kill_and_look(tmp_path / "data", server, random.Random(seed).randint(1, 200))  # noqa: S311


def test_terminate_in_the_middle_of_a_stream_is_a_clean_end(
    server: FaultServer, tmp_path: Path
) -> None:
    stream = EndlessStream()
    server.reply(stream)
    with Child(tmp_path, server.url) as child:
        child.order("key", CANARY)
        child.order("send", "Say hello")
        wait_for_words(stream, server, 20)
        child.order("type", "an unsent draft")
        status, took_s, errors = child.terminate()
    assert (status, errors) == (0, "")
    assert took_s <= 2.0
    sent = stream.text_until(time.monotonic())
    with Child(tmp_path, server.url) as child:
        seen = child.order("names")
    assert seen["draft"] == "an unsent draft"
    assert seen["names"][1].endswith("\nStopped")
    kept = seen["names"][1].removeprefix("Assistant: ").removesuffix("Stopped").strip()
    assert sent.startswith(kept)
    assert len(kept) >= len(stream.text_until(time.monotonic() - 3).strip()) - 20


def test_terminate_while_the_server_is_silent(server: FaultServer, tmp_path: Path) -> None:
    server.reply_silence()
    with Child(tmp_path, server.url) as child:
        child.order("key", CANARY)
        child.order("send", "Say hello")
        server.wait_until(lambda: len(server.posts()) == 1)
        status, took_s, errors = child.terminate()
    assert (status, errors) == (0, "")
    assert took_s <= 2.0


def test_the_key_is_not_in_the_command_line_or_the_folder(
    server: FaultServer, tmp_path: Path
) -> None:
    with Child(tmp_path, server.url) as child:
        child.order("key", CANARY)
        child.order("send", "Say hello")
        child.order("wait")
        command_line = Path(f"/proc/{child.process.pid}/cmdline")
        if command_line.exists():
            assert CANARY.encode() not in command_line.read_bytes()
        child.kill()
    holders = [
        path.name
        for path in tmp_path.rglob("*")
        if path.is_file() and CANARY.encode() in path.read_bytes()
    ]
    assert holders == []
