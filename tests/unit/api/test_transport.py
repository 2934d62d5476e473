"""TLS, proxies, pools and the watchdog, without a provider."""

import asyncio
import gzip
import ssl
import time
import zlib

import pytest

from desktop.api.inflate import Inflater
from desktop.api.transport import SUSPEND_GAP_S, Transport, proxy_for, tls_context
from desktop.api.watchdog import Silence, Watchdog
from desktop.domain.errors import OfflineError, ProtocolError
from tests.unit.api.support import run

URL = "https://api.aimlapi.com"


@pytest.fixture(autouse=True)
def own_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """No certificates named by who runs the tests."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ("", None)),
        ({"HTTPS_PROXY": "http://proxy:3128"}, ("HTTPS_PROXY", "http://proxy:3128")),
        ({"https_proxy": "proxy:3128"}, ("https_proxy", "http://proxy:3128")),
        ({"ALL_PROXY": "socks://proxy:1080"}, ("ALL_PROXY", "socks5://proxy:1080")),
        ({"ALL_PROXY": "socks5h://u:p@proxy:1080"}, ("ALL_PROXY", "socks5h://u:p@proxy:1080")),
        ({"HTTP_PROXY": "http://proxy:1"}, ("", None)),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "aimlapi.com"}, ("", None)),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "*"}, ("", None)),
        (
            {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "::1/128"},
            ("HTTPS_PROXY", "http://proxy:1"),
        ),
    ],
)
def test_the_proxy_of_the_environment(
    variables: dict[str, str], expected: tuple[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(URL) == expected
    assert proxy_for("http://127.0.0.1:5")[1] is None


@pytest.mark.parametrize(
    "value", ["http://proxy:99999", "socks4://proxy:1", "ftp://proxy", "http://"]
)
def test_a_broken_proxy_is_named(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    transport = Transport(URL)
    with pytest.raises(OfflineError, match="ALL_PROXY"):
        run(transport.acquire())
    monkeypatch.delenv("ALL_PROXY")
    pool = run(transport.acquire())
    assert pool.readers == 1


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_missing_certificates_are_named_and_can_be_mended(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "/nowhere/at/all.pem")

    async def attempt() -> None:
        transport = Transport(URL)
        with pytest.raises(OfflineError, match=name):
            await transport.warm_up()
        monkeypatch.delenv(name)
        await transport.warm_up()
        await transport.aclose()

    run(attempt())


def test_certificates_are_always_checked() -> None:
    context = tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_bundled_certificates_serve_where_the_system_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("desktop.api.transport._has_system_store", lambda: False)
    assert tls_context().cert_store_stats()["x509_ca"] > 50


def test_pools_are_shared_retired_and_closed() -> None:
    async def story() -> None:
        transport = Transport(URL)
        first, same = await transport.acquire(), await transport.acquire()
        assert first is same
        transport.retire(first)
        second = await transport.acquire()
        assert second is not first
        assert not first.client.is_closed
        transport.release(first)
        transport.release(first)
        await transport.acquire()
        assert first.client.is_closed
        assert not second.client.is_closed
        await transport.aclose()
        assert second.client.is_closed

    run(story())


def test_after_sleep_there_is_a_new_pool() -> None:
    now = {"wall": 1000.0, "monotonic": 10.0}

    async def story() -> None:
        transport = Transport(URL, wall=lambda: now["wall"], monotonic=lambda: now["monotonic"])
        first = await transport.acquire()
        now.update(wall=1100.0, monotonic=110.0)
        assert await transport.acquire() is first
        now.update(wall=1100.0 + SUSPEND_GAP_S + 60, monotonic=111.0)
        second = await transport.acquire()
        assert second is not first
        assert await transport.acquire() is second
        await transport.aclose()

    run(story())


def test_warming_up_twice_at_once_and_after_a_cancel() -> None:
    async def story() -> None:
        transport = Transport(URL)
        cancelled = asyncio.ensure_future(transport.warm_up())
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.gather(transport.warm_up(), transport.warm_up())
        await transport.warm_up()
        assert cancelled.cancelled()

    run(story())


def test_the_watchdog_ends_a_silent_wait_and_only_that() -> None:
    async def story() -> None:
        dog = Watchdog(0.05)
        for _ in range(20):
            assert await dog.wait(asyncio.sleep(0.01, "x")) == "x"
        with pytest.raises(Silence):
            await dog.wait(asyncio.Event().wait())
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        dog.close()

    run(story())


def test_the_watchdog_leaves_the_task_alone_between_waits() -> None:
    async def story() -> None:
        dog = Watchdog(0.02)
        await dog.wait(asyncio.sleep(0))
        await asyncio.sleep(0.1)
        assert await dog.wait(asyncio.sleep(0, "x")) == "x"
        dog.close()

    run(story())


def test_a_cancel_from_outside_stays_one() -> None:
    async def story() -> None:
        dog = Watchdog(5)
        task = asyncio.ensure_future(dog.wait(asyncio.Event().wait()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        dog.close()

    run(story())


def test_ten_thousand_waits_need_one_timer() -> None:
    async def story() -> int:
        dog = Watchdog(300)
        loop = asyncio.get_running_loop()
        made: list[float] = []
        call_later = loop.call_later

        def counted(delay: float, *rest: object, **more: object) -> object:
            made.append(delay)
            return call_later(delay, *rest, **more)  # type: ignore[arg-type]

        loop.call_later = counted  # type: ignore[assignment,method-assign]
        for _ in range(10_000):
            await dog.wait(asyncio.sleep(0))
        dog.close()
        return len(made)

    assert run(story()) == 1


def test_a_computer_that_slept_is_given_another_limit() -> None:
    async def story() -> None:
        ahead = [0.0]
        dog = Watchdog(0.05, lambda: time.monotonic() + ahead[0])
        waiting = asyncio.ensure_future(dog.wait(asyncio.sleep(0.08, "came")))
        await asyncio.sleep(0)
        ahead[0] = 3600.0
        assert await waiting == "came"
        dog.close()

    run(story())


TEXT = b"data: 123\n\n" * 100_000


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("GZIP", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)[2:-4]),
    ],
)
@pytest.mark.parametrize("step", [1000, 10_000_000])
def test_packed_content_comes_in_small_pieces(encoding: str, packed: bytes, step: int) -> None:
    used = Inflater(encoding)
    pieces = [
        piece
        for start in range(0, len(packed), step)
        for piece in used.feed(packed[start : start + step])
    ]
    assert b"".join(pieces) == TEXT
    assert max(map(len, pieces)) <= 65_536


def test_what_is_not_packed_as_it_says_is_an_error() -> None:
    with pytest.raises(ProtocolError):
        list(Inflater("gzip").feed(b"data: {}\n\n"))
    with pytest.raises(ProtocolError):
        list(Inflater("deflate").feed(b"\xff\xff\xff\xff"))
    with pytest.raises(ProtocolError):
        Inflater("br")
