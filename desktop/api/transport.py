"""Makes and replaces the HTTP client: TLS, proxy, connection pool. No request is made here.

The HTTP library is imported and the TLS context built in a thread: both take longer than a frame
(31 to 46 ms, measured).
"""

import asyncio
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.api.errors import from_httpx
from desktop.domain.errors import DesktopError, OfflineError
from desktop.domain.keys import is_loopback

if TYPE_CHECKING:
    import httpx

KEEPALIVE_EXPIRY_S = 25.0
"""Below the half minute after which address translators drop idle connections."""

SUSPEND_GAP_S = 30.0
"""The wall clock running ahead of the monotonic one by this much means the computer slept."""

_STORES = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""Where systems keep their certificates. Source: https://github.com/sethmlarson/truststore"""


@dataclass(slots=True)
class Pool:
    """One HTTP client and the number of answers that are being read through it."""

    client: "httpx.AsyncClient"
    readers: int = 0


class Transport:
    """The current pool, and retired ones until their last answer is read.

    A pool is replaced when a request was cancelled before its headers, since the slot of such a
    request can be lost for ever (https://github.com/encode/httpcore/issues/1093), and after the
    computer slept, since its connections are then dead without knowing it.

    Args:
        url: The provider's root; a proxy is chosen for it.
        wall: Seconds of the wall clock.
        monotonic: Seconds of a clock that stands still while the computer sleeps.
    """

    def __init__(
        self,
        url: str,
        *,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._wall = wall
        self._monotonic = monotonic
        self._clock_gap_s: float | None = None
        self._current: Pool | None = None
        self._retired: list[Pool] = []
        self._context: ssl.SSLContext | None = None
        self._warming: asyncio.Future[ssl.SSLContext] | None = None

    async def warm_up(self) -> None:
        """Imports what requests need and builds the TLS context, once, off the event loop.

        Raises:
            OfflineError: The certificates cannot be loaded; the next call tries again.
        """
        if self._context is not None:
            return
        if self._warming is None or self._warming.done():
            self._warming = _in_thread(_prepared)
        self._context = await asyncio.shield(self._warming)

    async def acquire(self) -> Pool:
        """The pool for one request; give it back with :meth:`release`.

        Raises:
            OfflineError: TLS or the proxy cannot be set up.
        """
        await self.warm_up()
        await self._close_retired()
        if self._has_slept() and self._current is not None:
            self.retire(self._current)
        if self._current is None:
            self._current = Pool(self._new_client())
        self._current.readers += 1
        return self._current

    def release(self, pool: Pool) -> None:
        """Gives a pool back after the answer was read or given up."""
        pool.readers -= 1

    def retire(self, pool: Pool) -> None:
        """Uses a pool for no further request; it is closed once nobody reads through it."""
        if pool is self._current:
            self._current = None
        if pool not in self._retired:
            self._retired.append(pool)

    async def aclose(self) -> None:
        """Closes all connections."""
        if self._current is not None:
            self.retire(self._current)
        for pool in self._retired:
            pool.readers = 0
        await self._close_retired()

    async def _close_retired(self) -> None:
        while idle := [pool for pool in self._retired if pool.readers == 0]:
            self._retired.remove(idle[0])
            await idle[0].client.aclose()

    def _has_slept(self) -> bool:
        gap_s = self._wall() - self._monotonic()
        before, self._clock_gap_s = self._clock_gap_s, gap_s
        return before is not None and gap_s - before > SUSPEND_GAP_S

    def _new_client(self) -> "httpx.AsyncClient":
        import httpx

        name, proxy = proxy_for(self._url)
        try:
            transport = httpx.AsyncHTTPTransport(
                verify=self._context or True,
                http2=False,
                limits=httpx.Limits(
                    max_connections=100,
                    max_keepalive_connections=10,
                    keepalive_expiry=KEEPALIVE_EXPIRY_S,
                ),
                trust_env=False,
                proxy=proxy,
                socket_options=_socket_options(),
            )
            return httpx.AsyncClient(
                transport=transport,
                trust_env=False,
                follow_redirects=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            )
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            if not proxy:
                raise from_httpx(error, self._url) from None
            raise _proxy_fault(name) from None


def proxy_for(url: str) -> tuple[str, str | None]:
    """(where it is set, proxy URL) for an address; None for a direct connection.

    The environment counts, on Windows and macOS also the system's settings; exceptions from
    ``NO_PROXY`` are honoured, and this machine is never asked for through a proxy.

    Raises:
        OfflineError: The setting cannot be used.
    """
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    proxies = getproxies()
    value = (proxies.get(parts.scheme) or proxies.get("all") or "").strip()
    if not value or is_loopback(parts.hostname or "") or proxy_bypass(parts.netloc):
        return "", None
    kind = parts.scheme if proxies.get(parts.scheme) else "all"
    name = next((each for each in os.environ if each.lower() == f"{kind}_proxy"), "")
    if "://" not in value:
        value = f"http://{value}"
    if value.lower().startswith("socks://"):
        value = f"socks5://{value[8:]}"
    if not _is_usable(value):
        raise _proxy_fault(name)
    return name, value


def _is_usable(proxy: str) -> bool:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(proxy)
        return parts.scheme in ("http", "https", "socks5", "socks5h") and bool(
            parts.hostname and parts.port != 0
        )
    except ValueError:
        return False


def _proxy_fault(name: str) -> OfflineError:
    where = f"The proxy in {name}" if name else "The proxy of the system's settings"
    return OfflineError(
        f"{where} cannot be used. Mend or remove it.",
        detail=f"proxy setting {name or 'system'} not usable",
        retryable=False,
    )


def _socket_options() -> list[tuple[int, int, int]]:
    """Probes on idle connections, so that a dead one is noticed within about a minute."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    names = (("TCP_KEEPIDLE", 30), ("TCP_KEEPALIVE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
    for name, value in names:
        number = getattr(socket, name, None)
        if number is not None:
            options.append((socket.IPPROTO_TCP, number, value))
    return options


def _in_thread(make: Callable[[], ssl.SSLContext]) -> "asyncio.Future[ssl.SSLContext]":
    """The result of a function that runs in a daemon thread: quitting never waits for it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[ssl.SSLContext] = loop.create_future()

    def settle(result: ssl.SSLContext | None, error: DesktopError | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
            future.exception()
        elif result is not None:
            future.set_result(result)

    def run() -> None:
        result, fault = None, None
        try:
            result = make()
        except DesktopError as error:
            fault = error
        finally:
            if result is None and fault is None:
                fault = OfflineError("Secure connections cannot be set up on this computer.")
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, result, fault)

    threading.Thread(target=run, name="http-warm-up", daemon=True).start()
    return future


def _prepared() -> ssl.SSLContext:
    """Imports the HTTP stack and builds the TLS context that all clients share."""
    from importlib import import_module

    for name in ("httpx", "httpcore", "h11", "anyio", "anyio._backends._asyncio"):
        with suppress(ImportError):
            import_module(name)
    return tls_context()


def tls_context() -> ssl.SSLContext:
    """Verifies by the system's certificates, or by those that ``SSL_CERT_FILE`` names.

    The bundled ones are used only where the system has none.

    Raises:
        OfflineError: A variable names certificates that cannot be read.
    """
    named: dict[str, Any] = {
        argument: os.environ.get(variable) or None
        for argument, variable in (("cafile", "SSL_CERT_FILE"), ("capath", "SSL_CERT_DIR"))
    }
    if any(named.values()):
        return _named_context(named)
    try:
        import truststore

        if os.name == "nt" or (ssl.OPENSSL_VERSION and _has_system_store()):
            return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except ImportError:
        pass
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


def _named_context(named: dict[str, Any]) -> ssl.SSLContext:
    variable = "SSL_CERT_FILE" if named["cafile"] else "SSL_CERT_DIR"
    capath = named["capath"]
    try:
        if capath and not Path(capath).is_dir():
            raise FileNotFoundError
        return ssl.create_default_context(cafile=named["cafile"], capath=capath)
    except OSError as error:
        raise OfflineError(
            f"The certificates that {variable} names cannot be read. Mend or remove the variable.",
            detail=f"{variable}: {type(error).__name__}",
            retryable=False,
        ) from None


def _has_system_store() -> bool:
    """Whether there are certificates to find; Windows and macOS always have some."""
    import sys

    if sys.platform in ("win32", "darwin"):
        return True
    paths = ssl.get_default_verify_paths()
    if paths.cafile or any(Path(name).is_file() for name in _STORES):
        return True
    return bool(paths.capath) and any(Path(paths.capath or "").glob("*.0"))
