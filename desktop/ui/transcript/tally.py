"""How many hits each row holds, and which of the numbers are still to be made sure of. No Qt."""

from bisect import bisect_left, bisect_right


class Tally:
    """Hits by row.

    Attributes:
        counts: Number of hits of the rows that have any.
        unchecked: Rows whose number is only that of their stored text.
        stale: Rows that changed since they were counted.
    """

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.unchecked: set[int] = set()
        self.stale: set[int] = set()

    @property
    def total(self) -> int:
        """Number of all hits."""
        return sum(self.counts.values())

    def before(self, row: int) -> int:
        """Number of the hits in the rows above one."""
        return sum(count for other, count in self.counts.items() if other < row)

    def next_row(self, row: int, step: int) -> int | None:
        """The next row with hits, or the one before for -1, round and round."""
        rows = sorted(self.counts)
        if not rows:
            return None
        index = bisect_right(rows, row) if step > 0 else bisect_left(rows, row) - 1
        return rows[index % len(rows)]

    def put(self, row: int, count: int) -> None:
        """Takes the exact number of a row's hits."""
        self.unchecked.discard(row)
        self.stale.discard(row)
        if count:
            self.counts[row] = count
        else:
            self.counts.pop(row, None)

    def clear(self) -> None:
        """Forgets everything."""
        self.counts.clear()
        self.unchecked.clear()
        self.stale.clear()

    def remove(self, first: int, count: int) -> None:
        """Rows went."""
        for row in range(first, first + count):
            self.put(row, 0)
        self.move(first + count, -count)

    def move(self, first: int, count: int) -> None:
        """The rows from one on have other places."""
        self.counts = {_moved(row, first, count): held for row, held in self.counts.items()}
        self.unchecked = {_moved(row, first, count) for row in self.unchecked}
        self.stale = {_moved(row, first, count) for row in self.stale}


def _moved(row: int, first: int, count: int) -> int:
    return row + count if row >= first else row
