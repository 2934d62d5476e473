"""The canned reply to a turn, chosen by the words of its prompt."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from desktop.demo import samples
from desktop.demo.payloads import Payload, dumps, mapping, sequence, text
from desktop.demo.turns import Turn

QUOTE_CHARS = 400
SLOW_FACTOR = 12.0
LONG_STANZAS = 40
CHARS_PER_TOKEN = 4
MAX_SAMPLE_DEPTH = 8
_TOKEN = re.compile(r"\s*\S{1,5}|\s+")
_ERROR = re.compile(r"\s*error(?:\s+([45]\d\d))?\s*[.!?]*\s*", re.IGNORECASE)
_MIDWAY = re.compile(r"\berror (?:midway|mid-stream)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Citation:
    """A source and the place in the text that it stands behind, in characters."""

    url: str
    title: str
    start: int
    end: int

    def fields(self) -> Payload:
        """The citation's keys as both endpoints name them."""
        return {
            "url": self.url,
            "title": self.title,
            "start_index": self.start,
            "end_index": self.end,
        }


@dataclass(frozen=True, slots=True)
class Call:
    """A call to a function of the request."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the demo answers, told without regard to the endpoint.

    Attributes:
        text: The answer's text; "" where a function is called.
        summaries: Parts of the reasoning summary, in order.
        citation: A source for a part of the text.
        call: The function to call instead of answering.
        is_refusal: Whether the text is a refusal.
        is_cut_off: Whether the request's cap on tokens shortened the text.
        breaks: Whether an error follows the text in place of a proper end.
        status: HTTP status; above 399 the provider's error is sent and nothing else.
        slowness: Factor on the time between two tokens.
    """

    text: str = ""
    summaries: tuple[str, ...] = ()
    citation: Citation | None = None
    call: Call | None = None
    is_refusal: bool = False
    is_cut_off: bool = False
    breaks: bool = False
    status: int = 200
    slowness: float = 1.0

    @property
    def reasoning_tokens(self) -> int:
        """Tokens of the reasoning summary, as the usage reports them."""
        return sum(len(tokens(part)) for part in self.summaries)

    @property
    def answer_tokens(self) -> int:
        """Tokens of the text or of the call's arguments."""
        return len(tokens(self.call.arguments if self.call else self.text))


def tokens(whole: str) -> list[str]:
    """The text in pieces of about a token's length; joined they are the text again."""
    return _TOKEN.findall(whole)


def reply_to(turn: Turn) -> Reply:
    """The canned reply to a turn, shortened to its cap on tokens."""
    reply = _chosen(turn)
    if turn.max_tokens is None or reply.call is not None:
        return reply
    pieces = tokens(reply.text)
    kept = max(turn.max_tokens - reply.reasoning_tokens, 0)
    if len(pieces) <= kept:
        return reply
    return replace(reply, text="".join(pieces[:kept]), citation=None, is_cut_off=True)


def _chosen(turn: Turn) -> Reply:
    if turn.tool_result:
        return Reply(_labelled(samples.TOOL_RESULT, result=turn.tool_result[:QUOTE_CHARS]))
    if turn.forced:
        return _call(turn, turn.forced)
    if turn.schema is not None:
        return Reply(dumps(sample_of(turn.schema or _ANY_OBJECT)).decode())
    if found := _ERROR.fullmatch(turn.prompt):
        return Reply(status=int(found[1] or 500))
    if _MIDWAY.search(turn.prompt):
        return Reply(_labelled(samples.MIDWAY).rstrip(), breaks=True)
    words = set(re.findall(r"[a-z]+", turn.prompt.lower()))
    makers = (maker for keys, maker in _BY_WORD if keys & words)
    return next(makers, _welcome)(turn)


def _labelled(sample: str, **fields: str) -> str:
    return sample.format(label=samples.LABEL, **fields)


def _welcome(turn: Turn) -> Reply:
    quote = turn.prompt.strip()[:QUOTE_CHARS] or "(nothing that the demo can read)"
    reply = _labelled(samples.WELCOME, quote=quote.replace("\n", "\n> "))
    summaries = samples.REASONING_SUMMARIES if turn.wants_summary else ()
    return Reply(reply, summaries=summaries)


def _plain(sample: str) -> Callable[[Turn], Reply]:
    return lambda _turn: Reply(_labelled(sample))


def _reasoning(_turn: Turn) -> Reply:
    return Reply(_labelled(samples.REASONING), summaries=samples.REASONING_SUMMARIES)


def _citation(_turn: Turn) -> Reply:
    whole = _labelled(samples.CITATION)
    start = whole.index(samples.CITED)
    end = start + len(samples.CITED)
    return Reply(whole, citation=Citation(samples.CITED_URL, samples.CITED_TITLE, start, end))


def _long(_turn: Turn) -> Reply:
    stanzas = [
        samples.LONG_STANZA.format(
            number=number,
            fathoms=5 + number * 7 % 23,
            bottom=samples.BOTTOMS[number % len(samples.BOTTOMS)],
            agreement="" if number % 3 else ", more or less",
            wind=samples.WINDS[number * 3 % len(samples.WINDS)],
        )
        for number in range(1, LONG_STANZAS + 1)
    ]
    return Reply("\n".join([samples.LABEL + "\n", *stanzas]))


def _slow(_turn: Turn) -> Reply:
    return Reply(_labelled(samples.SLOW), slowness=SLOW_FACTOR)


def _refusal(_turn: Turn) -> Reply:
    return Reply(samples.REFUSAL, is_refusal=True)


def _tool(turn: Turn) -> Reply:
    if not turn.functions or turn.body.get("tool_choice") == "none":
        return Reply(_labelled(samples.NO_TOOL))
    return _call(turn, next(iter(turn.functions)))


def _call(turn: Turn, name: str) -> Reply:
    return Reply(call=Call(name, dumps(sample_of(turn.functions[name])).decode()))


_BY_WORD: tuple[tuple[frozenset[str], Callable[[Turn], Reply]], ...] = (
    (frozenset({"markdown", "format", "list"}), _plain(samples.MARKDOWN)),
    (frozenset({"code", "python", "javascript"}), _plain(samples.CODE)),
    (frozenset({"table", "tables"}), _plain(samples.TABLE)),
    (frozenset({"math", "maths", "formula"}), _plain(samples.MATHS)),
    (frozenset({"reasoning", "reason", "think"}), _reasoning),
    (frozenset({"citation", "cite", "source", "search"}), _citation),
    (frozenset({"long"}), _long),
    (frozenset({"slow", "slowly"}), _slow),
    (frozenset({"tool", "function"}), _tool),
    (frozenset({"refusal", "refuse"}), _refusal),
)

_ANY_OBJECT: Payload = {
    "type": "object",
    "properties": {"demo": {"const": True}, "reply": {"const": "This is a canned demo reply."}},
}


def sample_of(schema: Payload, depth: int = 0) -> object:
    """A value of the kind a JSON Schema describes; loosely, and at most 8 levels deep."""
    named = [schema["const"]] if "const" in schema else sequence(schema.get("enum"))
    if named or depth >= MAX_SAMPLE_DEPTH:
        return next(iter(named), None)
    if variants := sequence(schema.get("anyOf")) or sequence(schema.get("oneOf")):
        return sample_of(mapping(variants[0]), depth + 1)
    kinds = schema.get("type")
    kind = text(kinds) or next(iter(sequence(kinds)), "object")
    if kind == "object":
        fields = mapping(schema.get("properties"))
        return {key: sample_of(mapping(value), depth + 1) for key, value in fields.items()}
    if kind == "array":
        return [sample_of(mapping(schema.get("items")), depth + 1)]
    return {"string": "sample", "integer": 1, "number": 1.5, "boolean": True}.get(kind)
