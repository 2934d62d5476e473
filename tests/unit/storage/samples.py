from datetime import datetime
from typing import Any

from desktop.domain.capabilities import Endpoint
from desktop.domain.history import Conversation, Outcome
from desktop.domain.messages import (
    ActivityPart,
    Choice,
    Citation,
    Cost,
    ExchangeSummary,
    Fault,
    MediaPart,
    Message,
    Note,
    ReasoningPart,
    RefusalPart,
    Role,
    Status,
    TextPart,
    ToolCallPart,
    UnknownPart,
    Usage,
)
from desktop.domain.parameters import ChatSettings
from desktop.domain.requests import PreparedRequest

FAULT = Fault(
    kind="server",
    user_text="The provider failed. Try again.",
    provider_text="overloaded",
    request_id="req-1",
    detail="HTTP 503",
    status=503,
    link_text="Get help",
    link_url="https://help.aimlapi.com/",
    is_retryable=True,
)

RICH = (
    Choice(
        parts=(
            ReasoningPart("think", is_summary=True, duration_s=1.5, raw={"id": "rs_1"}),
            TextPart(
                "Grüße, 世界 \U0001f600",
                citations=(Citation("url_citation", "https://a.example", "A", 0, 3, {"x": [1]}),),
                logprobs=({"token": "G", "logprob": -0.5},),
            ),
            TextPart("second"),
            RefusalPart("no"),
            ToolCallPart("c1", "look", '{"q": ', status="in_progress", raw={"n": None}),
            ActivityPart("web_search_call", "searching", {"id": "ws"}),
            MediaPart("image", "QUJD", "a cat"),
            UnknownPart({"type": "hologram"}),
        ),
        index=0,
        finish_reason="stop",
    ),
    Choice(parts=(TextPart("other answer"),), index=1, finish_reason="length"),
)

SUMMARY = ExchangeSummary(
    endpoint=Endpoint.RESPONSES.value,
    requested_model="openai/gpt-5-1",
    model="gpt-5.1-2025-11-13",
    is_streamed=True,
    usage=Usage(11, 22, 40, {"input_tokens": 11, "details": {"cached": 0}}),
    cost=Cost("0.001240000", 2480, "headers"),
    first_token_s=0.25,
    duration_s=3.5,
    delta_count=100,
    delta_span_s=3.0,
    response_id="resp_1",
    inference_id="inf_1",
    client_request_id="client-1",
    attempts=2,
)


def request(body: bytes = b'{"model": "x"}') -> PreparedRequest:
    return PreparedRequest(
        endpoint=Endpoint.RESPONSES,
        model="openai/gpt-5-1",
        method="POST",
        url="https://api.aimlapi.com/v1/responses",
        headers=(("Authorization", "Bearer …"), ("X-Client-Request-Id", "client-1")),
        body=body,
        is_streamed=True,
        client_request_id="client-1",
    )


def outcome(
    text: str = "done",
    *,
    status: Status = Status.COMPLETE,
    fault: Fault | None = None,
    cost: str = "",
) -> Outcome:
    return Outcome(
        status=status,
        choices=(Choice(parts=(TextPart(text),) if text else (), finish_reason="stop"),),
        note=Note.NONE,
        summary=ExchangeSummary(
            endpoint=Endpoint.RESPONSES.value,
            requested_model="openai/gpt-5-1",
            cost=Cost(cost) if cost else None,
            fault=fault,
        ),
    )


def new_chat(store: Any, title: str = "Chat", at: datetime | None = None) -> Conversation:
    made: Conversation = store.run(store.history.create(title, ChatSettings(), at or store.now()))
    return made


def say(
    store: Any,
    chat: Conversation,
    parent: Message | None,
    text: str = "hello",
    role: Role = Role.USER,
) -> Message:
    parts = () if role is Role.ASSISTANT else (TextPart(text),)
    made: Message = store.run(
        store.history.add(chat.row.id, parent.id if parent else None, role, parts, store.now())
    )
    return made


def texts(messages: list[Message]) -> list[str]:
    return [message.text for message in messages]
