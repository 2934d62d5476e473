"""Recorded and very long streams through the whole application."""

import asyncio
import json
import os
import re
from pathlib import Path

import pytest

from desktop.domain.capabilities import ENDPOINT_NAMES, Endpoint
from tests.flows.app import POLL_S, App
from tests.flows.conftest import Tell
from tests.flows.test_chat import choose
from tests.qt_leaks import living
from tests.scripts import replayed
from tests.server import FaultServer

SHIPPED = Path(__file__).parents[1] / "data"
FEW = 12
"""Timers that may come and go at any time."""

RECORDINGS = os.environ.get("SOUNDING_STREAMS", "")


def recordings() -> list[Path]:
    """The streams of the tests and, where there is a folder of them, the recorded ones."""
    others = sorted(Path(RECORDINGS).glob("*.jsonl")) if RECORDINGS else []
    return [*sorted(SHIPPED.glob("*.jsonl")), *others]


def endpoint_of(stream: Path) -> Endpoint:
    """Where a recording was made."""
    is_chat = "type" not in replayed(stream)[0]
    return Endpoint.CHAT_COMPLETIONS if is_chat else Endpoint.RESPONSES


def answered_text(stream: Path) -> str:
    """The text that a recording must end with: as told, or its deltas joined."""
    if stream.parent == SHIPPED:
        told = json.loads((SHIPPED / "streams.json").read_text("utf-8"))
        return str(told[stream.stem].get("text", ""))
    events = replayed(stream)
    if endpoint_of(stream) is Endpoint.RESPONSES:
        texts = [e["delta"] for e in events if e["type"] == "response.output_text.delta"]
        return "".join(texts)
    choices = (choice for event in events for choice in event.get("choices") or [])
    first = (c for c in choices if isinstance(c, dict) and c.get("index", 0) == 0)
    return "".join((c.get("delta") or {}).get("content") or "" for c in first)


def words_of(text: str) -> list[str]:
    """The plain words of a Markdown text, for comparing it with what is shown."""
    return [word for word in text.split() if word.isalpha()]


@pytest.mark.parametrize("stream", recordings(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_stream_replays_to_its_end(tell: Tell, server: FaultServer, stream: Path) -> None:
    async def story(app: App) -> None:
        choose(app, "Endpoint", ENDPOINT_NAMES[endpoint_of(stream)])
        server.reply_replay(stream, split=97)
        app.type_and_send("Replay")
        await app.wait_for_end()
        seen = app.names()
        assert seen[0] == "You: Replay"
        assert len(seen) in (2, 3)
        assert seen[1].startswith(("Assistant: ", "Error: "))
        assert len(server.posts()) == 1
        shown = iter(words_of(re.sub(r"\[\d+\]", "", seen[1])))
        missing = [word for word in words_of(answered_text(stream)) if word not in shown]
        assert missing == []
        await app.restart()
        assert app.names() == seen
        server.reply_json({"error": {"message": "enough"}}, status=400)
        await app.ask("Next")
        assert json.loads(server.posts()[1].body)

    tell(story)


@pytest.mark.skipif(not RECORDINGS, reason="SOUNDING_STREAMS names no folder")
def test_the_folder_of_recordings_is_not_empty() -> None:
    assert len(recordings()) > len(list(SHIPPED.glob("*.jsonl")))


@pytest.mark.parametrize("is_responses", [False, True])
def test_timers_stay_flat_over_10_000_events(
    tell: Tell, server: FaultServer, is_responses: bool
) -> None:
    async def story(app: App) -> None:
        if is_responses:
            choose(app, "Endpoint", "Responses")
        await app.ask("markdown")
        before, timers_before = loop_timers(), len(living().timers)
        server.reply_flood(10_000, is_responses=is_responses)
        app.type_and_send("Flood")
        most = 0
        while app.stop_button.isEnabled():
            await asyncio.sleep(POLL_S)
            most = max(most, loop_timers())
        assert "by the mark five" in app.names()[-1]
        assert not app.names()[-1].endswith("Interrupted")
        assert most <= before + FEW
        assert loop_timers() <= before + FEW
        assert len(living().timers) <= timers_before + FEW

    tell(story)


def loop_timers() -> int:
    """How many Qt timers the event loop keeps; it starts one for each delayed call."""
    return len(asyncio.get_running_loop()._timer._SimpleTimer__callbacks)  # type: ignore[attr-defined]
