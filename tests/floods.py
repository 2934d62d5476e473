"""Streams for the benchmarks: bytes made beforehand, so that the server is not the bottleneck.

With ``--bench`` the prompt asks for one: ``flood EVENTS [CHARS] [packed]`` as fast as the client
reads, ``pace RATE for SIZE MB`` at so many tokens a second until the answer has that size.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from typing import Any

from desktop.demo.payloads import dumps, mapping, sequence
from desktop.demo.server import Connection, Response
from tests.scripts import DONE, EVENT_STREAM, event_bytes

PACK_BYTES = 16_384
MAX_EVENTS_BEFOREHAND = 200_000
"""Longer streams (about 200 bytes an event) are made while they are sent."""

CHARS_PER_TOKEN = 4
_FLOOD = re.compile(r"\bflood (\d+)(?: (\d+))?( packed)?\b")
_PACE = re.compile(r"\bpace (\d+) for (\d+(?:\.\d+)?) ?(KB|MB)\b", re.IGNORECASE)
_UNITS = {"KB": 1_000, "MB": 1_000_000}

SOURCE = """\
### What the sounding line says

The lead goes down and comes up with *sand*, **shell** or nothing at all; each cast is a
line in the log, and a line in the log is worth more than a guess. Depth is read at the mark, then
[written down](https://example.org/log), then read again.

- by the mark five
- by the deep four, and shoaling
  - sand and shell
- no bottom with this line

| cast | depth | bottom |
|---:|---:|---|
| 1 | 5 | sand |
| 2 | 4.25 | shell |

```python
def depth(line: list[float]) -> float:
    return sum(line) / len(line)  # fathoms
```

The tide adds $h(t) = h_0 + a \\cos(\\omega t)$ to all of it, and `depth` does not know.

"""


class Flood(Response):
    """Content deltas without end marks between them, in the form of the endpoint that was asked.

    Attributes:
        events: How many deltas.
        chars: Characters in each.
        is_packed: Whether HTTP chunks hold 16 KiB of events instead of one.
        rate: Deltas a second; 0 for as fast as the client reads.
        is_responses: Whether the events are those of Responses.
    """

    def __init__(
        self,
        events: int,
        chars: int = CHARS_PER_TOKEN,
        *,
        is_packed: bool = False,
        rate: float = 0.0,
        is_responses: bool = False,
    ) -> None:
        super().__init__(headers=[EVENT_STREAM])
        self.events, self.chars, self.is_packed = events, chars, is_packed
        self.rate, self.is_responses = rate, is_responses

    @property
    def text(self) -> str:
        """The whole text the client must end with."""
        return "".join(islice(cycle(SOURCE), self.events * self.chars))

    async def send(self, connection: Connection) -> None:
        frames = responses_frames(self) if self.is_responses else chat_frames(self)
        if self.rate:
            await connection.send_head(200, self.headers)
            await self._send_paced(connection, frames)
        else:
            blocks: Iterable[bytes] = self._blocks(frames)
            if self.events <= MAX_EVENTS_BEFOREHAND:
                blocks = list(blocks)
            await connection.send_head(200, self.headers)
            for block in blocks:
                connection.writer.write(block)
                await connection.writer.drain()
        await connection.finish()

    def _blocks(self, frames: Iterator[bytes]) -> Iterator[bytes]:
        """Writes of at least 16 KiB, HTTP framing included."""
        block = bytearray()
        for frame in frames:
            block += frame if self.is_packed else chunk(frame)
            if len(block) >= PACK_BYTES:
                yield chunk(bytes(block)) if self.is_packed else bytes(block)
                block.clear()
        if block:
            yield chunk(bytes(block)) if self.is_packed else bytes(block)

    async def _send_paced(self, connection: Connection, frames: Iterator[bytes]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for sent, frame in enumerate(frames):
            ahead_s = began + sent / self.rate - loop.time()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
            connection.writer.write(chunk(frame))
            await connection.writer.drain()


def chunk(data: bytes) -> bytes:
    """One HTTP chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def pieces(flood: Flood) -> Iterator[str]:
    """The text of each delta."""
    source = cycle(SOURCE)
    return ("".join(islice(source, flood.chars)) for _ in range(flood.events))


def chat_frames(flood: Flood) -> Iterator[bytes]:
    """The events of a chat completion, `[DONE]` last."""
    base = {
        "id": "chatcmpl-flood",
        "object": "chat.completion.chunk",
        "created": 1_767_225_600,
        "model": "gpt-5.1-2025-11-13",
    }

    def frame(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return event_bytes({**base, "choices": [choice], "usage": None})

    yield frame({"role": "assistant", "content": ""})
    head, tail = frame({"content": "@@"}).split(b'"@@"')
    for piece in pieces(flood):
        yield head + dumps(piece) + tail
    yield frame({}, "stop")
    usage = {"prompt_tokens": 2, "completion_tokens": flood.events}
    total = {"total_tokens": flood.events + 2}
    yield event_bytes({**base, "choices": [], "usage": {**usage, **total}})
    yield DONE


def responses_frames(flood: Flood) -> Iterator[bytes]:
    """The events of a response, `response.completed` last."""
    place = {"item_id": "msg_flood", "output_index": 0, "content_index": 0}
    message: dict[str, Any] = {"id": "msg_flood", "type": "message", "role": "assistant"}
    yield _lifecycle("response.created", 0, [])
    added = {"output_index": 0, "item": {**message, "status": "in_progress", "content": []}}
    yield event_bytes({"type": "response.output_item.added", "sequence_number": 1, **added})
    event = {"type": "response.output_text.delta", "sequence_number": 0, **place, "delta": "@@"}
    head, rest = event_bytes(event).split(b'"sequence_number":0')
    middle, tail = rest.split(b'"@@"')
    head += b'"sequence_number":'
    for number, piece in enumerate(pieces(flood), 2):
        yield head + str(number).encode() + middle + dumps(piece) + tail
    text = {"type": "output_text", "text": flood.text, "annotations": []}
    whole = {**message, "status": "completed", "content": [text]}
    yield _lifecycle("response.completed", flood.events + 2, [whole])


def _lifecycle(kind: str, number: int, output: list[dict[str, Any]]) -> bytes:
    response = {
        "id": "resp_flood",
        "object": "response",
        "created_at": 1_767_225_600,
        "model": "gpt-5.1-2025-11-13",
        "status": kind.removeprefix("response.").replace("created", "in_progress"),
        "output": output,
        "parallel_tool_calls": True,
    }
    return event_bytes({"type": kind, "sequence_number": number, "response": response})


def asked_flood(body: object) -> Flood | None:
    """The flood that the last user message of a request asks for, if it does."""
    request = mapping(body)
    text = dumps((sequence(request.get("messages")) or [request.get("input")])[-1]).decode()
    is_responses = "input" in request
    if found := _FLOOD.search(text):
        events, chars = int(found[1]), int(found[2] or CHARS_PER_TOKEN)
        return Flood(events, chars, is_packed=bool(found[3]), is_responses=is_responses)
    if found := _PACE.search(text):
        events = int(float(found[2]) * _UNITS[found[3].upper()] / CHARS_PER_TOKEN)
        return Flood(events, rate=float(found[1]), is_responses=is_responses)
    return None
