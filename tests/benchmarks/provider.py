"""A provider whose streams the benchmarks ask for, as a program of its own.

Beside the floods of ``tests.server --bench`` it knows ``stamps EVENTS every MS ms``, deltas that
hold the time they were sent, and ``ramp RATE small KB large KB span KB``, an answer that is paced
where its cost is measured and comes at full speed between.
"""

import asyncio
import re
import sys
import time
from collections.abc import Iterator

from desktop.demo.payloads import dumps
from desktop.demo.server import Connection, Request, Response
from tests.floods import CHARS_PER_TOKEN, Flood, chat_frames, chunk
from tests.server import FaultServer, Recorded

_STAMPS = re.compile(r"\bstamps (\d+) every (\d+) ms\b")
_RAMP = re.compile(r"\bramp (\d+) small (\d+) large (\d+) span (\d+)\b")
_STAMPS_A_PARAGRAPH = 12
_REST_S = 1.0
"""Pause before the second paced span, in which the client catches up with the flood."""


class Stamps(Flood):
    """Deltas that are the monotonic time in nanoseconds at which they were sent."""

    def __init__(self, events: int, interval_s: float) -> None:
        super().__init__(events)
        self.interval_s = interval_s

    async def send(self, connection: Connection) -> None:
        frames = list(chat_frames(Flood(1)))
        await connection.send_head(200, self.headers)
        connection.writer.write(chunk(frames[0]))
        text = dumps("".join(Flood(1).text))
        for number in range(self.events):
            await asyncio.sleep(self.interval_s)
            gap = "\n\n" if number % _STAMPS_A_PARAGRAPH == _STAMPS_A_PARAGRAPH - 1 else " "
            stamp = dumps(f"{time.monotonic_ns()}{gap}")
            connection.writer.write(chunk(frames[1].replace(text, stamp)))
            await connection.writer.drain()
        for frame in frames[2:]:
            connection.writer.write(chunk(frame))
        await connection.finish()


class Ramp(Flood):
    """An answer with two paced spans: from `small` and from `large` characters on."""

    def __init__(self, rate: float, small: int, large: int, span: int) -> None:
        super().__init__((large + span) // CHARS_PER_TOKEN)
        self.pace = rate
        self.spans = [(start, start + span) for start in (small, large)]

    async def send(self, connection: Connection) -> None:
        await connection.send_head(200, self.headers)
        due = 0.0
        for frame, is_paced in zip(chat_frames(self), self._paced(), strict=False):
            if is_paced and not due:
                await asyncio.sleep(_REST_S)
                due = time.monotonic()
            if is_paced:
                await asyncio.sleep(due - time.monotonic())
            due = due + 1 / self.pace if is_paced else 0.0
            connection.writer.write(chunk(frame))
            await connection.writer.drain()
        await connection.finish()

    def _paced(self) -> Iterator[bool]:
        """Whether each frame waits for its time; endless."""
        size = 0
        while True:
            yield any(first <= size < last for first, last in self.spans)
            size += CHARS_PER_TOKEN


class BenchProvider(FaultServer):
    """Answers what the prompts of the benchmarks ask for."""

    async def _chosen(self, request: Request, recorded: Recorded) -> Response:
        prompt = request.body[-400:].decode(errors="replace")
        if found := _STAMPS.search(prompt):
            return Stamps(int(found[1]), int(found[2]) / 1000)
        if found := _RAMP.search(prompt):
            rate, small, large, span = (int(number) for number in found.groups())
            return Ramp(rate, small * 1000, large * 1000, span * 1000)
        return await super()._chosen(request, recorded)


async def main() -> None:
    """Serves until killed."""
    async with BenchProvider(is_bench=True) as server:
        sys.stdout.write(f"URL {server.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
