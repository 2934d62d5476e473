"""The values Markdown becomes: leaf blocks, inline runs and changes of a stream.

Plain immutable values without references to one another, so they are freed at once and never need
the garbage collector's cycle search. Nothing here parses.
"""

from dataclasses import dataclass
from enum import IntFlag, StrEnum, auto


class BlockKind(StrEnum):
    """What a leaf block is."""

    PARAGRAPH = auto()
    HEADING = auto()
    CODE = auto()
    TABLE = auto()
    RULE = auto()
    MATH = auto()


class LevelKind(StrEnum):
    """What a container around leaf blocks is."""

    QUOTE = auto()
    BULLET = auto()
    ORDERED = auto()


@dataclass(slots=True, frozen=True)
class Level:
    """One container around a leaf block.

    Attributes:
        kind: Quote, or item of a bullet or numbered list.
        marker: What is drawn beside the item's first block: "•" or "3."; empty for quotes.
        is_first: The block is the first one of its item, so the marker is drawn beside it.
        item: Running number of the item or quote in the document, to tell neighbours apart.
        is_loose: A blank line parts items of the list, or blocks inside one, here or further up,
            so the gap above is wide. What comes later does not change it.
        task: Whether the task list item is checked; None for all other items.
    """

    kind: LevelKind
    marker: str = ""
    is_first: bool = False
    item: int = 0
    is_loose: bool = False
    task: bool | None = None


class Piece(StrEnum):
    """What a block is of a paragraph that is too long to be one block."""

    WHOLE = ""
    FIRST = "first"
    LINE = "line"
    CUT = "cut"


@dataclass(slots=True, frozen=True)
class Block:
    r"""One leaf block.

    Attributes:
        kind: What it is.
        raw: Inline source of a paragraph or heading; the TeX of a formula without its delimiters;
            code verbatim, without the indent of its containers, with the newline of its last line.
            Empty for an item without content.
        levels: The containers around it, outermost first.
        start: First code point of its source lines in the normalised text.
        end: One past the last code point of its source lines.
        info: Language label of code: the first word of the info string.
        level: 1 to 6 for headings, else 0.
        rows: Inline source of a table's cells, header row first; a row may be shorter than the
            header, never longer.
        aligns: "", "left", "center" or "right" for each column of a table.
        piece: FIRST, then LINE, after a newline that is in neither block, or CUT, inside a line,
            where a paragraph is over the cap for one leaf; it is plain text, and each piece has
            the source lines of the whole.
    """

    kind: BlockKind
    raw: str
    levels: tuple[Level, ...] = ()
    start: int = 0
    end: int = 0
    info: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
    aligns: tuple[str, ...] = ()
    piece: Piece = Piece.WHOLE


class Style(IntFlag):
    """How a run of inline text looks; flags are combined."""

    BOLD = auto()
    ITALIC = auto()
    STRIKE = auto()
    CODE = auto()
    LINK = auto()
    MATH = auto()
    IMAGE = auto()
    SUPERSCRIPT = auto()


@dataclass(slots=True, frozen=True)
class Run:
    """A stretch of inline text with a style.

    Attributes:
        start: First code point in `Inline.text`.
        length: Number of code points.
        style: Its styles.
        target: Address of a link or image, percent-encoded; any scheme but those that run or read
            something (`javascript:`, `vbscript:`, `file:`, `data:`), and relative ones.
    """

    start: int
    length: int
    style: Style
    target: str = ""


@dataclass(slots=True, frozen=True)
class Inline:
    r"""Inline text ready to be laid out.

    Attributes:
        text: What is shown. Soft breaks are " ", hard breaks "\n"; a formula is its TeX, an image
            its alternative text.
        runs: Styled stretches, in order, not overlapping; text between them is plain.
    """

    text: str
    runs: tuple[Run, ...] = ()


@dataclass(slots=True, frozen=True)
class BlockChange:
    """What one step of a stream changed.

    Attributes:
        frozen: Appended for ever after the blocks frozen before.
        open: Replace all open blocks of before. Definitions that have become known since may
            change the inline text of one whose source has not changed.
        stale: Indexes of frozen blocks whose inline runs a late reference definition changed.
    """

    frozen: tuple[Block, ...] = ()
    open: tuple[Block, ...] = ()
    stale: tuple[int, ...] = ()
