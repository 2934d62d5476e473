"""Paragraphs and headings as block rules that give one token each, with raw content.

markdown-it reads every paragraph twice (once for a line of `===` below it) and tries all other
rules on each of its lines; here it is read once, and only lines that may begin a block are tried.

Source: https://spec.commonmark.org/0.31.2/#setext-headings, #atx-headings and #paragraphs
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock

_ATX = re.compile(r"(#{1,6})(?:[ \t](.*))?$", re.DOTALL)
_UNDERLINE = re.compile(r"(=+|-+)[ \t]*$")
_INTERRUPTS = frozenset("`~$\\>-*_+#[0123456789")
"""First characters of blocks that may interrupt a paragraph; a table's first line has a bar."""
_MAX_INDENT = 3
"""Columns; a line with more goes on with the paragraph, whatever it holds."""


def heading(state: "StateBlock", start: int, _end: int, silent: bool) -> bool:
    """Block rule: whether the line is a heading that begins with number signs."""
    found = _ATX.match(_line(state, start))
    if found is None or state.is_code_block(start):
        return False
    if not silent:
        content = (found[2] or "").strip(" \t")
        opened = content.rstrip("#")
        if not opened or opened[-1] in " \t":
            content = opened.rstrip(" \t")
        _push(state, start, start + 1, content, len(found[1]))
    return True


def paragraph(state: "StateBlock", start: int, end: int, _silent: bool) -> bool:
    """Block rule: a paragraph, or a heading underlined by its last line; always begins here."""
    old_parent, state.parentType = state.parentType, "paragraph"
    line, level = start + 1, 0
    while line < state.lineMax and not state.isEmpty(line):
        if state.sCount[line] - state.blkIndent <= _MAX_INDENT:
            level = _underline(state, line) if line < end else 0
            if level or (state.sCount[line] >= 0 and _is_interrupted(state, line)):
                break
        line += 1
    content = state.getLines(start, line, state.blkIndent, False).strip()
    _push(state, start, line + 1 if level else line, content, level)
    state.parentType = old_parent
    return True


def _line(state: "StateBlock", line: int) -> str:
    text: str = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
    return text


def _underline(state: "StateBlock", line: int) -> int:
    """Level of the heading that this line underlines, else 0."""
    first = state.bMarks[line] + state.tShift[line]
    if state.sCount[line] < state.blkIndent or state.src[first] not in "=-":
        return 0
    if _UNDERLINE.match(_line(state, line)) is None:
        return 0
    return 1 if state.src[first] == "=" else 2


def _is_interrupted(state: "StateBlock", line: int) -> bool:
    """Whether another block begins on this line of a paragraph."""
    text = _line(state, line)
    if text[0] not in _INTERRUPTS and "|" not in text:
        return False
    rules = state.md.block.ruler.getRules("paragraph")
    return any(rule(state, line, state.lineMax, True) for rule in rules)


def _push(state: "StateBlock", start: int, end: int, content: str, level: int) -> None:
    token = state.push("text_block", "", 0)
    token.content = content
    token.meta = {"level": level}
    token.map = [start, end]
    state.line = end
