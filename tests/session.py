"""Runs a command in a private Linux desktop on a virtual screen, and takes it down again.

    python -m tests.session COMMAND [ARGUMENT ...]

The desktop has an empty home folder, an X server with openbox, a session bus, the accessibility
bus, and an unlocked gnome-keyring. None of it is the user's own. ``SOUNDING_SESSION=1`` in the
environment tells the command that this is so.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

SCREEN = "1600x1000x24"
READY_TIMEOUT_S = 30.0

_OWN_DESKTOP = (
    *("WAYLAND_DISPLAY", "XAUTHORITY", "XDG_CURRENT_DESKTOP", "SESSION_MANAGER"),
    *("QT_QPA_PLATFORM", "QT_QPA_PLATFORMTHEME", "QT_STYLE_OVERRIDE", "QT_SCALE_FACTOR"),
)


class Desktop:
    """The processes of one private desktop.

    Attributes:
        environment: What a program needs to run in it; grows as the parts start.
    """

    def __init__(self, home: Path, log: IO[bytes], stack: contextlib.ExitStack) -> None:
        self.environment = _environment(home)
        self._home = home
        self._log = log
        self._stack = stack

    def start(self) -> None:
        """Starts every part in the order of their needs.

        Raises:
            TimeoutError: A part did not get ready.
        """
        screen = self._spawn("Xvfb", "-displayfd", "1", "-screen", "0", SCREEN)
        self.environment["DISPLAY"] = f":{_first_line(screen)}"
        bus = self._spawn("dbus-daemon", "--session", "--nofork", "--print-address=1")
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = _first_line(bus)
        keyring = self._spawn(
            "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"
        )
        with _stream(keyring.stdin) as password:
            password.write(b"sounding\n")
        is_managed = self._home / "openbox-is-ready"
        self._spawn("openbox", "--startup", f"touch {is_managed}")
        _wait_for("openbox", is_managed.exists)
        _wait_for("accessibility bus", self._has_accessibility)
        _wait_for("Secret Service", self._has_secrets)

    def _has_accessibility(self) -> bool:
        """Whether the accessibility bus is up; asking starts it."""
        question = ("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus.GetAddress")
        return b"unix:" in self._ask(*question)

    def _has_secrets(self) -> bool:
        """Whether the keyring has taken its name on the session bus."""
        question = ("org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner")
        return b"true" in self._ask(*question, "string:org.freedesktop.secrets")

    def _ask(self, destination: str, path: str, method: str, *arguments: str) -> bytes:
        """The answer to one method call on the session bus, empty if it failed."""
        call = ("dbus-send", "--session", "--print-reply", f"--dest={destination}", path, method)
        return subprocess.run(
            [*call, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=self._log,
            check=False,
        ).stdout

    def _spawn(self, *command: str) -> subprocess.Popen[bytes]:
        """Starts a part that ends, with everything it started, when the desktop does."""
        process = subprocess.Popen(
            command,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        self._stack.callback(_end, process)
        return process


@contextlib.contextmanager
def private_desktop() -> Iterator[dict[str, str]]:
    """The environment of a desktop that lasts as long as the ``with`` block."""
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sounding-")))
        log_file = home / "session.log"
        desktop = Desktop(home, stack.enter_context(log_file.open("wb")), stack)
        try:
            desktop.start()
        except TimeoutError:
            sys.stderr.write(log_file.read_text(errors="replace"))
            raise
        yield desktop.environment


def _environment(home: Path) -> dict[str, str]:
    """This process's environment with all that is the user's own desktop replaced."""
    environment = {name: value for name, value in os.environ.items() if name not in _OWN_DESKTOP}
    folders = {
        "HOME": home,
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "XDG_RUNTIME_DIR": home / ".run",
    }
    for name, folder in folders.items():
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        environment[name] = str(folder)
    return environment | {"LC_ALL": "C.UTF-8", "XDG_SESSION_TYPE": "x11", "SOUNDING_SESSION": "1"}


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    """A pipe that was asked for, so it is there."""
    if stream is None:
        raise ValueError("the process has no such pipe")
    return stream


def _first_line(process: subprocess.Popen[bytes]) -> str:
    """What a process says first, which is its address; it is ready then."""
    line = _stream(process.stdout).readline().decode().strip()
    if not line:
        raise TimeoutError(f"{process.args!r} ended before it was ready")
    return line


def _wait_for(name: str, is_ready: Callable[[], bool]) -> None:
    """Returns once the condition holds."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not is_ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{name} was not ready within {READY_TIMEOUT_S:.0f} s")
        time.sleep(0.02)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a part and what it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
            break
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def main(command: list[str]) -> int:
    """The exit code of `command`; 128 and the signal's number if a signal ended it."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with private_desktop() as environment:
        code = subprocess.run(command, env=environment, check=False).returncode
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
