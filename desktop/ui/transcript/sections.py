"""The elements of one part of a message; Markdown grows in place while it streams."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from desktop.domain.messages import RefusalPart, TextPart, ToolResultPart
from desktop.markup.blocks import Block, BlockKind
from desktop.markup.stream import MarkdownStream
from desktop.ui.transcript.chrome import HeaderElement, LineElement
from desktop.ui.transcript.code_block import CodeElement
from desktop.ui.transcript.elements import Address, Element
from desktop.ui.transcript.large_table import LargeTableElement, is_large
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.math_block import MathElement
from desktop.ui.transcript.plain_text import BubbleElement, TextElement, text_pieces
from desktop.ui.transcript.prose import BlockElement, Cite, ProseElement, RuleElement
from desktop.ui.transcript.table import TableElement


class Splice(NamedTuple):
    """A change in a list of elements: ``removed`` of them, from ``first`` on, give way."""

    first: int
    removed: int
    added: Sequence[Element]


class PlainSection:
    """Elements that are made once."""

    def __init__(self, elements: Sequence[Element]) -> None:
        self.elements = list(elements)

    def set_lead_gap(self, gap: float) -> None:
        """Sets the gap above the first element."""
        if self.elements:
            self.elements[0].gap = float(gap)


class MarkdownSection:
    """Elements of Markdown that may still grow.

    Attributes:
        number: First half of the elements' addresses.
        elements: One a block, behind the header if there is one.
        header: The line that folds the section, or None.
        look: What layouts are made for.
    """

    def __init__(
        self,
        number: int,
        look: Look,
        *,
        is_muted: bool = False,
        header: HeaderElement | None = None,
    ) -> None:
        self.number = number
        self.look = look
        self.header = header
        self.elements: list[Element] = [] if header is None else [header]
        self._first = len(self.elements)
        self._is_muted = is_muted
        self._lead_gap = 0.0
        self._stream: MarkdownStream | None = None
        self._references: Mapping[str, Any] = {}
        self._text = ""
        self._frozen = 0
        self._is_ended = False
        self._restart()

    def set_lead_gap(self, gap: float) -> None:
        """Sets the gap above the first element, there or to come."""
        self._lead_gap = float(gap)
        if self.elements:
            self.elements[0].gap = self._lead_gap

    @property
    def is_pending(self) -> bool:
        """Whether text waits to be parsed."""
        return self._stream is not None and (self._is_ended or self._stream.pending > 0)

    def take(self, text: str, *, is_ended: bool) -> Splice | None:
        """Takes the part's text as it is now; what was removed if it did not just grow."""
        gone = None
        if self._stream is None:
            if text == self._text:
                return None
            gone = self._clear()
        elif not text.startswith(self._text):
            gone = self._clear()
        if self._stream is not None:
            self._stream.feed(text[len(self._text) :])
        self._text, self._is_ended = text, is_ended
        return gone

    def advance(self, budget_ms: float) -> Splice | None:
        """Parses what waits, within a budget; None when no element changed."""
        stream = self._stream
        if stream is None:
            return None
        known = len(self._references)
        if self._is_ended and stream.pending <= _FINISH_AT_ONCE:
            change = stream.finish()
            self._stream = None
        else:
            change = stream.advance(budget_ms)
        self._has_new_references = len(self._references) != known
        for index in change.stale:
            element = self.elements[self._first + index]
            if isinstance(element, ProseElement | TableElement):
                element.renew(self._references)
        return self._apply(change.frozen + change.open, len(change.frozen), change.stale)

    def cite(self, cites: Sequence[Cite]) -> None:
        """Puts the marks of citations, whose offsets are in the part's text, into the blocks."""
        blocks = [e for e in self.elements if isinstance(e, BlockElement)]
        found: dict[int, list[Cite]] = {}
        for cite in cites:
            index = bisect_right(blocks, cite.offset - 1, key=_start_of) - 1
            if index >= 0 and isinstance(blocks[index], ProseElement):
                offset = _offset_in(blocks[index].block, self._text, cite.offset)
                found.setdefault(index, []).append(cite._replace(offset=offset))
        for index, marks in found.items():
            element = blocks[index]
            if isinstance(element, ProseElement):
                element.cites = tuple(sorted(marks, key=_cite_offset))
                element.renew(self._references)

    def _restart(self) -> None:
        self._stream = MarkdownStream()
        self._references = self._stream.references
        self._text = ""
        self._frozen = 0
        self._is_ended = False
        self._has_new_references = False

    def _clear(self) -> Splice:
        removed = len(self.elements) - self._first
        del self.elements[self._first :]
        self._restart()
        return Splice(self._first, removed, ())

    def _apply(
        self, blocks: tuple[Block, ...], frozen: int, stale: tuple[int, ...]
    ) -> Splice | None:
        start = self._first + self._frozen
        old = self.elements[start:]
        above = _block_of(self.elements[start - 1]) if start > 0 else None
        new: list[Element] = []
        same, is_same = 0, True
        for number, block in enumerate(blocks):
            element, is_kept = self._element(old[number] if number < len(old) else None, block)
            gap = element.gap
            element.follow(above)
            if number == 0 and self._frozen == 0:
                element.gap = float(_HEADER_GAP) if self.header else self._lead_gap
            element.address = Address(self.number, self._frozen + number)
            if number < frozen and isinstance(element, CodeElement):
                element.close()
            is_same = is_same and is_kept and gap == element.gap
            same += is_same
            new.append(element)
            above = block
        self.elements[start:] = new
        self._frozen += frozen
        first = min((self._first + index for index in stale), default=start + same)
        first = min(first, start + same)
        before = len(self.elements) - len(new) + len(old)
        if first == before and len(self.elements) == before:
            return None
        return Splice(first, before - first, self.elements[first:])

    def _element(self, old: Element | None, block: Block) -> tuple[BlockElement, bool]:
        """The element for a block, the old one where it can go on; and whether it is unchanged."""
        if isinstance(old, BlockElement) and old.block.kind is block.kind:
            if old.block == block and not self._has_new_references:
                return old, True
            if isinstance(old, CodeElement | TableElement | LargeTableElement) and (
                old.block.levels == block.levels
                and isinstance(old, LargeTableElement) == is_large(block)
            ):
                old.take(block)
                return old, False
        made = _made(block, self._references, is_muted=self._is_muted)
        if isinstance(old, ProseElement) and isinstance(made, ProseElement):
            made.go_on_from(old, self.look)
        return made, False


_FINISH_AT_ONCE = 4_000
_HEADER_GAP = 2


def _made(block: Block, references: Mapping[str, Any], *, is_muted: bool) -> BlockElement:
    if block.kind is BlockKind.CODE:
        return CodeElement(block, references)
    if block.kind is BlockKind.TABLE:
        return (LargeTableElement if is_large(block) else TableElement)(block, references)
    if block.kind is BlockKind.MATH:
        return MathElement(block, references, is_muted=is_muted)
    if block.kind is BlockKind.RULE:
        return RuleElement(block, references)
    return ProseElement(block, references, is_muted=is_muted)


def bubble_section(number: int, text: str) -> PlainSection:
    """The user's text as a bubble."""
    pieces = list(text_pieces(text))
    last = len(pieces) - 1
    made = [
        BubbleElement(piece, is_cut=is_cut, is_first=index == 0, is_last=index == last)
        for index, (piece, is_cut) in enumerate(pieces)
    ]
    return _addressed(number, made)


def text_section(number: int, part: RefusalPart | ToolResultPart | TextPart) -> PlainSection:
    """Text shown as it is."""
    tone = "warning" if isinstance(part, RefusalPart) else "text"
    made = [TextElement(piece, tone=tone, is_cut=cut) for piece, cut in text_pieces(part.text)]
    return _addressed(number, made)


def line_section(number: int, text: str) -> PlainSection:
    """One quiet line."""
    return _addressed(number, [LineElement(text)])


def _addressed(number: int, elements: Sequence[Element]) -> PlainSection:
    for index, element in enumerate(elements):
        element.address = Address(number, index)
    return PlainSection(elements)


def _block_of(element: Element) -> Block | None:
    return element.block if isinstance(element, BlockElement) else None


def _start_of(element: BlockElement) -> int:
    return element.block.start


def _cite_offset(cite: Cite) -> int:
    return cite.offset


def _offset_in(block: Block, text: str, offset: int) -> int:
    """Where a position of the part's text lies in a block's raw source; its end if unclear."""
    lead = text[block.start : block.end].find(block.raw)
    if lead < 0:
        return len(block.raw)
    return min(max(offset - block.start - lead, 0), len(block.raw))
