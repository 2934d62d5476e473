"""A transcript in a window of its own process, for a client of the accessibility bus."""

import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from desktop.domain.messages import Status
from desktop.ui.transcript.panel import TranscriptPanel
from tests.ui.transcript.fake_timeline import FakeTimeline, assistant, exchange, running, user


class Story:
    """Shows a conversation, streams one more reply, and says on stdout how far it is."""

    def __init__(self, panel: TranscriptPanel) -> None:
        rows = [user(f"Question {number}", number) for number in range(1_000)]
        self.timeline = FakeTimeline([*rows, assistant("See <https://a.example>.")])
        self.panel = panel
        panel.view.set_source(self.timeline)
        panel.view.link_activated.connect(self.tell)
        self.timer = QTimer(singleShot=True, interval=1_500)
        self.timer.timeout.connect(self.stream)
        self.timer.start()

    def stream(self) -> None:
        self.timeline.append(user("More", 2_000), running("", number=2_001))
        for number in range(20):
            self.timeline.append_text(1_002, f"Sentence {number}. ")
        self.timeline.change(1_002, status=Status.COMPLETE, exchange=exchange())
        self.tell("streamed")
        self.panel.view.setFocus()
        self.panel.view.keyboard.focus_row(1_002)
        self.panel.view.keyboard.reading.begin(1_002)

    def tell(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def main() -> int:
    app = QApplication(sys.argv[:1])
    panel = TranscriptPanel()
    panel.setWindowTitle("Spoken transcript")
    panel.resize(900, 700)
    story = Story(panel)
    panel.show()
    story.tell("shown")
    QTimer.singleShot(60_000, app.quit)
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
