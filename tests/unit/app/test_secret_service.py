"""The real Secret Service of Linux: unlocked, locked, mute, asking, and not there at all."""

import asyncio
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from desktop import log
from desktop.credentials import SERVICE, Keyring, KeyringCredentials, system_keyring
from desktop.domain.errors import CredentialError
from desktop.domain.keys import KeyringState, KeySource, SecretKey

OTHER = "https://gw.example"
KEY = SecretKey("canary-0123456789abcdef")
SECOND = SecretKey("second-0123456789abcdef")
T = TypeVar("T")

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="needs the private desktop of tests/session.py"
)


def go(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    join_keyring_thread()
    for key in (KEY, SECOND):
        log.forget_secret(key.reveal())


def join_keyring_thread() -> None:
    for thread in threading.enumerate():
        if thread.name == "keyring":
            thread.join(5)
            assert not thread.is_alive()


@pytest.fixture
def private_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session bus on which nothing runs and nothing can be started."""
    config = tmp_path / "bus.conf"
    config.write_text(
        "<busconfig><type>session</type><auth>EXTERNAL</auth>"
        f"<listen>unix:path={tmp_path}/bus</listen>"
        '<policy context="default"><allow send_destination="*" eavesdrop="true"/>'
        '<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>'
    )
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", daemon.stdout.readline().strip())
        yield
        daemon.terminate()
    join_keyring_thread()


class ScriptedService:
    """Owns the Secret Service's name; has one locked collection and a prompt.

    Attributes:
        mute: Answers nothing at all.
        dismiss_after_s: When the prompt is dismissed; None for never.
        asked: Names of the methods that were called.
    """

    def __init__(self, *, mute: bool, dismiss_after_s: float | None = None) -> None:
        from jeepney import message_bus
        from jeepney.io.blocking import Proxy, open_dbus_connection

        self.mute = mute
        self.dismiss_after_s = dismiss_after_s
        self.asked: list[str] = []
        self._bus = open_dbus_connection()
        Proxy(message_bus, self._bus).RequestName("org.freedesktop.secrets")
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._bus.sock.shutdown(2)
        self._thread.join(5)
        self._bus.close()

    def _serve(self) -> None:
        from jeepney import HeaderFields, MessageType

        while True:
            try:
                message = self._bus.receive()
            except (OSError, ValueError):
                return
            if message.header.message_type is MessageType.method_call and not self.mute:
                self._reply(message, message.header.fields[HeaderFields.member])

    def _reply(self, message: Any, member: str) -> None:
        from jeepney import DBusAddress, new_method_return, new_signal

        self.asked.append(member)
        prompt = "/org/freedesktop/secrets/prompt/1"
        answers: dict[str, tuple[str, tuple[object, ...]]] = {
            "ReadAlias": ("o", ("/org/freedesktop/secrets/collection/login",)),
            "Get": ("v", (("b", True),)),
            "Unlock": ("aoo", ([], prompt)),
            "Prompt": ("", ()),
        }
        signature, body = answers[member]
        if member == "Get" and message.body[1] == "Label":
            body = (("s", "Login"),)
        self._bus.send(new_method_return(message, signature or None, body))
        if member == "Prompt" and self.dismiss_after_s is not None:
            threading.Event().wait(self.dismiss_after_s)  # as long as a person takes
            emitter = DBusAddress(prompt, interface="org.freedesktop.Secret.Prompt")
            self._bus.send(new_signal(emitter, "Completed", "bv", (True, ("ao", []))))


@linux_only
@pytest.mark.usefixtures("private_bus")
def test_a_bus_without_a_keyring_is_absent() -> None:
    credentials = KeyringCredentials(environ={})
    assert go(credentials.load(OTHER)).state is KeyringState.ABSENT
    with pytest.raises(CredentialError, match="No keyring is running here"):
        go(credentials.save(OTHER, KEY))
    assert credentials.current(OTHER) == KEY
    assert go(credentials.remove(OTHER)).source is KeySource.NONE


@linux_only
def test_no_bus_at_all_is_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    assert go(KeyringCredentials(environ={}).load(OTHER)).state is KeyringState.ABSENT
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    assert go(KeyringCredentials(environ={}).load(OTHER)).state is KeyringState.ABSENT


@linux_only
@pytest.mark.usefixtures("private_bus")
def test_a_mute_secret_service_does_not_hold_the_loop_up() -> None:
    service = ScriptedService(mute=True)

    async def story() -> int:
        credentials = KeyringCredentials(environ={}, soft_limit_s=0.3)
        turns = 0
        async with asyncio.TaskGroup() as group:
            loading = group.create_task(credentials.load(OTHER))
            while not loading.done():
                await asyncio.sleep(0.01)
                turns += 1
        assert loading.result().state is KeyringState.TIMEOUT
        with pytest.raises(CredentialError, match="does not answer"):
            await credentials.save(OTHER, KEY)
        assert credentials.current(OTHER) == KEY
        return turns

    assert go(story()) >= 5
    service.close()


@linux_only
@pytest.mark.usefixtures("private_bus")
@pytest.mark.parametrize(
    ("dismiss_after_s", "state"),
    [(0.0, KeyringState.LOCKED), (0.5, KeyringState.DENIED), (None, KeyringState.TIMEOUT)],
    ids=["prompt cannot be shown", "prompt dismissed", "prompt left open"],
)
def test_a_locked_collection(dismiss_after_s: float | None, state: KeyringState) -> None:
    service = ScriptedService(mute=False, dismiss_after_s=dismiss_after_s)
    status = go(KeyringCredentials(environ={}, soft_limit_s=2).load(OTHER))
    assert (status.source, status.state) == (KeySource.NONE, state)
    assert service.asked.count("Prompt") == 1
    assert "CreateCollection" not in service.asked
    service.close()


# The real gnome-keyring


@pytest.fixture
def origin() -> Iterator[str]:
    origin = f"https://{uuid.uuid4().hex}.example"
    yield origin
    go(KeyringCredentials(environ={}).remove(origin))


@pytest.mark.keyring
def test_a_real_keyring_keeps_replaces_and_removes_a_key(origin: str) -> None:
    go(KeyringCredentials(environ={}).save(origin, SECOND))
    assert go(KeyringCredentials(environ={}).save(origin, KEY)).source is KeySource.KEYRING
    later = KeyringCredentials(environ={})
    assert go(later.load(origin)).prefix == KEY.prefix
    assert later.current(origin) == KEY
    assert go(later.remove(origin)).state is KeyringState.READY
    assert go(KeyringCredentials(environ={}).load(origin)).source is KeySource.NONE


@pytest.mark.keyring
def test_variables_cannot_choose_another_keyring(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    go(KeyringCredentials(environ={}).save(origin, KEY))
    keyring: Keyring = system_keyring()
    assert keyring.get_password(SERVICE, origin) == KEY.reveal()


@pytest.fixture
def own_keyring(private_bus: None, tmp_path: Path) -> Iterator[None]:
    """A gnome-keyring of this test's own, unlocked, that has no way to show a prompt."""
    command = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **home},
    ) as daemon:
        assert daemon.stdin is not None
        daemon.stdin.write(b"sounding\n")
        daemon.stdin.close()
        wait_for_service()
        yield
        daemon.terminate()


def wait_for_service() -> None:
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        for _ in range(500):
            if secretstorage.check_service_availability(bus):
                return
            threading.Event().wait(0.02)
    pytest.fail("gnome-keyring did not start")


@pytest.mark.keyring
@pytest.mark.usefixtures("own_keyring")
def test_a_real_locked_keyring_gives_no_key_and_loses_none() -> None:
    import secretstorage

    go(KeyringCredentials(environ={}).save(OTHER, KEY))
    with closing(secretstorage.dbus_init()) as bus:
        secretstorage.get_collection_by_alias(bus, "default").lock()
    locked = KeyringCredentials(environ={})
    status = go(locked.load(OTHER))
    assert (status.source, status.state) == (KeySource.NONE, KeyringState.LOCKED)
    with pytest.raises(CredentialError, match="locked"):
        go(locked.save(OTHER, SECOND))
    assert locked.current(OTHER) == SECOND
    with pytest.raises(CredentialError, match="may still be in the keyring"):
        go(locked.remove(OTHER))


@pytest.mark.keyring
def test_a_real_keyring_emptied_outside_costs_nothing_in_memory(own_keyring: None) -> None:
    import secretstorage

    credentials = KeyringCredentials(environ={})
    go(credentials.save(OTHER, KEY))
    with closing(secretstorage.dbus_init()) as bus:
        secretstorage.get_collection_by_alias(bus, "default").delete()
    assert go(credentials.load(OTHER)).source is KeySource.KEYRING
    assert credentials.current(OTHER) == KEY
    assert go(KeyringCredentials(environ={}).load(OTHER)).source is KeySource.NONE
