"""Finding text in the shown conversation: how many hits, which one is current, what is marked.

Which rows hold the text comes from a search of the stored messages. Rows that are held as
elements are counted exactly; so are those that changed since, and, where they are few, all others
one by one.
"""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from PySide6.QtCore import QObject, QPointF, QRectF, QTimer, Signal, SignalInstance
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import QWidget

from desktop.domain.messages import Growth
from desktop.ui.theme import Roles
from desktop.ui.transcript.anchor import Placed, Slot
from desktop.ui.transcript.elements import Address, Element
from desktop.ui.transcript.entry import Entry
from desktop.ui.transcript.find_look import hit_formats
from desktop.ui.transcript.matches import Hit, Needle, is_searched
from desktop.ui.transcript.places import FAR
from desktop.ui.transcript.source import Source
from desktop.ui.transcript.stage import Stage
from desktop.ui.transcript.tally import Tally
from desktop.ui.transcript.textbox import Format

MAX_CHECKED = 200
"""Rows that are counted exactly without being shown."""

_SLICE_MS = 16
_BUDGET_S = 0.004
_REST = 8
_MIN_REST_S = 0.25


class Searcher(Protocol):
    """Finds the rows that hold a text, wherever they are kept.

    Signals:
        found: (query, hits) an answer: a list of (row, number of hits), top down.
    """

    @property
    def found(self) -> SignalInstance:
        """A search ended."""

    def search(self, query: str) -> None:
        """Begins a search, in place of the one before."""


class Shown(Protocol):
    """The transcript that is searched."""

    @property
    def stage(self) -> Stage:
        """What lies where."""

    @property
    def source(self) -> Source | None:
        """The timeline that is shown."""

    def refresh(self) -> None:
        """Places what is in sight anew and asks for a paint."""

    def viewport(self) -> QWidget:
        """What is painted."""


class Current(NamedTuple):
    """The hit that was gone to."""

    row: int
    hit: Hit


class Finder(QObject):
    """The search in one transcript.

    Attributes:
        needle: What is looked for.
        current: The hit that was gone to, or None.
        is_searching: Whether an answer is awaited.

    Signals:
        changed(): Other hits, another number of them, or another one is current.
    """

    changed = Signal()

    def __init__(self, view: Shown, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._searcher: Searcher | None = None
        self.needle = Needle("")
        self.current: Current | None = None
        self.is_searching = False
        self._tally = Tally()
        self._target: tuple[int, int] | None = None
        self._origin: tuple[int, ...] | None = None
        self._rest_until_s = 0.0
        self._formats: tuple[Roles, QTextCharFormat, QTextCharFormat] | None = None
        self._slice = QTimer(self, singleShot=True)
        self._slice.timeout.connect(self._on_slice_timeout)

    # What the bar asks

    @property
    def total(self) -> int:
        """Number of hits."""
        return self._tally.total

    @property
    def ordinal(self) -> int:
        """Which one of all hits is current, from 1; 0 for none."""
        if self.current is None:
            return 0
        row, hit = self.current
        entry = self._view.stage.flow.held(row)
        return (
            self._tally.before(row)
            + 1
            + (bisect_left(self.needle.hits(entry), hit) if entry else 0)
        )

    def set_searcher(self, searcher: Searcher) -> None:
        """Searches in another timeline from now on."""
        if self._searcher is not None:
            self._searcher.found.disconnect(self._on_searcher_found)
        self._searcher = searcher
        searcher.found.connect(self._on_searcher_found)

    def set_query(self, query: str) -> None:
        """Looks for another text and goes to the first hit from the one before on."""
        self._origin = self._here()
        self.needle = Needle(query)
        self._forget()
        self._search()

    def clear(self) -> None:
        """Ends the search."""
        self.set_query("")

    def step(self, step: int) -> None:
        """Goes to the next hit, or to the one before for -1; from the last one to the first."""
        if not self._tally.counts:
            return
        row, *key = self._here()
        if self.current is None:
            self._go_on(row, key, step, is_inclusive=True)
        else:
            self._go_on(self.current.row, self.current.hit, step, is_inclusive=False)

    def formats(self, placed: Placed, element: Element, visible: QRectF) -> list[Format]:
        """What to draw over the hits of an element in sight, in the element's coordinates."""
        if not self._tally.counts and self.current is None:
            return []
        entry = self._view.stage.flow.held(placed.slot.row)
        if entry is None or not is_searched(entry, element):
            return []
        first = element.hit(-FAR, visible.top())
        last = element.hit(FAR, visible.bottom())
        usual, strong = self._looks()
        here = self._current_in(placed.slot.row, element)
        return [
            Format(start, end - start, strong)
            if (start, end) == here
            else Format(start, end - start, usual, is_ground=True)
            for start, end in self.needle.ranges_in(element, first, last)
        ]

    # What the timeline says

    def reset(self) -> None:
        """All rows are other ones: the hits are counted, none is gone to."""
        self._origin = None
        self._forget()
        if not self.needle.is_empty:
            self.needle = Needle(self.needle.query)
            self._search()

    def inserted(self, first: int, count: int) -> None:
        """Rows were added."""
        self._tally.move(first, count)
        self._move_places(first, count)
        self._recount(*range(first, first + count))

    def removed(self, first: int, count: int) -> None:
        """Rows went."""
        gone = range(first, first + count)
        self._tally.remove(first, count)
        if self._target is not None and self._target[0] in gone:
            self._target = None
        if self.current is not None and self.current.row in gone:
            self.current = None
        self._move_places(first + count, -count)
        self.changed.emit()

    def replaced(self, row: int) -> None:
        """A row is another one."""
        self._recount(row)

    def loaded(self, _first: int, _count: int) -> None:
        """Rows came into memory."""
        if self._tally.unchecked or self._target:
            self._slice.start(_SLICE_MS)

    def grown(self, row: int, _growth: Growth) -> None:
        """A running reply grew."""
        self._recount(row)

    # Inside

    def _forget(self) -> None:
        self._tally.clear()
        self.current = self._target = None
        self.is_searching = False

    def _search(self) -> None:
        if not self.needle.is_empty and self._searcher is not None:
            self.is_searching = True
            self._searcher.search(self.needle.query)
        self.changed.emit()
        self._view.viewport().update()

    def _here(self) -> tuple[int, ...]:
        """Where reading is: row, section, block and position."""
        if self.current is not None:
            return (self.current.row, *self.current.hit[:3])
        point = self._view.stage.point_at(QPointF(0.0, 0.0))
        return tuple(point) if point else (self._view.stage.anchor.slot.row,)

    def _on_searcher_found(self, query: str, hits: Sequence[tuple[int, int]]) -> None:
        if not self.is_searching or query != self.needle.query:
            return
        self.is_searching = False
        self._tally.counts = dict(hits)
        if len(hits) <= MAX_CHECKED:
            self._tally.unchecked = set(self._tally.counts)
        last = self._view.stage.flow.row_count()
        self._recount(*range(max(last - 2, 0), last))
        self._recount_stale()
        if self._tally.counts and self._origin:
            row, *key = self._origin
            self._go_on(row, key, 1, is_inclusive=True)
        self.changed.emit()
        self._view.viewport().update()

    def _go_on(self, row: int, key: Sequence[int], step: int, *, is_inclusive: bool) -> None:
        """Goes to the next hit from a place on: in its row, else in the next row that has one."""
        entry = self._view.stage.flow.held(row)
        if row in self._tally.counts and (entry is None or not _is_ready(entry)):
            self._target = (row, step)
            self._reach()
            return
        if entry is not None and row in self._tally.counts:
            hits = self.needle.hits(entry)
            if step > 0:
                index = (bisect_left if is_inclusive else bisect_right)(hits, tuple(key))
            else:
                index = bisect_left(hits, tuple(key)) - 1
            if 0 <= index < len(hits):
                self._show(row, hits[index])
                return
        self._aim(row, step)

    def _aim(self, row: int, step: int) -> None:
        """Goes to the first or last hit of the next row that has one."""
        other = self._tally.next_row(row, step)
        self._target = None if other is None else (other, step)
        self._reach()

    def _reach(self) -> None:
        """Shows the hit that is gone to, once its row is there and read."""
        while self._target is not None:
            row, step = self._target
            entry = self._view.stage.flow.entry(row)
            if not _is_ready(entry):
                self._view.stage.anchor.move_to(Slot(row, 0))
                self._view.refresh()
                self._slice.start(_SLICE_MS)
                return
            hits = self.needle.hits(entry)
            self._tally.put(row, len(hits))
            if hits:
                self._show(row, hits[0 if step > 0 else -1])
                return
            other = self._tally.next_row(row, step)
            self._target = None if other is None else (other, step)

    def _show(self, row: int, hit: Hit) -> None:
        self._target, self.current = None, Current(row, hit)
        stage = self._view.stage
        entry = stage.flow.entry(row)
        self._tally.put(row, len(self.needle.hits(entry)))
        element = entry.index_of(Address(hit.section, hit.block))
        stage.reveal(Slot(row, element), hit.start)
        self._view.refresh()
        self.changed.emit()

    def _current_in(self, row: int, element: Element) -> tuple[int, int] | None:
        if self.current is None or self.current.row != row:
            return None
        hit = self.current.hit
        return (hit.start, hit.end) if element.address == (hit.section, hit.block) else None

    def _looks(self) -> tuple[QTextCharFormat, QTextCharFormat]:
        roles = self._view.stage.look.roles
        if self._formats is None or self._formats[0] is not roles:
            self._formats = (roles, *hit_formats(roles))
        return self._formats[1:]

    # Counting

    def _recount(self, *rows: int) -> None:
        if not self.needle.is_empty:
            self._tally.stale.update(rows)
            self._slice.start(_SLICE_MS)

    def _move_places(self, first: int, count: int) -> None:
        if self.current is not None and self.current.row >= first:
            self.current = self.current._replace(row=self.current.row + count)
        if self._target is not None and self._target[0] >= first:
            self._target = (self._target[0] + count, self._target[1])

    def _on_slice_timeout(self) -> None:
        before = (self.total, self.current)
        if self._target is not None:
            self._reach()
        self._recount_stale()
        self._check()
        if (self.total, self.current) != before:
            self.changed.emit()
            self._view.viewport().update()

    def _recount_stale(self) -> None:
        """Counts rows that changed; rests a multiple of what that took."""
        start_s = time.monotonic()
        if start_s < self._rest_until_s:
            if self._tally.stale:
                self._slice.start(int((self._rest_until_s - start_s) * 1000) + 1)
            return
        for row in sorted(self._tally.stale):
            self._tally.stale.discard(row)
            self._count_row(row)
        used_s = time.monotonic() - start_s
        if used_s > 0:
            self._rest_until_s = start_s + max(used_s * _REST, _MIN_REST_S)

    def _check(self) -> None:
        """Counts rows that were only counted as they are stored, for some milliseconds."""
        until_s = time.monotonic() + _BUDGET_S
        here = self._view.stage.anchor.slot.row
        for row in sorted(self._tally.unchecked, key=lambda row: abs(row - here)):
            if time.monotonic() > until_s:
                self._slice.start(_SLICE_MS)
                return
            self._count_row(row)

    def _count_row(self, row: int) -> None:
        """Counts a row exactly; one that is not in memory is fetched and counted later."""
        flow, source = self._view.stage.flow, self._view.source
        if source is None or row >= flow.row_count():
            return
        entry = flow.held(row)
        if entry is None or entry.row is None:
            stored = source.row(row)
            if stored is None:
                return
            entry = Entry(stored, flow.look, {})
        if not _is_ready(entry):
            self._tally.unchecked.discard(row)
            return
        self._tally.put(row, len(self.needle.hits(entry)))


def _is_ready(entry: Entry) -> bool:
    return entry.row is not None and (entry.is_running or not entry.is_pending)
