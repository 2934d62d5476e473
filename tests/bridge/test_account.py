"""The key and the balance: what is told when, and a test of a key that is given up."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from desktop.bridge.account import AccountController
from desktop.bridge.tasks import TaskScope
from desktop.domain.errors import CredentialError
from desktop.domain.keys import KeySource, KeyStatus, SecretKey
from tests.fakes import FakeBackend, FakeCredentials
from tests.waiting import until

Run = Callable[[Coroutine[Any, Any, Any]], Any]
KEY = "0123456789abcdef"


def _raise(error: BaseException) -> None:
    raise error


class SlowBackend(FakeBackend):
    """A provider that does not say whether a key is good."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def check_key(self, key: SecretKey) -> None:
        self.asked.set()
        await asyncio.Event().wait()


class StuckCredentials(FakeCredentials):
    """A keyring that does not let go of its key."""

    async def remove(self, origin: str) -> KeyStatus:
        raise CredentialError("The key may still be in the keyring.")


class Stage:
    """An account that writes down what it tells."""

    def __init__(self, credentials: FakeCredentials, backend: FakeBackend) -> None:
        self.credentials, self.backend = credentials, backend
        scope = TaskScope(_raise, _raise)
        self.account = AccountController(credentials, lambda: backend, scope, "https://a.example")
        self.told: list[object] = []
        self.account.key_tested.connect(lambda: self.told.append("tested"))
        self.account.busy_changed.connect(self.told.append)
        self.account.removal_failed.connect(lambda error: self.told.append(error.user_text))
        self.account.balance_changed.connect(self.told.append)
        self.sources: list[tuple[KeySource, bool]] = []
        self.account.status_changed.connect(self._on_status_changed)

    def _on_status_changed(self, status: KeyStatus) -> None:
        self.sources.append((status.source, self.account.is_loaded))


def test_a_key_whose_test_is_given_up_is_neither_used_nor_kept(run: Run) -> None:
    async def story() -> None:
        backend = SlowBackend()
        stage = Stage(FakeCredentials(), backend)
        stage.account.enter_key(KEY, is_tested=True, is_kept=True)
        await backend.asked.wait()
        stage.account.cancel_entry()
        await until(lambda: stage.told == [True, False])
        assert not stage.account.has_key
        stage.account.cancel_entry()

    run(story())


def test_a_key_that_could_not_be_removed_is_told(run: Run) -> None:
    async def story() -> None:
        stage = Stage(StuckCredentials(SecretKey(KEY)), FakeBackend())
        stage.account.remove_key()
        await until(lambda: stage.told == ["", "The key may still be in the keyring."])

    run(story())


def test_another_address_is_told_before_its_key_is_known(run: Run) -> None:
    async def story() -> None:
        stage = Stage(FakeCredentials(SecretKey(KEY)), FakeBackend())
        stage.account.load()
        await until(lambda: stage.told == ["12.34"])
        stage.account.set_origin("https://b.example")
        assert stage.told == ["12.34", ""]
        assert stage.sources == [(KeySource.KEYRING, True), (KeySource.KEYRING, False)]
        await until(lambda: stage.told == ["12.34", "", "12.34"])
        assert stage.account.is_loaded

    run(story())
