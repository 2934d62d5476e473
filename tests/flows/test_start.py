"""The command line, the first paint, one process a folder, and leaving."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.flows.app import CANARY
from tests.flows.child import LIMIT_S, ROOT, Child
from tests.server import FaultServer

LATER = ("asyncio", "httpx", "httpcore", "keyring", "msgspec", "qasync", "importlib.metadata")
"""What the first paint has no need of; importing it would only make it late."""

HEAVY = ("ssl", "apsw", "pygments", "markdown_it", "ziamath", "platformdirs", "PySide6.QtNetwork")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the application to its end."""
    return subprocess.run(
        [sys.executable, "-m", "desktop", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def without_display() -> dict[str, str]:
    """An environment in which no window could be opened."""
    return {"QT_QPA_PLATFORM": "xcb", "DISPLAY": "", "WAYLAND_DISPLAY": ""}


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What was loaded at the first paint."""
    folder = tmp_path_factory.mktemp("start")
    trace = folder / "trace.json"
    environment = os.environ | {"SOUNDING_TRACE_START": str(trace)}
    command = [sys.executable, "-m", "desktop", "--data-dir", str(folder / "data")]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        deadline = time.monotonic() + LIMIT_S
        while not (trace.exists() and trace.stat().st_size):
            assert time.monotonic() < deadline, "nothing was painted"
            time.sleep(0.01)
        process.kill()
    loaded: dict[str, list[str]] = json.loads(trace.read_text("utf-8"))
    return loaded


@pytest.mark.parametrize("module", LATER)
def test_first_paint_does_without(painted: dict[str, list[str]], module: str) -> None:
    assert "PySide6.QtWidgets" in painted["modules"]
    assert module not in painted["modules"]


@pytest.mark.parametrize("module", [name for name in HEAVY if name != "apsw"])
def test_first_paint_does_without_what_is_heavy(painted: dict[str, list[str]], module: str) -> None:
    assert module not in painted["modules"]


def test_version_needs_no_display() -> None:
    done = run("--version", **without_display())
    assert done.returncode == 0
    assert done.stdout.startswith("Sounding ")
    assert done.stderr == ""


def test_help_needs_no_display() -> None:
    done = run("--help", **without_display())
    assert done.returncode == 0
    for option in ("--data-dir", "--base-url", "--demo", "--version", "--selftest", "--log-level"):
        assert option in done.stdout
    assert done.stderr == ""


def test_selftest_needs_no_display() -> None:
    done = run("--selftest", **without_display())
    assert done.returncode == 0, done.stdout + done.stderr


def test_unknown_option_is_refused() -> None:
    done = run("--nonsense")
    assert done.returncode == 2
    assert "--nonsense" in done.stderr


def test_a_second_start_with_the_same_folder_raises_the_first(
    server: FaultServer, tmp_path: Path
) -> None:
    with Child(tmp_path, server.url) as first:
        second = run("--data-dir", str(tmp_path), "--base-url", server.url)
        assert second.returncode == 0
        assert "already running" in second.stderr
        assert "brought to the front" in second.stderr
        assert str(tmp_path) in second.stderr
        assert first.order("names")["names"] == []
        first.kill()
    with Child(tmp_path, server.url) as third:
        assert third.terminate()[0] == 0


def test_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("not a folder")
    done = run("--data-dir", str(place))
    assert done.returncode == 1
    assert str(place) in done.stderr
    assert "Traceback" not in done.stderr


def test_folder_without_a_name_is_not_the_current_one() -> None:
    done = run("--data-dir", "")
    assert done.returncode == 2
    assert "name a folder" in done.stderr


@pytest.mark.parametrize("url", ["http://example.org", "nonsense", "http://user:word@localhost"])
def test_unusable_address_still_shows_the_history(tmp_path: Path, url: str) -> None:
    with Child(tmp_path, url) as child:
        assert child.order("names")["names"] == []
        status, _, errors = child.terminate()
    assert (status, errors) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_cleanly(
    server: FaultServer, tmp_path: Path, number: signal.Signals
) -> None:
    with Child(tmp_path, server.url) as child:
        child.order("key", CANARY)
        began = time.monotonic()
        child.process.send_signal(number)
        _, errors = child.process.communicate(timeout=LIMIT_S)
        assert time.monotonic() - began <= 2.0
    assert (child.process.returncode, errors) == (0, b"")


def test_signal_right_after_the_first_paint_ends_it(tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    command = [sys.executable, "-m", "desktop", "--data-dir", str(tmp_path / "data")]
    environment = os.environ | {"SOUNDING_TRACE_START": str(trace)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + LIMIT_S
        while not trace.exists():
            assert time.monotonic() < deadline, "nothing was painted"
        process.terminate()
        _, errors = process.communicate(timeout=LIMIT_S)
    assert process.returncode in (0, -signal.SIGTERM)
    assert b"Traceback" not in errors
    assert run("--data-dir", str(tmp_path / "data"), "--version").returncode == 0


def test_base_url_may_end_in_v1(server: FaultServer, tmp_path: Path) -> None:
    with Child(tmp_path, f"{server.url}/v1/") as child:
        child.order("key", CANARY)
        child.order("send", "markdown")
        names = child.order("wait")["names"]
    assert names[1].startswith("Assistant: This is a canned demo reply")
    assert server.posts()[0].path == "/v1/chat/completions"


@pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be halted")
def test_a_second_start_does_not_wait_for_a_first_that_hangs(
    server: FaultServer, tmp_path: Path
) -> None:
    with Child(tmp_path, server.url) as first:
        os.kill(first.process.pid, signal.SIGSTOP)
        second = run("--data-dir", str(tmp_path), "--base-url", server.url)
        os.kill(first.process.pid, signal.SIGCONT)
        assert second.returncode == 1
        assert "already running" in second.stderr
        assert "brought to the front" not in second.stderr
