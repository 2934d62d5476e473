"""What a row is made of, one under the other: the base of all elements, and what can be pressed.

An element knows its text and actions without being laid out; layouts are made when it comes into
sight and dropped again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from desktop.ui.transcript.look import Look
from desktop.ui.transcript.textbox import Format
from desktop.ui.transcript.units import unit_slice


class ActionKind(StrEnum):
    """What pressing an action does."""

    LINK = "link"
    COPY_CODE = "copy_code"
    WRAP = "wrap"
    COPY_MESSAGE = "copy_message"
    COPY_DETAILS = "copy_details"
    EDIT = "edit"
    REGENERATE = "regenerate"
    PREVIOUS = "previous"
    NEXT = "next"
    RETRY = "retry"
    CONTINUE = "continue"
    TOGGLE = "toggle"


class Action(NamedTuple):
    """Something that can be pressed.

    Attributes:
        kind: What it does.
        name: Its accessible name.
        target: Address of a link, text to copy, or "".
        tip: Tool tip, plain text, or "".
        label: What is painted, where that is not the name.
    """

    kind: ActionKind
    name: str
    target: str = ""
    tip: str = ""
    label: str = ""


class Address(NamedTuple):
    """Place of an element within its row that streaming and folding do not change."""

    section: int
    block: int


NOWHERE = Address(-1, -1)


@dataclass(slots=True)
class Marks:
    """State of the view that is drawn over an element.

    Attributes:
        selection: Selected range in UTF-16 units, or None.
        found: Formats over the hits of a search, likewise.
        hovered: Action under the pointer, by its place in ``Element.actions``, or -1.
        focused: Action with keyboard focus, likewise.
        is_revealed: Whether quiet actions are shown: pointer or focus is on the row.
    """

    selection: tuple[int, int] | None = None
    hovered: int = -1
    focused: int = -1
    is_revealed: bool = False
    found: Sequence[Format] = ()


class Element:
    """Base of all elements; ``height`` is exact once ``generation`` is the look's.

    Attributes:
        address: Its place for selections; NOWHERE when its text cannot be selected.
        gap: Free space above it, in pixels at 100 %.
        height: Without the gap, in pixels.
        generation: Of the look its layout was made for; 0 without a layout.
        is_cut: Its text goes on from the element above without a newline.
        areas: For each action the rectangles it is painted in, relative to the element.
    """

    __slots__ = ("address", "areas", "gap", "generation", "height", "is_cut")

    def __init__(self, gap: float = 0.0) -> None:
        self.address = NOWHERE
        self.gap = gap
        self.height = -1.0
        self.generation = 0
        self.is_cut = False
        self.areas: list[list[QRectF]] = []

    @property
    def text(self) -> str:
        """Its text as it can be selected, without list markers."""
        return ""

    @property
    def actions(self) -> tuple[Action, ...]:
        """What can be pressed in it, in reading order."""
        return ()

    def copy_text(self, start: int = 0, end: int | None = None) -> str:
        """The text between two UTF-16 positions as it is copied."""
        return unit_slice(self.text, start, end)

    def label_text(self) -> str:
        """The text as it stands in the accessible name."""
        return self.copy_text()

    def estimate(self, look: Look) -> float:
        """Height before it is laid out."""
        return look.line

    def extent(self, look: Look) -> float:
        """Height with the gap above, exact or estimated."""
        if self.height < 0:
            self.height = self.estimate(look)
        return look.px(self.gap) + self.height

    def ensure(self, look: Look) -> None:
        """Lays it out for a look, unless it is."""
        if self.generation != look.generation:
            self.lay_out(look)
            self.generation = look.generation

    def lay_out(self, look: Look) -> None:
        """Makes the layout, ``height`` and ``areas``."""
        self.height = self.estimate(look)

    def release(self) -> None:
        """Drops the layout, keeps the height."""
        self.generation = 0

    def paint(self, painter: QPainter, look: Look, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paints it with its top left at a point."""

    def hit(self, x: float, y: float) -> int:
        """The text position nearest to a point in the element."""
        return 0

    def scroll_by(self, distance: float) -> bool:
        """Scrolls what is wider than the column sideways; whether anything moved."""
        return False

    def show_action(self, index: int) -> None:
        """Scrolls sideways to an action."""

    def tip_at(self, point: QPointF) -> str:
        """Tool tip beside the actions' own, plain text, or ""."""
        return ""

    def word(self, position: int) -> tuple[int, int]:
        """Start and end of the word around a position."""
        return position, position

    def action_at(self, point: QPointF) -> int:
        """The action at a point in the element, or -1."""
        for index, rects in enumerate(self.areas):
            if any(rect.contains(point) for rect in rects):
                return index
        return -1


def joined_text(pieces: Iterable[tuple[Element, str]]) -> str:
    """Texts of elements, one below the other."""
    text: list[str] = []
    for element, piece in pieces:
        if text and not element.is_cut:
            text.append("\n")
        text.append(piece)
    return "".join(text)


def selection_formats(look: Look, marks: Marks) -> list[Format]:
    """What to draw over the hits of a search and the selected range."""
    if marks.selection is None:
        return list(marks.found)
    start, end = marks.selection
    return [*marks.found, Format(start, end - start, look.selection_format())]
