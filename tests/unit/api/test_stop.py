"""Stopping at any moment, and several replies at once: no connection is left behind."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import aclosing, suppress
from typing import Any

import pytest

from desktop.domain.errors import (
    ConnectionLostError,
    OfflineError,
)
from tests.scripts import End
from tests.server import FaultServer
from tests.unit.api.support import (
    CC,
    RS,
    Reply,
    asked,
    chunk,
    client,
    run,
    streamed,
)

STOP = chunk(finish="stop")
HELLO = [chunk({"content": "Hel"}), chunk({"content": "lo"}), STOP]
USAGE = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}
COST = {"meta": {"usage": {"credits_used": 2480, "usd_spent": 0.00124}}}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as made:
        yield made


def kinds(reply: Reply) -> list[str]:
    return [type(event).__name__ for event in reply.events]


def stop_count(request: pytest.FixtureRequest) -> int:
    return 300 if request.config.getoption("--long") else 60


class TestStop:
    def test_stop_while_stalled_is_immediate_and_cuts_the_connection(
        self, server: FaultServer
    ) -> None:
        async def story() -> float:
            used = client(server.url)
            gate = server.reply_stall([chunk({"content": "a"})])
            reply = Reply()
            task = asyncio.ensure_future(asked(used, into=reply))
            await asyncio.to_thread(gate.wait_reached)
            async with asyncio.timeout(5):
                await reply.began.wait()
            began = time.perf_counter()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            took = time.perf_counter() - began
            await asyncio.to_thread(server.wait_for_cut)
            assert used._transport._current is not None
            assert used._transport._current.readers == 0
            assert (await asked(used)).error is None
            await used.aclose()
            return took

        assert run(story()) < 0.5

    def test_stops_at_any_moment_leave_no_connection_behind(
        self, server: FaultServer, request: pytest.FixtureRequest
    ) -> None:
        count = stop_count(request)

        async def story() -> None:
            used = client(server.url)
            await asked(used)
            for i in range(count):
                if i % 3 == 0:
                    server.reply_silence()
                task = asyncio.ensure_future(asked(used, streamed(RS if i % 2 else CC)))
                await asyncio.sleep(i % 20 * 0.0005)
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                if i % 20 == 19:
                    server.forget()
                    assert (await asked(used)).error is None
            server.forget()
            assert (await asked(used)).error is None
            assert [pool.readers for pool in used._transport._retired] == []
            await used.aclose()

        run(story(), 60)

    def test_many_stops_at_once_while_connecting(self) -> None:
        async def story() -> None:
            used = client(url)
            for _ in range(3):
                tasks = [asyncio.ensure_future(asked(used)) for _ in range(20)]
                await asyncio.sleep(0.05)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            with FaultServer() as server:
                used._root = server.url
                assert (await asked(used)).error is None
            assert used._transport._retired == []
            await used.aclose()

        with socket.socket() as mute:
            mute.bind(("127.0.0.1", 0))
            mute.listen(100)
            url = f"https://127.0.0.1:{mute.getsockname()[1]}"
            run(story(), 60)

    def test_another_stream_goes_on_when_one_is_stopped_before_its_headers(
        self, server: FaultServer
    ) -> None:
        async def story() -> None:
            used = client(server.url)
            gate = server.reply_stall([chunk({"content": "a"})])
            reading_on = asyncio.ensure_future(asked(used))
            await asyncio.to_thread(gate.wait_reached)
            server.reply_silence()
            stopped = asyncio.ensure_future(asked(used))
            await asyncio.to_thread(server.wait_for_request, count=2)
            stopped.cancel()
            with suppress(asyncio.CancelledError):
                await stopped
            assert (await asked(used)).error is None
            gate.open()
            assert (await reading_on).text == "a"
            await asked(used)
            assert used._transport._retired == []
            await used.aclose()

        run(story())

    def test_leaving_the_loop_early_drops_the_connection(self, server: FaultServer) -> None:
        async def story() -> None:
            used = client(server.url)
            server.reply_stall([chunk({"content": "a"})])
            async with aclosing(used.stream(used.prepare(streamed()))) as batches:
                async for batch in batches:
                    if batch.raw:
                        break
            await asyncio.to_thread(server.wait_for_cut)
            await used.aclose()

        run(story())

    def test_a_full_pool_is_replaced_once(
        self, server: FaultServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import httpx

        made = httpx.Limits.__init__

        def small(self: httpx.Limits, **options: Any) -> None:
            made(self, **{**options, "max_connections": 1})

        monkeypatch.setattr(httpx.Limits, "__init__", small)
        monkeypatch.setattr("desktop.api.client.POOL_TIMEOUT_S", 0.1)

        async def story() -> None:
            used = client(server.url)
            gate = server.reply_stall([chunk({"content": "a"})])
            first = asyncio.ensure_future(asked(used))
            await asyncio.to_thread(gate.wait_reached)
            assert (await asked(used)).error is None
            gate.open()
            assert (await first).text == "a"
            await used.aclose()

        run(story())


class TestTwoAtOnce:
    def test_one_fails_the_other_does_not(self, server: FaultServer) -> None:
        async def story() -> tuple[Reply, Reply]:
            used = client(server.url)
            gate = server.reply_stall([chunk({"content": "a"})])
            good = asyncio.ensure_future(asked(used))
            await asyncio.to_thread(gate.wait_reached)
            server.reply_sse([chunk({"content": "b"}), 0.01], done=False, end=End.RESET)
            bad = await asked(used)
            gate.open()
            replies = await good, bad
            await used.aclose()
            return replies

        good, bad = run(story())
        assert (good.text, good.error) == ("a", None)
        assert (bad.text, type(bad.error)) == ("b", ConnectionLostError)

    def test_offline_then_online(self, server: FaultServer) -> None:
        async def story() -> None:
            used = client(server.url)
            root = used._root
            used._root = "http://127.0.0.1:1"
            assert type((await asked(used)).error) is OfflineError
            used._root = root
            assert (await asked(used)).error is None
            await used.aclose()

        run(story())
