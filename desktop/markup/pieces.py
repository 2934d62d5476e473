"""A paragraph over the cap for one leaf, as blocks of bounded size."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from desktop.markup.blocks import Block, BlockKind, Piece
from desktop.markup.limits import LEAF_CHARS, LEAF_PIECE_CHARS


def pieces_of(block: Block) -> Iterator[Block]:
    """The block, or what it is cut into: at newlines, else at blanks, else inside words."""
    raw = block.raw
    if len(raw) <= LEAF_CHARS or block.kind is not BlockKind.PARAGRAPH:
        yield block
        return
    piece, levels, start = block.piece or Piece.FIRST, block.levels, 0
    inner = tuple(replace(level, is_first=False) for level in levels)
    while len(raw) - start > LEAF_PIECE_CHARS:
        end = _end(raw, start)
        yield replace(block, raw=raw[start:end], levels=levels, piece=piece)
        is_line = raw[end] == "\n"
        start = end + is_line
        piece, levels = Piece.LINE if is_line else Piece.CUT, inner
    yield replace(block, raw=raw[start:], levels=levels, piece=piece)


def _end(raw: str, start: int) -> int:
    limit = start + LEAF_PIECE_CHARS
    end = raw.rfind("\n", start, limit)
    if end > start:
        return end
    end = raw.rfind(" ", start, limit) + 1
    if end > start:
        return end
    end = limit
    while end > start + 1 and unicodedata.combining(raw[end]):
        end -= 1
    return end
