"""What keeps tests honest below Qt: no network, no unexpected log record, no silent skip."""

import ipaddress
import logging
import re
import socket
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

QT_PACKAGES = frozenset({"PySide6", "shiboken6", "qasync"})


class QtBlocker:
    """An import finder for which Qt is not installed."""

    @staticmethod
    def find_spec(
        name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Never finds anything; refuses what belongs to Qt."""
        if name.partition(".")[0] in QT_PACKAGES:
            raise ModuleNotFoundError(f"{name} may not be imported here", name=name)
        return None


class LoopbackOnly:
    """An audit hook that refuses and remembers every attempt to leave this machine.

    Attributes:
        attempts: What was tried, oldest first; cleared by whoever judged it.
    """

    def __init__(self) -> None:
        self.attempts: list[str] = []
        sys.addaudithook(self._watch)

    def _watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Judges one audit event of the interpreter."""
        if event in {"socket.connect", "socket.sendto"}:
            address = arguments[1]
            if isinstance(address, tuple) and not is_loopback(address[0]):
                self._refuse(f"{event} to {address[0]}")
        elif event == "socket.getaddrinfo" and not is_local_name(arguments[0]):
            if str(arguments[0]).endswith(".invalid"):
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            self._refuse(f"looking up {arguments[0]}")

    def _refuse(self, attempt: str) -> None:
        self.attempts.append(attempt)
        raise PermissionError(f"tests stay on the loopback: {attempt}")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in {"localhost", ""}


def is_local_name(host: str | bytes | None) -> bool:
    """Whether looking the name up asks no one: no name, an address, or this machine."""
    name = host.decode() if isinstance(host, bytes) else host or ""
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name in {"localhost", ""}
    return True


def unexpected_records(
    records: Iterable[logging.LogRecord], allowed: Iterable[str]
) -> list[logging.LogRecord]:
    """The warnings and errors that match none of the allowed patterns."""
    patterns = [re.compile(pattern) for pattern in allowed]
    return [
        record
        for record in records
        if record.levelno >= logging.WARNING
        and not any(pattern.search(record.getMessage()) for pattern in patterns)
    ]


def refuse_skip(report: Report, allowed: Iterable[str]) -> Report:
    """The report, turned into a failure if it is a skip for a reason that is not allowed."""
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return report
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not any(words in reason for words in allowed):
        report.outcome = "failed"
        report.longrepr = f"{reason}: not a reason that tests/conftest.py allows"
    return report
