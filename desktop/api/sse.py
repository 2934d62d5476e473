"""Server-sent events out of bytes, however they were cut; no I/O and no JSON.

Only the data is kept: the kind of an event is in its JSON. Text is never decoded here, so a
character that is cut between two reads, or U+2028 inside a string, is no matter.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import re

from desktop.api.limits import MAX_EVENT_BYTES
from desktop.domain.errors import TooLargeError

_BOM = b"\xef\xbb\xbf"
_ONLY_LINE = re.compile(rb"\ndata: ?(.*)\n(?=\n)")
"""A data line with the event's end right after it: all there is in ordinary streams."""

_DATA = re.compile(rb"^data(?:: ?(.*))?\n((?:.+\n)*)", re.MULTILINE)
"""The first data line of an event, and the lines after it up to the blank one."""

_FIELD = re.compile(rb"^data(?:: ?(.*))?$", re.MULTILINE)


class SseDecoder:
    """Cuts an event stream into the data of its events.

    Events without data are left out: comments, ``id:``, ``retry:`` and ``event:`` alone. Line
    ends may be LF, CRLF or CR, mixed, and cut between reads. One byte order mark is skipped.
    """

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._limit = limit
        self._pending: list[bytes] = []
        self._size = 0
        self._last = b""
        self._is_after_cr = False
        self._start: bytes | None = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of every event that the chunk completes, in order.

        Raises:
            TooLargeError: One event is larger than the limit.
        """
        if self._start is not None:
            chunk = self._without_bom(chunk)
        if self._is_after_cr or b"\r" in chunk:
            chunk = self._with_plain_line_ends(chunk)
        if not chunk:
            return []
        ends_event = b"\n\n" in chunk or (chunk[:1] == b"\n" and self._last == b"\n")
        self._pending.append(chunk)
        self._last = chunk[-1:]
        if not ends_event:
            self._size += len(chunk)
            self._check(self._size)
            return []
        return self._complete(b"".join(self._pending))

    def flush(self) -> list[bytes]:
        """The data of an event that the end of the stream left without its blank line."""
        rest = (self._start or b"") + b"".join(self._pending)
        self._pending, self._size, self._last, self._start = [], 0, b"", None
        return self._events(rest + b"\n\n") if rest else []

    def _complete(self, buffer: bytes) -> list[bytes]:
        end = buffer.rfind(b"\n\n") + 2
        rest = buffer[end:]
        self._pending, self._size = [rest] if rest else [], len(rest)
        self._check(self._size)
        return self._events(buffer[:end])

    def _events(self, head: bytes) -> list[bytes]:
        """The data of whole events; several data lines of one event are joined."""
        if len(head) > self._limit:
            self._check(max(map(len, head.split(b"\n\n"))))
        lines = b"\n" + head
        payloads: list[bytes] = _ONLY_LINE.findall(lines)
        if len(payloads) == lines.count(b"\ndata"):
            return payloads if all(payloads) else [data for data in payloads if data]
        payloads = []
        for first, rest in _DATA.findall(head):
            data = first if not rest else b"\n".join([first, *_FIELD.findall(rest)])
            if data:
                payloads.append(data)
        return payloads

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise TooLargeError(
                "A part of the answer is too large to be taken in. What came before it is kept.",
                detail=f"an event of more than {self._limit} bytes",
            )

    def _without_bom(self, chunk: bytes) -> bytes:
        """The chunk without a byte order mark at the very start of the stream."""
        begun = (self._start or b"") + chunk
        if len(begun) < len(_BOM) and _BOM.startswith(begun):
            self._start = begun
            return b""
        self._start = None
        return begun.removeprefix(_BOM)

    def _with_plain_line_ends(self, chunk: bytes) -> bytes:
        """The chunk with LF for every line end; a CR at its end counts at once."""
        if self._is_after_cr and chunk:
            self._is_after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if chunk.endswith(b"\r"):
            self._is_after_cr = True
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
