"""Identities of stored things, and the ids sent to the provider."""

import uuid
from typing import NewType

ConversationId = NewType("ConversationId", int)
MessageId = NewType("MessageId", int)
ExchangeId = NewType("ExchangeId", int)


def new_client_request_id() -> str:
    """A fresh value for the ``X-Client-Request-Id`` header.

    The provider accepts 1 to 128 characters of ``A-Z a-z 0-9 . _ : -`` and silently drops others.

    Source: https://docs.aimlapi.com, "Request tracing and cost".
    """
    return str(uuid.uuid4())
