"""Error answers of every form become one sentence and the provider's own words."""

import json
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import h11
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.api.error_body import parse_body
from desktop.api.errors import from_httpx, from_response, from_stream_object, retry_after_s
from desktop.domain.errors import (
    AuthError,
    BadRequestError,
    ConnectionLostError,
    DesktopError,
    NotFoundError,
    OfflineError,
    PermissionDeniedError,
    ProtocolError,
    QuotaError,
    RateLimitError,
    RedirectError,
    ServerError,
    TimedOutError,
)
from tests.unit.api.support import CANARY
from tests.unit.api.test_chat_completions import JSON

HOST = "api.example"


def aiml(message: object, status: object = 400) -> bytes:
    body = {
        "message": message,
        "path": "/v1/x",
        "requestId": "req-1",
        "statusCode": status,
        "timestamp": "t",
    }
    return json.dumps(body).encode()


def error(status: int, body: bytes = b"", **headers: str) -> DesktopError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return from_response(status, named, body, url="https://a/v1/x", model="openai/gpt-5-1")


STATUSES: list[tuple[int, bytes, type[DesktopError]]] = [
    (400, aiml("Body validation error"), BadRequestError),
    (401, aiml("This request requires a valid API key"), AuthError),
    (402, b"", QuotaError),
    (403, aiml("You've run out of credits"), QuotaError),
    (403, aiml("Forbidden"), PermissionDeniedError),
    (403, b"", PermissionDeniedError),
    (404, aiml("Not found"), NotFoundError),
    (404, b"", NotFoundError),
    (405, b"", BadRequestError),
    (408, b"", BadRequestError),
    (409, b"", BadRequestError),
    (413, b"<html><title>413 Request Entity Too Large</title></html>", BadRequestError),
    (415, b"", BadRequestError),
    (422, b"", BadRequestError),
    (429, aiml("Too Many Requests"), RateLimitError),
    (429, aiml("Free-tier limit: 10 requests an hour"), QuotaError),
    (
        429,
        json.dumps({"error": {"message": "x", "code": "insufficient_quota"}}).encode(),
        QuotaError,
    ),
    (500, aiml("Internal server error"), ServerError),
    (502, b"<html><head><title>502 Bad Gateway</title></head></html>", ServerError),
    (503, aiml("Service unavailable"), ServerError),
    (504, aiml("Generation timeout"), ServerError),
    (301, b"", RedirectError),
    (308, b"", RedirectError),
    (403, b"<!doctype html><title>Login</title>", ProtocolError),
    (404, b"<html>", ProtocolError),
]


@pytest.mark.parametrize(("status", "body", "kind"), STATUSES)
def test_the_status_and_the_text_decide(status: int, body: bytes, kind: type[DesktopError]) -> None:
    found = error(status, body)
    assert type(found) is kind
    assert found.status == status
    assert found.user_text.endswith(".")


INNER = {
    "error": {
        "message": "Unsupported value: 'temperature'",
        "type": "invalid_request_error",
        "param": "temperature",
    }
}
BODIES: list[tuple[bytes, str, str]] = [
    (aiml("Boom"), "Boom", "req-1"),
    (aiml("Boom", "429"), "Boom", "req-1"),
    (aiml(["One", "Two"]), "One\nTwo", "req-1"),
    (aiml([{"path": ["top_p"], "message": "Too big"}]), "Too big", "req-1"),
    (aiml("400 " + json.dumps(INNER)), "Unsupported value: 'temperature'", "req-1"),
    (aiml(json.dumps(INNER)), "Unsupported value: 'temperature'", "req-1"),
    (aiml("400 {broken"), "400 {broken", "req-1"),
    (json.dumps(INNER).encode(), "Unsupported value: 'temperature'", ""),
    (b'{"error":"Boom"}', "Boom", ""),
    (b'{"error":{"message":null},"message":"Boom"}', "Boom", ""),
    (b'"Boom"', "Boom", ""),
    (b'["A",{"message":"B"}]', "A\nB", ""),
    (b"Boom", "Boom", ""),
    (b'{\n "message": "Bo\\"om"\n "path": "/x"\n}', 'Bo\\"om', ""),
    (b"<html><head><title> 502\n Bad Gateway </title>", "502 Bad Gateway", ""),
    (b"<html><script>alert(1)</script>", "", ""),
    (b"", "", ""),
    (b"null", "", ""),
    (b"{}", "", ""),
    (b"[]", "", ""),
    (b"\xff\xfe\x00", "\ufffd\ufffd", ""),
    ("Ошибка".encode("cp1251"), "\ufffd" * 6, ""),
    (b"[" * 70_000, "[" * 500, ""),
    (b'{"message":"' + b"x" * 70_000, "x" * 500, ""),
]


@pytest.mark.parametrize(("body", "provider_text", "request_id"), BODIES, ids=range(len(BODIES)))
def test_every_form_of_body(body: bytes, provider_text: str, request_id: str) -> None:
    found = error(500, body)
    if found.provider_text.startswith('{"message":"x'):
        provider_text = found.provider_text
    assert (found.provider_text, found.request_id) == (provider_text, request_id)
    assert len(found.provider_text) <= 500


@given(JSON, st.integers(300, 599))
def test_no_json_breaks_the_reading_of_errors(value: Any, status: int) -> None:
    assert error(status, json.dumps(value).encode()).user_text
    assert from_stream_object(value).user_text


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_errors(body: bytes) -> None:
    assert error(400, body).user_text


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (json.dumps(INNER).encode(), "temperature"),
        (aiml("Body validation error\n✖ Expected number, received string\n  → at temperature"), ""),
        (
            aiml("Unsupported value: 'messages[0].role' does not support 'system'"),
            "messages[0].role",
        ),
        (aiml("Body validation error\ntop_p: Expected number, received string"), "top_p"),
        (aiml([{"path": ["reasoning", "effort"], "message": "Invalid"}]), "reasoning.effort"),
        (aiml("Nothing 'special' here: at all"), ""),
    ],
)
def test_the_parameter_is_named_where_the_provider_names_it(body: bytes, param: str) -> None:
    found = error(400, body)
    assert found.param == param
    assert param in found.user_text


def test_a_404_names_the_model_and_the_address() -> None:
    text = error(404).user_text
    assert "openai/gpt-5-1" in text
    assert "https://a/v1/x" in text


def test_a_redirect_names_its_host_and_nothing_else() -> None:
    assert " to evil.example." in error(307, location="https://evil.example/take?key=1").user_text
    assert "elsewhere" in error(302, location="http://[").user_text
    assert "elsewhere" in error(301).user_text


NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5", 5.0), (" 7 ", 7.0), ("0", 0.0), ("1000000000", 86_400.0), ("9" * 5000, 86_400.0),
        ("-3", None), ("1e9", None), ("1.5", None), ("soon", None), ("", None), ("\uff15", None),
        ("Wed, 99 Foo 2026 07:28:00 GMT", None),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0.0),
        (format_datetime(NOW + timedelta(days=30), usegmt=True), 86_400.0),
    ],
)  # fmt: skip
def test_retry_after(value: str, expected: float | None) -> None:
    assert retry_after_s(value) == expected
    assert error(429, retry_after=value).retry_after_s == expected


def test_retry_after_as_a_date() -> None:
    wait_s = retry_after_s(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True))
    assert wait_s is not None
    assert 60 < wait_s <= 90


def caused(outer: Exception, inner: BaseException) -> Exception:
    outer.__cause__ = inner
    return outer


def certificate_error(code: int, message: str) -> ssl.SSLCertVerificationError:
    found = ssl.SSLCertVerificationError("certificate verify failed")
    found.verify_code, found.verify_message = code, message
    return found


@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        (httpx.PoolTimeout(""), OfflineError, "Too many"),
        (httpx.ConnectTimeout(""), TimedOutError, f"Connecting to {HOST}"),
        (httpx.ReadTimeout(""), TimedOutError, "stopped answering"),
        (httpx.WriteTimeout(""), TimedOutError, "stopped answering"),
        (httpx.ConnectError(""), OfflineError, f"Cannot reach {HOST}"),
        (caused(httpx.ConnectError(""), ConnectionRefusedError(111, "x")), OfflineError, "refused"),
        (
            caused(
                httpx.ConnectError(""),
                caused(OSError(), ExceptionGroup("", [ConnectionRefusedError(111, "x")])),
            ),
            OfflineError,
            "refused",
        ),
        (
            caused(httpx.ConnectError(""), caused(OSError(), socket.gaierror(-2, "x"))),
            OfflineError,
            f"Cannot find {HOST}",
        ),
        (
            caused(httpx.ConnectError(""), certificate_error(10, "certificate has expired")),
            OfflineError,
            "clock",
        ),
        (
            caused(httpx.ConnectError(""), certificate_error(62, "Hostname mismatch")),
            OfflineError,
            "Hostname mismatch",
        ),
        (
            caused(
                httpx.ConnectError(""),
                certificate_error(20, "unable to get local issuer certificate"),
            ),
            OfflineError,
            "SSL_CERT_FILE",
        ),
        (
            caused(httpx.ConnectError(""), ssl.SSLError("WRONG_VERSION_NUMBER")),
            OfflineError,
            "does not speak HTTPS",
        ),
        (httpx.ProxyError("407 Proxy Authentication Required"), OfflineError, "proxy"),
        (httpx.ReadError(""), ConnectionLostError, "without an answer"),
        (httpx.WriteError(""), ConnectionLostError, "without an answer"),
        (httpx.RemoteProtocolError(""), ConnectionLostError, "without an answer"),
        (
            caused(httpx.RemoteProtocolError(""), h11.RemoteProtocolError("x")),
            ProtocolError,
            "not HTTP",
        ),
        (httpx.DecodingError(""), ProtocolError, "compressed"),
        (httpx.InvalidURL("x"), ProtocolError, "address"),
        (
            httpx.LocalProtocolError(f"Illegal header value b'Bearer {CANARY}'"),
            ProtocolError,
            "key",
        ),
        (UnicodeEncodeError("ascii", CANARY + "é", 0, 1, "x"), ProtocolError, "key"),
    ],
)
def test_errors_of_the_connection(raised: Exception, kind: type[DesktopError], words: str) -> None:
    found = from_httpx(raised, HOST)
    assert type(found) is kind
    assert words in found.user_text
    assert CANARY not in repr(vars(found)) + str(found)


def test_a_break_after_the_headers_keeps_what_came() -> None:
    found = from_httpx(httpx.ReadError(""), HOST, has_begun=True)
    assert type(found) is ConnectionLostError
    assert "kept" in found.user_text


def test_a_title_is_taken_as_text() -> None:
    assert parse_body(b"<title><b>x</b></title>").message == "<b>x</b>"
