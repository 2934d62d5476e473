"""API keys in the operating system's keyring, asked from a thread that nobody waits for.

A keyring may answer late, after a question to the user, or never. So each call has a soft
limit: when it is over, the caller goes on, and an answer that comes later is taken over if
nothing else happened to the key meanwhile. Nothing here keeps a key anywhere but in the
keyring and in memory, and no backend is taken from a variable or a configuration file.
"""

import asyncio
import contextlib
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from desktop import log
from desktop.domain.errors import CredentialError
from desktop.domain.keys import (
    DEFAULT_ORIGIN,
    KeyringState,
    KeySource,
    KeyStatus,
    SecretKey,
)

SERVICE = "Sounding"
"""The service name of every entry; the user name is the origin the key belongs to."""

ENVIRONMENT_VARIABLE = "AIML_API_KEY"
SOFT_LIMIT_S = 10.0
PROMPT_LIMIT_S = 120.0
"""After this an unlock prompt that nobody answers is taken away again."""

_FASTEST_REFUSAL_S = 0.3
"""Nobody answers a prompt faster; it could not be shown (measured: 0.04 s without a prompter)."""

_MAX_DUPLICATES = 8
_log = logging.getLogger(__name__)

_REASONS = {
    KeyringState.ABSENT: "No keyring is running here.",
    KeyringState.LOCKED: "The keyring is locked. Unlock it and try again.",
    KeyringState.DENIED: "Access to the keyring was refused.",
    KeyringState.TIMEOUT: "The keyring does not answer.",
    KeyringState.UNSAFE: "The keyring found here would not keep a key safe.",
    KeyringState.UNKNOWN: "The keyring failed.",
}
_THIS_RUN = " The key can be used for this run only."

_STATE_OF_ERROR = {
    "KeyringLocked": KeyringState.DENIED,  # what keyring says after a refusal
    "KeychainDenied": KeyringState.DENIED,
    "PromptDismissedException": KeyringState.DENIED,
    "LockedException": KeyringState.LOCKED,
    "TimeoutError": KeyringState.TIMEOUT,
    "NoKeyringError": KeyringState.ABSENT,
    "SecretServiceNotAvailableException": KeyringState.ABSENT,
    "ImportError": KeyringState.ABSENT,
    "OSError": KeyringState.ABSENT,
}
"""By class name, since which of their modules exist depends on the platform."""

_UNSAFE_MODULES = ("keyring.backends.null", "keyring.backends.fail", "keyrings.")


class Keyring(Protocol):
    """The part of keyring's backends that is used here; every call may block without limit."""

    def get_password(self, service: str, username: str, /) -> str | None:
        """The stored password, or None."""

    def set_password(self, service: str, username: str, password: str, /) -> None:
        """Stores a password, in the place of an older one."""

    def delete_password(self, service: str, username: str, /) -> None:
        """Deletes a stored password."""


def system_keyring() -> Keyring:
    """The operating system's own keyring; raises anything where there is none."""
    if sys.platform == "win32":
        from keyring.backends.Windows import WinVaultKeyring

        vault = WinVaultKeyring()
        vault.persist = "local machine"  # the default roams to other computers
        return vault
    if sys.platform == "darwin":
        from keyring.backends.macOS import Keyring as Keychain

        return Keychain()
    return _SecretService()


class KeyringCredentials:
    """The keys of this user, one for each origin, cached in memory for the run.

    Belongs to the thread of the event loop; only the calls into the keyring run elsewhere,
    one at a time. Cancelling a call here leaves a call into the keyring alone.
    """

    def __init__(
        self,
        *,
        open_keyring: Callable[[], Keyring] = system_keyring,
        environ: Mapping[str, str] = os.environ,
        soft_limit_s: float = SOFT_LIMIT_S,
        changed: Callable[[str, KeyStatus], None] | None = None,
    ) -> None:
        """Asks nothing yet.

        Args:
            open_keyring: Gives the keyring; called in the keyring's thread.
            environ: Where the environment's key is looked up.
            soft_limit_s: How long a caller waits for one answer.
            changed: Told each new status and its origin, also when an answer comes late.
        """
        self._vault = _Vault(open_keyring)
        self._thread = _KeyringThread()
        self._environ = environ
        self._environment_is_used = True
        self._soft_limit_s = soft_limit_s
        self._changed = changed
        self._keys: dict[str, SecretKey] = {}
        self._statuses: dict[str, KeyStatus] = {}
        self._revisions: dict[str, int] = {}
        self._reading: dict[str, _Call] = {}

    def current(self, origin: str) -> SecretKey | None:
        """The key in memory; never asks the keyring."""
        return self._keys.get(origin)

    def status(self, origin: str) -> KeyStatus:
        """What is known without asking the keyring."""
        return self._statuses.get(origin) or KeyStatus(backend=_backend_name())

    async def load(self, origin: str) -> KeyStatus:
        """The status after looking in memory, in the environment and in the keyring.

        A second call joins one that is still waiting, so that the user is asked once.
        """
        if origin in self._keys or self._take_from_environment(origin):
            return self.status(origin)
        call = self._reading.get(origin)
        if call is None:
            call = self._submit(partial(self._vault.read, origin))
            self._reading[origin] = call
            note = partial(self._on_read, origin, self._revisions.get(origin, 0))
            call.answer.add_done_callback(lambda future: note(future.result()))
        await asyncio.wait({call.answer}, timeout=self._soft_limit_s)
        if not call.answer.done() and origin not in self._keys:
            self._tell(origin, _failed(KeyringState.TIMEOUT))
        return self.status(origin)

    async def save(self, origin: str, key: SecretKey) -> KeyStatus:
        """The status after storing the key in the keyring and reading it back.

        The key is in use from the start, and stays so for this run if storing fails or is
        cancelled.

        Raises:
            CredentialError: The keyring did not store it.
        """
        revision = self._hold(origin, key)
        call = self._submit(partial(self._vault.write, origin, key))
        note = partial(self._on_written, origin, revision, key)
        call.answer.add_done_callback(lambda future: note(future.result()))
        answer = await self._finish(call)
        if not call.answer.done():
            note(answer)
        if answer.state is not KeyringState.READY:
            raise _error("The key was not stored.", answer, _THIS_RUN)
        return self.status(origin)

    async def use_for_session(self, origin: str, key: SecretKey) -> KeyStatus:
        """The status after taking a key for this run only; never asks the keyring."""
        self._hold(origin, key)
        return self.status(origin)

    async def remove(self, origin: str) -> KeyStatus:
        """The status after forgetting the key in memory and deleting it from the keyring.

        A key in the environment is not used again in this run.

        Raises:
            CredentialError: The keyring may still hold it; memory does not.
        """
        self._forget(origin)
        answer = await self._finish(self._submit(partial(self._vault.delete, origin)))
        if answer.state not in (KeyringState.READY, KeyringState.ABSENT, KeyringState.UNSAFE):
            raise _error("The key may still be in the keyring.", answer)
        if origin not in self._keys:
            self._tell(origin, KeyStatus(state=answer.state))
        return self.status(origin)

    def _take_from_environment(self, origin: str) -> bool:
        """Whether the environment gave a usable key for this origin."""
        text = self._environ.get(ENVIRONMENT_VARIABLE, "")
        if origin != DEFAULT_ORIGIN or not text or not self._environment_is_used:
            return False
        log.register_secret(text.strip())
        try:
            key = SecretKey(text)
        except CredentialError as error:
            _log.warning("%s is not usable: %s", ENVIRONMENT_VARIABLE, error.user_text)
            return False
        self._set(origin, key, KeyStatus(KeySource.ENVIRONMENT, self.status(origin).state))
        return True

    def _hold(self, origin: str, key: SecretKey) -> int:
        """Takes a key into memory for this run and gives the revision this makes."""
        revision = self._revise(origin)
        self._set(origin, key, KeyStatus(KeySource.SESSION, self.status(origin).state))
        return revision

    def _forget(self, origin: str) -> None:
        """Removes a key from memory and, unless another origin has it, from the log's list."""
        self._revise(origin)
        if origin == DEFAULT_ORIGIN:
            self._environment_is_used = False
        key = self._keys.pop(origin, None)
        if key is not None and key not in self._keys.values():
            log.forget_secret(key.reveal())
        self._tell(origin, KeyStatus(state=self.status(origin).state))

    def _revise(self, origin: str) -> int:
        """A new revision: answers to earlier calls no longer change the key in memory."""
        self._revisions[origin] = self._revisions.get(origin, 0) + 1
        self._reading.pop(origin, None)
        return self._revisions[origin]

    def _set(self, origin: str, key: SecretKey, status: KeyStatus) -> None:
        log.register_secret(key.reveal())
        self._keys[origin] = key
        self._tell(origin, replace(status, prefix=key.prefix))

    def _tell(self, origin: str, status: KeyStatus) -> None:
        self._statuses[origin] = replace(status, backend=_backend_name())
        if self._changed is not None:
            self._changed(origin, self._statuses[origin])

    def _on_read(self, origin: str, revision: int, answer: "_Answer") -> None:
        if self._revisions.get(origin, 0) != revision:
            return
        self._reading.pop(origin, None)
        if answer.key is not None:
            self._set(origin, answer.key, KeyStatus(KeySource.KEYRING, answer.state))
        elif answer.state is KeyringState.READY:
            self._tell(origin, KeyStatus(state=answer.state, reason=answer.detail))
        else:
            self._tell(origin, _failed(answer.state))

    def _on_written(self, origin: str, revision: int, key: SecretKey, answer: "_Answer") -> None:
        if self._revisions.get(origin, 0) != revision:
            return
        if answer.state is KeyringState.READY:
            self._set(origin, key, KeyStatus(KeySource.KEYRING, answer.state))
        else:
            self._set(origin, key, replace(_failed(answer.state), source=KeySource.SESSION))

    def _submit(self, work: "Callable[[], _Answer]") -> "_Call":
        call = _Call(partial(_answered, work))
        self._thread.submit(call)
        return call

    async def _finish(self, call: "_Call") -> "_Answer":
        """The answer to a write, or TIMEOUT; a write whose turn has not come is taken back."""
        try:
            await asyncio.wait({call.answer}, timeout=self._soft_limit_s)
        finally:
            call.drop()
        if call.answer.done():
            return call.answer.result()
        return _Answer(KeyringState.TIMEOUT, detail="no answer within the limit")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one call into the keyring came to.

    Attributes:
        state: READY, or why it failed.
        key: The key that was read.
        detail: What happened, scrubbed.
    """

    state: KeyringState
    key: SecretKey | None = None
    detail: str = ""


class _RefusedError(Exception):
    """The keyring cannot be used now; carries the state to report."""

    def __init__(self, state: KeyringState) -> None:
        super().__init__(state.value)
        self.state = state


class _Vault:
    """The blocking calls, for the keyring's thread; they raise whatever the keyring raises."""

    def __init__(self, open_keyring: Callable[[], Keyring]) -> None:
        self._open = open_keyring
        self._keyring: Keyring | None = None

    def read(self, origin: str) -> _Answer:
        return _usable(self._opened().get_password(SERVICE, origin))

    def write(self, origin: str, key: SecretKey) -> _Answer:
        keyring = self._opened()
        keyring.set_password(SERVICE, origin, key.reveal())
        if keyring.get_password(SERVICE, origin) != key.reveal():
            return _Answer(KeyringState.UNSAFE, detail="what was read back differs")
        return _Answer(KeyringState.READY)

    def delete(self, origin: str) -> _Answer:
        keyring = self._opened()
        for _ in range(_MAX_DUPLICATES):
            if keyring.get_password(SERVICE, origin) is None:
                return _Answer(KeyringState.READY)
            keyring.delete_password(SERVICE, origin)
        return _Answer(KeyringState.UNKNOWN, detail="the entry comes back after deletion")

    def _opened(self) -> Keyring:
        if self._keyring is None:
            keyring = self._open()
            if type(keyring).__module__.startswith(_UNSAFE_MODULES):
                raise _RefusedError(KeyringState.UNSAFE)
            self._keyring = keyring
        return self._keyring


class _SecretService:
    """The Secret Service of Linux desktops, without the prompts that keyring brings along.

    Reading never asks the user to make a new keyring, and no prompt stays for ever.
    """

    def __init__(self) -> None:
        from keyring.backends import SecretService

        make: Callable[[], Keyring] = SecretService.Keyring
        self._backend = make()

    def get_password(self, service: str, username: str, /) -> str | None:
        """The stored password, or None; a locked keyring is asked to be unlocked."""
        if not self._unlocked():
            return None
        return self._backend.get_password(service, username)

    def set_password(self, service: str, username: str, password: str, /) -> None:
        """Stores a password; where there is no keyring yet, the user is asked to make one."""
        self._unlocked()
        self._backend.set_password(service, username, password)

    def delete_password(self, service: str, username: str, /) -> None:
        """Deletes one entry."""
        self._backend.delete_password(service, username)

    def _unlocked(self) -> bool:
        """Whether there is a default collection; if there is, it is unlocked now."""
        import secretstorage

        with closing(secretstorage.dbus_init()) as bus:
            if not secretstorage.check_service_availability(bus):
                raise _RefusedError(KeyringState.ABSENT)
            try:
                collection = secretstorage.get_collection_by_alias(bus, "default")
            except secretstorage.ItemNotFoundException:
                return False
            if collection.is_locked():
                _unlock(collection.unlock)
                if collection.is_locked():
                    raise _RefusedError(KeyringState.LOCKED)
            return True


class _Call:
    """One piece of work for the keyring's thread and, in the event loop, its answer."""

    def __init__(self, work: Callable[[], _Answer]) -> None:
        self._loop = asyncio.get_running_loop()
        self._work = work
        self._turn = threading.Lock()
        self.answer: asyncio.Future[_Answer] = self._loop.create_future()

    def drop(self) -> None:
        """Takes the call back if its turn has not come; otherwise does nothing."""
        self._turn.acquire(blocking=False)

    def run(self) -> None:
        """In the keyring's thread: works, and delivers unless the loop has ended."""
        if self._turn.acquire(blocking=False):
            answer = self._work()
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._deliver, answer)

    def _deliver(self, answer: _Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


class _KeyringThread:
    """Runs calls one after another in a daemon thread, which ends when none is left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[_Call] = deque()
        self._is_running = False

    def submit(self, call: _Call) -> None:
        with self._lock:
            self._calls.append(call)
            if self._is_running:
                return
            self._is_running = True
        threading.Thread(target=self._run, name="keyring", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._calls:
                    self._is_running = False
                    return
                call = self._calls.popleft()
            call.run()


def _answered(work: Callable[[], _Answer]) -> _Answer:
    """What the work gives, or the answer that stands for what it raised."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001  backends raise anything
        state = _state_of(error)
        detail = log.scrub(f"{type(error).__name__}: {error}")
        _log.info("The keyring call ended as %s (%s)", state, detail)
        return _Answer(state, detail=detail)


def _usable(password: str | None) -> _Answer:
    """The answer for what the keyring held; an unusable text is not a key."""
    if password is None:
        return _Answer(KeyringState.READY)
    log.register_secret(password)
    try:
        return _Answer(KeyringState.READY, SecretKey(password))
    except CredentialError as error:
        return _Answer(KeyringState.READY, detail=f"The stored key: {error.user_text}")


def _unlock(unlock: Callable[..., bool]) -> None:
    """Asks the user to unlock, for a limited time."""
    started = time.monotonic()
    try:
        dismissed = unlock(timeout=PROMPT_LIMIT_S)
    except TimeoutError:
        raise _RefusedError(KeyringState.LOCKED) from None
    if dismissed:
        was_shown = time.monotonic() - started > _FASTEST_REFUSAL_S
        raise _RefusedError(KeyringState.DENIED if was_shown else KeyringState.LOCKED)


def _state_of(error: BaseException) -> KeyringState:
    """The state that an exception, or what caused it, stands for."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _RefusedError):
            return cause.state
        for name in (base.__name__ for base in type(cause).__mro__):
            if name in _STATE_OF_ERROR:
                return _STATE_OF_ERROR[name]
        cause = cause.__cause__
    return KeyringState.UNKNOWN


def _failed(state: KeyringState) -> KeyStatus:
    return KeyStatus(state=state, reason=_REASONS[state] + _THIS_RUN)


def _error(start: str, answer: _Answer, end: str = "") -> CredentialError:
    reason = _REASONS.get(answer.state, "")
    return CredentialError(f"{start} {reason}{end}", detail=answer.detail, retryable=True)


def _backend_name() -> str:
    """The keyring's name for people."""
    if sys.platform == "win32":
        return "Windows Credential Manager"
    if sys.platform == "darwin":
        return "macOS Keychain"
    return "Secret Service (GNOME Keyring or KWallet)"
