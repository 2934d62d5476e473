"""The transcript's own words: names of actions, footers, status lines, labels of parts."""

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale

from desktop.domain.messages import (
    ActivityPart,
    ExchangeSummary,
    Fault,
    MediaPart,
    Message,
    Note,
    ReasoningPart,
    Status,
    ToolCallPart,
    UnknownPart,
    Usage,
)
from desktop.domain.timeline import RowKind

SEPARATOR = "  ·  "
_MAX_ARGUMENTS = 80
_translate = QCoreApplication.translate


def prefix(kind: RowKind) -> str:
    """Who speaks, as the accessible name begins; never translated: other programs rely on it."""
    return {
        RowKind.USER: "You: ",
        RowKind.ASSISTANT: "Assistant: ",
        RowKind.TOOL: "Tool: ",
        RowKind.ERROR: "Error: ",
    }[kind]


def status(message: Message) -> str:
    """The word on a reply that is not whole, or "" for all others."""
    if message.status is Status.STOPPED:
        return _translate("Transcript", "Stopped")
    if message.status in (Status.INTERRUPTED, Status.FAILED):
        return _translate("Transcript", "Interrupted")
    if message.note is Note.LENGTH:
        return _translate("Transcript", "Cut at the limit")
    if message.note is Note.FILTERED:
        return _translate("Transcript", "Filtered")
    return ""


def may_continue(message: Message) -> bool:
    """Whether going on after a reply makes sense: it was cut, not ended."""
    if message.status in (Status.INTERRUPTED, Status.FAILED, Status.STOPPED):
        return True
    return message.note is Note.LENGTH


def footer(exchange: ExchangeSummary | None) -> str:
    """Model, tokens, cost, first token and speed of a finished reply."""
    if exchange is None:
        return ""
    words = [exchange.model or exchange.requested_model, tokens(exchange.usage), cost(exchange)]
    if exchange.is_streamed and exchange.first_token_s is not None:
        first = _translate("Transcript", "first token {0} s")
        words.append(first.format(f"{exchange.first_token_s:.2f}"))
    elif exchange.duration_s is not None:
        words.append(_translate("Transcript", "took {0} s").format(f"{exchange.duration_s:.1f}"))
    speed = exchange.tokens_per_second
    if speed is not None:
        words.append(_translate("Transcript", "≈ {0} tok/s").format(f"{speed:.0f}"))
    return SEPARATOR.join(word for word in words if word)


def tokens(usage: Usage | None) -> str:
    """Token counts as reported."""
    if usage is not None and usage.total_tokens is not None:
        if usage.total_tokens == 1:
            return _translate("Transcript", "1 token")
        return _translate("Transcript", "{0} tokens").format(f"{usage.total_tokens:,}")
    known = []
    if usage is not None and usage.input_tokens is not None:
        known.append(_translate("Transcript", "{0} tokens in").format(f"{usage.input_tokens:,}"))
    if usage is not None and usage.output_tokens is not None:
        known.append(_translate("Transcript", "{0} tokens out").format(f"{usage.output_tokens:,}"))
    return ", ".join(known) or _translate("Transcript", "tokens unknown")


def cost(exchange: ExchangeSummary) -> str:
    """What was billed; unknown is never 0."""
    if exchange.cost is None:
        return _translate("Transcript", "cost unknown")
    whole, _, cents = exchange.cost.usd.partition(".")
    return f"${whole}.{cents.rstrip('0').ljust(2, '0')}"


def waiting(seconds: int) -> str:
    """What stands under a reply that has not begun."""
    if seconds < 1:
        return _translate("Transcript", "Waiting for the reply…")
    return _translate("Transcript", "Waiting for the reply… {0} s").format(seconds)


def silent(seconds: int) -> str:
    """What stands under a reply that has paused."""
    return _translate("Transcript", "No content for {0} s").format(seconds)


def thought(part: ReasoningPart, *, is_running: bool) -> str:
    """Label of a reasoning part."""
    if is_running:
        return _translate("Transcript", "Thinking…")
    if part.duration_s is None:
        return _translate("Transcript", "Thoughts")
    return _translate("Transcript", "Thought for {0} s").format(f"{part.duration_s:.1f}")


def quiet(part: ToolCallPart | ActivityPart | MediaPart | UnknownPart) -> str:
    """The one line that stands for a part that is not text."""
    if isinstance(part, ToolCallPart):
        arguments = " ".join(part.text.split())
        if len(arguments) > _MAX_ARGUMENTS:
            arguments = arguments[:_MAX_ARGUMENTS] + "…"
        call = (
            f"{part.name}({arguments})" if part.kind == "function" else f"{part.name} {arguments}"
        )
        return _translate("Transcript", "Tool call: {0}").format(call.strip())
    if isinstance(part, ActivityPart):
        kind = part.kind.removesuffix("_call").replace("_", " ")
        shown = kind[:1].upper() + kind[1:]
        return f"{shown}: {part.status.replace('_', ' ')}" if part.status else shown
    if isinstance(part, MediaPart):
        kind = (
            _translate("Transcript", "Image")
            if part.kind == "image"
            else _translate("Transcript", "Sound")
        )
        return f"{kind}: {part.text}" if part.text else kind
    kind = str(part.raw.get("type", "")) or _translate("Transcript", "no type")
    return _translate("Transcript", "Unknown part: {0}").format(kind)


def error_lines(fault: Fault) -> list[str]:
    """Our sentence, the provider's message verbatim, and the request id."""
    lines = [fault.user_text]
    if fault.provider_text:
        lines.append(fault.provider_text)
    if fault.request_id:
        lines.append(_translate("Transcript", "Request ID: {0}").format(fault.request_id))
    return lines


def error_details(fault: Fault) -> str:
    """Everything known of an error, for a report."""
    lines = error_lines(fault)
    if fault.status:
        lines.append(f"HTTP {fault.status}")
    lines.append(f"{fault.kind}: {fault.detail}" if fault.detail else fault.kind)
    return "\n".join(lines)


def version(message: Message) -> str:
    """Place of a message among its siblings."""
    return f"{message.sibling_index + 1}/{message.sibling_count}"


def when(message: Message) -> str:
    """Date and time of a message as the system writes them, or "" where that is not known."""
    made = _made_at(message)
    return QLocale().toString(made, QLocale.FormatType.LongFormat) if made else ""


def when_short(message: Message) -> str:
    """The time of a message of today, else its date and time; "" where that is not known."""
    made = _made_at(message)
    if made is None:
        return ""
    short = QLocale.FormatType.ShortFormat
    if made.date() == QDate.currentDate():
        return QLocale().toString(made.time(), short)
    return QLocale().toString(made, short)


def _made_at(message: Message) -> QDateTime | None:
    seconds = int(message.created_at.timestamp())
    return QDateTime.fromSecsSinceEpoch(seconds) if seconds > 0 else None


def copy() -> str:
    """Name of the action."""
    return _translate("Transcript", "Copy")


def copy_code() -> str:
    """Name of the action."""
    return _translate("Transcript", "Copy code")


def wrap(*, is_wrapped: bool) -> str:
    """Name of the action."""
    return _translate("Transcript", "Unwrap") if is_wrapped else _translate("Transcript", "Wrap")


def copy_details() -> str:
    """Name of the action."""
    return _translate("Transcript", "Copy details")


def edit() -> str:
    """Name of the action."""
    return _translate("Transcript", "Edit")


def regenerate() -> str:
    """Name of the action."""
    return _translate("Transcript", "Regenerate")


def retry() -> str:
    """Name of the action."""
    return _translate("Transcript", "Retry")


def go_on() -> str:
    """Name of the action."""
    return _translate("Transcript", "Continue")


def previous() -> str:
    """Name of the action."""
    return _translate("Transcript", "Previous version")


def following() -> str:
    """Name of the action."""
    return _translate("Transcript", "Next version")


def started() -> str:
    """Announcement."""
    return _translate("Transcript", "Answer started")


def finished(count: int) -> str:
    """Announcement."""
    return _translate("Transcript", "Answer finished, {0} words").format(count)
