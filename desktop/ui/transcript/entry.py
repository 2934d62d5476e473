"""A row as the elements that show it, kept up to date while the row changes and grows."""

import time
from collections.abc import MutableMapping, Sequence
from datetime import UTC, datetime

from desktop.domain.messages import (
    Citation,
    Growth,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolResultPart,
)
from desktop.domain.timeline import Row, RowKind
from desktop.ui.transcript import words
from desktop.ui.transcript.chrome import (
    BlankElement,
    ErrorElement,
    FooterElement,
    HeaderElement,
    LineElement,
    SourcesElement,
)
from desktop.ui.transcript.elements import (
    NOWHERE,
    Action,
    ActionKind,
    Address,
    Element,
    joined_text,
)
from desktop.ui.transcript.heights import Heights
from desktop.ui.transcript.look import Look
from desktop.ui.transcript.prose import Cite
from desktop.ui.transcript.sections import (
    MarkdownSection,
    PlainSection,
    Splice,
    bubble_section,
    line_section,
    text_section,
)

Folds = MutableMapping[tuple[int, int], bool]
"""Whether a reasoning part, by message id and position, was opened by hand."""

_GAPS = {RowKind.USER: 26, RowKind.ASSISTANT: 4, RowKind.TOOL: 14, RowKind.ERROR: 14}
_FOOTER_GAP = 8
_SECTION_GAP = 10
_WAIT_SHOWN_S = 0.3
_SILENCE_SHOWN_S = 5.0
_LONGEST_WAIT_S = 3_600.0
_SOURCES = 1_000_000


class Entry:
    """The elements of one row.

    Attributes:
        row: The row; None while it is not in memory.
        elements: Top down.
        heights: Heights of the elements with their gaps.
    """

    def __init__(self, row: Row | None, look: Look, folds: Folds, blank_height: float = 0) -> None:
        self.row = row
        self.elements: list[Element] = []
        self.heights = Heights()
        self._look = look
        self._folds = folds
        self._sections: list[MarkdownSection | PlainSection] = []
        self._parts: list[Part] = []
        self._footer: FooterElement | None = None
        self._started_s = self._grown_s = time.monotonic()
        if row is None:
            self._take_all([BlankElement(blank_height)])
        else:
            self._started_s -= _age_s(row.message)
            self._build()

    @property
    def is_running(self) -> bool:
        """Whether the row is a reply that is still being made."""
        row = self.row
        return row is not None and row.kind is RowKind.ASSISTANT and row.message.status.is_running

    @property
    def is_pending(self) -> bool:
        """Whether text waits to be parsed."""
        return any(isinstance(s, MarkdownSection) and s.is_pending for s in self._sections)

    def replace(self, row: Row) -> None:
        """Takes the row as it is now; Markdown that only grew is not parsed again."""
        self.row = row
        self._build()

    def grow(self, row: Row, growth: Growth) -> None:
        """Takes what a running reply gained."""
        self.row = row
        self._grown_s = time.monotonic()
        parts = row.message.parts
        if growth.choices is not None or len(parts) != len(self._parts):
            self._build()
            return
        for number in {part for choice, part, _ in growth.appended if choice == 0}:
            section = self._sections[number]
            text = _text_of(parts[number])
            if isinstance(section, MarkdownSection):
                if self._is_unfolded(section):
                    self._splice(number, section.take(text, is_ended=False))
            else:
                self._build()
                return
        self._parts = list(parts)

    def advance(self, budget_ms: float) -> bool:
        """Parses what waits; whether any element changed."""
        is_changed = False
        for number, section in enumerate(self._sections):
            if isinstance(section, MarkdownSection) and self._is_unfolded(section):
                splice = section.advance(budget_ms)
                if splice is not None:
                    self._splice(number, splice)
                    is_changed = True
                    if not section.is_pending:
                        self._cite(number)
        return is_changed

    def complete(self) -> None:
        """Parses all that waits."""
        while self.is_pending and self.advance(1_000.0):
            pass

    def toggle(self, element: HeaderElement) -> None:
        """Folds or unfolds the section of a header."""
        for number, section in enumerate(self._sections):
            if isinstance(section, MarkdownSection) and section.header is element:
                if self.row is not None:
                    self._folds[self.row.message.id, number] = not element.is_open
                self._build()
                return

    def tick(self, now_s: float) -> bool:
        """Brings the waiting line up to date; whether it changed."""
        if self._footer is None or not self.is_running:
            return False
        line = ""
        if not self._parts and now_s - self._started_s >= _WAIT_SHOWN_S:
            line = words.waiting(int(now_s - self._started_s))
        elif self._parts and now_s - self._grown_s >= _SILENCE_SHOWN_S:
            line = words.silent(int(now_s - self._grown_s))
        is_changed = line != self._footer.line
        self._footer.line = line
        return is_changed

    def use(self, look: Look) -> bool:
        """Takes another look: heights are estimates again. Whether it is another one."""
        if self._look is look:
            return False
        self._look = look
        for element in self.elements:
            element.height = -1.0
        self.heights = Heights([element.extent(look) for element in self.elements])
        for section in self._sections:
            if isinstance(section, MarkdownSection):
                section.look = look
        return True

    @property
    def name(self) -> str:
        """The row's accessible name."""
        row = self.row
        if row is None:
            return ""
        self.complete()
        text = joined_text((e, e.label_text()) for e in self.elements if _is_named(e))
        status = words.status(row.message) if row.kind is RowKind.ASSISTANT else ""
        return words.prefix(row.kind) + (f"{text}\n{status}" if text and status else text or status)

    @property
    def description(self) -> str:
        """The footer's line, date and time."""
        if self._footer is None:
            return ""
        return words.SEPARATOR.join(part for part in (self._footer.line, self._footer.when) if part)

    def index_of(self, address: Address) -> int:
        """Place of an element in ``elements``; the nearest one where it is gone."""
        start = 0
        for number, section in enumerate(self._sections):
            if number == address.section:
                offset = 1 if isinstance(section, MarkdownSection) and section.header else 0
                last = start + max(len(section.elements) - 1, 0)
                return min(start + offset + address.block, last)
            start += len(section.elements)
        return min(start, max(len(self.elements) - 1, 0))

    def measured(self, index: int, look: Look) -> float:
        """Exact height of an element with its gap."""
        element = self.elements[index]
        element.ensure(look)
        extent = element.extent(look)
        self.heights.set(index, extent)
        return extent

    def _build(self) -> None:
        """Makes all sections, going on with those that are there."""
        row = self.row
        if row is None:
            return
        message = row.message
        self._parts = list(message.parts)
        self._footer = None
        before, self._sections = self._sections, []
        if row.kind is not RowKind.ERROR:
            for number, part in enumerate(message.parts):
                old = before[number] if number < len(before) - 1 else None
                self._sections.append(self._section(number, part, old))
        self._sections.append(PlainSection(self._tail(row)))
        self._set_gaps()
        for number, section in enumerate(self._sections):
            if isinstance(section, MarkdownSection) and self._is_unfolded(section):
                section.advance(_FIRST_BUDGET_MS)
                if not section.is_pending:
                    self._cite(number)
        self._take_all([e for section in self._sections for e in section.elements])

    def _take_all(self, elements: Sequence[Element]) -> None:
        self.elements = list(elements)
        self.heights = Heights([e.extent(self._look) for e in self.elements])

    def _set_gaps(self) -> None:
        """Gives the first element of each part its gap; the tail has its own."""
        row_gap = _GAPS[self.row.kind] if self.row is not None else _SECTION_GAP
        for number, section in enumerate(self._sections[:-1]):
            section.set_lead_gap(_SECTION_GAP if number else row_gap)
        if len(self._sections) == 1:
            self._sections[0].set_lead_gap(row_gap)

    def _section(
        self, number: int, part: Part, old: MarkdownSection | PlainSection | None
    ) -> MarkdownSection | PlainSection:
        row = self.row
        if isinstance(part, ReasoningPart):
            return self._reasoning(number, part, old)
        if isinstance(part, TextPart):
            if row is not None and row.kind is RowKind.ASSISTANT:
                section = old if isinstance(old, MarkdownSection) and not old.header else None
                section = section or MarkdownSection(number, self._look)
                section.take(part.text, is_ended=not self.is_running)
                return section
            if row is not None and row.kind is RowKind.USER:
                return bubble_section(number, part.text)
            return text_section(number, part)
        if isinstance(part, RefusalPart | ToolResultPart):
            return text_section(number, part)
        return line_section(number, words.quiet(part))

    def _reasoning(
        self, number: int, part: ReasoningPart, old: MarkdownSection | PlainSection | None
    ) -> MarkdownSection:
        row = self.row
        is_thinking = self.is_running and number == len(self._parts) - 1
        key = (row.message.id if row else 0, number)
        is_open = self._folds.get(key, is_thinking)
        label = words.thought(part, is_running=is_thinking)
        if isinstance(old, MarkdownSection) and old.header and old.header.is_open == is_open:
            section = old
            old.header.label = label
        else:
            header = HeaderElement(label, is_open=is_open)
            section = MarkdownSection(number, self._look, is_muted=True, header=header)
        if is_open:
            section.take(part.text, is_ended=not is_thinking)
        return section

    def _tail(self, row: Row) -> list[Element]:
        message = row.message
        if row.kind is RowKind.ERROR:
            return [self._error(message)]
        made: list[Element] = []
        if row.kind is RowKind.ASSISTANT:
            sources = _sources(self._parts)
            if sources:
                made.append(SourcesElement(sources))
                made[-1].address = Address(_SOURCES, 0)
            status = words.status(message)
            if status:
                go_on = [Action(ActionKind.CONTINUE, words.go_on())]
                actions = go_on if words.may_continue(message) else []
                made.append(LineElement(status, tone="warning", actions=actions))
        line = "" if self.is_running else words.footer(message.exchange)
        version = words.version(message) if message.sibling_count > 1 else ""
        actions = _versions(message) + self._commands(row)
        self._footer = FooterElement(line, actions, version)
        self._footer.when, self._footer.when_short = words.when(message), words.when_short(message)
        for element in made:
            element.gap = _SECTION_GAP
        self._footer.gap = 2 if row.kind is RowKind.USER else _FOOTER_GAP
        return [*made, self._footer]

    def _commands(self, row: Row) -> list[Action]:
        copy = Action(ActionKind.COPY_MESSAGE, words.copy())
        if row.kind is RowKind.USER:
            return [Action(ActionKind.EDIT, words.edit()), copy]
        if row.kind is RowKind.ASSISTANT and not self.is_running:
            return [Action(ActionKind.REGENERATE, words.regenerate()), copy]
        return [copy]

    def _error(self, message: Message) -> ErrorElement:
        fault = message.fault
        lines = words.error_lines(fault) if fault else []
        actions = [Action(ActionKind.RETRY, words.retry())]
        if fault and fault.link_url:
            actions.append(Action(ActionKind.LINK, fault.link_text, fault.link_url, fault.link_url))
        details = words.error_details(fault) if fault else ""
        actions.append(Action(ActionKind.COPY_DETAILS, words.copy_details(), details))
        has_versions = message.is_error_only and message.sibling_count > 1
        version = words.version(message) if has_versions else ""
        made = ErrorElement(lines, [*(_versions(message) if version else []), *actions], version)
        made.address = Address(0, 0)
        return made

    def _is_unfolded(self, section: MarkdownSection) -> bool:
        return section.header is None or section.header.is_open

    def _splice(self, number: int, splice: Splice | None) -> None:
        if splice is None:
            return
        start = sum(len(section.elements) for section in self._sections[:number])
        first, end = start + splice.first, start + splice.first + splice.removed
        gone = set(self.elements[first:end]).difference(splice.added)
        self.elements[first:end] = splice.added
        for element in gone:
            element.release()
        extents = [element.extent(self._look) for element in splice.added]
        self.heights.splice(first, splice.removed, extents)

    def _cite(self, number: int) -> None:
        part, section = self._parts[number], self._sections[number]
        if isinstance(part, TextPart) and part.citations and isinstance(section, MarkdownSection):
            numbers = {_source_key(c): n for n, c in enumerate(_sources(self._parts), 1)}
            section.cite(
                [Cite(c.end, f"[{numbers[_source_key(c)]}]", c.url) for c in part.citations]
            )


_FIRST_BUDGET_MS = 25.0


def _age_s(message: Message) -> float:
    age = (datetime.now(UTC) - message.created_at).total_seconds()
    return age if 0 < age < _LONGEST_WAIT_S else 0.0


def _is_named(element: Element) -> bool:
    if isinstance(element, HeaderElement):
        return True
    return element.address != NOWHERE and element.address.section != _SOURCES


def _text_of(part: Part) -> str:
    return part.text if isinstance(part, TextPart | ReasoningPart) else ""


def _source_key(citation: Citation) -> str:
    return citation.url or citation.title or repr(citation.raw)


def _sources(parts: Sequence[Part]) -> list[Citation]:
    """The citations of a message, each source once, in order."""
    found: dict[str, Citation] = {}
    for part in parts:
        if isinstance(part, TextPart):
            for citation in part.citations:
                found.setdefault(_source_key(citation), citation)
    return list(found.values())


def _versions(message: Message) -> list[Action]:
    if message.sibling_count == 1:
        return []
    return [
        Action(ActionKind.PREVIOUS, words.previous(), "", words.previous(), "\u2039"),
        Action(ActionKind.NEXT, words.following(), "", words.following(), "\u203a"),
    ]
