"""A search over a timeline in memory, answered at once or when it is told to."""

from PySide6.QtCore import QObject, Signal

from tests.ui.transcript.fake_timeline import FakeTimeline


class FakeSearcher(QObject):
    """Counts in the text as it is written.

    Attributes:
        is_slow: Whether answers wait for :meth:`answer`.
        asked: The queries so far.
    """

    found = Signal(str, object)

    def __init__(self, timeline: FakeTimeline) -> None:
        super().__init__()
        self._timeline = timeline
        self.is_slow = False
        self.asked: list[str] = []

    def search(self, query: str) -> None:
        self.asked.append(query)
        if not self.is_slow:
            self.answer()

    def answer(self) -> None:
        query = self.asked[-1]
        counts = (
            (number, row.message.text.casefold().count(query.casefold()))
            for number, row in enumerate(self._timeline.rows)
        )
        self.found.emit(query, [(number, count) for number, count in counts if count])
