"""Logging that cannot give a secret away: every record gives its text only scrubbed.

This is the lowest layer: it must not import anything else of the application. Messages
reach any handler, also a foreign one, only after the registered secrets and whatever looks
like a key were taken out, and a log line is always one line.
"""

import functools
import logging
import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logging.handlers import RotatingFileHandler

HIDDEN = "[hidden]"
FILE_NAME = "sounding.log"
MAX_FILE_BYTES = 1_000_000
OLD_FILES = 3
MAX_CRASH_CHARS = 64 * 1024
MIN_SECRET_CHARS = 4
"""A shorter text would take ordinary words out of the log."""

_MIN_ENCODED_CHARS = 8
_HELD_BACK = ("httpx", "httpcore", "qasync", "asyncio", "keyring", "markdown_it")
"""Libraries whose lower levels print URLs, headers or a line an event."""

_LOOKS_SECRET: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(bearer)(\s+|%20|\+)[^\s'\",;\\]{8,}"), rf"\1\2{HIDDEN}"),
    (re.compile(r"(?i)\b(basic)(\s+|%20|\+)[a-z0-9+/=_-]{16,}"), rf"\1\2{HIDDEN}"),
    (
        re.compile(
            r"(?i)(authorization|x-api-key|api[-_]?key)(\\?[\"']?\s*[:=,]\s*b?\\?[\"']?)"
            r"(?!\s*(?:bearer|basic)\b)[^\s'\",;\\(){}\[\]]{8,}"
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"\bsk-[A-Za-z0-9_-]{8,}"), HIDDEN),
    (re.compile(r"(://)[^\s/@:]*:[^\s/@]+@"), rf"\1{HIDDEN}@"),
)
"""What is taken out of every text though nobody registered it, and what takes its place."""

_CONTROL = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Characters that could start a new line, move the cursor or turn the text around."""


class _Secrets:
    """The registered secrets and one pattern that finds any form of any of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self.pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        with self._lock:
            self._values.add(value)
            self._compile()

    def discard(self, value: str) -> None:
        with self._lock:
            self._values.discard(value)
            self._compile()

    def _compile(self) -> None:
        forms = {form for value in self._values for form in _forms(value)}
        longest_first = sorted(forms, key=len, reverse=True)
        joined = "|".join(re.escape(form) for form in longest_first)
        self.pattern = re.compile(joined, re.IGNORECASE) if forms else None


_secrets = _Secrets()


def register_secret(value: str) -> None:
    """From now on takes a secret out of every log line, in any of its usual encodings."""
    if len(value) >= MIN_SECRET_CHARS:
        _secrets.add(value)


def forget_secret(value: str) -> None:
    """Undoes ``register_secret``; what looks like a key is still taken out."""
    _secrets.discard(value)


def scrub(text: str) -> str:
    """The text with registered secrets, bearer tokens and passwords in URLs replaced."""
    pattern = _secrets.pattern
    if pattern is not None:
        text = pattern.sub(HIDDEN, text)
    for looks_secret, replacement in _LOOKS_SECRET:
        text = looks_secret.sub(replacement, text)
    return text


def escape(text: str) -> str:
    r"""The text on one line: control, direction and half characters as ``\n`` or ``\u2028``."""
    return _CONTROL.sub(lambda match: _escaped(match[0]), text)


def setup(log_dir: Path | None, level: int | str = logging.INFO) -> Path | None:
    """Starts logging and gives the log file, or None where no file can be written.

    The file holds the given level and above, is private and rotates; warnings go to standard
    error too. Calling it again replaces what an earlier call set up.

    Args:
        log_dir: An existing folder, or None for no file.
        level: A level of ``logging``, as a number or a name.
    """
    shutdown()
    logging.setLogRecordFactory(ScrubbedRecord)
    logging.raiseExceptions = False  # it would print the arguments unscrubbed
    root = logging.getLogger()
    root.setLevel(level)
    for name in _HELD_BACK:
        logging.getLogger(name).setLevel(logging.WARNING)
    if sys.stderr is not None:  # None in a windowed program without a console
        console = logging.StreamHandler(sys.stderr)
        console.setLevel(logging.WARNING)
        _attach(console)
    return _log_to_file(log_dir / FILE_NAME) if log_dir is not None else None


def shutdown() -> None:
    """Closes what ``setup`` opened; records are no longer scrubbed where they are made."""
    root = logging.getLogger()
    for handler in _handlers:
        root.removeHandler(handler)
        handler.close()
    _handlers.clear()
    logging.setLogRecordFactory(logging.LogRecord)
    logging.raiseExceptions = True


def enable_crash_log(path: Path) -> str:
    """What a crash in the last run left, or ""; from now on native crashes are written there.

    A file that cannot be written means no crash log, never an exception.
    """
    import faulthandler

    try:
        earlier = path.read_text("utf-8", "backslashreplace") if path.exists() else ""
        file = open(path, "w", encoding="utf-8", opener=_open_private)  # noqa: SIM115
    except OSError:
        return ""
    faulthandler.enable(file)
    while _crash_files:
        _crash_files.pop().close()
    _crash_files.append(file)
    return scrub(earlier[:MAX_CRASH_CHARS])


class ScrubbedRecord(logging.LogRecord):
    """A record that gives its text, traceback and stack only scrubbed, to any handler."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stack_info = scrub(self.stack_info) if self.stack_info else None

    def getMessage(self) -> str:  # noqa: N802
        """The message with its arguments, or without them if they do not fit."""
        try:
            return scrub(super().getMessage())
        except (TypeError, ValueError, KeyError) as error:
            return scrub(f"{self.msg!r} (its arguments do not fit: {type(error).__name__})")

    def __setattr__(self, name: str, value: object) -> None:
        if name == "exc_text" and isinstance(value, str):
            value = scrub(value)
        super().__setattr__(name, value)


class ScrubbingFormatter(logging.Formatter):
    """One line a record, and a traceback's lines marked so that no text can pose as a record."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(threadName)s] %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The record's own line."""
        return escape(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        """The record's line and its traceback, scrubbed."""
        first, *rest = scrub(super().format(record)).split("\n")
        return "\n".join([first, *(f"  | {escape(line)}" for line in rest)])


_handlers: list[logging.Handler] = []
_crash_files: list[IO[str]] = []
"""Keeps the file open for as long as faulthandler holds its descriptor."""


def _attach(handler: logging.Handler) -> None:
    handler.setFormatter(ScrubbingFormatter())
    logging.getLogger().addHandler(handler)
    _handlers.append(handler)


def _log_to_file(path: Path) -> Path | None:
    try:
        handler = _rotating_file_class()(
            path,
            maxBytes=MAX_FILE_BYTES,
            backupCount=OLD_FILES,
            encoding="utf-8",
            errors="backslashreplace",
        )
    except OSError as error:
        logging.getLogger(__name__).warning("No log file: %s", error)
        return None
    _attach(handler)
    return path


@functools.cache
def _rotating_file_class() -> "Callable[..., RotatingFileHandler]":
    """A rotating log file that only its owner can read; made late, its import takes 8 ms."""
    from io import TextIOWrapper
    from logging.handlers import RotatingFileHandler

    class PrivateRotatingFile(RotatingFileHandler):
        def _open(self) -> TextIOWrapper:
            raw = open(self.baseFilename, "ab", opener=_open_private)  # noqa: SIM115
            return TextIOWrapper(raw, self.encoding, self.errors, write_through=True)

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
            """A full disk loses log lines and nothing else."""

    return PrivateRotatingFile


def _open_private(path: str, flags: int) -> int:
    """A file descriptor of a file with mode 0600, whatever the umask or an older mode is."""
    descriptor = os.open(path, flags, 0o600)
    if os.name == "posix":
        os.fchmod(descriptor, 0o600)
    return descriptor


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _forms(value: str) -> set[str]:
    """The ways a secret is commonly written: plain, percent, JSON, Python and Base64 encoded."""
    from json import dumps
    from urllib.parse import quote, quote_plus

    plain = {value, quote(value, safe=""), quote(value), quote_plus(value)}
    escaped = {dumps(value)[1:-1], dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    return plain | escaped | _base64_forms(value.encode("utf-8", "surrogatepass"))


def _base64_forms(raw: bytes) -> set[str]:
    """The Base64 digits that a secret always gives, at each place it can have in a text."""
    from base64 import b64encode, urlsafe_b64encode

    forms = set()
    for before in range(3):
        first = -(-before * 8 // 6)  # digits that also hold bits of what comes before
        last = (before + len(raw)) * 8 // 6
        for encode in (b64encode, urlsafe_b64encode):
            form = encode(b"\0" * before + raw).decode("ascii")[first:last]
            if len(form) >= _MIN_ENCODED_CHARS:
                forms.add(form)
    return forms
