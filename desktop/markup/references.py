"""Link definitions of a document that grows, and the frozen blocks that wait for them."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from desktop.markup.blocks import Block, BlockKind
from desktop.markup.grammar import Definition

_LABEL = re.compile(r"\[((?:\\.|[^\[\]\\])+)\]", re.DOTALL)


class References:
    """Definitions kept for good; the first one of a label counts.

    Attributes:
        all: By normalised label, for the parser.
        known: The same, read-only.
    """

    def __init__(self) -> None:
        self.all: dict[str, Any] = {}
        self.known: Mapping[str, Any] = MappingProxyType(self.all)
        self._count = 0
        self._users: dict[str, list[int]] = {}
        self._stale: set[int] = set()

    def define(self, definitions: Iterable[Definition], end: int) -> None:
        """Keeps the definitions of a source that begin above line `end`."""
        for definition in definitions:
            if definition.start < end and definition.label not in self.all:
                self.all[definition.label] = definition.value
                self._stale.update(self._users.pop(definition.label, ()))

    def watch(self, frozen: Iterable[Block]) -> None:
        """Remembers which labels blocks that were frozen just now may use later."""
        for block in frozen:
            for label in _labels(block):
                if label not in self.all:
                    self._users.setdefault(label, []).append(self._count)
            self._count += 1

    def stale(self) -> tuple[int, ...]:
        """Indexes of blocks frozen before that use a label defined since the last call."""
        indexes = tuple(sorted(self._stale))
        self._stale.clear()
        return indexes


def _labels(block: Block) -> set[str]:
    """Normalised text of all that may be a label in a block's inline source."""
    if block.kind is BlockKind.TABLE:
        raw = "\n".join(cell for row in block.rows for cell in row if "[" in cell)
    elif block.kind in {BlockKind.PARAGRAPH, BlockKind.HEADING} and "[" in block.raw:
        raw = block.raw
    else:
        return set()
    from markdown_it.common.utils import normalizeReference

    return {normalizeReference(label) for label in _LABEL.findall(raw)}
