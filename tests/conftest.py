"""Fixtures and rules for every test: private folders, no network, nothing left behind.

The same file serves the run in which Qt may not be imported (``-c tests/unit/pytest.ini``), so Qt
is imported only by what asks for ``qapp``.
"""

import asyncio
import os
import sys
from collections.abc import Coroutine, Generator, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tests.guards import LoopbackOnly, QtBlocker, refuse_skip, unexpected_records

ALLOWED_SKIPS = {
    "SOUNDING_STREAMS": "recordings of other servers' streams are not part of the project",
    "SOUNDING_OPENAPI": "the provider's OpenAPI documents are not part of the project",
}
"""Words of a skip's reason, and why such a skip is no failure where SOUNDING_CI is set."""

NEEDS_DESKTOP = "needs the private desktop of tests/session.py"
LINUX_ONLY = "for Linux only"
if sys.platform != "linux":
    ALLOWED_SKIPS[NEEDS_DESKTOP] = "it is made of X11, D-Bus and gnome-keyring"
    ALLOWED_SKIPS[LINUX_ONLY] = "what it tests is used on Linux alone"

IS_CI = os.environ.get("SOUNDING_CI") == "1"
HAS_DESKTOP = os.environ.get("SOUNDING_SESSION") == "1"

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")
if sys.platform == "linux":
    os.environ.setdefault("LC_ALL", "C.UTF-8")

T = TypeVar("T")


class Run(Protocol):
    """Runs a coroutine to its end on the test's event loop."""

    def __call__(self, coroutine: Coroutine[Any, Any, T], timeout: float = 10.0) -> T: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run kills, fuzzing and soak as well")


def pytest_configure(config: pytest.Config) -> None:
    if config.inipath is not None and config.inipath.parent.name == "unit":
        sys.meta_path.insert(0, QtBlocker())
    settings.register_profile(
        "sounding",
        deadline=None,
        derandomize=IS_CI,
        max_examples=1000 if config.getoption("--long") else 50,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("sounding")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return refuse_skip(report, ALLOWED_SKIPS) if IS_CI else report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return refuse_skip(report, ALLOWED_SKIPS) if IS_CI else report


@pytest.fixture(autouse=True)
def private_surroundings(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """An empty home folder; no proxy, key, keyring or display of the person who runs the tests."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in {"AIML_API_KEY", "WAYLAND_DISPLAY"}:
            monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))
    for name in ("CACHE", "CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    if request.node.get_closest_marker("xvfb") or request.node.get_closest_marker("keyring"):
        if not HAS_DESKTOP:
            pytest.skip(NEEDS_DESKTOP)
        return home
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    (home / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return home


@pytest.fixture
def desktop_env(request: pytest.FixtureRequest, private_surroundings: Path) -> dict[str, str]:
    """The environment for a child process on the private desktop's screen.

    It has the desktop's own session bus and keyring, and a home folder of this test's own.
    """
    if not request.node.get_closest_marker("xvfb"):
        pytest.fail("a test with desktop_env needs @pytest.mark.xvfb")
    environment = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    return environment | {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}


@pytest.fixture(autouse=True)
def quiet_logs(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, private_surroundings: Path
) -> Iterator[None]:
    """Fails a test that logs a warning or an error it does not name with ``allowed_logs``."""
    yield
    allowed = [word for mark in request.node.iter_markers("allowed_logs") for word in mark.args]
    records = [each for when in ("setup", "call", "teardown") for each in caplog.get_records(when)]
    unexpected = unexpected_records(records, allowed)
    if unexpected:
        lines = [f"{each.name} {each.levelname}: {each.getMessage()}" for each in unexpected]
        pytest.fail("unexpected log records\n" + "\n".join(lines), pytrace=False)


@pytest.fixture(scope="session")
def loopback_guard() -> LoopbackOnly:
    """The one audit hook of this process; an audit hook cannot be removed."""
    return LoopbackOnly()


@pytest.fixture(autouse=True)
def loopback_only(loopback_guard: LoopbackOnly, quiet_logs: None) -> Iterator[None]:
    """Fails a test that tries to reach another machine."""
    loopback_guard.attempts.clear()
    yield
    if loopback_guard.attempts:
        pytest.fail("left the loopback: " + ", ".join(loopback_guard.attempts), pytrace=False)


@pytest.fixture(autouse=True)
def nothing_of_qt_left(request: pytest.FixtureRequest, loopback_only: None) -> Iterator[None]:
    """Fails a test with Qt that leaves a visible window, a running thread or an active timer."""
    if "qapp" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("qapp")
    from tests import qt_leaks

    before = qt_leaks.living()
    yield
    qt_leaks.settle()
    leaked = qt_leaks.leaks(before)
    if leaked:
        pytest.fail("left behind\n" + "\n".join(leaked), pytrace=False)


@pytest.fixture(scope="session")
def loop_runner(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    """The one event loop of this run: qasync's over Qt, or plain asyncio's where Qt is blocked."""
    if not request.config.pluginmanager.has_plugin("pytest-qt"):
        with asyncio.Runner() as runner:
            yield runner
        return
    qapp = request.getfixturevalue("qapp")
    from qasync import QEventLoop

    qapp.setQuitOnLastWindowClosed(False)
    with asyncio.Runner(loop_factory=lambda: QEventLoop(qapp)) as runner:
        yield runner


@pytest.fixture
def run(loop_runner: asyncio.Runner, nothing_of_qt_left: None) -> Iterator[Run]:
    """Runs coroutines one after another; fails a test that leaves a task pending at its end."""

    def run_one(coroutine: Coroutine[Any, Any, T], timeout: float = 10.0) -> T:
        async def limited() -> T:
            async with asyncio.timeout(timeout):
                return await coroutine

        return loop_runner.run(limited())

    yield run_one
    pending = asyncio.all_tasks(loop_runner.get_loop())
    names = [repr(task.get_coro()) for task in pending]
    loop_runner.run(_cancel(pending))
    if names:
        pytest.fail("left tasks pending\n" + "\n".join(names), pytrace=False)


async def _cancel(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
