"""One window a data folder: a second start raises the first one and ends."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtNetwork import QLocalServer, QLocalSocket

ANSWER_MS = 1000
"""A first instance that does not answer within this hangs."""

TOKEN_VARIABLE = "XDG_ACTIVATION_TOKEN"  # noqa: S105 - a window system's token, no secret
MAX_TOKEN_BYTES = 4096


def _name(data_dir: Path) -> str:
    """A socket name for a folder; the folder itself may be too long for one."""
    digest = hashlib.sha256(str(data_dir.resolve()).encode("utf-8", "surrogateescape"))
    return f"sounding-{digest.hexdigest()[:24]}"


def raise_first(data_dir: Path) -> bool:
    """Asks the instance that has the folder to show itself; whether it heard."""
    socket = QLocalSocket()
    socket.connectToServer(_name(data_dir))
    if not socket.waitForConnected(ANSWER_MS):
        return False
    socket.write(os.environ.get(TOKEN_VARIABLE, "").encode() + b"\n")
    return socket.waitForBytesWritten(ANSWER_MS) and socket.waitForReadyRead(ANSWER_MS)


class RaiseServer(QObject):
    """Hears of later starts with the same folder; only this user may connect.

    On Wayland a window may come to the front only with the token of what the user clicked, which
    the later start passes on.
    """

    def __init__(self, data_dir: Path, on_raise: Callable[[], None]) -> None:
        super().__init__()
        self._on_raise = on_raise
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_new_connection)
        if not self._server.listen(_name(data_dir)):
            QLocalServer.removeServer(_name(data_dir))
            self._server.listen(_name(data_dir))

    def close(self) -> None:
        """Hears nothing any more."""
        self._server.close()

    def _on_new_connection(self) -> None:
        socket = self._server.nextPendingConnection()
        if socket is not None:
            socket.setParent(self)
            socket.readyRead.connect(self._on_socket_ready_read)
            socket.disconnected.connect(socket.deleteLater)

    def _on_socket_ready_read(self) -> None:
        socket = self.sender()
        if isinstance(socket, QLocalSocket):
            token = bytes(socket.read(MAX_TOKEN_BYTES).data()).split(b"\n")[0]
            if token:
                os.environ[TOKEN_VARIABLE] = token.decode("ascii", "replace")
            socket.write(b"shown\n")
            socket.flush()
            self._on_raise()
