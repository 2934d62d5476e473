"""The least window with text: what the application's start and memory are held against.

    python -m tests.benchmarks.bare_window FILE

writes the time of its first paint into the file and stays until it is killed.
"""

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QTextBrowser


class PaintWatch(QObject):
    """Writes down when a widget was first painted."""

    def __init__(self, target: Path) -> None:
        super().__init__()
        self._target = target

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._write)
        return False

    def _write(self) -> None:
        record = {"monotonic_s": time.monotonic(), "modules": sorted(sys.modules)}
        self._target.write_text(json.dumps(record), encoding="utf-8")


def main() -> None:
    application = QApplication([])
    window = QMainWindow()
    browser = QTextBrowser()
    window.setCentralWidget(browser)
    watch = PaintWatch(Path(sys.argv[1]))
    browser.viewport().installEventFilter(watch)
    window.resize(1280, 800)
    window.show()
    application.exec()


if __name__ == "__main__":
    main()
