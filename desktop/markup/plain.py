"""Plain text of blocks: what "Copy text" gives, and what a screen reader is told."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from desktop.markup.blocks import Block, BlockKind, LevelKind, Piece
from desktop.markup.inline import inline

_NO_REFERENCES: Mapping[str, Any] = MappingProxyType({})


def text_of(blocks: Iterable[Block], references: Mapping[str, Any] = _NO_REFERENCES) -> str:
    """Text of blocks, one below the other.

    List markers are kept and indented by nesting, cells are parted by tabs, code and TeX are
    verbatim, a link is its text and an image its alternative text.
    """
    return _joined(blocks, lambda block: block_text(block, references))


def label_text_of(blocks: Iterable[Block], references: Mapping[str, Any] = _NO_REFERENCES) -> str:
    """The same with each code block's language label on the line above it, and no newline last."""

    def text(block: Block) -> str:
        label = f"{block.info}\n" if block.kind is BlockKind.CODE and block.info else ""
        return label + block_text(block, references)

    return _joined(blocks, text).removesuffix("\n")


def block_text(block: Block, references: Mapping[str, Any] = _NO_REFERENCES) -> str:
    """Text of one block, without list markers."""
    if block.kind is BlockKind.TABLE:
        return "\n".join(
            "\t".join(inline(cell, references).text for cell in row) for row in block.rows
        )
    if block.kind is BlockKind.RULE:
        return "---"
    if block.kind in {BlockKind.PARAGRAPH, BlockKind.HEADING} and not block.piece:
        return inline(block.raw, references).text
    return block.raw


def _joined(blocks: Iterable[Block], text: Callable[[Block], str]) -> str:
    parts: list[str] = []
    for block in blocks:
        if block.piece is Piece.CUT:
            parts.append(text(block))
            continue
        if parts and not parts[-1].endswith("\n"):
            parts.append("\n")
        parts.append(_margin(block) + text(block))
    return "".join(parts)


def _margin(block: Block) -> str:
    """Indent and list markers before a block; code has an indent only beside a marker."""
    items = [level for level in block.levels if level.kind is not LevelKind.QUOTE]
    fresh = [level for level in items if level.is_first]
    if block.kind is BlockKind.CODE and not fresh:
        return ""
    markers = "".join(f"{level.marker} {_TASKS[level.task]}" for level in fresh)
    return "  " * (len(items) - len(fresh)) + markers


_TASKS = {None: "", False: "[ ] ", True: "[x] "}
