"""The one error tree of the application; every lower-level error is mapped into it.

    DesktopError
      NetworkError            the provider could not be reached, or the connection broke
        OfflineError          name not found, refused, no route, proxy or TLS set-up
        TimedOutError         connecting, or silence for longer than the limit
        ConnectionLostError   the reply was cut before its terminal marker
      ApiError                the provider answered with an error
        AuthError             401: the key was not accepted
        QuotaError            403 or 429 about credits, balance, plan or free tier
        PermissionDeniedError 403: the key may not do this
        NotFoundError         404: path or model
        RateLimitError        429: too many requests
        BadRequestError       400 and other 4xx: the request must change
        ServerError           5xx
        RedirectError         3xx: never followed
      ProtocolError           an answer that is not this API's
        EmptyReplyError       a well-formed reply without content
        TooLargeError         a limit of ours was reached
      StorageError            the history could not be read or written
      CredentialError         the keyring could not be used, or the key is not usable

``CancelledError`` is not part of it and always travels on. Anything else is a bug.
"""

from dataclasses import dataclass
from typing import ClassVar

MAX_PROVIDER_TEXT = 500
"""Characters of a provider's message that are shown; the rest stays in the log of the exchange."""


@dataclass(slots=True)
class Link:
    """A place where the user can act on an error.

    Attributes:
        text: What the link says.
        url: An https address.
    """

    text: str
    url: str


KEYS_PAGE = Link("Open the key page", "https://aimlapi.com/app/keys")
BILLING_PAGE = Link("Open billing", "https://aimlapi.com/app/billing/")
SUPPORT_PAGE = Link("Get help", "https://help.aimlapi.com/")
DOCS_PAGE = Link("Open the documentation", "https://docs.aimlapi.com")


class DesktopError(Exception):
    """What went wrong, in words for the user and in detail for the log.

    Attributes:
        kind: Stable name of the error class as it is stored with a failed exchange.
        user_text: What happened and what to do; plain text, complete sentences.
        detail: Technical detail without secrets, for the log and "Copy details".
        provider_text: The provider's own message, verbatim, at most 500 characters.
        request_id: The provider's id for support, or "".
        status: HTTP status, or 0 where there was none.
        link: Where the user can act, or None.
        retryable: Whether sending the same request again can succeed.
        retry_after_s: Seconds the provider asked to wait, or None.
        param: The body field the provider objects to, or "".
    """

    kind: ClassVar[str] = "error"
    retryable: bool = False

    def __init__(
        self,
        user_text: str,
        *,
        detail: str = "",
        provider_text: str = "",
        request_id: str = "",
        status: int = 0,
        link: Link | None = None,
        retryable: bool | None = None,
        retry_after_s: float | None = None,
        param: str = "",
    ) -> None:
        super().__init__(user_text)
        self.user_text = user_text
        self.detail = detail
        self.provider_text = provider_text[:MAX_PROVIDER_TEXT]
        self.request_id = request_id
        self.status = status
        self.link = link
        if retryable is not None:
            self.retryable = retryable
        self.retry_after_s = retry_after_s
        self.param = param


class NetworkError(DesktopError):
    """The provider could not be reached, or the connection broke."""

    kind = "network"
    retryable = True


class OfflineError(NetworkError):
    """No connection was made: nothing was sent, so a resend costs nothing."""

    kind = "offline"


class TimedOutError(NetworkError):
    """Connecting took too long, or the server was silent for longer than the limit."""

    kind = "timeout"


class ConnectionLostError(NetworkError):
    """The connection ended before the reply's terminal marker."""

    kind = "connection_lost"


class ApiError(DesktopError):
    """The provider answered with an error."""

    kind = "api"


class AuthError(ApiError):
    """HTTP 401: the key was not accepted."""

    kind = "auth"


class QuotaError(ApiError):
    """HTTP 403 or 429 that names credits, balance, quota or the free tier."""

    kind = "quota"


class PermissionDeniedError(ApiError):
    """HTTP 403: the key may not do this."""

    kind = "permission"


class NotFoundError(ApiError):
    """HTTP 404: wrong path, or the model is gone."""

    kind = "not_found"


class RateLimitError(ApiError):
    """HTTP 429: too many requests."""

    kind = "rate_limit"
    retryable = True


class BadRequestError(ApiError):
    """HTTP 400 and the other 4xx: the request itself must change."""

    kind = "bad_request"


class ServerError(ApiError):
    """HTTP 5xx, or an error object inside a stream."""

    kind = "server"
    retryable = True


class RedirectError(ApiError):
    """HTTP 3xx: redirects are never followed, since they would carry the prompt elsewhere."""

    kind = "redirect"


class ProtocolError(DesktopError):
    """The answer is not one of this API."""

    kind = "protocol"
    retryable = True


class EmptyReplyError(ProtocolError):
    """The reply ended well but holds nothing to show."""

    kind = "empty_reply"


class TooLargeError(ProtocolError):
    """A reply, or a part of it, went over a limit of ours."""

    kind = "too_large"
    retryable = False


class StorageError(DesktopError):
    """The history could not be read or written."""

    kind = "storage"


class CredentialError(DesktopError):
    """The keyring could not be used, or the key is not usable."""

    kind = "credential"
