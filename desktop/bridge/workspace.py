"""Everything the window talks to while one data folder and one provider are in use."""

from collections.abc import Callable
from dataclasses import dataclass

from desktop.bridge.account import AccountController
from desktop.bridge.chat import ChatController
from desktop.bridge.history import HistoryModel
from desktop.bridge.preferences import PreferencesController
from desktop.bridge.tasks import TaskScope


@dataclass(frozen=True, slots=True)
class Workspace:
    """The controllers of one data folder.

    Attributes:
        chat: Conversations and replies.
        history: The list of conversations.
        account: Key and balance.
        preferences: What the settings dialog edits.
        scope: The tasks of all of them.
        data_folder: Where everything is kept, as shown.
        diagnostics: Gives the text for a bug report.
        is_demo: Whether it is the built-in demo provider.
    """

    chat: ChatController
    history: HistoryModel
    account: AccountController
    preferences: PreferencesController
    scope: TaskScope
    data_folder: str
    diagnostics: Callable[[], str]
    is_demo: bool = False
