"""Paragraphs, headings, rules and formulas of a reply, and the base of all Markdown elements."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from desktop.markup.blocks import Block, BlockKind, Inline, Piece, Run, Style
from desktop.markup.inline import inline
from desktop.markup.plain import block_text, text_of
from desktop.ui.transcript import frames
from desktop.ui.transcript.elements import Action, ActionKind, Element, Marks, selection_formats
from desktop.ui.transcript.inline_math import OBJECT, ShownText
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.strokes import paint_card, paint_focus
from desktop.ui.transcript.textbox import BoxStyle, Format, TextBox, is_right_to_left
from desktop.ui.transcript.units import unit_slice

_CODE_PAD = 3
_CODE_RADIUS = 4
_RULE_HEIGHT = 9
_LINK_SCHEMES = ("http://", "https://", "mailto:")


class Cite(NamedTuple):
    """A citation's mark in a block.

    Attributes:
        offset: Where it stands in the block's raw source, in code points.
        mark: Such as ``[1]``.
        url: Its target, or "".
    """

    offset: int
    mark: str
    url: str


class BlockElement(Element):
    """Base of the elements that show one Markdown block.

    Attributes:
        block: The block.
        joined: Containers shared with the block above.
    """

    __slots__ = ("block", "joined", "references")

    def __init__(self, block: Block, references: Mapping[str, Any]) -> None:
        Element.__init__(self)
        self.block = block
        self.references = references
        self.joined = 0

    def follow(self, above: Block | None) -> None:
        """Takes gap and joints from the block above."""
        self.gap = float(frames.gap_above(above, self.block))
        self.joined = frames.shared_levels(above, self.block)
        self.is_cut = self.block.piece is Piece.CUT

    def left(self, look: Look) -> float:
        """Pixels taken by the containers."""
        return frames.indent(self.block.levels, look)

    def copy_text(self, start: int = 0, end: int | None = None) -> str:
        """The text between two positions, behind its list marker where it begins at the start."""
        return (self.margin if start == 0 else "") + unit_slice(self.text, start, end)

    @property
    def margin(self) -> str:
        """Indent and list markers as they are copied."""
        if not self.block.levels or self.is_cut:
            return ""
        whole = text_of((self.block,), self.references)
        return whole[: len(whole) - len(block_text(self.block, self.references))]

    def paint_frame(self, painter: QPainter, look: Look, at: QPointF, *, is_rtl: bool) -> None:
        """Paints quote bars and the list marker."""
        if self.block.levels:
            gap = look.px(self.gap)
            box = QRectF(0, -gap, look.width, self.height + gap)
            levels, joined = self.block.levels, self.joined
            frames.paint_levels(painter, look, at, box, levels, joined=joined, is_rtl=is_rtl)


class ProseElement(BlockElement):
    """A paragraph, a heading, or the source of a formula.

    Attributes:
        is_muted: Whether it is secondary text.
        is_waiting: Whether a picture of a formula is still being made.
        cites: Marks of citations in it.
        box: Its text laid out, or None.
    """

    __slots__ = (
        "_actions",
        "_codes",
        "_earlier",
        "_earlier_look",
        "_inline",
        "_links",
        "_look",
        "_shown",
        "_x",
        "box",
        "cites",
        "is_muted",
        "is_waiting",
    )

    def __init__(
        self, block: Block, references: Mapping[str, Any], *, is_muted: bool = False
    ) -> None:
        BlockElement.__init__(self, block, references)
        self.is_muted = is_muted
        self.cites: tuple[Cite, ...] = ()
        self._inline: Inline | None = None
        self.box: TextBox | None = None
        self._actions: tuple[Action, ...] | None = None
        self._links: list[tuple[int, int]] = []
        self._codes: list[QRectF] = []
        self._x = 0.0
        self._shown: ShownText | None = None
        self._look: Look | None = None
        self.is_waiting = False
        self._earlier: TextBox | None = None
        self._earlier_look: Look | None = None

    def go_on_from(self, old: "ProseElement", look: Look) -> None:
        """Takes over the layout of the paragraph this one has grown from."""
        self.height = old.height
        same = old.block.level == self.block.level and old.block.levels == self.block.levels
        if same and old.generation == look.generation:
            self._earlier, self._earlier_look = old.box, look

    @property
    def inline(self) -> Inline:
        """Its text and runs, with the marks of citations."""
        if self._inline is None:
            if self.block.kind is BlockKind.MATH:
                raw = self.block.raw
                self._inline = Inline(raw, (Run(0, len(raw), Style.MATH),))
            elif self.block.piece and not self.cites:
                self._inline = Inline(self.block.raw)
            else:
                self._inline = _cited(self.block.raw, self.references, self.cites)
        return self._inline

    @property
    def text(self) -> str:
        """The inline text."""
        return self.inline.text

    @property
    def actions(self) -> tuple[Action, ...]:
        """Its links that may be opened."""
        if self._actions is None:
            found: dict[int, Action] = {}
            self._links = []
            previous: Run | None = None
            for run in self.inline.runs:
                if run.style & Style.LINK and is_openable(run.target):
                    name = self.text[run.start : run.start + run.length]
                    if previous and _is_same_link(previous, run):
                        last = len(self._links) - 1
                        self._links[last] = (self._links[last][0], run.start + run.length)
                        found[last] = found[last]._replace(name=found[last].name + name)
                    else:
                        found[len(self._links)] = Action(
                            ActionKind.LINK, name, run.target, run.target
                        )
                        self._links.append((run.start, run.start + run.length))
                    previous = run
            self._actions = tuple(found.values())
        return self._actions

    def renew(self, references: Mapping[str, Any]) -> None:
        """Reads its inline source again: a definition came late, or citations did."""
        self.references = references
        self._inline = self._actions = None
        self.release()

    def estimate(self, look: Look) -> float:
        """From the number of characters."""
        per_line = max((look.width - self.left(look)) / look.char_width, 1)
        lines = max(-(-len(self.block.raw) // int(per_line)), 1)
        return lines * (look.line if not self.block.level else look.heading(self.block.level)[1])

    def ensure(self, look: Look) -> None:
        """Lays it out for a look, or again if it was waiting for a picture."""
        if self.is_waiting:
            self.generation = 0
        self._look = look
        super().ensure(look)

    def lay_out(self, look: Look) -> None:
        """Lays the text out and finds the rectangles of code and links."""
        font, line = look.body, look.line
        if self.block.kind is BlockKind.HEADING:
            font, line = look.heading(self.block.level)
        left, runs = self.left(look), self.inline.runs
        maths = None if self.block.kind is BlockKind.MATH else look.maths
        shown = self._shown = ShownText(self.inline, maths, font, look.dpr)
        self.is_waiting = shown.is_waiting
        formats = shown.room(font)
        for run in runs:
            start, end = shown.run_range(run)
            if shown.text[start:end] != OBJECT:
                formats.append(Format(start, end - start, look.format(_shown_style(run))))
        style, width = BoxStyle(font, line), max(look.width - left, 1.0)
        earlier = self._earlier if self._earlier_look is look else None
        box = TextBox(shown.text, style, width, formats, earlier=earlier, objects=shown.objects)
        self.box, self.height, self._earlier = box, box.height, None
        x = self._x = 0.0 if self.is_rtl else left
        self._codes = [
            _code_rect(rect.translated(x, 0), look)
            for run in runs
            if run.style & Style.CODE
            for rect in box.rectangles(*shown.run_range(run))
        ]
        self.areas = []
        if self.actions:
            for start, end in self._links:
                rects = box.rectangles(*shown.run_range(Run(start, end - start, Style.LINK)))
                self.areas.append([rect.translated(x, 0) for rect in rects])

    @property
    def is_rtl(self) -> bool:
        """Whether it is written from right to left."""
        return not self.text.isascii() and is_right_to_left(self.text)

    def release(self) -> None:
        """Drops the layout."""
        self.box, self._codes = None, []
        self.generation = 0

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints frame, grounds of inline code, text and selection."""
        if self.box is None:
            return
        self.paint_frame(painter, look, at, is_rtl=self.is_rtl)
        for rect in self._codes:
            paint_card(painter, rect.translated(at), look.px(_CODE_RADIUS), look.roles.code)
        painter.setPen(look.roles.muted if self.is_muted else look.roles.text)
        origin = QPointF(at.x() + self._x, at.y())
        ranges = selection_formats(look, marks)
        self.box.draw(painter, origin, clip, self._shown.marks(ranges) if self._shown else ranges)
        self._paint_formulas(painter, look, origin, clip)
        paint_focus(painter, look, at, self.areas, marks.focused)

    def hit(self, x: float, y: float) -> int:
        """The text position nearest to a point."""
        if self.box is None:
            return 0
        position = self.box.hit(x - self._x, y)
        return self._shown.position(position) if self._shown else position

    def word(self, position: int) -> tuple[int, int]:
        """The word around a position."""
        if self.box is None or self._shown is None:
            return position, position
        start, end = self.box.word(self._shown.range(position, position)[0])
        return self._shown.position(start), self._shown.position(end)

    def _paint_formulas(self, painter: QPainter, look: Look, origin: QPointF, clip: QRectF) -> None:
        if self.box is None or self._shown is None or look.maths is None:
            return
        color = look.roles.muted if self.is_muted else look.roles.text
        objects = zip(self._shown.keys, self._shown.objects, self.box.places, strict=True)
        for key, room, place in objects:
            x, y = origin.x() + place.x(), origin.y() + place.y()
            if clip.top() <= y + room.descent and y - room.ascent <= clip.bottom():
                look.maths.paint(painter, key, x, y, color)


class RuleElement(BlockElement):
    """A horizontal rule."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """As it is written."""
        return "---"

    def estimate(self, look: Look) -> float:
        """Always the same height."""
        return look.px(_RULE_HEIGHT)

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints the line."""
        self.paint_frame(painter, look, at, is_rtl=False)
        left, y = self.left(look), at.y() + self.height / 2
        painter.fillRect(QRectF(at.x() + left, y, look.width - left, 1), look.roles.line)


def is_openable(url: str) -> bool:
    """Whether a link may be opened: web and mail addresses only."""
    return url.lower().startswith(_LINK_SCHEMES)


def _is_same_link(one: Run, other: Run) -> bool:
    return one.start + one.length == other.start and one.target == other.target


def _shown_style(run: Run) -> Style:
    if run.style & Style.LINK and not is_openable(run.target):
        return run.style & ~Style.LINK
    return run.style


def _cited(raw: str, references: Mapping[str, Any], cites: tuple[Cite, ...]) -> Inline:
    """Inline text with citation marks where they belong, or at the end where that is unclear."""
    shown = inline(raw, references)
    for cite in reversed(cites):
        before = inline(raw[: cite.offset], references).text
        at = len(before) if shown.text.startswith(before) else len(shown.text)
        shown = _with_mark(shown, at, cite)
    return shown


def _with_mark(shown: Inline, at: int, cite: Cite) -> Inline:
    size = len(cite.mark)
    style = Style.SUPERSCRIPT | (Style.LINK if is_openable(cite.url) else Style(0))
    runs = []
    for run in shown.runs:
        end = run.start + run.length
        if end <= at:
            runs.append(run)
        elif run.start >= at:
            runs.append(Run(run.start + size, run.length, run.style, run.target))
        else:
            runs.append(Run(run.start, at - run.start, run.style, run.target))
            runs.append(Run(at + size, end - at, run.style, run.target))
    runs.append(Run(at, size, style, cite.url))
    text = shown.text[:at] + cite.mark + shown.text[at:]
    return Inline(text, tuple(sorted(runs, key=_run_start)))


def _run_start(run: Run) -> int:
    return run.start


def _code_rect(rect: QRectF, look: Look) -> QRectF:
    pad, trim = look.px(_CODE_PAD), max((rect.height() - look.line * 0.86) / 2, 0.0)
    return rect.adjusted(-pad, trim, pad, -trim)
