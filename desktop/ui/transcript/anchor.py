"""Where the reader is: an element and an offset into it, never a pixel of the whole. No Qt.

Heights above the reader are estimates until they come into sight. So the position is kept as the
first element that crosses the top edge, and every element entering from above is laid out exactly
before its height counts. Then what is visible moves by exactly what was asked, whatever settles
elsewhere.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Flow(Protocol):
    """Rows of elements, one under the other."""

    def row_count(self) -> int:
        """Number of rows."""

    def element_count(self, row: int) -> int:
        """Number of elements of a row, at least one."""

    def extent(self, row: int, element: int) -> float:
        """Exact height of an element with the gap above it; lays it out if need be."""


class Slot(NamedTuple):
    """An element by its row and its place in it."""

    row: int
    element: int


@dataclass(slots=True)
class Placed:
    """An element in sight.

    Attributes:
        slot: Which one.
        y: Top of its gap, in pixels below the top edge of the view.
        extent: Height with the gap above it.
    """

    slot: Slot
    y: float
    extent: float


class Anchor:
    """The reading position in a flow.

    Attributes:
        slot: The first element that crosses the top edge.
        offset: Pixels of it above the top edge, its gap included.
        is_following: Whether the end of the flow is kept in sight.
        bottom_pad: Free space below the last element, in pixels.
    """

    def __init__(self, flow: Flow, bottom_pad: float = 0.0) -> None:
        self._flow = flow
        self.slot = Slot(0, 0)
        self.offset = 0.0
        self.is_following = True
        self.bottom_pad = bottom_pad

    def next_slot(self, slot: Slot) -> Slot | None:
        """The element below, or None at the end."""
        if slot.element + 1 < self._flow.element_count(slot.row):
            return Slot(slot.row, slot.element + 1)
        return Slot(slot.row + 1, 0) if slot.row + 1 < self._flow.row_count() else None

    def previous_slot(self, slot: Slot) -> Slot | None:
        """The element above, or None at the start."""
        if slot.element > 0:
            return Slot(slot.row, slot.element - 1)
        if slot.row == 0:
            return None
        return Slot(slot.row - 1, self._flow.element_count(slot.row - 1) - 1)

    def move_to(self, slot: Slot, offset: float = 0.0) -> None:
        """Puts the top edge into an element; the end is no longer followed."""
        self.slot, self.offset, self.is_following = slot, offset, False

    def place(self, height: float) -> list[Placed]:
        """The elements in sight in a view of this height, top down."""
        if self._flow.row_count() == 0:
            self.slot, self.offset, self.is_following = Slot(0, 0), 0.0, True
            return []
        if self.is_following:
            self._to_end(height)
        self._normalise()
        placed, bottom = self._walk(height)
        if bottom + self.bottom_pad < height and not self.is_following:
            self._to_end(height)
            placed, bottom = self._walk(height)
        is_last = self.next_slot(placed[-1].slot) is None
        self.is_following = is_last and bottom + self.bottom_pad <= height + 1.0
        return placed

    def scroll(self, distance: float, height: float) -> list[Placed]:
        """Moves the reading position down by a distance; what is in sight then."""
        if distance:
            self.is_following = False
            self.offset += distance
        return self.place(height)

    def _normalise(self) -> None:
        flow = self._flow
        row = min(self.slot.row, flow.row_count() - 1)
        self.slot = Slot(row, min(self.slot.element, flow.element_count(row) - 1))
        while self.offset < 0:
            above = self.previous_slot(self.slot)
            if above is None:
                self.offset = 0.0
                break
            self.slot = above
            self.offset += flow.extent(*above)
        extent = flow.extent(*self.slot)
        while self.offset >= extent:
            below = self.next_slot(self.slot)
            if below is None:
                break
            self.offset -= extent
            self.slot = below
            extent = flow.extent(*below)

    def _walk(self, height: float) -> tuple[list[Placed], float]:
        placed: list[Placed] = []
        y = -self.offset
        slot: Slot | None = self.slot
        while slot is not None and (y < height or not placed):
            extent = self._flow.extent(*slot)
            placed.append(Placed(slot, y, extent))
            y += extent
            slot = self.next_slot(slot)
        return placed, y

    def _to_end(self, height: float) -> None:
        last = self._flow.row_count() - 1
        slot = Slot(last, self._flow.element_count(last) - 1)
        room = height - self.bottom_pad
        used = self._flow.extent(*slot)
        while used < room:
            above = self.previous_slot(slot)
            if above is None:
                break
            slot = above
            used += self._flow.extent(*slot)
        self.slot, self.offset = slot, max(used - room, 0.0)
