"""GFM tables as a block rule that gives one token a table, its cells as raw strings.

A token for each cell, as markdown-it makes them, costs ten times as much. Rows are decided line by
line, so a stream may freeze them; there is no cap on rows, which would not be.

Source: https://github.github.com/gfm/#tables-extension-
"""

import re
from typing import TYPE_CHECKING

from desktop.markup.limits import MAX_COLUMNS

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock

_DELIMITERS = re.compile(r"[|:][-:| \t]+|-[-:|][-:| \t]*")
_DELIMITER = re.compile(r"[ \t]*(:?)-+(:?)[ \t]*")
_CELL_END = re.compile(r"(?<!\\)\|")
_ALIGNS = {("", ""): "", (":", ""): "left", ("", ":"): "right", (":", ":"): "center"}


def table(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    """Block rule: whether a table begins here; its token's meta holds `rows` and `aligns`."""
    if start + 2 > end or state.sCount[start + 1] < state.blkIndent:
        return False
    if state.is_code_block(start) or state.is_code_block(start + 1):
        return False
    aligns = _aligns(_line(state, start + 1))
    if aligns is None:
        return False
    header = _line(state, start)
    cells = split_cells(header)
    if "|" not in header or not cells or len(cells) != len(aligns):
        return False
    if not silent:
        rows = [tuple(cells), *_body(state, start + 2, end, len(cells))]
        token = state.push("table", "", 0)
        token.meta = {"rows": rows, "aligns": tuple(aligns)}
        token.map = [start, start + 1 + len(rows)]
        state.line = start + 1 + len(rows)
    return True


def split_cells(line: str) -> list[str]:
    r"""Trimmed cells of a row; `\|` is a bar inside a cell."""
    cells = _CELL_END.split(line)
    if cells and not cells[0]:
        del cells[0]
    if cells and not cells[-1]:
        del cells[-1]
    return [cell.replace("\\|", "|").strip() for cell in cells]


def _line(state: "StateBlock", line: int) -> str:
    text: str = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
    return text.strip()


def _aligns(line: str) -> list[str] | None:
    """Alignments of the delimiter row's columns; None if it is not one."""
    if _DELIMITERS.fullmatch(line) is None:
        return None
    parts = line.split("|", MAX_COLUMNS + 2)
    aligns = []
    for index, part in enumerate(parts):
        found = _DELIMITER.fullmatch(part)
        if found is not None:
            aligns.append(_ALIGNS[found[1], found[2]])
        elif part.strip() or 0 < index < len(parts) - 1:
            return None
    return aligns if len(aligns) <= MAX_COLUMNS else None


def _body(state: "StateBlock", line: int, end: int, columns: int) -> list[tuple[str, ...]]:
    old_parent, state.parentType = state.parentType, "table"
    terminators = state.md.block.ruler.getRules("blockquote")
    rows = []
    while line < end and state.sCount[line] >= state.blkIndent and not state.is_code_block(line):
        text = _line(state, line)
        if not text or any(rule(state, line, end, True) for rule in terminators):
            break
        rows.append(tuple(split_cells(text)[:columns]))
        line += 1
    state.parentType = old_parent
    return rows
