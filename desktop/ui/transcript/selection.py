"""What is selected: two ends by row, element and UTF-16 position; nothing about pixels. No Qt."""

from typing import NamedTuple

from desktop.ui.transcript.elements import Address

_BEFORE_ALL = -2
_AFTER_ALL = 1 << 60


class Point(NamedTuple):
    """A position in the conversation's text; points compare in reading order."""

    row: int
    section: int
    block: int
    unit: int

    @property
    def place(self) -> tuple[int, int, int]:
        """The element it is in."""
        return self[:3]


class Selection:
    """A range of text that grows from an anchor to a focus.

    Attributes:
        anchor: Where it began, or None.
        focus: Where it ends now, before or after the anchor.
    """

    def __init__(self) -> None:
        self.anchor: Point | None = None
        self.focus: Point | None = None

    @property
    def ends(self) -> tuple[Point, Point] | None:
        """Start and end in reading order; None when nothing is selected."""
        if self.anchor is None or self.focus is None or self.anchor == self.focus:
            return None
        return min(self.anchor, self.focus), max(self.anchor, self.focus)

    def clear(self) -> None:
        """Selects nothing."""
        self.anchor = self.focus = None

    def set(self, anchor: Point, focus: Point) -> None:
        """Selects what lies between two points."""
        self.anchor, self.focus = anchor, focus

    def select_all(self, row_count: int) -> None:
        """Selects the whole conversation."""
        if row_count:
            self.anchor = Point(0, _BEFORE_ALL, 0, 0)
            self.focus = Point(row_count - 1, _AFTER_ALL, 0, 0)

    def range_in(self, row: int, address: Address) -> tuple[int, int | None] | None:
        """The selected range of an element, end None for all that follows; None for nothing."""
        ends = self.ends
        if ends is None:
            return None
        start, end = ends
        here = (row, address.section, address.block)
        if not start.place <= here <= end.place:
            return None
        first = start.unit if here == start.place else 0
        last = end.unit if here == end.place else None
        return None if last is not None and first >= last else (first, last)

    def insert(self, first: int, count: int) -> None:
        """Rows were added."""
        self.anchor, self.focus = (
            p and (p._replace(row=p.row + count) if p.row >= first else p)
            for p in (self.anchor, self.focus)
        )

    def remove(self, first: int, count: int) -> None:
        """Rows went; a selection that reached into them goes too."""
        ends = self.ends
        if ends is None or (ends[1].row >= first and ends[0].row < first + count):
            self.clear()
        else:
            self.insert(first + count, -count)
