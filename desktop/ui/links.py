"""The only way out of the application: opening a link in the system's browser or mail program.

Links come from models, servers and files. What is not plainly a web or mail address is refused.
"""

import re

from PySide6.QtCore import QUrl, QUrlQuery
from PySide6.QtGui import QDesktopServices

MAX_LENGTH = 8192
"""Longer links are refused; Windows and some launchers cut them."""

MAX_QUIET_QUERY = 100
"""Characters of a query that is opened without asking; a longer one may carry secrets away."""

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\\]")
_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[^/]", re.IGNORECASE)
_MAIL_FIELDS = frozenset({"to", "cc", "bcc", "subject", "body"})
"""Others could name files to attach."""


def checked(url: str) -> QUrl | None:
    """The link as it may be opened, its host as punycode; None if it is refused.

    Allowed are ``http`` and ``https`` with a host and without user information, and ``mailto``
    without attachments. Blanks, control characters and backslashes are refused anywhere.
    """
    if len(url) > MAX_LENGTH or _FORBIDDEN.search(url):
        return None
    if not url.isascii() and any("\ud800" <= letter <= "\udfff" for letter in url):
        return None
    parsed = QUrl(url, QUrl.ParsingMode.StrictMode)
    if not parsed.isValid():
        return None
    is_safe = _is_safe_mail(parsed) if _MAIL.match(url) else _is_safe_web(url, parsed)
    return parsed if is_safe else None


def open_url(url: str) -> bool:
    """Whether the link was allowed and handed to the system."""
    parsed = checked(url)
    return parsed is not None and QDesktopServices.openUrl(parsed)


def must_ask(text: str, url: str) -> bool:
    """Whether a link is to be confirmed, because its text does not say where it leads.

    Args:
        text: What is shown of the link.
        url: Where it leads.

    True also for a long query, for a host that is not plain ASCII, and for a refused link.
    """
    parsed = checked(url)
    if parsed is None or is_punycode(host_of(url)):
        return True
    if len(parsed.query(QUrl.ComponentFormattingOption.FullyEncoded)) > MAX_QUIET_QUERY:
        return True
    shown = text.strip()
    named = (shown, f"https://{shown}", f"http://{shown}", f"mailto:{shown}")
    return full_address(url) not in {full_address(each) for each in named}


def full_address(url: str) -> str:
    """The whole address in ASCII, with a path; "" if the link is refused."""
    parsed = checked(url)
    if parsed is None:
        return ""
    if not parsed.path() and parsed.scheme() != "mailto":
        parsed.setPath("/")
    return bytes(parsed.toEncoded().data()).decode("ascii")


def is_punycode(host: str) -> bool:
    """Whether a host, as :func:`host_of` gives it, has letters beyond ASCII."""
    return any(label.startswith("xn--") for label in host.rpartition("@")[2].lower().split("."))


def host_of(url: str) -> str:
    """The host a link leads to, as punycode, or a mail address; "" if the link is refused."""
    parsed = checked(url)
    if parsed is None:
        return ""
    if parsed.scheme() == "mailto":
        return parsed.path(QUrl.ComponentFormattingOption.FullyEncoded)
    return parsed.host(QUrl.ComponentFormattingOption.FullyEncoded)


def _is_safe_web(url: str, parsed: QUrl) -> bool:
    if not _WEB.match(url) or parsed.scheme() not in ("http", "https"):
        return False
    return bool(parsed.host()) and not parsed.userInfo() and "@" not in parsed.authority()


def _is_safe_mail(parsed: QUrl) -> bool:
    names = {name.lower() for name, _ in QUrlQuery(parsed).queryItems()}
    return parsed.scheme() == "mailto" and "@" in parsed.path() and names <= _MAIL_FIELDS
