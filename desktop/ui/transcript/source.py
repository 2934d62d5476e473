"""What the transcript asks of the timeline it shows."""

from typing import Protocol

from PySide6.QtCore import SignalInstance

from desktop.domain.timeline import Row


class Source(Protocol):
    """Rows of one conversation's active branch, and what changes in them.

    Signals:
        reset: Everything changed: another conversation or branch.
        inserted: (first, count) rows were added.
        removed: (first, count) rows went.
        changed: (index) a row was replaced: structure, status or footer.
        loaded: (first, count) rows that were None are there now.
        grown: (index, Growth) a running reply grew; ``row`` already includes it.
    """

    @property
    def reset(self) -> SignalInstance:
        """Everything changed."""

    @property
    def inserted(self) -> SignalInstance:
        """Rows were added."""

    @property
    def removed(self) -> SignalInstance:
        """Rows went."""

    @property
    def changed(self) -> SignalInstance:
        """A row was replaced."""

    @property
    def loaded(self) -> SignalInstance:
        """Rows came into memory."""

    @property
    def grown(self) -> SignalInstance:
        """A running reply grew."""

    def count(self) -> int:
        """Number of rows."""

    def row(self, index: int) -> Row | None:
        """A row; None when it is not in memory: it is being fetched and ``loaded`` follows."""

    def row_now(self, index: int) -> Row:
        """A row, waited for."""

    def conversation_key(self) -> object:
        """Identity of the conversation, for its scroll position."""
