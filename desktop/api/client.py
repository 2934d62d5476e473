"""The one door to the provider: what goes out, and what comes back as domain events."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from desktop.api import account, catalogue, chat_completions, responses
from desktop.api.catalogue import Catalogue
from desktop.api.errors import from_response
from desktop.api.exchange import Call, exchanged, opened
from desktop.api.limits import MAX_ERROR_BYTES
from desktop.api.transport import Transport
from desktop.api.wire import Payload, loads, without_surrogates
from desktop.domain.capabilities import Endpoint
from desktop.domain.errors import KEYS_PAGE, CredentialError, ProtocolError
from desktop.domain.events import Batch
from desktop.domain.requests import PreparedRequest, Turn

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 300.0
WRITE_TIMEOUT_S = 60.0
POOL_TIMEOUT_S = 10.0
ASK_TIMEOUT_S = 30.0
"""Silence that ends a question about the key, the account or the catalogue."""

MAX_ANSWER_BYTES = 8 * 1024 * 1024
"""Of such a question; the whole catalogue has about 1 MB."""

HIDDEN_KEY = "Bearer …"


class Key(Protocol):
    """A key that shows itself only to who asks."""

    def reveal(self) -> str:
        """The key."""


class ApiClient:
    """Asks the provider; implements ``core.ports.ChatBackend``.

    Args:
        root: The provider's address without ``/v1``.
        key: Gives the key in use, or None.
        connect_timeout_s: Seconds until a connection must stand.
        read_timeout_s: Seconds of silence that end a reply.
        user_agent: Value of that header.
        transport: How connections are made; a new one by default.
    """

    def __init__(
        self,
        root: str,
        key: Callable[[], Key | None],
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        user_agent: str = "Sounding",
        transport: Transport | None = None,
    ) -> None:
        self._root = root.rstrip("/").removesuffix("/v1")
        self._key = key
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s
        self._user_agent = user_agent
        self._transport = transport or Transport(self._root)

    async def warm_up(self) -> None:
        """Loads what the first request needs, off the event loop.

        Raises:
            OfflineError: The certificates cannot be loaded.
        """
        await self._transport.warm_up()

    async def aclose(self) -> None:
        """Closes all connections; the client can be used again."""
        await self._transport.aclose()

    def prepare(self, turn: Turn) -> PreparedRequest:
        """The exact request for a turn; sends nothing.

        Raises:
            DesktopError: A parameter is not valid.
        """
        settings = turn.settings
        is_chat = settings.endpoint is Endpoint.CHAT_COMPLETIONS
        body = (chat_completions if is_chat else responses).encode(turn)
        is_streamed = body.get("stream") is True
        headers = (
            ("Authorization", HIDDEN_KEY),
            ("Content-Type", "application/json"),
            ("Accept", "text/event-stream" if is_streamed else "application/json"),
            ("Accept-Encoding", "identity"),
            ("User-Agent", self._user_agent),
            ("X-Client-Request-Id", turn.client_request_id),
        )
        return PreparedRequest(
            endpoint=settings.endpoint,
            model=str(body.get("model", settings.model)),
            method="POST",
            url=self._root + settings.endpoint.value,
            headers=headers,
            body=_json(body),
            is_streamed=is_streamed,
            client_request_id=turn.client_request_id,
        )

    def stream(self, request: PreparedRequest) -> AsyncGenerator[Batch, None]:
        """The answer, streamed or not, batch by batch; ends after exactly one ``Finished``.

        Cancelling the iterating task drops the connection at once. Who leaves the loop early
        closes the generator (``contextlib.aclosing``).

        Raises:
            DesktopError: What went wrong; batches before it stand.
        """
        call = self._call(
            request.method,
            request.url,
            _with_key(request.headers, self._required_key()),
            request.body,
            request.model,
        )
        return exchanged(
            self._transport, call, request.endpoint, asks_for_stream=request.is_streamed
        )

    async def check_key(self, key: Key) -> None:
        """Returns when the provider accepts the key.

        Raises:
            AuthError: It does not.
            DesktopError: It could not be asked.
        """
        await account.check_key(self._getter(key))

    async def balance(self) -> str:
        """The account's balance in US dollars as decimal text.

        Raises:
            DesktopError: It could not be asked.
        """
        return await account.balance(self._getter(self._required_key()))

    async def models(self, *, query: str = "", etag: str = "") -> Catalogue | None:
        """The provider's models; None where they are as they were when it gave ``etag``.

        Args:
            query: Query string such as ``id=openai/gpt-5-1&include=all``.
            etag: Tag of the catalogue that is known.

        Raises:
            DesktopError: It could not be asked.
        """
        headers = {"If-None-Match": etag} if etag else {}
        path = f"{catalogue.PATH}?{query}" if query else catalogue.PATH
        status, by_name, payload = await self._asked(path, None, headers)
        if status == 304:  # noqa: PLR2004
            return None
        return catalogue.parse(payload, by_name.get("etag", ""))

    def _required_key(self) -> Key:
        key = self._key()
        if key is None:
            raise CredentialError(
                "There is no API key yet. Add one in the settings.", link=KEYS_PAGE
            )
        return key

    def _call(
        self, method: str, url: str, headers: list[tuple[str, str]], body: bytes, model: str
    ) -> Call:
        timeouts = {
            "connect": self._connect_timeout_s,
            "write": WRITE_TIMEOUT_S,
            "pool": POOL_TIMEOUT_S,
            "read": None,
        }
        read_timeout_s = self._read_timeout_s if method == "POST" else ASK_TIMEOUT_S
        return Call(method, url, headers, body, timeouts, read_timeout_s, model)

    def _getter(self, key: Key) -> Callable[[str], Awaitable[dict[str, Any]]]:
        async def get(path: str) -> dict[str, Any]:
            return (await self._asked(path, key, {}))[2]

        return get

    async def _asked(
        self, path: str, key: Key | None, extra: Mapping[str, str]
    ) -> tuple[int, dict[str, str], Payload]:
        """(status, headers by lower-case name, JSON object) of a GET; no object for a 304."""
        headers = [
            ("Accept", "application/json"),
            ("Accept-Encoding", "gzip"),
            ("User-Agent", self._user_agent),
            *extra.items(),
        ]
        if key is not None:
            headers.insert(0, ("Authorization", f"Bearer {key.reveal()}"))
        call = self._call("GET", self._root + path, headers, b"", "")
        async with opened(self._transport, call) as (answer, _):
            if answer.status == 304 and extra:  # noqa: PLR2004
                return answer.status, answer.by_name, {}
            is_good = 200 <= answer.status < 300  # noqa: PLR2004
            body = await answer.limited(MAX_ANSWER_BYTES if is_good else MAX_ERROR_BYTES)
            if not is_good:
                raise from_response(answer.status, answer.by_name, body, url=call.url)
        return answer.status, answer.by_name, _object(body)


def _with_key(headers: tuple[tuple[str, str], ...], key: Key) -> list[tuple[str, str]]:
    return [
        (name, f"Bearer {key.reveal()}" if value == HIDDEN_KEY else value)
        for name, value in headers
    ]


def _object(body: bytes) -> Payload:
    try:
        decoded = loads(body)
    except ValueError:
        decoded = None
    if not isinstance(decoded, dict):
        raise ProtocolError(
            "The answer is not one of this API. Check the address in the settings.",
            detail=f"{len(body)} bytes that are no JSON object",
        )
    return decoded


def _json(body: Payload) -> bytes:
    """Compact JSON as UTF-8, members in order, U+FFFD for what UTF-8 cannot hold."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        return msgspec.json.encode(without_surrogates(body))
