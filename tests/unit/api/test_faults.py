"""The client against a server that refuses, breaks HTTP or TLS, or sends too much."""

import asyncio
import gzip
import resource
import socket
import ssl
from collections.abc import Iterator
from contextlib import aclosing, suppress

import pytest

from desktop.api import limits, reading, sse
from desktop.api.client import ApiClient
from desktop.domain.errors import (
    AuthError,
    BadRequestError,
    ConnectionLostError,
    CredentialError,
    DesktopError,
    NotFoundError,
    OfflineError,
    ProtocolError,
    RateLimitError,
    RedirectError,
    ServerError,
    TimedOutError,
    TooLargeError,
)
from tests.scripts import EVENT_STREAM
from tests.server import FaultServer
from tests.unit.api.support import (
    DATA,
    Reply,
    ask,
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


class TestRefusals:
    def test_no_one_listens(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
        reply = ask(url)
        assert type(reply.error) is OfflineError
        assert "refused" in str(reply.error)

    def test_a_connection_that_never_stands(self) -> None:
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            filler = []
            for _ in range(4):
                one = socket.socket()
                one.setblocking(False)
                with suppress(BlockingIOError):
                    one.connect(full.getsockname())
                filler.append(one)
            reply = ask(
                f"http://127.0.0.1:{full.getsockname()[1]}",
                connect_timeout_s=0.2,
                read_timeout_s=0.5,
            )
            for one in filler:
                one.close()
        assert type(reply.error) is TimedOutError

    def test_no_https_there(self, server: FaultServer) -> None:
        reply = ask(server.url.replace("http://", "https://"))
        assert type(reply.error) is OfflineError
        assert "HTTPS" in str(reply.error)
        assert not reply.error.retryable

    def test_a_captive_portal(self, server: FaultServer) -> None:
        server.reply_portal()
        reply = ask(server.url)
        assert type(reply.error) is ProtocolError
        assert "web page" in str(reply.error)
        assert reply.error.provider_text == "Hotel network"
        assert b"<title>" in reply.raw

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_redirects_are_not_followed(self, server: FaultServer, status: int) -> None:
        with FaultServer() as other:
            server.reply_redirect(status, f"{other.url}/v1/chat/completions")
            reply = ask(server.url)
            assert other.requests == []
        assert type(reply.error) is RedirectError
        assert "127.0.0.1" in str(reply.error)

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(400, BadRequestError), (401, AuthError), (404, NotFoundError), (429, RateLimitError),
         (500, ServerError), (502, ServerError), (503, ServerError), (504, ServerError)],
    )  # fmt: skip
    def test_errors_of_the_provider(
        self, server: FaultServer, status: int, kind: type[DesktopError]
    ) -> None:
        server.reply_error(status)
        reply = ask(server.url)
        assert type(reply.error) is kind
        assert reply.error.status == status
        assert reply.head.status == status
        assert reply.error.provider_text
        assert reply.error.request_id
        assert reply.error.provider_text in reply.raw.decode()

    def test_retry_after(self, server: FaultServer) -> None:
        server.reply_error(429, None, [("Retry-After", "7")])
        error = ask(server.url).error
        assert error is not None
        assert error.retry_after_s == 7

    def test_only_the_start_of_a_huge_error_is_read(self, server: FaultServer) -> None:
        server.reply_error(500, "x" * 10_000_000)
        reply = ask(server.url)
        assert type(reply.error) is ServerError
        assert len(reply.error.provider_text) == 500
        assert len(reply.raw) == limits.MAX_ERROR_BYTES

    def test_a_cut_error_is_still_that_error(self, server: FaultServer) -> None:
        server.reply_raw(
            b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 500\r\n\r\n{"message": "No"'
        )
        reply = ask(server.url)
        assert type(reply.error) is AuthError
        assert reply.error.provider_text == "No"

    @pytest.mark.parametrize(
        "head",
        [
            b"HTTP/1.1 abc\r\n\r\n",
            b"<html>hello\r\n\r\n</html>",
            b"\x00\x01\x02\r\n\r\n",
            b"SSH-2.0-x\r\n\r\n",
        ],
    )
    def test_no_http(self, server: FaultServer, head: bytes) -> None:
        server.reply_raw(head)
        assert type(ask(server.url).error) is ProtocolError

    def test_huge_headers(self, server: FaultServer) -> None:
        server.reply_huge_headers()
        assert isinstance(ask(server.url).error, ProtocolError | ConnectionLostError)

    def test_no_key(self, server: FaultServer) -> None:
        used = ApiClient(server.url, lambda: None)
        with pytest.raises(CredentialError):
            used.stream(used.prepare(streamed()))
        assert server.requests == []


def ask_over_tls(certificate: str, host: str = "127.0.0.1") -> Reply:
    """One exchange with a server that has this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DATA / f"{certificate}.pem")
    with FaultServer(tls=context) as server:
        port = server.url.rpartition(":")[2]
        return ask(f"https://{host}:{port}")


class TestTls:
    @pytest.fixture(autouse=True)
    def trusted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Both certificates are trusted, and no others."""
        monkeypatch.setenv("SSL_CERT_FILE", str(DATA / "loopback.pem"))

    def test_a_named_certificate_is_trusted(self) -> None:
        reply = ask_over_tls("loopback")
        assert reply.error is None
        assert reply.text

    @pytest.mark.allowed_logs("asyncio")
    def test_another_host(self) -> None:
        self.check(ask_over_tls("loopback", "localhost"), "Another server")

    @pytest.mark.allowed_logs("asyncio")
    def test_expired(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(DATA / "loopback-expired.pem"))
        self.check(ask_over_tls("loopback-expired"), "clock")

    @pytest.mark.allowed_logs("asyncio")
    def test_unknown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        monkeypatch.delenv("SSL_CERT_DIR", raising=False)
        self.check(ask_over_tls("loopback"), "SSL_CERT_FILE")

    @staticmethod
    def check(reply: Reply, words: str) -> None:
        assert type(reply.error) is OfflineError
        assert "not trusted" in str(reply.error)
        assert words in str(reply.error)
        assert not reply.error.retryable

    def test_a_stop_during_the_handshake_closes_the_socket(self) -> None:
        async def story() -> None:
            used = client(f"https://127.0.0.1:{mute.getsockname()[1]}")
            task = asyncio.ensure_future(asked(used))
            taken, _ = await asyncio.to_thread(mute.accept)
            with taken:
                taken.settimeout(5)
                assert await asyncio.to_thread(taken.recv, 10_000)
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                assert await asyncio.to_thread(taken.recv, 10_000) == b""
            await used.aclose()

        with socket.create_server(("127.0.0.1", 0)) as mute:
            run(story())


class TestLimits:
    def test_one_event_too_large(
        self, server: FaultServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sse.SseDecoder.__init__, "__defaults__", (100_000,))
        server.reply_sse([chunk({"content": "kept"}), b"data: " + b"x" * 300_000])
        reply = ask(server.url)
        assert reply.text == "kept"
        assert type(reply.error) is TooLargeError

    def test_the_real_limit_keeps_memory_flat(self, server: FaultServer) -> None:
        async def story() -> type[BaseException] | None:
            used = client(server.url)
            try:
                async with aclosing(used.stream(used.prepare(streamed()))) as batches:
                    async for _ in batches:
                        pass
            except DesktopError as error:
                return type(error)
            finally:
                await used.aclose()
            return None

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        server.reply_sse([chunk({"content": "kept"}), b"data: ", *[b"x" * 100_000] * 400])
        assert run(story()) is TooLargeError
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) < 64 * 1024

    def test_a_bomb_is_unpacked_step_by_step_and_cut(
        self, server: FaultServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "MAX_BODY_BYTES", 1_000_000)
        bomb = gzip.compress(b" " * 30_000_000)
        server.reply_body(
            bomb, headers=[("Content-Type", "application/json"), ("Content-Encoding", "gzip")]
        )
        reply = ask(server.url)
        assert type(reply.error) is TooLargeError

    @pytest.mark.parametrize("encoding", ["gzip", "br"])
    def test_false_compression(self, server: FaultServer, encoding: str) -> None:
        server.reply_body(b"data: {}\n\n", headers=[EVENT_STREAM, ("Content-Encoding", encoding)])
        assert type(ask(server.url).error) is ProtocolError
