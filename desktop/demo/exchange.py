"""What every answer of the demo carries: ids, the echoed model, counts and the billed amount."""

import re
import secrets
import time
from dataclasses import dataclass

from desktop.demo.payloads import Payload
from desktop.demo.replies import CHARS_PER_TOKEN, Reply
from desktop.demo.server import Request
from desktop.demo.turns import Turn

USD_PER_INPUT_TOKEN = 1.25e-6
USD_PER_OUTPUT_TOKEN = 10e-6
CREDITS_PER_USD = 2_000_000
"""Source: "How can I track my funds" at https://docs.aimlapi.com (2026-08-21)."""

_CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_ECHOED = {
    "openai/gpt-5-1": "gpt-5.1-2025-11-13",
    "openai/gpt-5-1-chat-latest": "gpt-5.1-chat-latest",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn with the demo's reply to it.

    Attributes:
        id: The inference id.
        client_id: The client's own request id where it sent a valid one, else "".
        created_s: Unix time in whole seconds.
        pace_s: Seconds between two tokens of this reply.
    """

    turn: Turn
    reply: Reply
    id: str
    client_id: str
    created_s: int
    pace_s: float

    @property
    def model(self) -> str:
        """The model's name as replies echo it, which is not the name requested."""
        return _ECHOED.get(self.turn.model, self.turn.model)

    @property
    def input_tokens(self) -> int:
        """A rough count of what was sent."""
        return self.turn.prompt_chars // CHARS_PER_TOKEN + 3

    @property
    def output_tokens(self) -> int:
        """All choices and the reasoning."""
        return self.reply.answer_tokens * self.turn.choices + self.reply.reasoning_tokens

    @property
    def usd(self) -> float:
        """The amount the demo pretends to bill."""
        spent = self.input_tokens * USD_PER_INPUT_TOKEN + self.output_tokens * USD_PER_OUTPUT_TOKEN
        return round(spent, 9)

    @property
    def credits_used(self) -> int:
        """The same amount in the provider's credits."""
        return round(self.usd * CREDITS_PER_USD)

    def meta(self) -> Payload:
        """The billed amount as bodies carry it."""
        return {"usage": {"credits_used": self.credits_used, "usd_spent": self.usd}}

    def headers(self, content_type: str) -> list[tuple[str, str]]:
        """The reply's headers; the billed amount is in them unless the reply is streamed.

        Source: "Request Tracing and Cost" at https://docs.aimlapi.com (2026-08-21).
        """
        made = [("Content-Type", content_type), ("x-inference-id", self.id)]
        if self.client_id:
            made.append(("x-client-request-id", self.client_id))
        if not self.turn.is_streamed:
            made.append(("x-aimlapi-credits-used", str(self.credits_used)))
            made.append(("x-aimlapi-usd-spent", f"{self.usd:.9f}"))
        return made


def new_exchange(turn: Turn, reply: Reply, request: Request, pace_s: float) -> Exchange:
    """An exchange with fresh ids."""
    client_id = request.header("x-client-request-id") or ""
    return Exchange(
        turn,
        reply,
        id=secrets.token_urlsafe(16)[:21],
        client_id=client_id if _CLIENT_ID.fullmatch(client_id) else "",
        created_s=int(time.time()),
        pace_s=pace_s * reply.slowness,
    )
