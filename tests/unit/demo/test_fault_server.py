"""The tests' own server: it must break exactly as it says, and see what it was sent."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Run
from tests.floods import SOURCE
from tests.openapi import FOLDER_VARIABLE, documents_folder
from tests.scripts import DONE, End, Gate, event_bytes, replayed
from tests.server import FaultServer

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data"
CHAT = "/v1/chat/completions"
ASKED: dict[str, Any] = {
    "model": "openai/gpt-5-1",
    "messages": [{"role": "user", "content": "hi"}],
    "stream": True,
}
CHUNK = {"choices": [{"index": 0, "delta": {"content": "é日👩🏽"}, "finish_reason": None}]}

needs_documents = pytest.mark.skipif(
    documents_folder() is None, reason=f"{FOLDER_VARIABLE} names no folder"
)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as started:
        yield started


def post(server: FaultServer, **more: object) -> httpx.Response:
    return httpx.post(server.url + CHAT, json={**ASKED, **more}, trust_env=False, timeout=5)


def test_without_a_script_it_answers_like_the_demo(server: FaultServer) -> None:
    assert "canned demo reply" in post(server, stream=False).text
    recorded = server.wait_for_request(path=CHAT)
    assert (recorded.method, recorded.json["model"]) == ("POST", "openai/gpt-5-1")
    assert recorded.headers["content-type"] == "application/json"
    assert json.loads(recorded.body) == recorded.json
    assert server.posts() == [recorded]


def test_scripts_answer_in_order_and_by_path(server: FaultServer) -> None:
    server.reply_json({"n": 1})
    server.reply_json({"n": 2})
    server.reply_json({"key": 1}, 401, path="/v1/key")
    key = httpx.get(server.url + "/v1/key", trust_env=False)
    assert (key.status_code, key.json()) == (401, {"key": 1})
    assert [post(server).json()["n"] for _ in range(2)] == [1, 2]
    assert "canned" in post(server, stream=False).text
    server.reply_json({})
    server.forget()
    assert not server.requests
    assert "canned" in post(server, stream=False).text


@pytest.mark.parametrize("split", [0, 1, 7])
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_stream_arrives_byte_for_byte(server: FaultServer, split: int, is_packed: bool) -> None:
    server.reply_sse([CHUNK, "raw", b": note\n\n"], split=split, gzip=is_packed)
    response = post(server)
    assert response.headers["content-type"] == "text/event-stream"
    assert response.content == event_bytes(CHUNK) + b"data: raw\n\n: note\n\n" + DONE


def test_the_stream_is_really_compressed(server: FaultServer) -> None:
    server.reply_sse([CHUNK], gzip=True)
    with httpx.stream("POST", server.url + CHAT, json=ASKED, trust_env=False) as response:
        raw = b"".join(response.iter_raw())
    assert gzip.decompress(raw) == event_bytes(CHUNK) + DONE


@pytest.mark.parametrize("end", [End.FIN, End.TRUNCATED, End.RESET])
def test_a_stream_breaks_as_scripted(server: FaultServer, end: End) -> None:
    gate = Gate()
    server.reply_sse([CHUNK, gate], end=end)
    with httpx.stream("POST", server.url + CHAT, json=ASKED, trust_env=False) as response:
        chunks = response.iter_bytes()
        assert next(chunks) == event_bytes(CHUNK)
        gate.open()
        kind = httpx.ReadError if end is End.RESET else httpx.RemoteProtocolError
        with pytest.raises(kind):
            list(chunks)


def test_a_stall_ends_when_the_gate_is_opened(server: FaultServer) -> None:
    gate = server.reply_stall([CHUNK])
    with httpx.stream("POST", server.url + CHAT, json=ASKED, trust_env=False) as response:
        chunks = response.iter_bytes()
        assert next(chunks) == event_bytes(CHUNK)
        gate.wait_reached()
        assert gate.is_reached
        gate.open()
        assert b"".join(chunks) == DONE
    assert not server.cut


def test_a_reply_cut_by_its_client_is_noticed(server: FaultServer) -> None:
    gate = server.reply_stall([CHUNK])
    with httpx.stream("POST", server.url + CHAT, json=ASKED, trust_env=False) as response:
        next(response.iter_bytes())
        gate.wait_reached()
    assert server.wait_for_cut() is server.requests[0]


def test_the_socket_stays_open_after_the_end_marker(server: FaultServer) -> None:
    server.reply_sse([CHUNK], end=End.OPEN)
    timeout = httpx.Timeout(5, read=0.2)
    url = server.url + CHAT
    with httpx.stream("POST", url, json=ASKED, trust_env=False, timeout=timeout) as response:
        chunks = response.iter_bytes()
        while next(chunks) != DONE:
            pass
        with pytest.raises(httpx.ReadTimeout):
            next(chunks)


def test_silence_and_closing_before_the_headers(server: FaultServer) -> None:
    server.reply_raw()
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        post(server)
    gate = server.reply_silence()
    gate.open()
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        post(server)


def test_keepalives_go_on_until_the_client_leaves(server: FaultServer) -> None:
    server.reply_keepalives([CHUNK], interval_s=0.001)
    received = b""
    with httpx.stream("POST", server.url + CHAT, json=ASKED, trust_env=False) as response:
        for chunk in response.iter_bytes():
            received += chunk
            if received.count(b": keep-alive") >= 3:
                break
    server.wait_for_cut()


def test_raw_bytes_and_pauses_go_out_as_they_are(server: FaultServer) -> None:
    server.reply_raw(b"HTTP/1.1 200 OK\r\nContent-", 0.01, b"Length: 3\r\n\r\nabc")
    assert post(server).text == "abc"
    server.reply_raw(b"what is this\r\n\r\n")
    with pytest.raises(httpx.RemoteProtocolError):
        post(server)
    server.reply_huge_headers()
    with pytest.raises(httpx.RemoteProtocolError):
        post(server)


def test_redirects_portals_and_errors(server: FaultServer) -> None:
    server.reply_redirect(307, "http://127.0.0.1:1/")
    assert post(server).headers["location"] == "http://127.0.0.1:1/"
    server.reply_portal()
    assert post(server).headers["content-type"].startswith("text/html")
    server.reply_error(503, headers=[("Retry-After", "2")])
    told = post(server)
    assert (told.headers["retry-after"], told.json()["statusCode"]) == ("2", 503)
    server.reply_error(502, "<title>502</title>", [("Content-Type", "text/html")])
    assert post(server).text == "<title>502</title>"
    server.reply_error(400, {"error": {"message": "no"}})
    assert post(server).json()["error"]["message"] == "no"


def test_a_gate_that_was_opened_early_does_not_hold(server: FaultServer) -> None:
    gate = Gate()
    gate.open()
    server.reply_sse([CHUNK, gate, 0.001, CHUNK], done=False)
    assert post(server).content == event_bytes(CHUNK) * 2


@pytest.mark.parametrize("path", sorted(DATA.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_recorded_stream_is_named_and_replays(server: FaultServer, path: Path) -> None:
    named = json.loads((DATA / "streams.json").read_text("utf-8"))[path.stem]
    server.reply_replay(path)
    received = post(server).content
    data = [line[6:] for line in received.split(b"\n") if line.startswith(b"data: ")]
    has_done = data[-1:] == [b"[DONE]"]
    assert has_done is (named["endpoint"] == "chat")
    assert [json.loads(each) for each in data if each != b"[DONE]"] == replayed(path)


@pytest.mark.parametrize("is_responses", [False, True])
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_flood_holds_its_text(server: FaultServer, is_packed: bool, is_responses: bool) -> None:
    flood = server.reply_flood(500, 3, is_packed=is_packed, is_responses=is_responses)
    lines = [line[6:] for line in post(server).text.split("\n") if line.startswith("data: {")]
    events = [json.loads(line) for line in lines]
    if is_responses:
        assert [event["sequence_number"] for event in events] == list(range(503))
        deltas = [event["delta"] for event in events if event["type"].endswith(".delta")]
        assert events[-1]["response"]["output"][0]["content"][0]["text"] == flood.text
    else:
        deltas = [event["choices"][0]["delta"]["content"] for event in events[1:-2]]
    assert len(deltas) == 500
    assert "".join(deltas) == flood.text == (SOURCE * 3)[:1500]


@needs_documents
def test_problems_are_found_in_bodies(server: FaultServer) -> None:
    post(server, stream=False)
    assert server.invalid == []
    post(server, stream=False, temperature=3, novel=1, model="openai/gpt-5-1-chat-latest")
    found = server.requests[-1].problems
    assert any(line.startswith("temperature: not declared") for line in found)
    assert any(line.startswith("novel: not declared") for line in found)
    post(server, stream=False, messages=[{"role": "robot", "content": "hi"}], seed=0)
    found = server.requests[-1].problems
    assert any("messages[0]" in line for line in found)
    assert any("seed" in line for line in found)
    assert len(server.invalid) == 4


RESPONSES_BODIES: list[tuple[dict[str, Any], bool]] = [
    ({"input": "hi", "max_output_tokens": 16384, "store": False}, True),
    ({"input": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}, True),
    ({"input": "hi", "store": None, "reasoning": None}, True),
    ({"input": "hi", "max_output_tokens": 15}, False),
    ({"input": "hi", "text": {"verbosity": "low"}}, False),
    ({"input": "hi", "reasoning": {"effort": "none"}}, False),
    ({"input": "hi", "seed": 1}, False),
]


@needs_documents
@pytest.mark.parametrize(("sent", "is_valid"), RESPONSES_BODIES)
def test_responses_bodies_are_checked(sent: dict[str, Any], is_valid: bool) -> None:
    with FaultServer(strict=True) as server:
        body = {"model": "openai/gpt-5-1", **sent}
        reply = httpx.post(server.url + "/v1/responses", json=body, trust_env=False)
        assert (server.invalid == []) is is_valid
        assert reply.status_code == (200 if is_valid else 400)
        if not is_valid:
            assert reply.json()["message"].startswith("Body validation error")


def test_it_also_runs_in_the_loop_of_the_test(run: Run) -> None:
    async def story() -> str:
        async with FaultServer() as server, httpx.AsyncClient(trust_env=False) as client:
            server.reply_json({"a": 1})
            return (await client.post(server.url + CHAT, json=ASKED)).text

    assert run(story()) == '{"a":1}'


def test_it_runs_as_a_program_and_logs(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    command = [sys.executable, "-m", "tests.server", "--bench", "--log", str(log)]
    with subprocess.Popen(
        command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().removeprefix("URL ").strip()
            message = [{"role": "user", "content": "flood 20 5 packed"}]
            sent = {**ASKED, "messages": message}
            reply = httpx.post(url + CHAT, json=sent, trust_env=False, timeout=10)
            assert reply.text.count('"content":') == 21
            message[0]["content"] = "pace 100000 for 2 KB"
            reply = httpx.post(url + CHAT, json=sent, trust_env=False, timeout=10)
            assert reply.text.count('"content":') == 501
        finally:
            process.kill()
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [line["path"] for line in lines] == [CHAT, CHAT]
    assert lines[0]["json"]["messages"][0]["content"] == "flood 20 5 packed"
