"""Typed preferences in one small JSON file, read before the first paint.

Never holds a key. A file that is damaged, or written by another version, costs at most the
values that cannot be used: the rest is taken, and what is not known is kept.
"""

import json
import math
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from desktop.domain.errors import StorageError
from desktop.domain.keys import DEFAULT_BASE_URL, BaseUrlError, parse_base_url

THEMES = ("system", "light", "dark")
SEND_KEYS = ("enter", "ctrl_enter")

MAX_FILE_BYTES = 1_000_000
_MAX_TEXT_CHARS = 2048


@dataclass(frozen=True, slots=True)
class Settings:
    """All preferences; change one with ``dataclasses.replace``.

    Sizes and positions are in device-independent pixels. None means: as the platform likes.
    """

    base_url: str = DEFAULT_BASE_URL
    theme: Literal["system", "light", "dark"] = "system"
    """One of THEMES."""
    send_key: Literal["enter", "ctrl_enter"] = "enter"
    """One of SEND_KEYS; the other combination makes a new line."""
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 300.0
    """How long a reply may be silent."""
    zoom_percent: int = 100
    announce: bool = True
    """Whether replies are announced to screen readers."""
    last_conversation: str = ""
    """Id of the conversation that was open, or ""."""
    window_x: int | None = None
    window_y: int | None = None
    window_width: int | None = None
    window_height: int | None = None
    window_maximized: bool = False
    history_width: int = 264
    history_collapsed: bool = False
    sidebar_width: int = 308
    sidebar_collapsed: bool = False


class SettingsFile:
    """Reads and writes the preferences; keys it does not know survive a save.

    Attributes:
        path: The file; its folder must exist before a save.
        rejected: Names of the values that the last load could not use; ``("",)`` if none
            of the file could be read. A copy of such a file is kept beside it, ``*.bad``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rejected: tuple[str, ...] = ()
        self._unknown: dict[str, object] = {}
        self._turn = threading.Lock()

    def load(self) -> Settings:
        """The stored preferences, with defaults for what is missing or cannot be used."""
        self._unknown = {}
        self.rejected = ()
        try:
            raw = self._read()
        except FileNotFoundError:
            return Settings()
        except OSError:
            self.rejected = ("",)
            return Settings()
        settings, rejected = self._decode(raw)
        if rejected:
            self._keep_bad(raw)
        self.rejected = rejected
        return settings

    def save(self, settings: Settings) -> None:
        """Writes all preferences; afterwards the file is either the old or the new one.

        A call from another thread waits for its turn: both would write the same temporary file.

        Raises:
            StorageError: The file could not be written; the old one is still there.
        """
        values = self._unknown | asdict(settings)
        text = json.dumps(values, indent=2, ensure_ascii=True) + "\n"
        try:
            with self._turn:
                _replace(self.path, text.encode("ascii"))
        except OSError as error:
            raise StorageError(
                "The settings could not be saved. Check that the disk is not full and that "
                f"this file can be written: {self.path}",
                detail=f"{type(error).__name__}: {error}",
                retryable=True,
            ) from error

    def _read(self) -> bytes:
        with self.path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)

    def _decode(self, raw: bytes) -> tuple[Settings, tuple[str, ...]]:
        try:
            payload = json.loads(raw.decode("utf-8-sig")) if len(raw) <= MAX_FILE_BYTES else None
        except (ValueError, RecursionError):
            payload = None
        if not isinstance(payload, dict):
            return Settings(), ("",)
        known = {name: payload[name] for name in _CHECKS if name in payload}
        rejected = tuple(name for name, value in known.items() if not _CHECKS[name](value))
        self._unknown = {name: value for name, value in payload.items() if name not in _CHECKS}
        good = {name: value for name, value in known.items() if name not in rejected}
        return Settings(**good), rejected

    def _keep_bad(self, raw: bytes) -> None:
        """Keeps what could not be used; where that fails, nothing is lost but the copy."""
        try:
            _replace(self.path.with_name(self.path.name + ".bad"), raw)
        except OSError:
            return


def _is_one_of(words: tuple[str, ...]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in words


def _is_whole(low: int, high: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _is_seconds(low: float, high: float) -> Callable[[object], bool]:
    return lambda value: (
        type(value) in (int, float)
        and isinstance(value, (int, float))
        and math.isfinite(value)
        and low <= value <= high
    )


def _or_none(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or check(value)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_short_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_TEXT_CHARS and value.isprintable()


def _is_base_url(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return value == DEFAULT_BASE_URL or bool(parse_base_url(value).origin)
    except BaseUrlError:
        return False


_is_position = _or_none(_is_whole(-100_000, 100_000))
_is_size = _or_none(_is_whole(100, 100_000))
_is_pane = _is_whole(0, 10_000)

_CHECKS: Mapping[str, Callable[[object], bool]] = {
    "base_url": _is_base_url,
    "theme": _is_one_of(THEMES),
    "send_key": _is_one_of(SEND_KEYS),
    "connect_timeout_s": _is_seconds(1, 120),
    "read_timeout_s": _is_seconds(10, 3600),
    "zoom_percent": _is_whole(50, 300),
    "announce": _is_flag,
    "last_conversation": _is_short_text,
    "window_x": _is_position,
    "window_y": _is_position,
    "window_width": _is_size,
    "window_height": _is_size,
    "window_maximized": _is_flag,
    "history_width": _is_pane,
    "history_collapsed": _is_flag,
    "sidebar_width": _is_pane,
    "sidebar_collapsed": _is_flag,
}
"""What makes a stored value usable, for each field of Settings."""


def _replace(path: Path, content: bytes) -> None:
    """Puts content in the place of a file in one step, readable by its owner only."""
    target = Path(os.path.realpath(path))  # a link stays a link
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the new name of a file durable where the platform can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
