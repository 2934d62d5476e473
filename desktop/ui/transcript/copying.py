"""Text of selections and messages as it is copied, made from blocks and never from the screen."""

from collections.abc import Iterator

from desktop.domain.messages import ReasoningPart, TextPart
from desktop.domain.timeline import RowKind
from desktop.ui.transcript import words
from desktop.ui.transcript.elements import NOWHERE, Element, joined_text
from desktop.ui.transcript.entry import Entry
from desktop.ui.transcript.flow import TranscriptFlow
from desktop.ui.transcript.prose import BlockElement
from desktop.ui.transcript.selection import Selection

_BETWEEN_MESSAGES = "\n\n"


def selected_text(flow: TranscriptFlow, selection: Selection) -> str:
    """The selected text: blocks by newline, messages by a blank line."""
    rows = (_row_text(flow, row, selection) for row in _rows(flow, selection))
    return _BETWEEN_MESSAGES.join(text for text in rows if text)


def selected_markdown(flow: TranscriptFlow, selection: Selection) -> str:
    """The Markdown source of the selected blocks; part of one block is copied as text."""
    rows = (_row_markdown(flow, row, selection) for row in _rows(flow, selection))
    return _BETWEEN_MESSAGES.join(text for text in rows if text)


def message_text(entry: Entry) -> str:
    """A message's own text: without reasoning, activity and sources."""
    entry.complete()
    row = entry.row
    if row is None:
        return ""
    if row.kind is RowKind.ERROR:
        return "\n".join(words.error_lines(row.message.fault)) if row.message.fault else ""
    parts = row.message.parts
    chosen = [
        e
        for e in entry.elements
        if 0 <= e.address.section < len(parts)
        and not isinstance(parts[e.address.section], ReasoningPart)
    ]
    return joined_text((element, element.copy_text()) for element in chosen)


def message_markdown(entry: Entry) -> str:
    """A message's text as it was written."""
    row = entry.row
    if row is None:
        return ""
    return row.message.text or message_text(entry)


def _rows(flow: TranscriptFlow, selection: Selection) -> range:
    ends = selection.ends
    if ends is None:
        return range(0)
    return range(max(ends[0].row, 0), min(ends[1].row + 1, flow.row_count()))


def _selected(
    entry: Entry, row: int, selection: Selection
) -> Iterator[tuple[Element, int, int | None]]:
    for element in entry.elements:
        if element.address != NOWHERE:
            found = selection.range_in(row, element.address)
            if found is not None:
                yield element, *found


def _row_text(flow: TranscriptFlow, row: int, selection: Selection) -> str:
    chosen = _selected(flow.entry_now(row), row, selection)
    return joined_text((element, element.copy_text(start, end)) for element, start, end in chosen)


def _row_markdown(flow: TranscriptFlow, row: int, selection: Selection) -> str:
    entry = flow.entry_now(row)
    chosen = list(_selected(entry, row, selection))
    if len(chosen) <= 1 or entry.row is None:
        return joined_text((element, element.copy_text(a, b)) for element, a, b in chosen)
    pieces: list[str] = []
    by_section: dict[int, list[Element]] = {}
    for element, _, _ in chosen:
        by_section.setdefault(element.address.section, []).append(element)
    for section, elements in by_section.items():
        parts = entry.row.message.parts
        part = parts[section] if section < len(parts) else None
        first, last = elements[0], elements[-1]
        if (
            isinstance(part, TextPart)
            and isinstance(first, BlockElement)
            and isinstance(last, BlockElement)
        ):
            pieces.append(part.text[first.block.start : last.block.end].rstrip("\n"))
        else:
            pieces.append(joined_text((element, element.copy_text()) for element in elements))
    return "\n\n".join(pieces)
