"""Whole streams: our own short ones with what they must give, and recordings of other servers."""

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop.api.sse import SseDecoder
from desktop.core.assembler import Assembler
from desktop.domain.capabilities import Endpoint
from desktop.domain.errors import ConnectionLostError, DesktopError
from desktop.domain.events import Anomaly, Batch, Event, UnknownReceived
from desktop.domain.messages import (
    ActivityPart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
)
from tests.scripts import event_bytes, replayed
from tests.unit.api.support import CC, DATA, RS, decoder, merged

OWN = sorted(DATA.glob("*.jsonl"))
EXPECTED: dict[str, dict[str, Any]] = json.loads((DATA / "streams.json").read_text("utf-8"))
FOLDER = os.environ.get("SOUNDING_STREAMS", "")
RECORDED = sorted(Path(FOLDER).glob("*.jsonl")) if FOLDER else []


def endpoint_of(path: Path) -> Endpoint:
    return CC if path.stem.startswith("chat") else RS


def read(
    raw: bytes, endpoint: Endpoint, cuts: list[int]
) -> tuple[list[Event], Assembler, DesktopError | None]:
    """The events of a body that comes in pieces, and what the application makes of them."""
    splitter, used, assembler = SseDecoder(), decoder(endpoint), Assembler()
    events: list[Event] = []

    def take(found: list[Event]) -> None:
        events.extend(found)
        assembler.feed(Batch(found, b"", 0.0))

    edges = [0, *sorted(cut for cut in cuts if cut < len(raw)), len(raw)]
    for start, end in pairwise(edges):
        take(used.feed(splitter.feed(raw[start:end])))
    take(used.feed(splitter.flush()))
    error = None
    try:
        take(used.finish())
    except DesktopError as caught:
        error = caught
    assembler.close()
    return events, assembler, error


def body(path: Path) -> bytes:
    raw = b"".join(event_bytes(payload) for payload in replayed(path))
    return raw + (b"data: [DONE]\n\n" if endpoint_of(path) is CC else b"")


def shown(assembler: Assembler, kind: type[Part], choice: int = 0) -> list[Any]:
    return [part for part in assembler.choices()[choice].parts if isinstance(part, kind)]


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_own_streams_give_what_they_must(path: Path) -> None:
    expected = EXPECTED[path.stem]
    ended = body(path).removesuffix(b"data: [DONE]\n\n")
    _, assembler, error = read(ended, endpoint_of(path), [])
    assert "".join(part.text for part in shown(assembler, TextPart)) == expected["text"]
    if "error" in expected:
        assert error is not None
        assert error.provider_text == expected["error"]
        assert error.request_id == expected.get("request_id", "")
    elif expected["finish"] is None:
        assert isinstance(error, ConnectionLostError)
    else:
        assert error is None
        check_details(assembler, expected)


def check_details(assembler: Assembler, expected: dict[str, Any]) -> None:
    for place, text in enumerate(expected.get("texts", [])):
        assert [part.text for part in shown(assembler, TextPart, place)] == [text]
    if "refusal" in expected:
        assert [part.text for part in shown(assembler, RefusalPart)] == [expected["refusal"]]
    if "calls" in expected:
        calls = [[part.call_id, part.name, part.text] for part in shown(assembler, ToolCallPart)]
        assert calls == expected["calls"]
    if "summaries" in expected:
        assert [part.text for part in shown(assembler, ReasoningPart)] == expected["summaries"]
    if "reasoning" in expected:
        assert (
            "".join(part.text for part in shown(assembler, ReasoningPart)) == expected["reasoning"]
        )
    if "citations" in expected:
        (text,) = shown(assembler, TextPart)
        assert [each.url for each in text.citations] == expected["citations"]
    if "input_tokens" in expected:
        assert assembler.usage is not None
        assert assembler.usage.input_tokens == expected["input_tokens"]
        assert assembler.usage.output_tokens == expected["output_tokens"]
    if "usd" in expected:
        assert assembler.cost is not None
        assert float(assembler.cost.usd) == expected["usd"]
    for kind in expected.get("tools", []):
        parts = [*shown(assembler, ActivityPart), *shown(assembler, ToolCallPart)]
        assert kind in {part.raw["type"] for part in parts}


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 6000), max_size=40))
def test_any_cut_gives_the_same_events(path: Path, cuts: list[int]) -> None:
    raw, endpoint = body(path), endpoint_of(path)
    events, assembler, error = read(raw, endpoint, [])
    again, assembled_again, error_again = read(raw, endpoint, cuts)
    assert merged(again) == merged(events)
    assert assembled_again.choices() == assembler.choices()
    assert type(error_again) is type(error)


@pytest.mark.skipif(not RECORDED, reason="SOUNDING_STREAMS names no folder with recordings")
@pytest.mark.parametrize("path", RECORDED or [Path("none")], ids=lambda path: path.stem)
def test_recordings_of_other_servers(path: Path) -> None:
    payloads = replayed(path)
    raw, endpoint = body(path), endpoint_of(path)
    events, assembler, error = read(raw, endpoint, [])
    step = max(1, len(raw) // 3000)
    again, assembled_again, _ = read(raw, endpoint, list(range(1, len(raw), step)))
    assert merged(again) == merged(events)
    assert assembled_again.choices() == assembler.choices()
    anomalies = {each.text for each in events if isinstance(each, Anomaly)}
    assert anomalies <= {"A further response came in the same stream."}
    unknown = {each.kind for each in events if isinstance(each, UnknownReceived)}
    assert unknown <= {"response.keepalive"}
    if any(each.get("type") in ("error", "response.failed") for each in payloads):
        assert error is not None
        assert error.provider_text
    else:
        assert error is None
        everything = json.dumps(payloads[-3:] if endpoint is RS else payloads)
        for part in shown(assembler, TextPart):
            assert endpoint is CC or json.dumps(part.text)[1:-1] in json.dumps(payloads)
        assert assembler.choices()[0].parts
        assert (assembler.usage is None) == ("total_tokens" not in everything)
