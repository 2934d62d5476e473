"""Where a text is found in the rows that are held: ranges in elements, by UTF-16 position."""

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from desktop.domain.folding import folded, folded_places
from desktop.domain.messages import RefusalPart, TextPart, ToolResultPart
from desktop.domain.timeline import RowKind
from desktop.ui.transcript.elements import Element
from desktop.ui.transcript.entry import Entry
from desktop.ui.transcript.prose import RuleElement
from desktop.ui.transcript.units import UnitMap, unit_slice

MAX_ROW_HITS = 5_000
"""Hits of one message that can be gone to, and are counted."""

_ELEMENTS_KEPT = 4_000
_WHOLE = 50_000


class Hit(NamedTuple):
    """A place in a row that holds the text; hits of one row compare in reading order."""

    section: int
    block: int
    start: int
    end: int


Ranges = tuple[tuple[int, int], ...]


class Needle:
    """What is looked for, and what was found in the elements seen last.

    Attributes:
        query: As it was typed.
    """

    def __init__(self, query: str) -> None:
        self.query = query
        self._folded = folded(query)
        self._known: dict[Element, tuple[str, Ranges]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not self._folded.strip()

    def hits(self, entry: Entry) -> list[Hit]:
        """Where a row holds it, in reading order; not in reasoning, activity and errors."""
        found: list[Hit] = []
        for element in entry.elements:
            if is_searched(entry, element):
                section, block = element.address
                found += [Hit(section, block, *place) for place in self.ranges(element)]
                if len(found) > MAX_ROW_HITS:
                    break
        return found

    def ranges_in(self, element: Element, first: int, last: int) -> Ranges:
        """Where an element's text holds it between two positions, at least."""
        text = element.text
        if len(text) <= _WHOLE:
            found = self.ranges(element)
            start = bisect_left(found, first, key=_end_of)
            return found[start : bisect_right(found, last, key=_start_of)]
        margin = 2 * len(self._folded)
        start = max(first - margin, 0)
        seen = unit_slice(text, start, last + margin)
        return tuple((start + one, start + end) for one, end in find_all(seen, self._folded))

    def ranges(self, element: Element) -> Ranges:
        """Where an element's text holds it."""
        text = element.text
        known = self._known.get(element)
        if known is not None and known[0] == text:
            return known[1]
        found = () if self.is_empty else find_all(text, self._folded)
        if len(self._known) >= _ELEMENTS_KEPT:
            self._known.clear()
        self._known[element] = (text, found)
        return found


def is_searched(entry: Entry, element: Element) -> bool:
    """Whether an element shows what a message says."""
    row = entry.row
    if row is None or row.kind is RowKind.ERROR or isinstance(element, RuleElement):
        return False
    parts, section = row.message.parts, element.address.section
    return 0 <= section < len(parts) and isinstance(
        parts[section], TextPart | RefusalPart | ToolResultPart
    )


def find_all(text: str, needle: str) -> Ranges:
    """Start and end of each place, in UTF-16 units, that folds to a folded text."""
    plain, places = folded_places(text)
    units = UnitMap(text)
    found: list[tuple[int, int]] = []
    at = plain.find(needle)
    while at >= 0 and len(found) < MAX_ROW_HITS:
        last = at + len(needle)
        if places is None:
            start, end = at, last
        else:
            start = places[at]
            end = places[last] if last < len(places) else len(text)
            end = max(end, places[last - 1] + 1)
        found.append((units.to_units(start), units.to_units(end)))
        at = plain.find(needle, last)
    return tuple(found)


def _start_of(place: tuple[int, int]) -> int:
    return place[0]


def _end_of(place: tuple[int, int]) -> int:
    return place[1]
