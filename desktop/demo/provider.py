"""The demo provider: every route a chat client needs, with canned replies and no key.

It runs in the loop of the app, on a loopback port, and sends nothing anywhere.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from desktop.demo import chat_completions, responses
from desktop.demo.catalogue import tagged_list
from desktop.demo.exchange import Exchange, new_exchange
from desktop.demo.payloads import Payload, dumps, mapping
from desktop.demo.replies import reply_to
from desktop.demo.server import HttpServer, Request, Response
from desktop.demo.turns import Turn, chat_turn, responses_turn

JSON = ("Content-Type", "application/json; charset=utf-8")
BALANCE_USD = 12.5
BALANCE_CREDITS = 25_000_000

ERROR_MESSAGES = {
    400: "Body validation error",
    401: "This request requires a valid API key. You can create one at https://aimlapi.com/app/keys",
    403: "You've run out of credits. Please top up your balance at https://aimlapi.com/app/billing/",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Something wrong with the server, but do not worry, your request is valid.",
    502: "Bad Gateway",
    503: "Service unavailable",
    504: "Generation timeout",
}
"""Source: "Errors and Messages" at https://docs.aimlapi.com (2026-08-21)."""


def error_response(status: int, path: str, message: str = "") -> Response:
    """An error in the provider's form; without a message the one it documents for the status."""
    request_id = str(uuid.uuid4())
    body = {
        "message": message or ERROR_MESSAGES.get(status, "Error"),
        "path": path,
        "requestId": request_id,
        "statusCode": status,
        "timestamp": _now(),
    }
    return Response(dumps(body), status, [JSON, ("x-inference-id", request_id[:21])])


class Provider:
    """Answers requests; knows nothing of sockets.

    Attributes:
        pace_s: Seconds between two tokens of a stream; 0 for as fast as possible.
    """

    def __init__(self, *, pace_s: float) -> None:
        self.pace_s = pace_s
        self._routes: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("POST", "/v1/chat/completions"): self._chat,
            ("POST", "/chat/completions"): self._chat,
            ("POST", "/v1/responses"): self._respond,
            ("GET", "/v1/models"): _models,
            ("GET", "/models"): _models,
            ("GET", "/v1/key"): _key,
            ("GET", "/v2/billing"): _balance,
            ("GET", "/v1/billing/balance"): _legacy_balance,
        }

    async def handle(self, request: Request) -> Response:
        """The reply to a request; 404 in the provider's form where there is no such route."""
        route = self._routes.get((request.method, request.path))
        return route(request) if route else error_response(404, request.path)

    def _chat(self, request: Request) -> Response:
        return self._infer(request, chat_turn, chat_completions.answer)

    def _respond(self, request: Request) -> Response:
        return self._infer(request, responses_turn, responses.answer)

    def _infer(
        self,
        request: Request,
        read: Callable[[Payload], Turn | None],
        answer: Callable[[Exchange], Response],
    ) -> Response:
        turn = read(mapping(request.json()))
        if turn is None:
            detail = "Body validation error\nExpected an object with a model and a message."
            return error_response(400, request.path, detail)
        reply = reply_to(turn)
        is_broken = reply.breaks and not turn.is_streamed
        if reply.status >= 400 or is_broken:  # noqa: PLR2004  (the class of HTTP errors)
            return error_response(500 if is_broken else reply.status, request.path)
        return answer(new_exchange(turn, reply, request, self.pace_s))


class DemoProvider:
    """The demo provider on a free loopback port.

    Attributes:
        url: The base URL, such as ``http://127.0.0.1:40123``; "" while it does not listen.
    """

    def __init__(self, *, pace_s: float = 0.012) -> None:
        self.url = ""
        self._http = HttpServer(Provider(pace_s=pace_s).handle)

    async def start(self) -> str:
        """Listen, unless it already does; gives the base URL."""
        if not self.url:
            self.url = await self._http.start()
        return self.url

    async def stop(self) -> None:
        """Stop listening and drop running replies; safe to repeat."""
        self.url = ""
        await self._http.stop()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()


def _json(payload: Payload) -> Response:
    return Response(dumps(payload), headers=[JSON])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _models(request: Request) -> Response:
    body, tag = tagged_list(request.query)
    if request.header("if-none-match") == tag:
        return Response(status=304, headers=[("ETag", tag)])
    return Response(body, headers=[JSON, ("ETag", tag)])


def _key(_request: Request) -> Response:
    data = {
        "name": "Demo",
        "disabled": False,
        "prefix": "demo0000",
        "scopes": None,
        "limit": None,
        "created_at": "2026-01-01T00:00:00.000Z",
        "updated_at": "2026-01-01T00:00:00.000Z",
        "monthly_usage": 0,
    }
    return _json({"data": data})


def _balance(_request: Request) -> Response:
    return _json({"current_balance": BALANCE_USD, "currency": "USD"})


def _legacy_balance(_request: Request) -> Response:
    return _json(
        {
            "balance": BALANCE_CREDITS,
            "lowBalance": False,
            "lowBalanceThreshold": 10_000,
            "lastUpdated": _now(),
            "autoDebitStatus": "disabled",
            "status": "current",
            "statusExplanation": "Balance is current and up to date",
        }
    )
