"""What a bug report needs to know of this installation; no content, no secrets."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import QLibraryInfo, qVersion
from PySide6.QtGui import QGuiApplication

from desktop import __version__
from desktop.domain.keys import KeyStatus
from desktop.log import scrub

PACKAGES = ("PySide6-Essentials", "qasync", "httpx", "httpcore", "keyring", "apsw", "msgspec")


def diagnostics(host: str, status: KeyStatus, data_folder: str) -> str:
    """Lines of ``name: value``.

    Args:
        host: The provider's host.
        status: Where the key is.
        data_folder: Where the history is kept.
    """
    screen = QGuiApplication.primaryScreen()
    lines = {
        "Sounding": __version__,
        "Python": f"{platform.python_version()} ({sys.executable and platform.machine()})",
        "System": f"{platform.system()} {platform.release()}",
        "Qt": f"{qVersion()} ({QGuiApplication.platformName()})",
        "Qt built for": str(QLibraryInfo.build()),
        "Screen": f"{screen.size().width()} x {screen.size().height()}"
        f" at {screen.devicePixelRatio():g}",
        "Provider": host,
        "Key": f"{status.source.value}, keyring {status.state.value} {status.backend}".strip(),
        "Data folder": data_folder,
    } | {name: _version(name) for name in PACKAGES}
    return scrub("\n".join(f"{name}: {value}" for name, value in lines.items()))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
