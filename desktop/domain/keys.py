"""API keys and base addresses as values: what is accepted, and how a key is shown.

A key never appears in a message, a ``repr`` or an exception of this module.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Never, Self

from desktop.domain.errors import KEYS_PAGE, CredentialError, DesktopError

DEFAULT_BASE_URL = "https://api.aimlapi.com"
"""Source: ``servers`` in every OpenAPI file of the provider (August 2026)."""

MAX_KEY_CHARS = 512
"""Windows keeps at most 2,560 bytes of UTF-16; a longer text is not an API key.

Source: https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw
"""

MAX_URL_CHARS = 2048
_PREFIX_CHARS = 8
"""Characters of a key that are public: the provider itself lists keys by them.

Source: ``prefix`` in the provider's OpenAPI file for ``GET /v1/key`` (August 2026).
"""

_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u00ad"
"""Byte order mark, zero-width characters, direction marks and the soft hyphen."""

_PLACEHOLDERS = ("YOUR_AIMLAPI_KEY", "YOUR_API_KEY")
"""What the provider's examples hold in the place of a key."""

_LABELS = "abcdefghijklmnopqrstuvwxyz0123456789-_."


class KeySource(StrEnum):
    """Where the key in use came from."""

    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    SESSION = "session"
    """Entered for this run only; forgotten when the application ends."""
    DEMO = "demo"
    NONE = "none"


class KeyringState(StrEnum):
    """What is known about the operating system's keyring."""

    READY = "ready"
    """It answered, with or without a key."""
    ABSENT = "absent"
    LOCKED = "locked"
    DENIED = "denied"
    TIMEOUT = "timeout"
    UNSAFE = "unsafe"
    """It would drop the key or keep it as plain text."""
    UNKNOWN = "unknown"
    """Not asked yet, or it failed in a way of its own."""


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """Which key is in use for one provider, and how the keyring is; safe to show and log.

    Attributes:
        source: Where the key came from; NONE if there is no key.
        state: How the keyring answered last.
        backend: The keyring's name for people.
        prefix: The public start of the key, at most 8 characters, or "".
        reason: Why there is no key or why it is not kept; one or two sentences, or "".
    """

    source: KeySource = KeySource.NONE
    state: KeyringState = KeyringState.UNKNOWN
    backend: str = ""
    prefix: str = ""
    reason: str = ""


class SecretKey:
    """A checked API key that shows itself only to who asks for it by ``reveal``.

    Equal to another with the same key. It cannot be pickled; copies are the object itself.
    """

    __slots__ = ("_value",)

    def __init__(self, text: str) -> None:
        """Checks and keeps a key.

        Raises:
            CredentialError: The text is not usable as a key.
        """
        self._value = validate_key(text)

    def reveal(self) -> str:
        """The key itself; for the Authorization header and the keyring only."""
        return self._value

    @property
    def prefix(self) -> str:
        """The public start of the key: at most 8 characters and never more than half."""
        return self._value[: min(_PREFIX_CHARS, len(self._value) // 2)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretKey) and self._value == other._value

    def __hash__(self) -> int:
        return hash((SecretKey, self._value))

    def __repr__(self) -> str:
        return "SecretKey(hidden)"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> Never:
        raise TypeError("a SecretKey cannot be serialised")


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """A provider's address, ready to append ``/v1/...`` paths to.

    Attributes:
        origin: Scheme, host and port without a default port: what a key is bound to.
        api_root: Origin and path, without a trailing slash and without ``/v1``.
    """

    origin: str
    api_root: str


class BaseUrlError(DesktopError):
    """An address that cannot be a provider's; ``user_text`` says what to change."""

    kind = "base_url"


def validate_key(text: str) -> str:
    """The key without what a paste brings along: blanks, line ends, ``Bearer``, invisible marks.

    Raises:
        CredentialError: The text is not usable as a key. The message never holds it.
    """
    key = _trimmed(text)
    if key[:6].lower() == "bearer" and (len(key) == 6 or key[6].isspace()):  # noqa: PLR2004
        key = _trimmed(key[6:])
    reason = _key_fault(key)
    if reason:
        raise CredentialError(reason, link=KEYS_PAGE)
    return key


def parse_base_url(text: str) -> BaseUrl:
    """The provider's origin and API root from what a person typed: the root or its ``/v1``.

    Host names in other scripts become punycode; default ports are dropped.

    Raises:
        BaseUrlError: With what to change.
    """
    from urllib.parse import urlsplit

    address = _trimmed(text)
    _refuse_odd_characters(address)
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BaseUrlError("The host or the port of the address is not valid.") from None
    _refuse_odd_parts(parts.scheme, parts.netloc, has_extras="?" in address or "#" in address)
    name = _ascii_host(host, bracketed="[" in parts.netloc)
    _refuse_port(port, parts.netloc)
    if parts.scheme == "http" and not is_loopback(name):
        raise BaseUrlError("Use https: plain http would send the key where anyone can read it.")
    origin = f"{parts.scheme}://{name}"
    if port is not None and port != {"http": 80, "https": 443}[parts.scheme]:
        origin += f":{port}"
    return BaseUrl(origin, origin + _root_path(parts.path))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name alone: no name is looked up.

    Args:
        host: A host name, an IPv4 address, or an IPv6 address with or without brackets.
    """
    if host.lower() == "localhost":
        return True
    from ipaddress import ip_address

    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


DEFAULT_ORIGIN = DEFAULT_BASE_URL
"""The only origin that a key from the environment is used for."""


def _trimmed(text: str) -> str:
    """The text without blanks, line ends, control and invisible characters at its edges."""
    start, end = 0, len(text)
    while start < end and _is_edge(text[start]):
        start += 1
    while end > start and _is_edge(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_edge(char: str) -> bool:
    return char.isspace() or char in _INVISIBLE


def _key_fault(key: str) -> str:
    """Why a trimmed text is not a key, or ""."""
    if not key:
        return "Enter an API key."
    if key.strip("<>").upper() in _PLACEHOLDERS:
        return "This is the placeholder from the examples. Enter your own API key instead."
    if len(key) > MAX_KEY_CHARS:
        return f"This is too long for an API key: at most {MAX_KEY_CHARS} characters."
    return _key_character_fault(key)


def _key_character_fault(key: str) -> str:
    """Why the characters of a text cannot be those of a key, or ""."""
    if any(char.isspace() for char in key):
        return "An API key has no blanks or line breaks inside. Copy it again."
    if not key.isascii():
        return "An API key has only plain letters, digits and signs. Copy it again."
    if not key.isprintable():
        return "The text holds control characters. Copy the API key again."
    if any(char in "\"'`<>\\" for char in key):
        return "Enter the API key without quotation marks, brackets or backslashes."
    return ""


def _refuse_odd_characters(address: str) -> None:
    if not address:
        raise BaseUrlError("Enter the provider's address.")
    if len(address) > MAX_URL_CHARS:
        raise BaseUrlError("The address is too long.")
    if any(char.isspace() for char in address):
        raise BaseUrlError("The address holds blanks. Remove them.")
    if "\\" in address or not address.isprintable():
        raise BaseUrlError("The address holds characters that cannot be part of it.")
    if "://" not in address:
        raise BaseUrlError("Start the address with https://")


def _refuse_odd_parts(scheme: str, netloc: str, *, has_extras: bool) -> None:
    if scheme not in ("http", "https"):
        raise BaseUrlError("Start the address with https://")
    if "@" in netloc:
        raise BaseUrlError("Leave the user name and the password out of the address.")
    if has_extras:
        raise BaseUrlError("Leave out everything from ? or # on.")


def _refuse_port(port: int | None, netloc: str) -> None:
    if port == 0 or (port is None and netloc.endswith(":")):
        raise BaseUrlError("The port of the address must be from 1 to 65535.")


def _ascii_host(host: str, *, bracketed: bool) -> str:
    """The host in ASCII: punycode for other scripts, IPv6 in brackets."""
    fault = BaseUrlError("The host of the address is not valid.")
    if bracketed:
        from ipaddress import IPv6Address

        try:
            return f"[{IPv6Address(host).compressed}]"
        except ValueError:
            raise fault from None
    try:
        name = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        raise fault from None
    if not name or ".." in name or name[0] in ".-" or any(char not in _LABELS for char in name):
        raise fault
    return name


def _root_path(path: str) -> str:
    """The path before ``/v1``; "" for the provider's root."""
    root = path.rstrip("/")
    while root.endswith("/v1"):
        root = root.removesuffix("/v1").rstrip("/")
    segments = root.split("/")
    if not root.isascii() or "." in segments or ".." in segments:
        raise BaseUrlError("The path of the address is not valid.")
    if "v1" in segments or root.endswith(("/chat/completions", "/responses")):
        raise BaseUrlError("End the address with the host or with /v1.")
    return root
