"""The block grammar: CommonMark without HTML, with tables, formulas and footnotes.

Every rule of our own decides from its first line whether it begins, so that a stream never takes a
block back. markdown-it is imported when the first text is parsed, not before.
"""

import functools
import re
from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from desktop.markup.leaves import heading, paragraph
from desktop.markup.limits import CONTAINER_LEVEL
from desktop.markup.maths import math_block
from desktop.markup.tables import table

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

_UNDERLINE = re.compile(r"(=+|-+)[ \t]*$")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]:")


@dataclass(slots=True, frozen=True)
class Definition:
    """A link definition, `[label]: address "title"`.

    Attributes:
        label: As the parser normalises it.
        start: Its first line.
        end: The line after it.
        value: What the inline rules look up; opaque.
    """

    label: str
    start: int
    end: int
    value: Mapping[str, Any]


def parse_blocks(
    source: str, references: MutableMapping[str, Any]
) -> "tuple[list[Token], list[Definition]]":
    """Tokens of all blocks of a source, inline content left raw, and its definitions.

    Args:
        source: Normalised text.
        references: Definitions of the text above, which win over those in the source.
    """
    tokens: list[Token] = []
    found: dict[str, Any] = {}
    repeated: list[dict[str, Any]] = []
    parser = _parser()
    env = {"references": ChainMap(found, references), "duplicate_refs": repeated}
    parser.block.parse(source, parser, env, tokens)
    definitions = [_definition(label, value) for label, value in found.items()]
    definitions += [_definition(value["label"], value) for value in repeated]
    return tokens, sorted(definitions, key=lambda definition: definition.start)


def _definition(label: str, value: Mapping[str, Any]) -> Definition:
    start, end = value["map"]
    return Definition(label, start, end, value)


@functools.cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import blockquote, list_block, reference

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 2 * CONTAINER_LEVEL})
    parser.disable(["html_block", "lheading"])
    ruler = parser.block.ruler
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    ruler.before("paragraph", "rows", table, {"alt": ["paragraph", "reference"]})
    ruler.at("blockquote", _bounded(blockquote), interrupts)
    ruler.at("list", _bounded(list_block), {"alt": ["paragraph", "reference", "blockquote"]})
    ruler.at("reference", _definition_rule(reference))
    ruler.before("reference", "underline", _underline, {"alt": ["reference"]})
    ruler.before("reference", "footnote", _footnote, {"alt": ["paragraph", "reference"]})
    ruler.after("fence", "math_block", math_block, interrupts)
    ruler.at("heading", heading, {"alt": ["paragraph", "reference", "blockquote"]})
    ruler.at("paragraph", paragraph)
    return parser


def _bounded(
    rule: "Callable[[StateBlock, int, int, bool], bool]",
) -> "Callable[[StateBlock, int, int, bool], bool]":
    """The rule of a container, which refuses to nest too deep."""

    def bounded(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
        return state.level < CONTAINER_LEVEL and rule(state, start, end, silent)

    return bounded


def _begins_footnote(state: "StateBlock", line: int) -> bool:
    first = state.bMarks[line] + state.tShift[line]
    return _FOOTNOTE.match(state.src, first, state.eMarks[line]) is not None


def _footnote(state: "StateBlock", start: int, _end: int, silent: bool) -> bool:
    """Whether a footnote's definition begins here: a paragraph that interrupts another one."""
    return silent and not state.is_code_block(start) and _begins_footnote(state, start)


def _underline(state: "StateBlock", start: int, _end: int, silent: bool) -> bool:
    """Whether the line underlines a heading: a definition does not go on over it."""
    first = state.bMarks[start] + state.tShift[start]
    return silent and _UNDERLINE.match(state.src, first, state.eMarks[start]) is not None


def _definition_rule(
    rule: "Callable[[StateBlock, int, int, bool], bool]",
) -> "Callable[[StateBlock, int, int, bool], bool]":
    """The rule of definitions, without footnotes and without lazy lines.

    A title that goes on over a quote's lazy lines would take back blocks that have begun since.
    """

    def reference(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
        if _begins_footnote(state, start):
            return False
        repeated: list[object] = state.env["duplicate_refs"]
        found: dict[str, object] = state.env["references"].maps[0]
        count = len(repeated), len(found)
        if not rule(state, start, end, silent):
            return False
        lines = range(start + 1, state.line)
        lazy = next((line for line in lines if state.sCount[line] < 0), None)
        if lazy is None:
            return True
        del repeated[count[0] :]
        if len(found) > count[1]:
            found.popitem()
        last, state.lineMax = state.lineMax, lazy
        is_definition = rule(state, start, end, silent)
        state.lineMax = last
        return is_definition

    return reference
