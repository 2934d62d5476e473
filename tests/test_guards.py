"""The rules of conftest.py, held to what they promise."""

import asyncio
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests import qt_leaks
from tests.conftest import Run
from tests.guards import (
    LoopbackOnly,
    QtBlocker,
    is_local_name,
    is_loopback,
    refuse_skip,
    unexpected_records,
)


@pytest.fixture
def attempts(loopback_guard: LoopbackOnly) -> Iterator[list[str]]:
    yield loopback_guard.attempts
    loopback_guard.attempts.clear()


def test_a_connection_to_another_machine_is_refused_and_remembered(attempts: list[str]) -> None:
    with socket.socket() as outward, pytest.raises(PermissionError, match="loopback"):
        outward.connect(("192.0.2.1", 443))
    assert attempts == ["socket.connect to 192.0.2.1"]


def test_looking_up_a_foreign_name_is_refused_and_remembered(attempts: list[str]) -> None:
    with pytest.raises(PermissionError, match="loopback"):
        socket.getaddrinfo("example.com", 443)
    assert attempts == ["looking up example.com"]


def test_a_name_that_cannot_exist_fails_as_it_would_outside(attempts: list[str]) -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("nowhere.invalid", 443)
    assert attempts == []


def test_the_loopback_can_be_reached(attempts: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()[:2]).close()
    assert attempts == []


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("::", False)]
)
def test_loopback_addresses(host: str, *, local: bool) -> None:
    assert is_loopback(host) is local


@pytest.mark.parametrize(
    ("host", "local"), [(None, True), (b"localhost", True), ("192.0.2.1", True), ("a.b", False)]
)
def test_names_nobody_is_asked_about(host: str | bytes | None, *, local: bool) -> None:
    assert is_local_name(host) is local


def test_only_warnings_that_nobody_named_are_unexpected() -> None:
    records = [
        logging.makeLogRecord({"levelno": level, "msg": text})
        for level, text in [(20, "quiet"), (30, "named one"), (40, "bad one")]
    ]
    assert unexpected_records(records, ["^named"]) == [records[2]]


@pytest.mark.parametrize(
    ("reason", "outcome"), [("tired", "failed"), ("SOUNDING_STREAMS is not set", "skipped")]
)
def test_a_skip_without_a_known_reason_is_a_failure(reason: str, outcome: str) -> None:
    report = pytest.TestReport(
        nodeid="a",
        location=("a.py", 1, "a"),
        keywords={},
        outcome="skipped",
        longrepr=("a.py", 1, f"Skipped: {reason}"),
        when="call",
    )
    assert refuse_skip(report, ["SOUNDING_STREAMS"]).outcome == outcome


def test_the_blocker_refuses_qt_and_nothing_else() -> None:
    with pytest.raises(ModuleNotFoundError, match="PySide6"):
        QtBlocker.find_spec("PySide6.QtCore")
    assert QtBlocker.find_spec("json") is None


def test_the_persons_own_surroundings_are_gone(private_surroundings: Path) -> None:
    assert Path.home() == private_surroundings
    assert not {"DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "AIML_API_KEY"} & set(os.environ)


def test_a_visible_window_is_a_leak(qtbot: QtBot) -> None:
    before = qt_leaks.living()
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    assert ["visible window" in line for line in qt_leaks.leaks(before)] == [True]


def test_an_active_timer_is_a_leak(qapp: object) -> None:
    before = qt_leaks.living()
    timer = QTimer()
    timer.start(1000)
    assert ["active timer" in line for line in qt_leaks.leaks(before)] == [True]
    timer.stop()


def test_a_running_thread_is_a_leak(qapp: object) -> None:
    before = qt_leaks.living()
    thread = QThread()
    thread.start()
    assert ["running thread" in line for line in qt_leaks.leaks(before)] == [True]
    thread.quit()
    assert thread.wait(5000)


def test_run_gives_the_result_and_keeps_the_loop(run: Run) -> None:
    async def loop_after_a_sleep() -> asyncio.AbstractEventLoop:
        await asyncio.sleep(0.001)
        return asyncio.get_running_loop()

    assert run(loop_after_a_sleep()) is run(loop_after_a_sleep())


def test_run_ends_what_takes_too_long(run: Run) -> None:
    with pytest.raises(TimeoutError):
        run(asyncio.Event().wait(), timeout=0.01)
