"""The body of an error answer, whatever form it has: never trusted, never shown as markup."""

import re
from dataclasses import dataclass, replace

from desktop.api.wire import Payload, loads, mapping, string, whole
from desktop.domain.parameters import PARAMETERS

MAX_MESSAGE_CHARS = 2000

_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_UPSTREAM = re.compile(r"^\s*(?:Error:\s*)?(\d{3})\s+(\{.*\})\s*$", re.DOTALL)
"""``"400 {json}"``: the provider passes its upstream's error on inside its own message.

Source: https://docs.aimlapi.com/errors-and-messages/errors-with-status-code-4xx
"""

_QUOTED = re.compile(r"""['"`]([A-Za-z_]\w*(?:(?:\.\w+)|(?:\[\d+\]))*)['"`]""")
_LABELLED = re.compile(r"^\W*([a-z_]+(?:\.\w+)*)\s*:", re.MULTILINE)
_FIELDS = {
    part
    for parameter in PARAMETERS.values()
    for path in parameter.paths.values()
    for part in (path, path.split(".")[0])
    if part
} | {"model", "input"}
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What an error body says.

    Attributes:
        message: Verbatim, or "".
        request_id: The provider's id for support, or "".
        code: A code or type in the provider's words, or "".
        param: The field it objects to, or "".
        status: A status inside the body, or 0; the HTTP status counts more.
        is_html: Whether it was a web page; the message is then its title.
    """

    message: str = ""
    request_id: str = ""
    code: str = ""
    param: str = ""
    status: int = 0
    is_html: bool = False


def parse_body(body: bytes) -> ErrorBody:
    """What a body says: the provider's form, OpenAI's, text, a list, a web page, or nothing."""
    text = body.decode("utf-8", "replace").replace("\x00", "").strip()
    if looks_like_html(text):
        title = _TITLE.search(text)
        return ErrorBody(" ".join(title[1].split()) if title else "", is_html=True)
    try:
        decoded = loads(body)
    except ValueError:
        return ErrorBody(_message_of_broken_json(text), param=named_field(text))
    return parse_value(decoded)


def looks_like_html(text: str) -> bool:
    """Whether a text is a web page rather than JSON or an event."""
    return (
        text.lstrip("\ufeff \t\r\n")[:200].lower().startswith(("<!doctype", "<html", "<head", "<"))
    )


def parse_value(value: object, depth: int = 0) -> ErrorBody:
    """What a decoded JSON value says as an error."""
    if isinstance(value, str):
        return _unwrapped(ErrorBody(value[:MAX_MESSAGE_CHARS]), depth)
    if isinstance(value, list):
        found = [parse_value(each, depth + 1) for each in value[:20]] if depth < _DEPTH else []
        message = "\n".join(each.message for each in found if each.message)
        param = next((each.param for each in found if each.param), "")
        return ErrorBody(message[:MAX_MESSAGE_CHARS], param=param)
    if isinstance(value, dict) and depth <= _DEPTH:
        return _parse_object(value, depth)
    return ErrorBody()


def _parse_object(body: Payload, depth: int) -> ErrorBody:
    inner = body.get("error")
    nested = parse_value(inner, depth + 1) if inner else ErrorBody()
    own = parse_value(body.get("message"), depth + 1) if body.get("message") else ErrorBody()
    message = nested.message or own.message
    return ErrorBody(
        message=message,
        request_id=_first(body, "requestId", "request_id") or nested.request_id,
        code=nested.code or _first(body, "code", "type") or own.code,
        param=_first(body, "param")
        or nested.param
        or own.param
        or _path(body.get("path"), message),
        status=whole(body.get("statusCode")) or whole(body.get("status")) or nested.status,
    )


def _first(body: Payload, *names: str) -> str:
    """The first of the members that holds text or a number, as text."""
    for name in names:
        value = body.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and value:
            return str(value)[:200]
    return ""


def _path(path: object, message: str) -> str:
    """The field that a list of keys names; text is an endpoint's path, so the message decides."""
    if isinstance(path, list) and path:
        return ".".join(str(key) for key in path)[:200]
    return named_field(message)


def _unwrapped(found: ErrorBody, depth: int) -> ErrorBody:
    """The upstream's own error where a message holds one."""
    text = found.message
    upstream = _UPSTREAM.match(text)
    raw = upstream[2] if upstream else text if text.lstrip().startswith("{") else ""
    if raw and depth < _DEPTH:
        try:
            inner = parse_value(mapping(loads(raw.encode("utf-8", "replace"))), depth + 1)
        except ValueError:
            inner = ErrorBody()
        if inner.message:
            return inner
    return replace(found, param=named_field(text))


def named_field(message: str) -> str:
    """A body field that a message names in quotes or before a colon, or ""."""
    for found in (*_QUOTED.finditer(message), *_LABELLED.finditer(message)):
        name = found[1]
        if re.split(r"[.\[]", name)[0] in _FIELDS or name in _FIELDS:
            return name
    return ""


def _message_of_broken_json(text: str) -> str:
    """The message of JSON that is not quite JSON, as in the provider's own documents; else all."""
    found = re.search(r'"message"\s*:\s*"((?:[^"\\]|\\.)*)"', text)
    return string(found[1] if found else text)[:MAX_MESSAGE_CHARS]
