"""From the command line to the first paint, and from there to the event loop.

The window is painted under a plain Qt event loop that ends before asyncio's begins. The history,
asyncio, httpx, the keyring and all else that the first paint does not need come after it: a thread
that imports meanwhile would only take the interpreter from the window (measured).
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from desktop.app.folders import FolderError, FolderInUseError, Folders, open_folders
from desktop.app.options import Options
from desktop.ui.geometry import WindowGeometry
from desktop.ui.main_window import MainWindow
from desktop.ui.theme import ThemeController

if TYPE_CHECKING:
    from desktop.app.lifetime import Lifetime

APP_ID = "dev.sounding.Sounding"
TRACE_VARIABLE = "SOUNDING_TRACE_START"
"""Names a file that gets the time and the loaded modules of the first paint; for tests."""


def run(options: Options, on_ready: "Callable[[Lifetime], None] | None" = None) -> int:
    """Runs the application until it is left; returns its exit status.

    Args:
        options: What the command line asks for.
        on_ready: Called once the window is complete and its workspace open.
    """
    try:
        folders = open_folders(options)
    except FolderInUseError as error:
        return _raise_first(error)
    except FolderError as error:
        return _refuse(str(error))
    qt = _application()
    theme = ThemeController(qt, folders.settings.theme)
    window = MainWindow(theme, _geometry(folders))
    _paint(window)
    _ = folders.database
    return _run_loop(options, folders, qt, window, on_ready)


def _application() -> QApplication:
    found = QApplication.instance()
    qt = (
        found
        if isinstance(found, QApplication)
        else QApplication([*sys.argv[:1], "-style", "fusion"])
    )
    qt.setProperty("isFusion", found is None)  # QStyle would cost 6 ms here (measured)
    qt.setApplicationName("Sounding")
    qt.setDesktopFileName(APP_ID)
    qt.setQuitOnLastWindowClosed(False)
    return qt


def _geometry(folders: Folders) -> WindowGeometry:
    settings = folders.settings
    names = WindowGeometry.__dataclass_fields__
    return WindowGeometry(**{name: getattr(settings, name) for name in names})


class _PaintWatch(QObject):
    """Ends a loop after a widget's first paint event was served."""

    def __init__(self, loop: QEventLoop) -> None:
        super().__init__()
        self._loop = loop

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Never filters; asks for the end once."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._loop.quit)
        return False


def _paint(window: MainWindow) -> None:
    loop = QEventLoop()
    watch = _PaintWatch(loop)
    target: QWidget = window.chat.composer
    target.installEventFilter(watch)
    window.present()
    loop.exec()
    _trace()


def _trace() -> None:
    target = os.environ.get(TRACE_VARIABLE)
    if target:
        record = {"monotonic_s": time.monotonic(), "modules": sorted(sys.modules)}
        Path(target).write_text(json.dumps(record), encoding="utf-8")


def _run_loop(
    options: Options,
    folders: Folders,
    qt: QApplication,
    window: MainWindow,
    on_ready: "Callable[[Lifetime], None] | None",
) -> int:
    import asyncio

    import qasync

    from desktop.app.lifetime import Lifetime

    lifetime = Lifetime(options, folders, window)
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(qt)) as runner:
        status = runner.run(lifetime.run(on_ready))
        lifetime.leave_at_once(status)
    return status


def _raise_first(error: FolderInUseError) -> int:
    """Shows the window that has the folder; says so where it does not answer."""
    from desktop.app.single import raise_first

    _application()
    if not raise_first(error.data_dir):
        return _refuse(str(error))
    sys.stderr.write(f"{error}. Its window was brought to the front.\n")
    return 0


def _refuse(reason: str) -> int:
    """Says why the application cannot start, on the terminal and in a window."""
    sys.stderr.write(f"{reason}\n")
    qt = _application()
    if qt.platformName() not in ("offscreen", "minimal"):
        box = QMessageBox()
        box.setIcon(QMessageBox.Icon.Critical)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle("Sounding")
        box.setText(reason)
        box.finished.connect(qt.quit)
        box.open()
        qt.exec()
    return 1
