"""The running application: workspaces come and go, and leaving is always the same clean way."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QSocketNotifier, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox

from desktop import log
from desktop.app.folders import FolderError, Folders, open_folders
from desktop.app.options import Options
from desktop.app.single import RaiseServer
from desktop.app.workspaces import OpenWorkspace
from desktop.bridge.chat import ChatController
from desktop.bridge.workspace import Workspace
from desktop.domain.errors import DesktopError
from desktop.paths import PathError, ensure_private
from desktop.ui.commands import Commands
from desktop.ui.icons import app_icon
from desktop.ui.main_window import MainWindow

_log = logging.getLogger(__name__)

COLLECT_EVERY_MS = 5000
"""Cyclic garbage is collected on this thread only, between frames: a collection in a worker
thread could destroy Qt objects there."""

COLLECT_SOON_MS = 1000
"""After a reply, when most has been made and thrown away."""

THAW_EVERY = 20
"""Full collections between two that also look at what was frozen."""

GEOMETRY_DELAY_MS = 500


def _give_back_memory() -> None:
    """Returns freed memory to the system where glibc would keep it (18 MB after a long reply)."""
    if sys.platform.startswith("linux"):
        import ctypes

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


class Lifetime:
    """From the first paint to the end of the process."""

    def __init__(self, options: Options, folders: Folders, window: MainWindow) -> None:
        self._options = options
        self._window = window
        self._open = OpenWorkspace(folders, options.base_url, self.report_bug)
        self._commands: Commands | None = None
        self._leaving = asyncio.Event()
        self._raising: RaiseServer | None = None
        self._switching: asyncio.Queue[bool] = asyncio.Queue()
        self._has_reported = False
        self._status = 0
        self._is_reply_over = False
        self._full_collections = 0
        self._sockets: tuple[socket.socket, socket.socket] | None = None
        self._geometry_timer = QTimer()
        self._collect_timer = QTimer()

    async def run(self, on_ready: Callable[["Lifetime"], None] | None = None) -> int:
        """Runs until the user leaves; returns the exit status."""
        self._set_up_logs()
        self._hear_later_starts()
        self._hook_exceptions()
        self._hook_signals()
        self._connect_window()
        await self._fill_window()
        await self._enter_workspace()
        self._tame_collector()
        if on_ready is not None:
            on_ready(self)
        await self._follow_switches()
        await self._close()
        return self._status

    @property
    def chat(self) -> ChatController:
        """The conversations of the open workspace."""
        if self._open.workspace is None:
            raise RuntimeError("no workspace is open")
        return self._open.workspace.chat

    def leave(self, status: int = 0) -> None:
        """Asks for a clean end with an exit status; safe to repeat."""
        self._status = status
        self._leaving.set()

    def leave_at_once(self, status: int) -> None:
        """Ends the process without waiting for worker threads that may hang in the system.

        A name look-up runs in the loop's executor and cannot be cancelled; everything that must
        be saved is saved by now.
        """
        log.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

    # -- filling the window ------------------------------------------------------------------

    async def _fill_window(self) -> None:
        self._window.setWindowIcon(app_icon())
        for step in self._window.completion_steps():
            step()
            await asyncio.sleep(0)
        chat = self._window.chat
        if chat.view is not None and chat.welcome is not None:
            self._commands = Commands(self._window, chat.view, chat.welcome)

    def _hear_later_starts(self) -> None:
        if self._raising is not None:
            self._raising.close()
        self._raising = RaiseServer(self._open.folders.paths.data_dir, self._on_later_start)

    def _on_later_start(self) -> None:
        window = self._window
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()

    def _set_up_logs(self) -> None:
        """Logs go to the folders in use; without a folder for them there are none."""
        log_dir = self._open.folders.paths.log_dir
        with contextlib.suppress(PathError):
            ensure_private(log_dir)
        log.setup(log_dir, self._options.log_level)
        log.enable_crash_log(log_dir / "crash.log")

    async def _enter_workspace(self) -> None:
        """Opens the workspace and shows it, with the conversation that was open last."""
        try:
            workspace = await self._open.open()
        except DesktopError as error:
            await self._open_without_override(error)
            return
        await self._show(workspace)

    async def _open_without_override(self, error: DesktopError) -> None:
        """A base URL that cannot be used must not keep the history from being read."""
        folders = self._open.folders
        self._open = OpenWorkspace(folders, "", self.report_bug)
        workspace = await self._open.open()
        await self._show(workspace)
        text = self._window.tr("Requests go to {host} instead.").format(host=self._open.host)
        workspace.chat.noticed.emit(f"{error.user_text} {text}")

    async def _show(self, workspace: Workspace) -> None:
        self._window.attach(workspace)
        if self._commands is not None:
            self._commands.attach(workspace)
        workspace.account.host_changed.emit(self._open.host)
        workspace.chat.reply_ended.connect(self._on_reply_ended)
        workspace.account.load()
        try:
            page = await asyncio.wrap_future(self._open.folders.database.first_page)
        except DesktopError as error:
            workspace.chat.failed.emit(error)
            return
        workspace.history.seed(page.rows)
        self._tell_rejected_settings()
        if page.notice:
            workspace.chat.noticed.emit(page.notice)
        last = workspace.preferences.settings.last_conversation
        if last.isdigit():
            workspace.chat.open(int(last))
        else:
            workspace.chat.begin(page.new_draft)
        workspace.scope.spawn(self._open.warm_up(), on_error=self._on_warm_up_error)
        if self._options.files:
            names = ", ".join(path.name for path in self._options.files)
            text = self._window.tr("Importing files is not possible yet: {names}")
            workspace.chat.noticed.emit(text.format(names=names))

    def _tell_rejected_settings(self) -> None:
        """Says which preferences could not be read; their file was copied before any save."""
        file, workspace = self._open.folders.file, self._open.workspace
        if file.rejected and workspace is not None:
            text = self._window.tr("Some settings could not be read and start anew: {names}")
            names = ", ".join(name or file.path.name for name in file.rejected)
            workspace.chat.noticed.emit(text.format(names=names))

    def _on_warm_up_error(self, error: DesktopError) -> None:
        """The first request meets the same trouble and says so in the chat."""
        _log.info("warm-up: %s", error.detail or error.user_text)

    # -- demo and back -----------------------------------------------------------------------

    async def _follow_switches(self) -> None:
        """Goes to the demo and back as asked, until it is time to leave."""
        async with asyncio.TaskGroup() as group:
            leaving = group.create_task(self._leaving.wait())
            while not self._leaving.is_set():
                switch = group.create_task(self._switching.get())
                await asyncio.wait({leaving, switch}, return_when=asyncio.FIRST_COMPLETED)
                if switch.done():
                    await self._switch(is_demo=switch.result())
                else:
                    switch.cancel()

    async def _switch(self, *, is_demo: bool) -> None:
        options = Options(
            data_dir=self._options.data_dir,
            base_url=self._options.base_url,
            is_demo=is_demo,
            log_level=self._options.log_level,
        )
        old = self._open
        if old.folders.is_temporary == is_demo:
            return
        try:
            folders = open_folders(options)
        except FolderError as error:
            self._window.chat.notices.show_notice(str(error), kind="error", sticky=True)
            return
        self._window.chat.keep_text()
        await asyncio.sleep(0)
        await old.close()
        self._open = OpenWorkspace(folders, options.base_url, self.report_bug)
        self._set_up_logs()
        self._hear_later_starts()
        await self._enter_workspace()

    # -- the window ----------------------------------------------------------------------------

    def _connect_window(self) -> None:
        window = self._window
        window.quit_requested.connect(self.leave)
        window.demo_requested.connect(self._switching.put_nowait)
        self._geometry_timer.setSingleShot(True)
        self._geometry_timer.setInterval(GEOMETRY_DELAY_MS)
        self._geometry_timer.timeout.connect(self._on_geometry_timer_timeout)
        window.geometry_changed.connect(self._geometry_timer.start)
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.commitDataRequest.connect(lambda _manager: self.leave())

    def _on_geometry_timer_timeout(self) -> None:
        workspace = self._open.workspace
        if workspace is not None:
            geometry = self._window.geometry_now()
            names = type(geometry).__dataclass_fields__
            workspace.preferences.change(**{name: getattr(geometry, name) for name in names})

    async def _close(self) -> None:
        if self._raising is not None:
            self._raising.close()
        self._geometry_timer.stop()
        self._collect_timer.stop()
        self._on_geometry_timer_timeout()
        self._window.chat.keep_text()
        await asyncio.sleep(0)
        self._window.hide()
        await self._open.close()

    def _tame_collector(self) -> None:
        gc.collect()
        gc.freeze()
        gc.disable()
        self._collect_timer.setInterval(COLLECT_EVERY_MS)
        self._collect_timer.timeout.connect(self._on_collect_timer_timeout)
        self._collect_timer.start()

    def _on_reply_ended(self) -> None:
        self._is_reply_over = True
        self._collect_timer.start(COLLECT_SOON_MS)

    def _on_collect_timer_timeout(self) -> None:
        """Collects young garbage, and all of it once after a reply.

        What lives after that is frozen: going over a 10 MB reply again takes 160 ms (measured).
        """
        self._collect_timer.setInterval(COLLECT_EVERY_MS)
        workspace = self._open.workspace
        is_busy = workspace is not None and workspace.chat.running_count() > 0
        if is_busy or not self._is_reply_over:
            gc.collect(0 if is_busy else 1)
            return
        self._is_reply_over = False
        self._full_collections += 1
        if self._full_collections % THAW_EVERY == 0:
            gc.unfreeze()
        gc.collect()
        gc.freeze()
        _give_back_memory()

    # -- signals and bugs ------------------------------------------------------------------------

    def _hook_signals(self) -> None:
        """SIGTERM and SIGINT end the application as its window does.

        Python runs signal handlers only between its own instructions, which Qt's loop may not
        reach for long: a socket wakes it.
        """
        self._sockets = socket.socketpair()
        reader, writer = self._sockets
        writer.setblocking(False)
        reader.setblocking(False)
        signal.set_wakeup_fd(writer.fileno())
        notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read, self._window)
        notifier.activated.connect(self._on_wakeup)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.leave())

    def _on_wakeup(self) -> None:
        if self._sockets is not None:
            with contextlib.suppress(BlockingIOError):
                self._sockets[0].recv(64)

    def _hook_exceptions(self) -> None:
        asyncio.get_running_loop().set_exception_handler(self._on_loop_exception)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    def _on_loop_exception(
        self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]
    ) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.report_bug(error)
        else:
            _log.error("event loop: %s", context.get("message"))

    def _on_exception(
        self, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        self.report_bug(error)

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            _log.error("in thread %s", args.thread, exc_info=args.exc_value)

    def report_bug(self, error: BaseException) -> None:
        """Logs an error that should not have happened; tells the user about the first one."""
        if isinstance(error, KeyboardInterrupt):
            self.leave()
            return
        _log.error("unexpected error", exc_info=error)
        if self._has_reported or self._leaving.is_set():
            return
        self._has_reported = True
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setTextFormat(box.textFormat().PlainText)
        box.setWindowTitle(box.tr("Something went wrong"))
        box.setText(
            box.tr(
                "Sounding met an error it did not expect and goes on. Your conversations are "
                "saved. The details help to mend it."
            )
        )
        box.setDetailedText(log.scrub("".join(traceback.format_exception(error))))
        box.open()
