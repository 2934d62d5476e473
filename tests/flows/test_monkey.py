"""Commands in any order and at any moment: nothing breaks, and a restart shows the same."""

import asyncio
import random
from collections.abc import Callable

import pytest

from desktop.domain.capabilities import GPT_5_1, GPT_5_1_CHAT, Endpoint
from tests.flows.app import App, until
from tests.flows.conftest import Tell

WORDS = ("markdown", "table", "error", "error midway", "slow", "long", "reasoning", "code", "maths")
COMMANDS = (
    *("new", "undo", "redo", "copy", "select_all", "find", "search", "send", "stop", "regenerate"),
    *("continue", "edit_last", "previous_version", "next_version", "delete", "history_pane"),
    *("sidebar_pane", "next_pane", "previous_pane", "latest", "zoom_in", "zoom_out", "zoom_reset"),
    *("theme_light", "theme_dark", "theme_system", "diagnostics"),
)


class Monkey:
    """Does anything."""

    def __init__(self, app: App, seed: int) -> None:
        self._app = app
        self._chance = random.Random(seed)  # noqa: S311
        self.done: list[str] = []

    async def go(self, steps: int) -> None:
        """Does so many things, with or without pauses."""
        verbs = (self._command, self._command, self._send, self._send, self._open, self._settings)
        for _ in range(steps):
            verb: Callable[[], str] = self._chance.choice((*verbs, self._item, self._type))
            self.done.append(verb())
            for _ in range(self._chance.choice((0, 0, 1, 3, 20))):
                await asyncio.sleep(self._chance.choice((0, 0, 0.005)))

    def _command(self) -> str:
        name = self._chance.choice([name for name in COMMANDS if name in self._names()])
        self._app.window.actions_[name].trigger()
        return name

    def _names(self) -> set[str]:
        return set(self._app.window.actions_._actions)

    def _send(self) -> str:
        word = self._chance.choice(WORDS)
        self._app.window.chat.composer.insert_paste(word)
        self._app.window.chat.composer.send()
        return f"send {word}"

    def _type(self) -> str:
        self._app.type("typed ")
        return "type"

    def _open(self) -> str:
        model = self._app.workspace.history
        if model.rowCount() == 0:
            return "open nothing"
        row = self._chance.randrange(model.rowCount())
        self._app.window.history._view.setCurrentIndex(model.index(row))
        return f"open {row}"

    def _settings(self) -> str:
        chat = self._app.chat
        chat.set_endpoint(self._chance.choice(list(Endpoint)))
        chat.set_model(self._chance.choice([GPT_5_1, GPT_5_1_CHAT]))
        return "settings"

    def _item(self) -> str:
        items = self._app.items()
        if not items:
            return "no item"
        row = self._chance.randrange(len(items))
        menu = self._app.view.commands.menu(row)
        actions = [action for action in menu.actions() if action.text()]
        action = self._chance.choice(actions)
        action.trigger()
        menu.deleteLater()
        return f"item {row} {action.text()}"


async def settle(app: App) -> None:
    """Stops every reply, gives up an edit, and waits until nothing is going on."""
    for _ in range(2):
        for chat in list(app.chat._running.values()):
            if chat.stop is not None:
                chat.stop()
        await until(lambda: app.chat.running_count() == 0 and not app.chat.is_running)
    app.menu("stop")
    await until(lambda: len(app.workspace.scope) == 0)


def play(tell: Tell, seed: int, steps: int) -> None:
    """Lets a monkey play, then looks whether everything is in order."""

    async def story(app: App) -> None:
        monkey = Monkey(app, seed)
        try:
            await monkey.go(steps)
            await settle(app)
            seen, titles, box = app.names(), app.titles(), app.message_box.toPlainText()
            await app.restart()
            assert app.names() == seen
            assert app.titles() == titles
            assert app.message_box.toPlainText() == box
        except BaseException:
            print(monkey.done)  # noqa: T201
            raise

    tell(story)


pytestmark = pytest.mark.allowed_logs(r"no longer in the history")
"""Said where something is asked for that another command is just taking away."""


@pytest.mark.parametrize("seed", range(4))
def test_commands_in_any_order(tell: Tell, seed: int) -> None:
    play(tell, seed, 80)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 200))
def test_commands_in_any_order_for_long(tell: Tell, seed: int) -> None:
    play(tell, seed, 300)
