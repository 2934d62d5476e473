"""Questions about key, account and models, and where the key must not be."""

import logging
from collections.abc import Iterator

import pytest

from desktop.api import exchange
from desktop.domain.errors import (
    AuthError,
    NotFoundError,
    ProtocolError,
    QuotaError,
    ServerError,
)
from desktop.domain.keys import SecretKey
from tests.server import FaultServer
from tests.unit.api.support import (
    CANARY,
    Reply,
    ask,
    chunk,
    client,
    run,
    use,
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


class TestQuestions:
    def test_the_key_is_accepted(self, server: FaultServer) -> None:
        use(server.url, lambda used: used.check_key(SecretKey("another-key-1234")))
        assert server.requests[0].headers["authorization"] == "Bearer another-key-1234"

    def test_the_key_is_not_accepted(self, server: FaultServer) -> None:
        server.reply_error(401, path="/v1/key")
        with pytest.raises(AuthError):
            use(server.url, lambda used: used.check_key(SecretKey(CANARY)))
        assert [each.path for each in server.requests] == ["/v1/key"]

    @pytest.mark.parametrize("status", [403, 404, 405])
    def test_another_address_is_asked(self, server: FaultServer, status: int) -> None:
        server.reply_error(status, b"{}", path="/v1/key")
        server.reply_error(status, b"{}", path="/v2/billing")
        server.reply_json({"balance": 1}, path="/v1/billing/balance")
        use(server.url, lambda used: used.check_key(SecretKey(CANARY)))
        assert [each.path for each in server.requests] == [
            "/v1/key",
            "/v2/billing",
            "/v1/billing/balance",
        ]

    def test_no_address_knows_the_key(self, server: FaultServer) -> None:
        for path in ("/v1/key", "/v2/billing", "/v1/billing/balance"):
            server.reply_error(404, b"{}", path=path)
        with pytest.raises(NotFoundError):
            use(server.url, lambda used: used.check_key(SecretKey(CANARY)))

    def test_an_account_without_credits_has_a_key_all_the_same(self, server: FaultServer) -> None:
        server.reply_error(403, {"message": "You've run out of credits"}, path="/v1/key")
        use(server.url, lambda used: used.check_key(SecretKey(CANARY)))

    def test_trouble_is_no_answer(self, server: FaultServer) -> None:
        server.reply_error(503, path="/v1/key")
        with pytest.raises(ServerError):
            use(server.url, lambda used: used.check_key(SecretKey(CANARY)))

    @pytest.mark.parametrize(
        ("reported", "expected"),
        [(12.5, "12.5"), (0, "0"), ("3.10", "3.10"), (-0.5, "-0.5"), (1e-7, "0.0000001")],
    )
    def test_balance(self, server: FaultServer, reported: object, expected: str) -> None:
        server.reply_json({"current_balance": reported, "currency": "USD"}, path="/v2/billing")
        assert use(server.url, lambda used: used.balance()) == expected

    def test_balance_in_credits(self, server: FaultServer) -> None:
        server.reply_error(404, b"{}", path="/v2/billing")
        server.reply_json({"balance": 5_000_000}, path="/v1/billing/balance")
        assert use(server.url, lambda used: used.balance()) == "2.5"

    @pytest.mark.parametrize("body", [{}, {"balance": None}, {"balance": "x"}])
    def test_no_balance(self, server: FaultServer, body: object) -> None:
        server.reply_json({"current_balance": None}, path="/v2/billing")
        server.reply_json(body, path="/v1/billing/balance")
        with pytest.raises(ProtocolError):
            use(server.url, lambda used: used.balance())

    def test_balance_without_credits(self, server: FaultServer) -> None:
        server.reply_error(403, {"message": "out of credits"}, path="/v2/billing")
        with pytest.raises(QuotaError):
            use(server.url, lambda used: used.balance())

    def test_a_web_page_is_no_account(self, server: FaultServer) -> None:
        for path in ("/v2/billing", "/v1/billing/balance"):
            server.reply_body(b"<html>", headers=[("Content-Type", "text/html")], path=path)
        with pytest.raises(ProtocolError):
            use(server.url, lambda used: used.balance())

    def test_models_and_their_tag(self, server: FaultServer) -> None:
        async def story() -> None:
            used = client(server.url)
            found = await used.models(query="include=all")
            assert found is not None
            assert found.find("openai/gpt-5-1") is not None
            assert found.find("openai/none") is None
            assert await used.models(query="include=all", etag=found.etag) is None
            await used.aclose()

        run(story())
        assert server.requests[0].target == "/v1/models?include=all"
        assert "authorization" not in server.requests[0].headers

    def test_models_of_odd_shapes(self, server: FaultServer) -> None:
        entry = {
            "id": "a",
            "aliases": ["b", None],
            "type": "t",
            "info": {"name": "A", "contextLength": 5.0, "outputMax": None},
        }
        server.reply_json(
            {"data": [None, {}, {"id": None}, entry, {"id": "c", "aliases": None, "info": None}]},
            path="/v1/models",
        )
        found = use(server.url, lambda used: used.models())
        assert found is not None
        first, second = found.models
        assert (first.id, first.name, first.kind, first.context_tokens, first.output_tokens) == (
            "a",
            "A",
            "t",
            5,
            None,
        )
        assert found.find("b") is first
        assert (second.id, second.aliases) == ("c", ())

    def test_no_models(self, server: FaultServer) -> None:
        server.reply_json({"data": None}, path="/v1/models")
        with pytest.raises(ProtocolError):
            use(server.url, lambda used: used.models())


def test_the_key_is_in_no_log_and_no_exception(
    server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    replies = []
    for status in (400, 401, 403, 404, 429, 500, 301):
        server.reply_error(status)
        replies.append(ask(server.url))
    server.reply_raw(b"rubbish")
    replies.append(ask(server.url))
    replies.append(ask(server.url.replace("http:", "https:")))
    replies.append(ask(server.url))
    said = caplog.text + "".join(record.getMessage() for record in caplog.records)
    for reply in replies:
        said += repr(reply) + (repr(vars(reply.error)) if reply.error else "")
    assert len(said) > 1000
    assert CANARY not in said
    assert "Bearer sk" not in said


def test_the_call_does_not_show_its_headers() -> None:
    call = exchange.Call("POST", "https://a", [("Authorization", CANARY)], b"", {}, 1.0)
    assert CANARY not in repr(call)
