"""Finding text in one conversation: how often each message of the shown branch holds it.

Markdown is counted as it is written, without the marks that are not shown. So a count is what the
reader will see in all but odd cases; who shows the message knows better.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import apsw

from desktop.domain.folding import folded
from desktop.storage import tree

_TARGETS = re.compile(r"\]\([^)\s]*\)")
_MARKS = "*_`~[]\\"
_BLANKS = re.compile(r" {2,}")
_SHOWN = frozenset({"text", "refusal", "tool_result"})


def count(
    connection: apsw.Connection, leaf: int | None, query: str, first: int, last: int
) -> list[tuple[int, int]]:
    """Depth and count of the messages that hold a text, between two depths, both included.

    Args:
        connection: Where to read.
        leaf: Message at the end of the branch, or None for a branch without messages.
        query: What to look for, whatever its case and accents.
        first: Lowest depth.
        last: Highest depth.
    """
    needle = _Needle(query)
    if leaf is None or not needle.is_usable:
        return []
    place = tree.ancestor(connection, tree.place_of(connection, leaf), last)
    rows = (
        values
        for stretch in tree.path_to(connection, place, max(first, 0))
        for values in connection.execute(
            """
            select depth, content, text from message
                where conversation = ? and branch = ? and depth between ? and ? order by depth
            """,
            (place.conversation, *stretch),
        )
    )
    counted = (
        (depth, sum(map(needle.count, _texts(content, text)))) for depth, content, text in rows
    )
    return [(depth, found) for depth, found in counted if found]


class _Needle:
    """What is looked for; its own marks do not count, unless it is nothing but marks."""

    def __init__(self, query: str) -> None:
        plain = folded(query)
        shown = _shown(plain).strip()
        self._is_marks_only = not shown
        self._text = shown or plain.strip()

    @property
    def is_usable(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._text)

    def count(self, text: str) -> int:
        """How often a text holds it."""
        plain = folded(text)
        return (plain if self._is_marks_only else _shown(plain)).count(self._text)


def _shown(text: str) -> str:
    """Folded Markdown without targets of links, marks of inline styles and repeated blanks."""
    if "](" in text:
        text = _TARGETS.sub("", text)
    for mark in _MARKS:
        text = text.replace(mark, "")
    return _BLANKS.sub(" ", text) if "  " in text else text


def _texts(content: str, text: str) -> Iterator[str]:
    """The texts of the shown choice; reasoning and what tools were asked are not searched."""
    yield text
    choices: list[dict[str, Any]] = json.loads(content)
    for part in choices[0]["parts"] if choices else ():
        if part["type"] in _SHOWN and "text" in part:
            yield part["text"]
