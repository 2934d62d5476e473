r"""Formulas: blocks between `$$` or `\[` and `\]`, and inline `\(...\)`, `$...$` and `$$...$$`.

A lone dollar is money as often as maths, so the inline rule is narrow: `$5 and $6` and
`$HOME/$USER` stay text. Rules only; the TeX is never read here.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

_CLOSERS = {"$$": "$$", r"\[": r"\]"}
_DOUBLE = re.compile(r"\$\$(?!\$)((?:\\.|[^\\$])+)\$\$(?!\$)", re.DOTALL)
_SINGLE = re.compile(r"\$(?![\s$])((?:\\.|[^\\$])*?(?:\\.|[^\\$\s]))\$(?![\w$])", re.DOTALL)


def math_block(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    """Block rule: whether a formula begins here.

    It ends at a line that ends in the closing mark, at a blank line, or with its container. The
    token's meta says whether it was closed; if not, its content is the source.
    """
    first = _line(state, start)
    closer = _CLOSERS.get(first[:2])
    if closer is None or state.is_code_block(start):
        return False
    body = first[2:]
    at = body.find(closer)
    if at >= 0 and (at == 0 or body[at + 2 :]):
        return False
    if silent:
        return True
    last = start if at >= 0 else _closing_line(state, start + 1, end, closer)
    _push(state, start, last, end)
    return True


def _line(state: "StateBlock", line: int) -> str:
    text: str = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
    return text.rstrip(" \t")


def _closing_line(state: "StateBlock", line: int, end: int, closer: str) -> int | None:
    """The line that ends in the closing mark; None if the formula stops without it."""
    while line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        if _line(state, line).endswith(closer):
            return line
        line += 1
    return None


def _push(state: "StateBlock", start: int, last: int | None, end: int) -> None:
    is_closed = last is not None
    if last is None:
        last = start
        while (
            last + 1 < end
            and not state.isEmpty(last + 1)
            and state.sCount[last + 1] >= state.blkIndent
        ):
            last += 1
    source = state.getLines(start, last + 1, state.blkIndent, False).strip(" \t\n")
    token = state.push("math_block", "", 0)
    token.content = source[2:-2].strip() if is_closed else source
    token.meta = {"is_closed": is_closed}
    token.map = [start, last + 1]
    state.line = last + 1


def math_inline(state: "StateInline", silent: bool) -> bool:
    r"""Inline rule: `\(...\)`, `$$...$$` or `$...$` at the current position."""
    if state.src.startswith(r"\(", state.pos):
        start, end = state.pos + 2, state.src.find(r"\)", state.pos + 2, state.posMax)
        after = end + 2
    elif (found := _dollars(state)) is not None:
        (start, end), after = found.span(1), found.end()
    else:
        return False
    content = state.src[start:end].strip() if end > start else ""
    if not content:
        return False
    if not silent:
        state.push("math_inline", "", 0).content = content
    state.pos = after
    return True


def _dollars(state: "StateInline") -> re.Match[str] | None:
    double = _DOUBLE.match(state.src, state.pos, state.posMax)
    if double is not None:
        return double
    before = state.src[state.pos - 1] if state.pos else ""
    if before.isalnum() or before == "$":
        return None
    return _SINGLE.match(state.src, state.pos, state.posMax)
