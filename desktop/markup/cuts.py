"""Where open source may be cut: what lies above can never change again.

Only complete lines may be given here; an unfinished one can still become something else. The cut
is at the first line of the last block, item or row, for only that one can be changed by more text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from desktop.markup.builder import Source
from desktop.markup.grammar import Definition

if TYPE_CHECKING:
    from markdown_it.token import Token

_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})
_REGROWS = _LISTS | {"code_block"}
"""Blocks that go on after a blank line."""
_ITEM = re.compile(r" *(?P<bullet>[-+*]?)(?P<number>\d*)(?P<delimiter>[.)]?)(?P<padding> *)")
_QUOTED = re.compile(" {0,3}>")
_FENCE = re.compile(r"(`{3,}|~{3,})(.*)")
_MAX_PADDING = 4
"""Spaces after a list marker; with more of them the item holds indented code.

Source: https://spec.commonmark.org/0.31.2/#list-items
"""


@dataclass(slots=True, frozen=True)
class Cut:
    """A cut through a source.

    Attributes:
        line: First line that stays open.
        prefix: Made-up lines that reopen the containers around that line.
        table: Index of the table's token if the cut goes through a table, else None.
        fence: Opening line of the fence that stays open, else empty.
    """

    line: int
    prefix: str = ""
    table: int | None = None
    fence: str = ""


def find_cut(
    tokens: "list[Token]", definitions: Sequence[Definition], source: Source
) -> Cut | None:
    """The lowest cut of a source of complete lines; None if nothing can be frozen.

    A definition ends up to a line later than it seems to, when its title follows: it is not parted
    from the line below it.
    """
    index = _last_block(tokens)
    last = tokens[index] if tokens else None
    if _is_all_closed(last, source):
        return Cut(source.lines)
    below = definitions[-1].start if definitions else -1
    if last is None or (last.map is not None and below >= last.map[1]):
        return _progress(below, source)
    ends = {definition.end: definition.start for definition in definitions}
    return _inner_cut(tokens, index, source, ends) or _outer_cut(tokens, index, source, ends)


def _progress(line: int, source: Source) -> Cut | None:
    """A cut at the top level, if it leaves less open than there was."""
    return Cut(line) if line > source.prefix or line == source.prefix > 0 else None


def closing_fence(opening: str) -> re.Pattern[str]:
    """Matches the line that closes the fence with this opening line."""
    found = _FENCE.match(opening)
    marks = found[1] if found is not None else "```"
    return re.compile(rf"^ {{0,3}}{marks[0]}{{{len(marks)},}}[ \t]*$", re.MULTILINE)


def _first_line(token: "Token") -> int:
    return token.map[0] if token.map is not None else 0


def _last_block(tokens: "Sequence[Token]") -> int:
    """Index of the token that opens the last block of the top level."""
    for index in range(len(tokens) - 1, 0, -1):
        if tokens[index].level == 0 and tokens[index].nesting >= 0:
            return index
    return 0


def _is_all_closed(last: "Token | None", source: Source) -> bool:
    """Whether a blank line at the end closes all there is."""
    if not source.lines or source.line(source.lines - 1).strip(" \t"):
        return False
    if last is None or last.map is None:
        return True
    return last.type not in _REGROWS and last.map[1] < source.lines


def _outer_cut(
    tokens: "list[Token]", index: int, source: Source, ends: Mapping[int, int]
) -> Cut | None:
    last = tokens[index]
    line = _first_line(last)
    if last.type == "fence" and _is_open_fence(last, source):
        return Cut(line, fence=source.line(line))
    above = tokens[_last_block(tokens[:index])] if index else None
    return _progress(_with_definition(line, above, ends), source)


def _with_definition(line: int, above: "Token | None", ends: Mapping[int, int]) -> int:
    """The line of a block, or of the definition right above it, or of what holds that."""
    if line not in ends:
        return line
    is_inside = above is not None and above.map is not None and above.map[1] > ends[line]
    return _first_line(above) if above is not None and is_inside else ends[line]


def _is_open_fence(token: "Token", source: Source) -> bool:
    """Whether the fence at the end has no indent and no closing line."""
    first, last = _first_line(token), source.lines - 1
    opening = source.line(first)
    if _FENCE.match(opening) is None:
        return False
    return last == first or closing_fence(opening).match(source.line(last)) is None


def _inner_cut(
    tokens: "list[Token]", index: int, source: Source, ends: Mapping[int, int]
) -> Cut | None:
    kind = tokens[index].type
    if kind in _LISTS:
        return _list_cut(tokens, index, source)
    if kind == "blockquote_open":
        return _quote_cut(tokens, index, source, ends)
    if kind == "table":
        return _table_cut(tokens, index, source)
    return None


def _children(tokens: "list[Token]", index: int) -> list[int]:
    """Indexes of the direct children of a container that is open to the end."""
    level = tokens[index].level + 1
    return [
        child
        for child in range(index + 1, len(tokens))
        if tokens[child].level == level and tokens[child].nesting >= 0
    ]


def _list_cut(tokens: "list[Token]", index: int, source: Source) -> Cut | None:
    """A cut at the last item of the innermost list at the end that has several.

    With a tab anywhere in the list it is not cut inside: tabs are worth what stands before them.
    """
    if "\t" in source.text[source.starts[_first_line(tokens[index])] :]:
        return None
    best = None
    prefix, column, above = "", 0, -1
    while tokens[index].type in _LISTS:
        items = _children(tokens, index)
        line = _first_line(tokens[items[-1]])
        sibling, column = _sibling(source.line(line), column if line == above else 0)
        prefix, above = prefix + sibling, line
        if len(items) > 1 and line > source.prefix:
            best = Cut(line, prefix)
        index = (_children(tokens, items[-1]) or [items[-1]])[-1]
    return best


def _sibling(line: str, column: int) -> tuple[str, int]:
    """A made-up line for an item like the one on this line, and the column of its content.

    Its number is 1, as no other may follow the made-up paragraph above it.
    """
    found = cast("re.Match[str]", _ITEM.match(line, column))
    marker = found["bullet"] or "1".zfill(len(found["number"])) + found["delimiter"]
    padding = len(found["padding"])
    if padding > _MAX_PADDING or found.end() == len(line):
        padding = 1
    indent = " " * found.start("bullet")
    return f"{indent}{marker}{' ' * padding}x\n", len(indent) + len(marker) + padding


def _quote_cut(
    tokens: "list[Token]", index: int, source: Source, ends: Mapping[int, int]
) -> Cut | None:
    """A cut at the last block directly inside a quote."""
    children = _children(tokens, index)
    if len(children) < 2:  # noqa: PLR2004 - a first block has nothing above it
        return None
    line = _first_line(tokens[children[-1]])
    line = _with_definition(line, tokens[children[-2]], ends)
    if line <= source.prefix or _QUOTED.match(source.line(line)) is None:
        return None
    return Cut(line, "> x\n>\n")


def _table_cut(tokens: "list[Token]", index: int, source: Source) -> Cut | None:
    """A cut at the last row of a table, behind its header and delimiter rows."""
    token = tokens[index]
    header = _first_line(token)
    line = header + len(token.meta["rows"])
    if line <= max(source.prefix, header + 2):
        return None
    return Cut(line, f"{source.line(header)}\n{source.line(header + 1)}\n", table=index)
