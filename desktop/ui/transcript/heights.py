"""Sums of many heights: which item lies at a position, where an item begins. No Qt.

Items are summed in groups, so that a conversation of 100,000 rows is opened without touching each.
"""

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate

_GROUP = 256


class Heights:
    """Heights of the items of one list, in pixels."""

    __slots__ = ("_sums", "_tops", "_values")

    def __init__(self, values: Iterable[float] = ()) -> None:
        self._values = array("d", values)
        self._sums: list[float] = []
        self._tops: list[float] | None = None
        self._sum_from(0)

    @classmethod
    def uniform(cls, count: int, height: float) -> "Heights":
        """``count`` items of one height."""
        made = cls()
        made._values = array("d", [height]) * count
        made._sum_from(0)
        return made

    def __len__(self) -> int:
        """Number of items."""
        return len(self._values)

    @property
    def total(self) -> float:
        """Height of all items."""
        return self._group_tops()[-1]

    def height(self, index: int) -> float:
        """Height of one item."""
        return self._values[index]

    def set(self, index: int, height: float) -> None:
        """Replaces the height of one item."""
        change = height - self._values[index]
        if change:
            self._values[index] = height
            self._sums[index // _GROUP] += change
            self._tops = None

    def splice(self, first: int, removed: int, added: Sequence[float]) -> None:
        """Replaces ``removed`` items from ``first`` on by others."""
        self._values[first : first + removed] = array("d", added)
        self._sum_from(first // _GROUP)

    def top(self, index: int) -> float:
        """Where an item begins; the end of all for an index past the last."""
        group = index // _GROUP
        return self._group_tops()[group] + sum(self._values[group * _GROUP : index])

    def at(self, position: float) -> int:
        """The item at a position; the first or last one for a position outside."""
        tops = self._group_tops()
        low, high = 0, len(self._sums)
        while high - low > 1:
            middle = (low + high) // 2
            if tops[middle] <= position:
                low = middle
            else:
                high = middle
        rest = position - tops[low]
        first = low * _GROUP
        last = min(first + _GROUP, len(self._values)) - 1
        for index in range(first, last):
            rest -= self._values[index]
            if rest < 0:
                return index
        return max(last, 0)

    def _sum_from(self, group: int) -> None:
        values = self._values
        starts = range(group * _GROUP, len(values), _GROUP)
        self._sums[group:] = [sum(values[start : start + _GROUP]) for start in starts]
        self._tops = None

    def _group_tops(self) -> list[float]:
        if self._tops is None:
            self._tops = list(accumulate(self._sums, initial=0.0))
        return self._tops
