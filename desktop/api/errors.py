"""Everything that can go wrong on the wire as one ``DesktopError`` in plain words.

Errors of the HTTP library are told apart by their type and their causes, never by their text,
which is often empty and may hold the key.
"""

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from desktop.api.error_body import ErrorBody, parse_body, parse_value
from desktop.domain.errors import (
    BILLING_PAGE,
    DOCS_PAGE,
    KEYS_PAGE,
    SUPPORT_PAGE,
    AuthError,
    BadRequestError,
    ConnectionLostError,
    DesktopError,
    NetworkError,
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

MAX_RETRY_AFTER_S = 86_400.0

_QUOTA = re.compile(
    r"credit|balance|quota|free[ -]?tier|billing|top up|subscri|spending|insufficient funds",
    re.IGNORECASE,
)
"""Words by which the provider means money.

Source: https://docs.aimlapi.com/errors-and-messages/errors-with-status-code-4xx
"""

_BAD_REQUEST_CODES = re.compile(r"invalid|unsupported|image|context_length|too_large|policy")

_EXPIRED, _WRONG_HOST = 10, 62
"""Verification results of OpenSSL. Source: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/"""


def from_httpx(error: Exception, host: str, *, has_begun: bool = False) -> DesktopError:
    """The domain error of any exception that ``httpx`` raises.

    Args:
        error: What was raised.
        host: Who was talked to, for the text.
        has_begun: Whether the answer's headers had come.
    """
    import httpx

    detail = _detail(error)
    if isinstance(error, httpx.TimeoutException):
        return _timed_out(error, host, detail)
    if isinstance(error, httpx.ProxyError):
        return _proxy_error(detail)
    if isinstance(error, httpx.ConnectError):
        return _connect_error(error, host, detail)
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError | OSError):
        return _broken(error, host, detail, has_begun=has_begun)
    if isinstance(error, httpx.DecodingError):
        return ProtocolError("The answer is compressed in a broken way.", detail=detail)
    return ProtocolError(
        "The request could not be made. Check the key and the address in the settings.",
        detail=detail,
        retryable=False,
    )


def _timed_out(error: Exception, host: str, detail: str) -> NetworkError:
    import httpx

    if isinstance(error, httpx.PoolTimeout):
        text = "Too many connections are waiting. Try again in a moment."
        return OfflineError(text, detail=detail)
    text = f"{host} stopped answering. Check the connection and try again."
    if isinstance(error, httpx.ConnectTimeout):
        text = f"Connecting to {host} took too long. Check the connection and try again."
    return TimedOutError(text, detail=detail)


def lost(host: str, *, has_begun: bool, detail: str = "") -> ConnectionLostError:
    """The error of a connection that ended too early."""
    if has_begun:
        text = "The connection ended before the answer was complete. What came until then is kept."
    else:
        text = (
            f"{host} closed the connection without an answer. It may have been billed. Try again."
        )
    return ConnectionLostError(text, detail=detail)


def silent(host: str, limit_s: float) -> TimedOutError:
    """The error of a connection on which nothing came for too long."""
    return TimedOutError(
        f"Nothing came from {host} for {limit_s:g} seconds. What came until then is kept.",
        detail=f"no bytes for {limit_s:g} s",
    )


def from_response(
    status: int, headers: Mapping[str, str], body: bytes, *, url: str = "", model: str = ""
) -> DesktopError:
    """The domain error of an answer whose status is not a success.

    Args:
        status: HTTP status.
        headers: By lower-case name.
        body: At most the first 64 KiB.
        url: What was asked, for the text of a 404.
        model: The model that was asked for, likewise.
    """
    found = parse_body(body)
    facts: dict[str, Any] = {
        "status": status,
        "provider_text": found.message,
        "request_id": found.request_id or headers.get("x-request-id", ""),
        "param": found.param,
        "detail": f"HTTP {status}" + (f", {found.code}" if found.code else ""),
    }
    if 300 <= status < 400:  # noqa: PLR2004
        return redirect(status, headers)
    if found.is_html and status in {403, 404, 511}:
        return ProtocolError(
            "A web page answered, not the API. Check the network and the address in the settings.",
            **facts,
        )
    if status == 404:  # noqa: PLR2004
        return _not_found(url, model, facts)
    wait_s = retry_after_s(headers.get("retry-after", ""))
    return _by_status(status, found, facts, wait_s)


def redirect(status: int, headers: Mapping[str, str]) -> RedirectError:
    """The error of a redirect; it is never followed, for it would take the prompt elsewhere."""
    from urllib.parse import urlsplit

    try:
        host = urlsplit(headers.get("location", "")).hostname or ""
    except ValueError:
        host = ""
    target = f" to {host}" if host else " elsewhere"
    return RedirectError(
        f"The server redirects{target}. Nothing was sent there. Check the address in the settings.",
        status=status,
        detail=f"HTTP {status}",
    )


def from_stream_object(payload: object, status: int = 200) -> DesktopError:
    """The domain error of an error object that came inside an answer, in any of its shapes."""
    found = parse_value(payload)
    if found.status >= 400:  # noqa: PLR2004
        status = found.status
    facts: dict[str, Any] = {
        "status": status,
        "provider_text": found.message,
        "request_id": found.request_id,
        "param": found.param,
        "detail": f"error in the answer: {found.code or 'no code'}",
    }
    if status >= 400:  # noqa: PLR2004
        return _by_status(status, found, facts, None)
    code = found.code.lower()
    if code == "insufficient_quota" or (_is_about_money(found) and "rate" not in code):
        return _quota(facts)
    if "rate_limit" in code:
        return _rate_limit(facts, None)
    if _BAD_REQUEST_CODES.search(code):
        return BadRequestError(
            "The provider refused the request. Change it and try again.", **facts
        )
    return ServerError(
        "The provider ended the answer with an error. Try again.", link=SUPPORT_PAGE, **facts
    )


def is_error_object(payload: Mapping[str, Any]) -> bool:
    """Whether a decoded object is an error in the provider's or OpenAI's form."""
    if payload.get("error"):
        return True
    return "statusCode" in payload and "message" in payload


def retry_after_s(value: str) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, 0 to a day, or None where it is garbage.

    Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER_S)
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max((aware - datetime.now(UTC)).total_seconds(), 0.0), MAX_RETRY_AFTER_S)


def _by_status(
    status: int, found: ErrorBody, facts: dict[str, Any], wait_s: float | None
) -> DesktopError:
    if status == 401:  # noqa: PLR2004
        return AuthError(
            "The provider did not accept the API key. Check it in the settings.",
            link=KEYS_PAGE,
            **facts,
        )
    if status in {402, 403, 429} and (status == 402 or _is_about_money(found)):  # noqa: PLR2004
        return _quota(facts)
    if status == 403:  # noqa: PLR2004
        return PermissionDeniedError(
            "This API key may not do this. Check its scopes and its limit.", link=KEYS_PAGE, **facts
        )
    if status == 429:  # noqa: PLR2004
        return _rate_limit(facts, wait_s)
    if status >= 500:  # noqa: PLR2004
        return _server(status, facts, wait_s)
    return _bad_request(status, facts)


def _bad_request(status: int, facts: dict[str, Any]) -> DesktopError:
    texts = {
        407: "The proxy wants a user name and a password. Check the proxy settings.",
        408: "The provider waited too long for the request. Try again.",
        409: "The provider is busy with the same request. Try again in a moment.",
        413: "The request is too large. Shorten the conversation or leave out attachments.",
        415: "The provider does not take this kind of content. Change the request.",
    }
    named = f" It names {facts['param']}." if facts["param"] else ""
    text = texts.get(status, f"The provider refused the request.{named} Change it and try again.")
    if status == 407:  # noqa: PLR2004
        return OfflineError(text, **facts)
    return BadRequestError(text, retryable=status in {408, 409}, **facts)


def _server(status: int, facts: dict[str, Any], wait_s: float | None) -> ServerError:
    texts = {
        503: "The provider is overloaded. Try again in a few minutes.",
        504: "The model took too long. Try again with streaming, less effort or a shorter answer.",
    }
    text = texts.get(status, "The provider has trouble. Try again in a moment.")
    return ServerError(text, link=SUPPORT_PAGE, retry_after_s=wait_s, **facts)


def _quota(facts: dict[str, Any]) -> QuotaError:
    return QuotaError(
        "The account has no credits left, or a limit is reached. Top up to go on.",
        link=BILLING_PAGE,
        **facts,
    )


def _rate_limit(facts: dict[str, Any], wait_s: float | None) -> RateLimitError:
    return RateLimitError(
        "Too many requests. Wait a moment and try again.", retry_after_s=wait_s, **facts
    )


def _not_found(url: str, model: str, facts: dict[str, Any]) -> NotFoundError:
    asked = f" {model}" if model else ""
    where = f" at {url}" if url else ""
    return NotFoundError(
        f"The provider does not know the model{asked} or the address{where}. "
        "Choose another model or check the address in the settings.",
        link=DOCS_PAGE,
        **facts,
    )


def _is_about_money(found: ErrorBody) -> bool:
    return bool(_QUOTA.search(found.message) or "quota" in found.code.lower())


def _proxy_error(detail: str) -> OfflineError:
    return OfflineError(
        "The proxy refused the connection. It may want a user name and a password: check the "
        "proxy settings.",
        detail=detail,
    )


def _connect_error(error: Exception, host: str, detail: str) -> OfflineError:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _tls_error(cause, host, detail)
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return OfflineError(f"Cannot find {host}. Check the connection.", detail=detail)
    for cause in causes:
        if isinstance(cause, ConnectionRefusedError):
            text = f"{host} refused the connection. Check the address, or try again later."
            return OfflineError(text, detail=detail)
    return OfflineError(f"Cannot reach {host}. Check the connection.", detail=detail)


def _tls_error(error: ssl.SSLError, host: str, detail: str) -> OfflineError:
    if not isinstance(error, ssl.SSLCertVerificationError):
        text = f"{host} does not speak HTTPS here. Check the address and the network."
        return OfflineError(text, detail=detail, retryable=False)
    reason = str(getattr(error, "verify_message", "") or "not valid")
    hint = "A company network may need its own certificate: name its file in SSL_CERT_FILE."
    if error.verify_code == _EXPIRED:
        hint = "Check that the clock of this computer is right."
    elif error.verify_code == _WRONG_HOST:
        hint = "Another server may be answering in its place: check the network."
    text = f"The certificate of {host} is not trusted: {reason}. {hint}"
    return OfflineError(text, detail=detail, retryable=False)


def _broken(error: Exception, host: str, detail: str, *, has_begun: bool) -> DesktopError:
    """A connection that broke, or one on which no HTTP was spoken."""
    import h11

    is_no_http = any(isinstance(cause, h11.RemoteProtocolError) for cause in _causes(error))
    if is_no_http and not has_begun:
        return ProtocolError(
            f"{host} answered with something that is not HTTP. Check the address and the network.",
            detail=detail,
        )
    return lost(host, has_begun=has_begun, detail=detail)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything that led to it, groups included."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions


def _detail(error: BaseException) -> str:
    """The types of an error and its causes, without their texts."""
    names = [type(each).__name__ for each in _causes(error)]
    numbers = [each.errno for each in _causes(error) if isinstance(each, OSError) and each.errno]
    return " < ".join(dict.fromkeys(names)) + (f" (errno {numbers[0]})" if numbers else "")
