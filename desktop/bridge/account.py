"""The API key, the provider's address and the balance, for the widgets."""

import asyncio
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from desktop.bridge.tasks import TaskScope
from desktop.core.ports import ChatBackend, CredentialStore
from desktop.domain.errors import AuthError, CredentialError, DesktopError
from desktop.domain.keys import KeySource, KeyStatus, SecretKey


class AccountController(QObject):
    """Where the key is and whether it works.

    Signals:
        status_changed(status): A ``KeyStatus``.
        key_tested(): The entered key was accepted by the provider and kept.
        key_refused(error): It was not accepted, could not be tested, or could not be kept.
        removal_failed(error): A key may still be where it was.
        balance_changed(usd): Decimal text.
        busy_changed(is_busy): A key is being tested or kept.
        host_changed(host): Another provider is used.
    """

    status_changed = Signal(object)
    key_tested = Signal()
    key_refused = Signal(object)
    removal_failed = Signal(object)
    balance_changed = Signal(str)
    busy_changed = Signal(bool)
    host_changed = Signal(str)

    def __init__(
        self,
        credentials: CredentialStore,
        backend: Callable[[], ChatBackend],
        scope: TaskScope,
        origin: str,
        *,
        is_demo: bool = False,
    ) -> None:
        super().__init__()
        self._credentials = credentials
        self._backend = backend
        self._scope = scope
        self._is_demo = is_demo
        self._is_loaded = is_demo
        self._entering: asyncio.Task[None] | None = None
        self.origin = origin

    @property
    def status(self) -> KeyStatus:
        """Where the key is."""
        if self._is_demo:
            return KeyStatus(source=KeySource.DEMO)
        return self._credentials.status(self.origin)

    @property
    def has_key(self) -> bool:
        """Whether a request can be made."""
        return self.status.source is not KeySource.NONE

    @property
    def is_loaded(self) -> bool:
        """Whether the keyring has been asked."""
        return self._is_loaded

    def load(self) -> None:
        """Looks for the key, off this thread."""
        self._scope.spawn(self._load(), on_error=self.key_refused.emit)

    async def _load(self) -> None:
        if not self._is_demo:
            await self._credentials.load(self.origin)
        self._is_loaded = True
        self.status_changed.emit(self.status)
        self.refresh_balance()

    def set_origin(self, origin: str) -> None:
        """Another provider's address: it has a key of its own."""
        self.origin = origin
        self._is_loaded = self._is_demo
        self.balance_changed.emit("")
        self.status_changed.emit(self.status)
        self.load()

    def enter_key(self, text: str, *, is_tested: bool, is_kept: bool) -> None:
        """Takes a key the user typed.

        Args:
            text: As typed.
            is_tested: Ask the provider first; keep it only if it is accepted.
            is_kept: Write it to the keyring; otherwise it lasts for this run.
        """
        self.busy_changed.emit(True)
        self._entering = self._scope.spawn(
            self._enter(text, is_tested=is_tested, is_kept=is_kept),
            on_error=self.key_refused.emit,
            on_done=lambda: self.busy_changed.emit(False),
        )

    def cancel_entry(self) -> None:
        """Gives up a key that is being tested: it is neither used nor kept."""
        if self._entering is not None:
            self._entering.cancel()

    async def _enter(self, text: str, *, is_tested: bool, is_kept: bool) -> None:
        key = SecretKey(text)
        if is_tested:
            await self._backend().check_key(key)
        if is_kept:
            try:
                await self._credentials.save(self.origin, key)
            except CredentialError:
                await self._credentials.use_for_session(self.origin, key)
                self.status_changed.emit(self.status)
                raise
        else:
            await self._credentials.use_for_session(self.origin, key)
        self._is_loaded = True
        self.status_changed.emit(self.status)
        self.key_tested.emit()
        self.refresh_balance()

    def remove_key(self) -> None:
        """Forgets the key everywhere."""
        self._scope.spawn(self._remove(), on_error=self.removal_failed.emit)

    async def _remove(self) -> None:
        self.balance_changed.emit("")
        await self._credentials.remove(self.origin)
        self.status_changed.emit(self.status)

    def refresh_balance(self) -> None:
        """Asks for the balance; a failure only leaves it unknown."""
        if self.has_key:
            self._scope.spawn(self._refresh_balance(), on_error=self._on_balance_error)

    async def _refresh_balance(self) -> None:
        self.balance_changed.emit(await self._backend().balance())

    def _on_balance_error(self, error: DesktopError) -> None:
        if isinstance(error, AuthError):
            self.balance_changed.emit("")
