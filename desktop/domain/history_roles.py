"""What a row of the history list's model holds, by role; shared by the model and its view.

Besides these the model answers ``Qt.DisplayRole`` with the title (so that typing finds a row) and
``Qt.AccessibleTextRole`` with a text that starts with the title. Its rows are editable
(``Qt.ItemIsEditable``), which the view needs for renaming in place; ``setData`` is never called.
"""

from enum import IntEnum

_USER_ROLE = 0x0100
"""First role an application may use. Source: https://doc.qt.io/qt-6/qt.html#ItemDataRole-enum."""


class HistoryRole(IntEnum):
    """The roles of one row, which is one conversation.

    Attributes:
        ID: int, identity in the store.
        TITLE: str, plain text.
        SUBTITLE: str, plain text: model, number of messages, cost.
        DAY_HEADER: str, what is shown above the row ("Today"); "" but on the first row of a day.
        RUNNING: bool, whether a reply runs in it.
    """

    ID = _USER_ROLE + 1
    TITLE = _USER_ROLE + 2
    SUBTITLE = _USER_ROLE + 3
    DAY_HEADER = _USER_ROLE + 4
    RUNNING = _USER_ROLE + 5
