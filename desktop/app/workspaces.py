"""Builds the controllers over the real store, provider and keyring, and takes them down."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from desktop.api.client import ApiClient
from desktop.app.diagnostics import diagnostics
from desktop.app.folders import Folders
from desktop.bridge.account import AccountController
from desktop.bridge.chat import ChatController
from desktop.bridge.history import HistoryModel
from desktop.bridge.preferences import PreferencesController
from desktop.bridge.tasks import TaskScope
from desktop.bridge.timeline import Timeline
from desktop.bridge.workspace import Workspace
from desktop.credentials import KeyringCredentials
from desktop.demo.provider import DemoProvider
from desktop.domain.errors import DesktopError
from desktop.domain.keys import BaseUrl, KeyStatus, SecretKey, parse_base_url
from desktop.settings import Settings
from desktop.storage.history import History

DEMO_KEY = "sounding-demo"
"""The demo provider takes any key; this one says what it is in the inspector."""


@dataclass(slots=True)
class _Provider:
    """The client in use; another one after the address or a time-out was changed."""

    client: ApiClient
    base: BaseUrl
    retired: list[ApiClient] = field(default_factory=list)


class OpenWorkspace:
    """A workspace with what has to be closed after it.

    Attributes:
        workspace: What the window talks to.
        folders: What it writes to.
    """

    def __init__(
        self, folders: Folders, base_url: str, on_bug: Callable[[BaseException], None]
    ) -> None:
        self.folders = folders
        self._base_override = base_url
        self._demo: DemoProvider | None = None
        self._on_bug = on_bug
        self._scope = TaskScope(self._on_error, on_bug)
        self._credentials = KeyringCredentials(changed=self._on_key_changed)
        self._provider: _Provider | None = None
        self.workspace: Workspace | None = None

    async def open(self) -> Workspace:
        """Builds everything; in the demo the provider is listening when this returns."""
        base = await self._base_url()
        client = self._client(base, self.folders.settings)
        self._provider = _Provider(client, base)
        store = History(self.folders.database)
        chat = ChatController(store, self._backend, self._scope, Timeline(store, self._scope))
        self.workspace = Workspace(
            chat=chat,
            history=HistoryModel(store, self._scope),
            account=AccountController(
                self._credentials,
                self._backend,
                self._scope,
                base.origin,
                is_demo=self.folders.is_temporary,
            ),
            preferences=PreferencesController(
                self.folders.file, self.folders.settings, self._scope
            ),
            scope=self._scope,
            data_folder=str(self.folders.paths.data_dir),
            diagnostics=self._diagnostics,
            is_demo=self.folders.is_temporary,
        )
        self.workspace.preferences.changed.connect(self._on_preferences_changed)
        return self.workspace

    @property
    def host(self) -> str:
        """The provider's host as shown."""
        return urlsplit(self._required().base.origin).netloc

    async def warm_up(self) -> None:
        """Imports and builds what the first request needs, off this thread."""
        await self._required().client.warm_up()

    async def close(self) -> None:
        """Stops replies, saves, and closes files and connections; at most about 2 s."""
        await self._scope.cancel_all(timeout_s=1.5)
        if self.workspace is not None:
            try:
                self.workspace.preferences.save_now()
            except DesktopError as error:
                self._on_error(error)
        provider = self._required()
        for client in (provider.client, *provider.retired):
            await client.aclose()
        if self._demo is not None:
            await self._demo.stop()
        self.folders.close()
        self.workspace = None  # what the keyring answers from now on concerns nobody

    async def _base_url(self) -> BaseUrl:
        if self.folders.is_temporary:
            self._demo = DemoProvider()
            return parse_base_url(await self._demo.start())
        return parse_base_url(self._base_override or self.folders.settings.base_url)

    def _required(self) -> _Provider:
        if self._provider is None:
            raise RuntimeError("the workspace is not open")
        return self._provider

    def _client(self, base: BaseUrl, settings: Settings) -> ApiClient:
        return ApiClient(
            base.api_root,
            self._key,
            connect_timeout_s=settings.connect_timeout_s,
            read_timeout_s=settings.read_timeout_s,
        )

    def _backend(self) -> ApiClient:
        return self._required().client

    def _key(self) -> SecretKey | None:
        if self.folders.is_temporary:
            return SecretKey(DEMO_KEY)
        return self._credentials.current(self._required().base.origin)

    def _diagnostics(self) -> str:
        account = self.workspace.account.status if self.workspace else KeyStatus()
        return diagnostics(self.host, account, str(self.folders.paths.data_dir))

    def _on_error(self, error: DesktopError) -> None:
        if self.workspace is not None:
            self.workspace.chat.failed.emit(error)

    def _on_key_changed(self, origin: str, status: KeyStatus) -> None:
        account = self.workspace.account if self.workspace else None
        if account is not None and account.origin == origin:
            account.status_changed.emit(status)

    def _on_preferences_changed(self, settings: Settings) -> None:
        """Another address or time-out: the next request uses another client."""
        before, self.folders.settings = self.folders.settings, settings
        names = ("base_url", "connect_timeout_s", "read_timeout_s")
        if all(getattr(before, name) == getattr(settings, name) for name in names):
            return
        provider = self._required()
        provider.retired.append(provider.client)
        if settings.base_url != before.base_url and not self.folders.is_temporary:
            self._base_override = ""
            provider.base = parse_base_url(settings.base_url)
        provider.client = self._client(provider.base, settings)
        if self.workspace is not None:
            self.workspace.account.set_origin(provider.base.origin)
            self.workspace.account.host_changed.emit(self.host)
