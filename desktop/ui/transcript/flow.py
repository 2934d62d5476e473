"""The rows in sight as entries, with their heights: the flow the anchor walks through.

Holds a bounded number of entries and of layouts, however long the conversation is.
"""

from collections import OrderedDict

from desktop.domain.messages import Growth
from desktop.ui.transcript.elements import Element
from desktop.ui.transcript.entry import Entry, Folds
from desktop.ui.transcript.heights import Heights
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.source import Source

MAX_ENTRIES = 160
LONG_ENTRY = 500
"""Elements of a row that is taller than any screen; 1.5 KB each. Source: measured."""

KEPT_LONG = 2
"""As many of them can be in sight."""

MAX_LAYOUTS = 600
"""About six screens, 10 MB. Source: measured."""

_ROW_LINES = 6


class TranscriptFlow:
    """Entries by row, made when asked for.

    Attributes:
        look: What layouts are made for.
        rows: Heights of all rows, estimated until they were seen.
        folds: Which reasoning parts were opened by hand.
    """

    def __init__(self, look: Look) -> None:
        self.look = look
        self.rows = Heights()
        self.folds: Folds = {}
        self._source: Source | None = None
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._laid_out: OrderedDict[Element, None] = OrderedDict()

    @property
    def layout_count(self) -> int:
        """Number of elements that are laid out."""
        return len(self._laid_out)

    @property
    def entry_count(self) -> int:
        """Number of rows that are held as elements."""
        return len(self._entries)

    def set_source(self, source: Source | None) -> None:
        """Shows other rows."""
        self._source = source
        self.reset()

    def set_look(self, look: Look) -> None:
        """Takes another look; layouts are made again when they come into sight."""
        self.look = look

    def reset(self) -> None:
        """Forgets all entries; the rows are other ones."""
        self._entries.clear()
        self._laid_out.clear()
        count = self._source.count() if self._source else 0
        self.rows = Heights.uniform(count, self._row_height)

    def insert(self, first: int, count: int) -> None:
        """Makes room for new rows."""
        self.rows.splice(first, 0, [self._row_height] * count)
        moved = sorted(i for i in self._entries if i >= first)
        for index in reversed(moved):
            self._entries[index + count] = self._entries.pop(index)

    def remove(self, first: int, count: int) -> None:
        """Takes rows away."""
        self.rows.splice(first, count, ())
        for index in sorted(i for i in self._entries if i >= first):
            entry = self._entries.pop(index)
            if index >= first + count:
                self._entries[index - count] = entry

    def replace(self, index: int) -> None:
        """Takes a row as it is now."""
        entry = self._entries.get(index)
        row = self._source.row(index) if self._source else None
        if entry is None:
            return
        if row is None or entry.row is None or entry.row.key != row.key:
            del self._entries[index]
            return
        entry.replace(row)
        self.rows.set(index, entry.heights.total)

    def load(self, first: int, count: int) -> None:
        """Takes rows that were not in memory before."""
        for index in [i for i in self._entries if first <= i < first + count]:
            if self._entries[index].row is None:
                del self._entries[index]

    def grow(self, index: int, growth: Growth) -> None:
        """Takes what a running reply gained."""
        entry = self._entries.get(index)
        row = self._source.row(index) if self._source else None
        if entry is not None and row is not None:
            entry.grow(row, growth)

    def advance(self, budget_ms: float) -> bool:
        """Parses what waits in the rows held; whether any still waits."""
        is_pending = False
        for index, entry in self._entries.items():
            if entry.is_pending:
                if entry.advance(budget_ms):
                    self.rows.set(index, entry.heights.total)
                is_pending = is_pending or entry.is_pending
        return is_pending

    def running(self) -> list[Entry]:
        """The rows held whose reply is still being made."""
        return [entry for entry in self._entries.values() if entry.is_running]

    def held(self, index: int) -> Entry | None:
        """A row's entry if it is held."""
        return self._entries.get(index)

    def entry(self, index: int) -> Entry:
        """A row's entry; blank while the row is not in memory."""
        entry = self._entries.get(index)
        if entry is not None:
            self._entries.move_to_end(index)
            if entry.use(self.look):
                self.rows.set(index, entry.heights.total)
            return entry
        row = self._source.row(index) if self._source else None
        entry = Entry(row, self.look, self.folds, self.rows.height(index))
        self._entries[index] = entry
        self.rows.set(index, entry.heights.total)
        self._drop_entries()
        return entry

    def entry_now(self, index: int) -> Entry:
        """A row's entry with the row itself, waited for, parsed to its end."""
        entry = self._entries.get(index)
        if entry is not None and entry.row is not None:
            entry.complete()
            return entry
        if self._source is None:
            raise IndexError(index)
        made = Entry(self._source.row_now(index), self.look, self.folds)
        made.complete()
        return made

    def row_count(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def element_count(self, row: int) -> int:
        """Number of elements of a row."""
        return len(self.entry(row).elements)

    def extent(self, row: int, element: int) -> float:
        """Exact height of an element with its gap; lays it out."""
        entry = self.entry(row)
        extent = entry.measured(element, self.look)
        self.rows.set(row, entry.heights.total)
        self._touch(entry.elements[element])
        return extent

    @property
    def _row_height(self) -> float:
        return self.look.line * _ROW_LINES

    def _touch(self, element: Element) -> None:
        self._laid_out[element] = None
        self._laid_out.move_to_end(element)
        if len(self._laid_out) > MAX_LAYOUTS:
            for _ in range(MAX_LAYOUTS // 2):
                self._laid_out.popitem(last=False)[0].release()

    def _drop_entries(self) -> None:
        """Forgets what was asked for longest ago: long rows soon, others once they are many."""
        ended = [i for i, entry in self._entries.items() if not entry.is_running]
        long = [i for i in ended if len(self._entries[i].elements) > LONG_ENTRY]
        dropped = set(long[:-KEPT_LONG])
        if len(self._entries) > MAX_ENTRIES:
            dropped.update(ended[: MAX_ENTRIES // 2])
        for index in dropped:
            del self._entries[index]
