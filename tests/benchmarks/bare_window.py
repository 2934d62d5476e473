"""The least window with text: what the application's start and memory are held against.

    python -m tests.benchmarks.bare_window FILE

writes the time of its first paint into the file and stays until it is killed. It imports nothing
else before that.
"""

import sys
import time

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QTextBrowser


class PaintWatch(QObject):
    """Writes down when a widget was first painted."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, painted)
        return False


def painted() -> None:
    """Tells the time; the window and all in it were painted in one step."""
    at_s = time.monotonic()
    with open(sys.argv[1], "w", encoding="utf-8") as target:  # noqa: PTH123 - nothing to import
        target.write(f'{{"monotonic_s": {at_s!r}}}')


def main() -> None:
    application = QApplication([])
    window = QMainWindow()
    window.setCentralWidget(QTextBrowser())
    watch = PaintWatch()
    window.installEventFilter(watch)
    window.resize(1280, 800)
    window.show()
    application.exec()


if __name__ == "__main__":
    main()
