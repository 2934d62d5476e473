"""The least consumer of a stream: httpx, lines, json; what throughput is held against.

    python -m tests.benchmarks.bare_client URL EVENTS

prints the seconds from the answer's headers to its end, and the characters received.
"""

import asyncio
import json
import sys
import time
from typing import Any

import httpx

WARM_UP_EVENTS = 2_000
TIMEOUT_S = 60.0


async def consume(client: httpx.AsyncClient, url: str, prompt: str) -> dict[str, float]:
    """Streams one answer and joins its text."""
    body: dict[str, Any] = {"model": "gpt-5.1", "stream": True}
    body["messages"] = [{"role": "user", "content": prompt}]
    pieces: list[str] = []
    async with client.stream("POST", f"{url}/v1/chat/completions", json=body) as response:
        began = time.perf_counter()
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                choices = json.loads(line[6:])["choices"]
                pieces += [choice["delta"].get("content") or "" for choice in choices]
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "chars": len("".join(pieces))}


async def main() -> None:
    url, events = sys.argv[1], int(sys.argv[2])
    async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
        await consume(client, url, f"flood {WARM_UP_EVENTS}")
        print(json.dumps(await consume(client, url, f"flood {events}")))


if __name__ == "__main__":
    asyncio.run(main())
