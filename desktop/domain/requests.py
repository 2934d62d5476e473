"""A request as it is asked for and as it goes onto the wire."""

from collections.abc import Sequence
from dataclasses import dataclass

from desktop.domain.capabilities import Endpoint
from desktop.domain.messages import Message
from desktop.domain.parameters import ChatSettings


@dataclass(slots=True, frozen=True)
class Turn:
    """What one reply is asked for with.

    Attributes:
        settings: Model, endpoint and parameters.
        history: The branch from its first message to the user's last, oldest first.
        client_request_id: Value of ``X-Client-Request-Id``.
    """

    settings: ChatSettings
    history: Sequence[Message]
    client_request_id: str


@dataclass(slots=True, frozen=True)
class PreparedRequest:
    """One POST, complete but for the key.

    Attributes:
        endpoint: Which wire format the answer will have.
        model: The model id in the body.
        method: Always ``POST``.
        url: Absolute.
        headers: As they will be sent; the key stands as ``Bearer …``.
        body: The exact bytes.
        is_streamed: Whether the body asks for a stream.
        client_request_id: The value of that header.
    """

    endpoint: Endpoint
    model: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_streamed: bool
    client_request_id: str
