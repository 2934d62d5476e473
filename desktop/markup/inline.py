"""Inline Markdown of one leaf to text and styled runs; called when the leaf is laid out.

Depends on the leaf's source and the link definitions alone, so no split can change it. No HTML is
read, and nothing that a link or image names is ever opened.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from desktop.markup.autolink import find_links
from desktop.markup.blocks import Inline, Run, Style
from desktop.markup.limits import INLINE_NESTING, LEAF_CHARS, LEAF_SPECIALS
from desktop.markup.maths import math_inline
from desktop.markup.normalise import normalise

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_NO_REFERENCES: Mapping[str, Any] = MappingProxyType({})
_MARKUP = re.compile(r"[\[\]*_<&!\\`~$\n]|://|www\.|@")
"""What a text must have to be anything but itself."""
_SPECIALS = "[]*_<&!\\`~"
_FOOTNOTE = re.compile(r"\[\^([^\[\]\s]+)\]")
_OPENERS = {
    "strong_open": Style.BOLD,
    "em_open": Style.ITALIC,
    "s_open": Style.STRIKE,
    "link_open": Style.LINK,
}
_LEAVES = {
    "code_inline": Style.CODE,
    "math_inline": Style.MATH,
    "footnote_ref": Style.SUPERSCRIPT,
}
_NO_STYLE = Style(0)
_NO_AUTOLINK = Style.CODE | Style.LINK | Style.MATH | Style.IMAGE | Style.SUPERSCRIPT

_Piece = tuple[str, Style, str]
"""Text, its styles, and the target of a link or image."""


def inline(raw: str, references: Mapping[str, Any] = _NO_REFERENCES) -> Inline:
    """Text and runs of a leaf's source.

    Args:
        raw: As in `Block.raw` of a paragraph or heading, or one cell of `Block.rows`.
        references: As `MarkdownStream.references` gives them.
    """
    raw = normalise(raw)
    if is_over_caps(raw) or _MARKUP.search(raw) is None:
        return Inline(raw)
    tokens: list[Token] = []
    parser = _parser()
    parser.inline.parse(raw, parser, {"references": references}, tokens)
    return _laid_end_to_end(_with_links(_merged(_pieces(tokens))))


def is_over_caps(raw: str) -> bool:
    """Whether a leaf is so long or so full of markup that it is shown as plain text."""
    if len(raw) <= LEAF_SPECIALS:
        return False
    return len(raw) > LEAF_CHARS or sum(map(raw.count, _SPECIALS)) > LEAF_SPECIALS


@functools.cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": INLINE_NESTING})
    parser.enable("strikethrough")
    parser.disable("html_inline")
    parser.inline.ruler.before("escape", "math_inline", math_inline)
    parser.inline.ruler.before("link", "footnote_ref", _footnote_ref)
    return parser


def _footnote_ref(state: "StateInline", silent: bool) -> bool:
    """Inline rule: `[^1]`; at the start of a definition its colon goes with it."""
    found = _FOOTNOTE.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    end = found.end()
    if not silent:
        state.push("footnote_ref", "", 0).content = found[1]
    is_definition = state.pos == 0 and state.src[end : end + 1] == ":"
    state.pos = end + 1 if is_definition else end
    return True


def _pieces(tokens: "Iterable[Token]") -> Iterable[_Piece]:
    """Pieces of text in order."""
    open_styles: list[Style] = []
    style, target = _NO_STYLE, ""
    for token in tokens:
        if token.nesting > 0:
            open_styles.append(_OPENERS.get(token.type, _NO_STYLE))
            target = str(token.attrGet("href") or "") or target
        elif token.nesting < 0:
            open_styles.pop()
            target = "" if token.type == "link_close" else target
        else:
            yield _leaf(token, style, target)
            continue
        style = functools.reduce(Style.__or__, open_styles, _NO_STYLE)


def _leaf(token: "Token", style: Style, target: str) -> _Piece:
    if token.type == "softbreak":
        return " ", style, target
    if token.type == "hardbreak":
        return "\n", style, target
    if token.type == "image":
        source = str(token.attrGet("src") or "")
        return _text(token.children or ()), style | Style.IMAGE, target or source
    return token.content, style | _LEAVES.get(token.type, _NO_STYLE), target


def _text(tokens: "Iterable[Token]") -> str:
    return "".join(text for text, _style, _target in _pieces(tokens))


def _merged(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Pieces joined where only escapes or entities parted them."""
    groups: list[tuple[list[str], Style, str]] = []
    for text, style, target in pieces:
        if groups and groups[-1][1:] == (style, target) and not style & ~_JOINED:
            groups[-1][0].append(text)
        else:
            groups.append(([text], style, target))
    return [("".join(texts), style, target) for texts, style, target in groups]


_JOINED = Style.BOLD | Style.ITALIC | Style.STRIKE | Style.LINK
"""Styles whose neighbours are one run; two formulas side by side stay two."""


def _with_links(pieces: Iterable[_Piece]) -> Iterable[_Piece]:
    """Pieces with bare addresses in them made links."""
    for text, style, target in pieces:
        at = 0
        for start, end, address in () if style & _NO_AUTOLINK else find_links(text):
            yield text[at:start], style, target
            yield text[start:end], style | Style.LINK, address
            at = end
        yield text[at:], style, target


def _laid_end_to_end(pieces: Iterable[_Piece]) -> Inline:
    texts = []
    runs = []
    at = 0
    for text, style, target in pieces:
        if text and style:
            runs.append(Run(at, len(text), style, target))
        texts.append(text)
        at += len(text)
    return Inline("".join(texts), tuple(runs))
