"""The key lives in the keyring or in memory, and no keyring can hold the application up."""

import asyncio
import importlib
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from desktop import log
from desktop.core.ports import CredentialStore
from desktop.credentials import SERVICE, KeyringCredentials
from desktop.domain.errors import CredentialError
from desktop.domain.keys import DEFAULT_ORIGIN, KeyringState, KeySource, KeyStatus, SecretKey

OTHER = "https://gw.example"
KEY = SecretKey("canary-0123456789abcdef")
SECOND = SecretKey("second-0123456789abcdef")
T = TypeVar("T")


def go(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


class FakeKeyring:
    """A keyring in memory whose answers can be held back.

    Attributes:
        entries: What is stored, by service and user name.
        gate: Calls wait until it is set.
        entered: Set when a call has begun.
        calls: Names of the calls, in order.
        error: Raised by every call, if there is one.
    """

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.calls: list[str] = []
        self.error: Exception | None = None
        self.most_at_once = 0
        self._at_once = 0

    def get_password(self, service: str, username: str, /) -> str | None:
        self._answer("get")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str, /) -> None:
        self._answer("set")
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str, /) -> None:
        self._answer("delete")
        del self.entries[service, username]

    def _answer(self, name: str) -> None:
        self.calls.append(name)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        self.entered.set()
        self.gate.wait()
        self._at_once -= 1
        if self.error is not None:
            raise self.error


@pytest.fixture
def fake() -> Iterator[FakeKeyring]:
    fake = FakeKeyring()
    yield fake
    fake.gate.set()
    for thread in threading.enumerate():
        if thread.name == "keyring":
            thread.join(5)


@pytest.fixture(autouse=True)
def nothing_registered() -> Iterator[None]:
    yield
    for key in (KEY, SECOND):
        log.forget_secret(key.reveal())


def store(
    fake: FakeKeyring,
    environ: dict[str, str] | None = None,
    soft_limit_s: float = 5.0,
    changed: Callable[[str, KeyStatus], None] | None = None,
) -> KeyringCredentials:
    return KeyringCredentials(
        open_keyring=lambda: fake,
        environ=environ or {},
        soft_limit_s=soft_limit_s,
        changed=changed,
    )


def test_it_is_a_credential_store(fake: FakeKeyring) -> None:
    port: CredentialStore = store(fake)
    assert port.current(OTHER) is None
    assert port.status(OTHER).source is KeySource.NONE
    assert port.status(OTHER).state is KeyringState.UNKNOWN
    assert port.status(OTHER).backend
    assert fake.calls == []


def test_an_empty_keyring_is_ready_and_has_no_key(fake: FakeKeyring) -> None:
    status = go(store(fake).load(OTHER))
    assert (status.source, status.state, status.prefix) == (KeySource.NONE, KeyringState.READY, "")


def test_a_saved_key_is_read_back_and_found_by_the_next_run(fake: FakeKeyring) -> None:
    status = go(store(fake).save(OTHER, KEY))
    assert (status.source, status.state) == (KeySource.KEYRING, KeyringState.READY)
    assert status.prefix == "canary-0"
    assert fake.calls == ["set", "get"]
    assert fake.entries == {("Sounding", OTHER): KEY.reveal()}
    again = store(fake)
    assert go(again.load(OTHER)) == status
    assert again.current(OTHER) == KEY


def test_a_key_belongs_to_its_origin_only(fake: FakeKeyring) -> None:
    credentials = store(fake)
    go(credentials.save(OTHER, KEY))
    assert credentials.current(DEFAULT_ORIGIN) is None
    assert go(credentials.load(DEFAULT_ORIGIN)).source is KeySource.NONE


def test_a_key_in_memory_is_not_asked_for_again(fake: FakeKeyring) -> None:
    credentials = store(fake)
    fake.entries[SERVICE, OTHER] = KEY.reveal()
    go(credentials.load(OTHER))
    fake.entries.clear()
    fake.error = RuntimeError("the bus is gone")
    assert go(credentials.load(OTHER)).source is KeySource.KEYRING
    assert fake.calls == ["get"]


def test_an_entry_deleted_outside_is_asked_for_again(fake: FakeKeyring) -> None:
    assert go(store(fake).load(OTHER)).source is KeySource.NONE
    assert "delete" not in fake.calls
    assert "set" not in fake.calls


def test_an_unusable_entry_is_no_key_and_says_why(fake: FakeKeyring) -> None:
    fake.entries[SERVICE, OTHER] = "canary with blanks"
    status = go(store(fake).load(OTHER))
    assert status.source is KeySource.NONE
    assert "blanks" in status.reason
    assert "canary" not in repr(status)
    log.forget_secret("canary with blanks")


def test_the_environments_key_is_used_for_the_default_origin_and_never_stored(
    fake: FakeKeyring,
) -> None:
    credentials = store(fake, {"AIML_API_KEY": f" {KEY.reveal()}\n"})
    assert go(credentials.load(DEFAULT_ORIGIN)).source is KeySource.ENVIRONMENT
    assert credentials.current(DEFAULT_ORIGIN) == KEY
    assert fake.calls == []
    assert go(credentials.load(OTHER)).source is KeySource.NONE
    assert credentials.current(OTHER) is None
    assert fake.entries == {}


@pytest.mark.allowed_logs("AIML_API_KEY is not usable")
def test_an_unusable_key_in_the_environment_leaves_the_keyrings(
    fake: FakeKeyring, caplog: pytest.LogCaptureFixture
) -> None:
    fake.entries[SERVICE, DEFAULT_ORIGIN] = KEY.reveal()
    credentials = store(fake, {"AIML_API_KEY": "<YOUR_AIMLAPI_KEY>"})
    assert go(credentials.load(DEFAULT_ORIGIN)).source is KeySource.KEYRING
    assert "AIML_API_KEY is not usable" in caplog.text


def test_a_key_for_this_run_is_not_stored(fake: FakeKeyring) -> None:
    credentials = store(fake)
    status = go(credentials.use_for_session(OTHER, KEY))
    assert status.source is KeySource.SESSION
    assert credentials.current(OTHER) == KEY
    assert fake.calls == []


def test_removing_forgets_the_key_everywhere(fake: FakeKeyring) -> None:
    credentials = store(fake, {"AIML_API_KEY": SECOND.reveal()})
    go(credentials.save(DEFAULT_ORIGIN, KEY))
    assert log.scrub(KEY.reveal()) != KEY.reveal()
    status = go(credentials.remove(DEFAULT_ORIGIN))
    assert (status.source, status.prefix) == (KeySource.NONE, "")
    assert credentials.current(DEFAULT_ORIGIN) is None
    assert fake.entries == {}
    assert log.scrub(KEY.reveal()) == KEY.reveal()
    assert go(credentials.load(DEFAULT_ORIGIN)).source is KeySource.NONE


def test_a_key_that_another_origin_still_uses_stays_out_of_the_log(fake: FakeKeyring) -> None:
    credentials = store(fake)
    go(credentials.use_for_session(OTHER, KEY))
    go(credentials.use_for_session(DEFAULT_ORIGIN, KEY))
    go(credentials.remove(OTHER))
    assert log.scrub(KEY.reveal()) == "[hidden]"


def test_a_removal_that_fails_clears_memory_and_says_so(fake: FakeKeyring) -> None:
    credentials = store(fake)
    go(credentials.save(OTHER, KEY))
    fake.error = RuntimeError("broken")
    with pytest.raises(CredentialError, match="may still be in the keyring"):
        go(credentials.remove(OTHER))
    assert credentials.current(OTHER) is None
    assert credentials.status(OTHER).source is KeySource.NONE


def test_what_reads_back_differently_is_an_error_and_the_key_stays_for_the_run(
    fake: FakeKeyring,
) -> None:
    fake.set_password = lambda *_args: None  # type: ignore[method-assign]
    credentials = store(fake)
    with pytest.raises(CredentialError) as caught:
        go(credentials.save(OTHER, KEY))
    assert KEY.reveal() not in f"{caught.value!r} {vars(caught.value)}"
    assert credentials.current(OTHER) == KEY
    assert credentials.status(OTHER).source is KeySource.SESSION
    assert credentials.status(OTHER).state is KeyringState.UNSAFE
    assert credentials.status(OTHER).reason


@pytest.mark.parametrize("name", ["null", "fail"])
def test_a_keyring_that_keeps_nothing_is_unsafe(name: str) -> None:
    module = importlib.import_module(f"keyring.backends.{name}")
    credentials = KeyringCredentials(open_keyring=module.Keyring, environ={})
    assert go(credentials.load(OTHER)).state is KeyringState.UNSAFE
    with pytest.raises(CredentialError, match="would not keep a key safe"):
        go(credentials.save(OTHER, KEY))
    assert credentials.status(OTHER).source is KeySource.SESSION
    assert go(credentials.remove(OTHER)).source is KeySource.NONE


def errors_of_libraries() -> list[tuple[Exception, KeyringState]]:
    from keyring import errors

    made = errors.InitError("Failed to create the collection: Prompt dismissed.")
    made.__cause__ = type("PromptDismissedException", (Exception,), {})()
    return [
        (errors.NoKeyringError("none"), KeyringState.ABSENT),
        (ImportError("no backend"), KeyringState.ABSENT),
        (FileNotFoundError("no bus"), KeyringState.ABSENT),
        (errors.KeyringLocked("dismissed"), KeyringState.DENIED),
        (made, KeyringState.DENIED),
        (type("LockedException", (Exception,), {})(), KeyringState.LOCKED),
        (TimeoutError(), KeyringState.TIMEOUT),
        (ValueError("anything"), KeyringState.UNKNOWN),
    ]


@pytest.mark.parametrize(("error", "state"), errors_of_libraries(), ids=repr)
def test_each_failure_is_a_state_of_its_own(
    fake: FakeKeyring, error: Exception, state: KeyringState
) -> None:
    fake.error = error
    status = go(store(fake).load(OTHER))
    assert (status.source, status.state) == (KeySource.NONE, state)
    assert "for this run only" in status.reason
    with pytest.raises(CredentialError):
        go(store(fake).save(OTHER, KEY))


def test_the_key_is_in_no_log_exception_or_text(
    fake: FakeKeyring, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.error = RuntimeError(f"could not store {KEY.reveal()}")
    credentials = store(fake)
    with pytest.raises(CredentialError) as caught:
        go(credentials.save(OTHER, KEY))
    error = caught.value
    shown = [caplog.text, repr(error), repr(vars(error)), repr(credentials.status(OTHER))]
    shown += [repr(vars(credentials)), repr(error.__cause__), repr(error.__context__)]
    assert all(KEY.reveal() not in text for text in shown)
    assert "[hidden]" in error.detail


def test_a_silent_keyring_costs_the_soft_limit_and_its_late_answer_is_taken(
    fake: FakeKeyring,
) -> None:
    async def story() -> None:
        told: asyncio.Queue[KeyStatus] = asyncio.Queue()
        credentials = store(
            fake, soft_limit_s=0.05, changed=lambda _origin, status: told.put_nowait(status)
        )
        fake.entries[SERVICE, OTHER] = KEY.reveal()
        fake.gate.clear()
        assert (await credentials.load(OTHER)).state is KeyringState.TIMEOUT
        assert (await credentials.load(OTHER)).state is KeyringState.TIMEOUT
        assert fake.calls == ["get"]
        fake.gate.set()
        while (await told.get()).source is not KeySource.KEYRING:
            pass
        assert credentials.current(OTHER) == KEY

    go(story())


def test_a_late_answer_does_not_replace_a_key_entered_meanwhile(fake: FakeKeyring) -> None:
    async def story() -> None:
        credentials = store(fake, soft_limit_s=5)
        fake.entries[SERVICE, OTHER] = KEY.reveal()
        fake.gate.clear()
        async with asyncio.TaskGroup() as group:
            loading = group.create_task(credentials.load(OTHER))
            await asyncio.to_thread(fake.entered.wait)
            await credentials.use_for_session(OTHER, SECOND)
            fake.gate.set()
        assert loading.result().source is KeySource.SESSION
        assert credentials.current(OTHER) == SECOND

    go(story())


def test_waiting_can_be_cancelled_and_the_next_call_joins(fake: FakeKeyring) -> None:
    async def story() -> None:
        credentials = store(fake)
        fake.entries[SERVICE, OTHER] = KEY.reveal()
        fake.gate.clear()
        loading = asyncio.ensure_future(credentials.load(OTHER))
        await asyncio.to_thread(fake.entered.wait)
        loading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loading
        fake.gate.set()
        assert (await credentials.load(OTHER)).source is KeySource.KEYRING
        assert fake.calls == ["get"]

    go(story())


def test_a_save_that_waits_its_turn_in_vain_never_happens(fake: FakeKeyring) -> None:
    async def story() -> None:
        credentials = store(fake, soft_limit_s=0.05)
        fake.gate.clear()
        await credentials.load(OTHER)
        with pytest.raises(CredentialError, match="does not answer"):
            await credentials.save(OTHER, KEY)
        status = credentials.status(OTHER)
        assert (status.source, status.state) == (KeySource.SESSION, KeyringState.TIMEOUT)
        fake.gate.set()
        await asyncio.to_thread(join_keyring_thread)
        assert fake.calls == ["get"]
        assert fake.entries == {}

    go(story())


def test_a_save_that_ends_late_is_known_as_saved(fake: FakeKeyring) -> None:
    async def story() -> None:
        saved = asyncio.Event()
        credentials = store(
            fake,
            soft_limit_s=0.05,
            changed=lambda _origin, status: (
                saved.set() if status.source is KeySource.KEYRING else None
            ),
        )
        fake.gate.clear()
        with pytest.raises(CredentialError):
            await credentials.save(OTHER, KEY)
        fake.gate.set()
        await saved.wait()
        assert credentials.status(OTHER).reason == ""

    go(story())


def join_keyring_thread() -> None:
    for thread in threading.enumerate():
        if thread.name == "keyring":
            thread.join(5)


def test_calls_into_the_keyring_never_overlap(fake: FakeKeyring) -> None:
    async def story() -> None:
        credentials = store(fake)
        async with asyncio.TaskGroup() as group:
            for number in range(8):
                group.create_task(credentials.save(f"https://{number}.example", KEY))

    go(story())
    assert fake.most_at_once == 1
    assert len(fake.entries) == 8


def test_the_thread_ends_when_there_is_nothing_to_do(fake: FakeKeyring) -> None:
    go(store(fake).load(OTHER))
    join_keyring_thread()
    assert not any(thread.name == "keyring" for thread in threading.enumerate())


def test_quitting_does_not_wait_for_the_keyring() -> None:
    script = (
        "import asyncio, threading\n"
        "from desktop.credentials import KeyringCredentials\n"
        "class Mute:\n"
        "    def get_password(self, *_): threading.Event().wait()\n"
        "credentials = KeyringCredentials(open_keyring=Mute, environ={}, soft_limit_s=0.05)\n"
        "print(asyncio.run(credentials.load('https://x.example')).state)\n"
    )
    command = [sys.executable, "-B", "-c", script]
    out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert out.stdout.strip() == "timeout"
    assert out.stderr == ""


def test_an_answer_after_the_loop_has_ended_is_dropped(fake: FakeKeyring) -> None:
    fake.gate.clear()
    credentials = store(fake, soft_limit_s=0.05)
    go(credentials.load(OTHER))
    fake.gate.set()
    join_keyring_thread()
    assert credentials.current(OTHER) is None


def test_importing_does_not_import_keyring() -> None:
    script = "import sys, desktop.credentials; print('keyring' in sys.modules)"
    command = [sys.executable, "-B", "-c", script]
    out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert out.stdout.strip() == "False"
